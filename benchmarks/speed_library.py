"""A library of thousands to measure with: photographs as they are, then seeded edits of them, prepared and kept.

What the timed and the recall queries show is left out of it, the edited references' own files aside: so a picture of
nobody's matches nothing, and an edited reference has one right answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.copies.pictures import CACHE, Half, Role
from benchmarks.copies.queries import ReferenceFile
from casebook.findings import Reference
from copycatch.pool import Pool
from copycatch.prepared import PreparedReferences
from copycatch.preparing import Watched
from matching.decode import decode
from matching.prepared import preparing_key, to_bytes
from matching.views import ReferenceView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.copies.pictures import PictureSet
    from benchmarks.copies.queries import QuerySet

EDIT_VERSION = 1  # rises with every change of `edit`
LONGEST = 900
LEAST_AREA, MOST_AREA = 0.3, 0.8
MOST_TURN = 15.0  # degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One reference: the picture itself where `round` is 0, else one of its edits, drawn from `seed`."""

    file: ReferenceFile
    round: int
    seed: int
    watched: Watched


def plan(pictures: PictureSet, queries: QuerySet, count: int, seed: int) -> list[Planned]:
    """Return `count` references: those of the queries, then other pictures, then edits of what no query shows."""
    asked = {name for query in queries.queries for name in (query.source, *query.references)}
    spare = [
        ReferenceFile(name=picture.name, path=picture.path, cls=picture.cls, kind=picture.kind)
        for picture in pictures.of(Role.LOOK_ALIKE) + pictures.of(Role.DISTRACTOR)
        if picture.name not in asked and (picture.role is Role.LOOK_ALIKE or picture.half is Half.REPORT)
    ]
    edited = [file for file in (*queries.references, *spare) if file.name not in asked]
    distinct = _distinct(_rounds([*queries.references, *spare], edited, seed))
    return list(islice(distinct, count))


def _rounds(originals: list[ReferenceFile], edited: list[ReferenceFile], seed: int) -> Iterator[Planned]:
    number, files = 0, originals
    while files:
        yield from (_planned(file, number, seed) for file in files)
        number, files = number + 1, edited


def _distinct(planned: Iterator[Planned]) -> Iterator[Planned]:
    """Leave out what has a file in common with an earlier one: a library compares it once."""
    seen = set()
    for each in planned:
        if each.watched.reference.sha256 not in seen:
            seen.add(each.watched.reference.sha256)
            yield each


def _planned(file: ReferenceFile, number: int, seed: int) -> Planned:
    sha256 = hashlib.sha256(file.path.read_bytes()).hexdigest()
    if number:
        # An edit is never written to a file; what it is made of is its name.
        sha256 = hashlib.sha256(f"{sha256} {number} {seed} {EDIT_VERSION}".encode()).hexdigest()
    reference = Reference(sha256=sha256, work_id=file.name, path=f"{file.name} {number}")
    return Planned(file=file, round=number, seed=seed, watched=Watched(reference=reference, kind=file.kind))


def prepare_all(planned: list[Planned], processes: int) -> Path:
    """Prepare what is not prepared yet; return the file that holds all of it."""
    folder = CACHE / "references"
    folder.mkdir(parents=True, exist_ok=True)
    with PreparedReferences.open(folder, preparing_key()) as prepared:
        missing = [each for each in planned if not prepared.intact(each.watched.key)]
        answers = Pool(_begin, processes).run(missing)
        console = Console(stderr=True)
        for answer in track(answers, "preparing references", total=len(missing), console=console, transient=True):
            if answer.result is None:
                raise RuntimeError(f"{answer.task.watched.reference.path}: {answer.problem}")
            prepared.add(answer.task.watched.key, answer.result, None)
        return prepared.path


def _begin() -> Callable[[Planned], bytes]:
    return _prepared


def _prepared(planned: Planned) -> bytes:
    pixels = decode(planned.file.path.read_bytes()).pixels
    if pixels is None:
        raise ValueError("it cannot be decoded")
    if planned.round:
        entropy = int.from_bytes(bytes.fromhex(planned.watched.reference.sha256[:32]), "big")
        pixels = edit(pixels, np.random.default_rng(entropy))
    return to_bytes(ReferenceView.of(planned.watched.reference, planned.watched.kind, pixels))


def edit(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Show 30 to 80 % of a picture's area, turned by up to 15°, often mirrored, in other colours."""
    side = float(np.sqrt(rng.uniform(LEAST_AREA, MOST_AREA)))
    scale = min(1.0, LONGEST / (side * max(pixels.shape)))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    size = (max(1, round(side * width)), max(1, round(side * height)))
    middle = (width * rng.uniform(side / 2, 1 - side / 2), height * rng.uniform(side / 2, 1 - side / 2))
    there = cv2.getRotationMatrix2D(middle, rng.uniform(-MOST_TURN, MOST_TURN), 1.0)
    there[:, 2] += np.array(size) / 2 - middle
    shown = cv2.warpAffine(small, there, size, borderMode=cv2.BORDER_REFLECT_101)
    if rng.random() < 0.5:
        shown = shown[:, ::-1]
    levels = 255 * (np.arange(256) / 255)[:, None] ** rng.uniform(0.6, 1.6, 3)
    return np.ascontiguousarray(np.stack([levels[shown[..., c], c] for c in range(3)], axis=-1).astype(np.uint8))
