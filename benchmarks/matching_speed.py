"""Comparing pictures with 1,000 and with 10,000 references: time, memory, and what the shortlist overlooks.

1. Prepare 10,000 references once (`speed_library`) and keep them; time how fast files are imported.
2. In a process of its own for either number: load the library as a worker does, compare pictures that are nobody's,
   each right after being decoded and searched for 1,000 ORB points, then edited references.
3. Ask the stages about each edited reference and its original alone: what they find and the library does not was
   overlooked by the shortlist.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from benchmarks.copies.memory import peak_megabytes
from benchmarks.copies.pictures import Half, Role, read
from benchmarks.copies.queries import build
from benchmarks.speed_library import plan, prepare_all
from casebook.findings import Verdict
from copycatch.preparing import load_matcher
from matching.decode import decode
from matching.library import ReferenceLibrary, prepare
from matching.matcher import Matcher
from matching.prepared import to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.copies.pictures import PictureSet
    from benchmarks.copies.queries import QuerySet
    from benchmarks.speed_library import Planned

Result = TypeVar("Result")

SEED = 2026
SIZES = (1_000, 10_000)
EDITED = 8
MOST_PICTURES = 60
BEST_OF = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An edited reference; `originals` are the hashes of the right answers."""

    path: Path
    edit: str
    originals: set[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One size of library. Times are seconds of CPU: `plain` for decoding and ORB, `unmatched` for the same pictures
    decode to verdict, `matched` for those that match. `overlooked` names the edits that only the stages found, out of
    `findable` edited references that they find."""

    references: int
    plain: tuple[float, ...]
    unmatched: tuple[float, ...]
    matched: tuple[float, ...]
    overlooked: tuple[str, ...]
    findable: int
    megabytes: float

    @property
    def base(self) -> float:
        return statistics.median(self.plain)


def measure() -> str:
    """Return the tables; files are kept under `.cache/benchmarks/`."""
    pictures = read(None, SEED)
    queries = build(pictures, Half.TUNE, seed=SEED, sample=EDITED, processes=2)
    planned = plan(pictures, queries, SIZES[-1], SEED)
    path = prepare_all(planned, processes=2)
    nobodys, copies = _nobodys(pictures), _copies(queries)
    context = multiprocessing.get_context("spawn")
    found = []
    for size in SIZES:
        with ProcessPoolExecutor(1, mp_context=context) as alone:
            found.append(alone.submit(_measured, path, planned[:size], nobodys, copies).result())
    photographs = sum(not each.round for each in planned)
    about = (
        f"{photographs:,} pictures of {pictures.label} as they are, then seeded edits of those that no query shows "
        "(30 to 80 % of the area, turned by up to 15°, half of them mirrored, recoloured): real descriptors. "
        f"One core, CPU time; {len(nobodys)} distractors of the tune half, none of them in the library; "
        f"each {BEST_OF} times, the quickest counts."
    )
    return "\n\n".join(
        (
            "## Comparing pictures with 1,000 and 10,000 references",
            about,
            _speed_table(found),
            _shortlist_table(found),
            _importing(planned),
        )
    )


def _nobodys(pictures: PictureSet) -> list[Path]:
    others = [picture.path for picture in pictures.of(Role.DISTRACTOR) if picture.half is Half.TUNE]
    chosen = np.random.default_rng(SEED).permutation(len(others))[:MOST_PICTURES]
    return [others[place] for place in chosen]


def _copies(queries: QuerySet) -> list[Copy]:
    # Two names can be one file: the library goes by the hash.
    hashes = {file.name: hashlib.sha256(file.path.read_bytes()).hexdigest() for file in queries.references}
    return [
        Copy(path=query.path, edit=query.edit, originals={hashes[name] for name in query.references})
        for query in queries.queries
        if query.kind.copy
    ]


def _measured(path: Path, planned: Sequence[Planned], nobodys: Sequence[Path], copies: Sequence[Copy]) -> Measured:
    matcher = load_matcher(path, [each.watched for each in planned])
    plain, unmatched, matched, overlooked, findable = [], [], [], [], 0
    for file in nobodys:
        data = file.read_bytes()
        base, _ = _timed(lambda data=data: _decode_and_detect(data), BEST_OF)
        seconds, named = _timed(lambda data=data: _named(matcher, data), BEST_OF)
        if named:
            matched.append(seconds)
        else:
            plain.append(base)
            unmatched.append(seconds)
    for copy in copies:
        data = copy.path.read_bytes()
        seconds, named = _timed(lambda data=data: _named(matcher, data))
        if named:
            matched.append(seconds)
        proved = _proved(matcher.library, copy.originals, data)
        findable += len(proved)
        overlooked += [copy.edit for _ in proved - named]
    return Measured(
        references=len(planned),
        plain=tuple(plain),
        unmatched=tuple(unmatched),
        matched=tuple(matched),
        overlooked=tuple(overlooked),
        findable=findable,
        megabytes=peak_megabytes(),
    )


def _proved(library: ReferenceLibrary, right: set[str], data: bytes) -> set[str]:
    """Return which of the references with these hashes the stages find where there is nothing else to look at."""
    views = tuple(view for view in library.views if view.reference.sha256 in right)
    oracle = Matcher(ReferenceLibrary((), views, {}, ""), exhaustive=True)
    return _named(oracle, data)


def _named(matcher: Matcher, data: bytes) -> set[str]:
    """Return the references that a picture copies or may copy."""
    return {match.reference_sha256 for match in matcher.examine(data).matches if match.verdict is not Verdict.NONE}


def _speed_table(found: Sequence[Measured]) -> str:
    """Return the times, each as a multiple of decoding and ORB as well; the growth is one of those multiples, since the
    machine may work at another pace when the second library's turn has come."""
    first = statistics.median(found[0].unmatched) / found[0].base
    lines = [
        "| | ms | × decode and ORB in the same run | × with 1,000 references |",
        "|---|---|---|---|",
    ]
    for each in found:
        rows = (
            ("decode and detect 1,000 ORB points at 768 px, median", each.base, False),
            ("decode to verdict of pictures that match nothing, median", statistics.median(each.unmatched), True),
            ("the same, 95th percentile", float(np.percentile(each.unmatched, 95)), False),
            (f"decode to verdict of {len(each.matched)} pictures that match, median", _median(each.matched), False),
        )
        for label, seconds, compared in rows:
            ratio = seconds / each.base
            growth = f"{ratio / first:.2f}" if compared else ""
            lines.append(f"| {each.references:,} references: {label} | {seconds * 1e3:.1f} | {ratio:.2f} | {growth} |")
    return "\n".join(lines)


def _shortlist_table(found: Sequence[Measured]) -> str:
    lines = [
        "| | edited references that the stages find | share the shortlist proposes | overlooked | peak memory |",
        "|---|---|---|---|---|",
    ]
    for each in found:
        kept = each.findable - len(each.overlooked)
        recall = f"{kept / each.findable:.3f}" if each.findable else ""
        lost = ", ".join(sorted(each.overlooked))
        lines.append(
            f"| {each.references:,} references | {each.findable} | {recall} | {lost} | {each.megabytes:,.0f} MB |"
        )
    return "\n".join(lines)


def _importing(planned: Sequence[Planned]) -> str:
    spent = 0.0
    chosen = [each for each in planned if not each.round][:MOST_PICTURES]
    for each in chosen:
        data = each.file.path.read_bytes()
        spent += _timed(lambda each=each, data=data: _import(each, data))[0]
    return f"Importing references, file to prepared bytes: {len(chosen) / spent:.1f} a second and core."


def _import(planned: Planned, data: bytes) -> None:
    view, _ = prepare(planned.watched.reference, planned.watched.kind, data)
    if view is not None:
        to_bytes(view)


def _decode_and_detect(data: bytes) -> None:
    pixels = decode(data).pixels
    if pixels is not None:
        scale = min(1.0, 768 / max(pixels.shape[:2]))
        grey = cv2.cvtColor(
            cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        cv2.ORB_create(1000).detectAndCompute(grey, None)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def _timed(work: Callable[[], Result], times: int = 1) -> tuple[float, Result]:
    """Return the CPU seconds of the quickest of several runs: what else the machine does only ever adds to them."""
    spent = []
    for _ in range(times):
        begun = time.process_time()
        result = work()
        spent.append(time.process_time() - begun)
    return min(spent), result
