"""Finding an owner's marks on photographs that nobody has a reference of.

`python -m benchmarks.watermarks [--half tune|report] [--sample N]`
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
import warnings
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import cv2
import faiss
import numpy as np

from benchmarks.copies.spread import spread
from benchmarks.watermark_marks import owners_marks
from benchmarks.watermark_set import SHARED, opened, photographs, published, with_other_marks, with_owners_mark
from benchmarks.watermark_states import states
from casebook.findings import Reference, ReferenceKind, Verdict, WorkKind
from matching.library import ReferenceLibrary
from matching.stage import Context
from matching.stages import orb, watermark
from matching.views import PictureView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.watermark_marks import DrawnMark
    from casebook.findings import Evidence
    from matching.views import ReferenceView

OPACITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
WIDTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
ROUNDS = 2
NEGATIVES = 260
TIMED = 60
SEED = 2027
PROCESSES = 2
_worker: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A picture to be made: the owner's mark by its place, how opaque and how wide, on which photograph."""

    number: int
    mark: int
    opacity: float
    width: float
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the stage says of a picture and a mark; `marked` is None where the picture bears none of the owner's."""

    marked: Marked | None
    score: float
    verdict: Verdict


def measure(half: str = "report", sample: int | None = None) -> str:
    """Return the section of the results; `sample` takes only so many photographs for a quick look."""
    if not SHARED.is_dir():
        return "## Watermarks\n\nNot measured: the photographs are not beside the repository."
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _Run(half, sample).section()


class _Run:
    def __init__(self, half: str, sample: int | None) -> None:
        self._half = half
        self._marks = owners_marks()
        carriers, others = photographs(half)
        self._carriers = carriers[:sample]
        self._others = others[: sample or NEGATIVES]

    def section(self) -> str:
        innocent = self._innocent()
        marked = self._marked()
        highest = max(told.score for told in innocent)
        wanted = [told for told in marked if _of(told).opacity >= 0.5 and _of(told).width >= 0.2]
        accused = [told for told in innocent if told.verdict is Verdict.COPY]
        lines = [
            f"## Watermarks ({self._half} half)",
            (
                f"{len(self._marks)} drawn marks on {len({_of(told).path for told in marked})} photographs "
                f"({len(marked)} pictures), against {2 * len(self._others)} pictures without them, half of which carry "
                f"other people's marks ({len(innocent)} comparisons). Set on the photograph first, then resized to "
                f"400–1,000 pixels and saved as "
                f"JPEG of quality 55–90; white on dark ground, black on light. Seed {SEED}."
            ),
            (
                f"Recall at zero false positives, opacity ≥ 0.5 and width ≥ 20 %: **{_recall(wanted, highest):.3f}** "
                f"of {len(wanted)} (goal 0.80). Verdict `copy` at the stage's own bar: "
                f"{sum(told.verdict is Verdict.COPY for told in wanted) / len(wanted):.3f} of these, "
                f"{len(accused)} of {len(innocent)} innocent comparisons."
            ),
            self._curve(marked, highest),
            self._kinds(wanted, highest),
            self._speed(),
            states(self._carriers, self._marks, SEED + 3),
        ]
        return "\n\n".join(lines)

    def _innocent(self) -> list[Told]:
        numbered = tuple(enumerate(self._others))
        found = spread(_without, numbered, processes=PROCESSES, prepare=_prepare, given=(), title="no marks of hers")
        return [told for of_one in found for told in of_one]

    def _marked(self) -> list[Told]:
        """Ask about every picture with an owner's mark."""
        rng = np.random.default_rng(SEED + 1)
        cells = [(opacity, width) for _ in range(ROUNDS) for opacity in OPACITIES for width in WIDTHS]
        every = [(mark, *cell) for cell in cells for mark in range(len(self._marks))]
        if len(self._carriers) * 5 < len(every):
            every = [every[place] for place in rng.permutation(len(every))[: len(self._carriers) * 5]]
        planned = [
            Marked(number=number, mark=mark, opacity=opacity, width=width, path=path)
            for (number, (mark, opacity, width)), path in zip(enumerate(every), cycle(self._carriers))
        ]
        return list(spread(_with, planned, processes=PROCESSES, prepare=_prepare, given=(), title="her marks"))

    def _curve(self, marked: Sequence[Told], highest: float) -> str:
        lines = ["| opacity \\ width | " + " | ".join(f"{width:.0%}" for width in WIDTHS) + " |", "|---" * 7 + "|"]
        for opacity in OPACITIES:
            row = ([told for told in marked if (_of(told).opacity, _of(told).width) == (opacity, w)] for w in WIDTHS)
            lines.append(f"| {opacity:.1f} | " + " | ".join(f"{_recall(told, highest):.2f}" for told in row) + " |")
        return "Recall at zero false positives:\n\n" + "\n".join(lines)

    def _kinds(self, wanted: Sequence[Told], highest: float) -> str:
        lines = ["| kind | mark | recall | pictures |", "|---|---|---|---|"]
        for place, mark in enumerate(self._marks):
            some = [told for told in wanted if _of(told).mark == place]
            lines.append(f"| {mark.kind} | {mark.name} | {_recall(some, highest):.2f} | {len(some)} |")
        return "Opacity ≥ 0.5 and width ≥ 20 %, by mark:\n\n" + "\n".join(lines)

    def _speed(self) -> str:
        """Compare with the ORB stage, decoding included in both, on pictures that show neither."""
        rng = np.random.default_rng(SEED + 2)
        reference = _view(published(opened(self._carriers[0]), rng), ReferenceKind.PICTURE)
        views, context = _views(self._marks), Context.here()
        slow, fast = [], []
        for number, path in enumerate(self._others[:TIMED]):
            data = published(opened(path), rng)
            view = views[number % len(views)]
            fast.append(_timed(lambda data=data: orb.examine(PictureView(data), reference, context)))
            slow.append(_timed(lambda data=data, view=view: watermark.examine(PictureView(data), view, context)))
        middle, mean = statistics.median(fast), statistics.mean(fast)
        return "\n".join(
            (
                "| one core, CPU time, decoding included | median ms | × ORB stage | mean ms | × ORB stage |",
                "|---|---|---|---|---|",
                f"| ORB stage, one reference | {middle * 1e3:.0f} | 1 | {mean * 1e3:.0f} | 1 |",
                (
                    f"| watermark stage, one mark (goal 3) | {statistics.median(slow) * 1e3:.0f} | "
                    f"{statistics.median(slow) / middle:.1f} | {statistics.mean(slow) * 1e3:.0f} | "
                    f"{statistics.mean(slow) / mean:.1f} |"
                ),
            )
        )


def _prepare() -> None:
    marks = owners_marks()
    _worker.update(marks=marks, views=_views(marks), context=Context.here())


def _without(numbered: tuple[int, Path]) -> list[Told]:
    """Ask for every mark in a photograph that bears none of them, as it is and with other people's."""
    number, path = numbered
    rng = np.random.default_rng((SEED, number))
    photograph = opened(path)
    return [
        _told(PictureView(data), view)
        for data in (published(photograph, rng), with_other_marks(photograph, rng))
        for view in _worker["views"]
    ]


def _with(marked: Marked) -> Told:
    rng = np.random.default_rng((SEED + 1, marked.number))
    mark, view = _worker["marks"][marked.mark], _worker["views"][marked.mark]
    data = with_owners_mark(opened(marked.path), mark, opacity=marked.opacity, width=marked.width, rng=rng)
    return _told(PictureView(data), view, marked)


def _told(picture: PictureView, view: ReferenceView, marked: Marked | None = None) -> Told:
    evidence = watermark.examine(picture, view, _worker["context"])
    if evidence is None:
        return Told(marked=marked, score=0.0, verdict=Verdict.NONE)
    return Told(marked=marked, score=evidence.score, verdict=evidence.verdict)


def _of(told: Told) -> Marked:
    if told.marked is None:
        raise ValueError("a picture without a mark of hers")
    return told.marked


def _views(marks: Sequence[DrawnMark]) -> list[ReferenceView]:
    return [_view(mark.file, ReferenceKind.WATERMARK) for mark in marks]


def _view(data: bytes, kind: ReferenceKind) -> ReferenceView:
    reference = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="mark", path="mark", kind=kind)
    return ReferenceLibrary.build([(reference, WorkKind.PHOTO, data)]).views[0]


def _recall(told: Sequence[Told], highest: float) -> float:
    return sum(one.score > highest for one in told) / len(told) if told else float("nan")


def _timed(work: Callable[[], Evidence | None]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--sample", type=int, help="take only so many photographs of either kind")
    given = parser.parse_args()
    print(measure(given.half, given.sample))


if __name__ == "__main__":
    main()
