"""Finding an owner's marks on photographs that nobody has a reference of.

`python -m benchmarks.watermarks [--half tune|report] [--sample N]`
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
import warnings
from typing import TYPE_CHECKING

import cv2
import faiss
import numpy as np

from benchmarks.watermark_marks import owners_marks
from benchmarks.watermark_set import SHARED, opened, photographs, published, with_other_marks, with_owners_mark
from benchmarks.watermark_states import states
from casebook.types import Reference, ReferenceKind, Verdict, WorkKind
from matching.library import ReferenceLibrary
from matching.stage import Context
from matching.stages import orb, watermark
from matching.views import PictureView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.watermark_marks import DrawnMark
    from casebook.types import Evidence
    from matching.views import ReferenceView

OPACITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
WIDTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
ROUNDS = 2
NEGATIVES = 260
TIMED = 60
SEED = 2027


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
        self._context = Context.here()
        self._marks = owners_marks()
        self._views = [_view(mark.file, ReferenceKind.WATERMARK) for mark in self._marks]
        carriers, others = photographs(half)
        self._carriers = carriers[:sample]
        self._others = others[: sample or NEGATIVES]

    def section(self) -> str:
        innocent = self._innocent()
        marked = self._marked()
        highest = max(score for score, _ in innocent)
        wanted = [one for one in marked if one[1] >= 0.5 and one[2] >= 0.2]
        accused = [verdict for _, verdict in innocent if verdict is Verdict.COPY]
        lines = [
            f"## Watermarks ({self._half} half)",
            (
                f"{len(self._marks)} drawn marks on {len({one[4] for one in marked})} photographs "
                f"({len(marked)} pictures), against {2 * len(self._others)} pictures without them, half of which carry "
                f"other people's marks ({len(innocent)} comparisons). Set on the photograph first, then resized to "
                f"400–1,000 pixels and saved as "
                f"JPEG of quality 55–90; white on dark ground, black on light. Seed {SEED}."
            ),
            (
                f"Recall at zero false positives, opacity ≥ 0.5 and width ≥ 20 %: **{_recall(wanted, highest):.3f}** "
                f"of {len(wanted)} (goal 0.80). Verdict `copy` at the stage's own bar: "
                f"{sum(one[5] is Verdict.COPY for one in wanted) / len(wanted):.3f} of these, "
                f"{len(accused)} of {len(innocent)} innocent comparisons."
            ),
            self._curve(marked, highest),
            self._kinds(wanted, highest),
            self._speed(),
            states(self._carriers, self._marks, SEED + 3),
        ]
        return "\n\n".join(lines)

    def _innocent(self) -> list[tuple[float, Verdict]]:
        rng = np.random.default_rng(SEED)
        found = []
        for path in self._others:
            photograph = opened(path)
            for data in (published(photograph, rng), with_other_marks(photograph, rng)):
                picture = PictureView(data)
                found += [self._asked(picture, view) for view in self._views]
        return found

    def _marked(self) -> list[tuple[float, float, float, DrawnMark, Path, Verdict]]:
        """Return score, opacity, width, mark, photograph and verdict of every picture with an owner's mark."""
        rng = np.random.default_rng(SEED + 1)
        cells = [(opacity, width) for _ in range(ROUNDS) for opacity in OPACITIES for width in WIDTHS]
        every = [(mark, view, *cell) for cell in cells for mark, view in zip(self._marks, self._views, strict=True)]
        if len(self._carriers) * 5 < len(every):
            every = [every[place] for place in rng.permutation(len(every))[: len(self._carriers) * 5]]
        found = []
        for number, (mark, view, opacity, width) in enumerate(every):
            path = self._carriers[number % len(self._carriers)]
            data = with_owners_mark(opened(path), mark, opacity=opacity, width=width, rng=rng)
            score, verdict = self._asked(PictureView(data), view)
            found.append((score, opacity, width, mark, path, verdict))
        return found

    def _asked(self, picture: PictureView, view: ReferenceView) -> tuple[float, Verdict]:
        evidence = watermark.examine(picture, view, self._context)
        return (0.0, Verdict.NONE) if evidence is None else (evidence.score, evidence.verdict)

    def _curve(self, marked: Sequence[tuple[float, float, float, DrawnMark, Path, Verdict]], highest: float) -> str:
        lines = ["| opacity \\ width | " + " | ".join(f"{width:.0%}" for width in WIDTHS) + " |", "|---" * 7 + "|"]
        for opacity in OPACITIES:
            row = ([one for one in marked if one[1] == opacity and one[2] == width] for width in WIDTHS)
            lines.append(f"| {opacity:.1f} | " + " | ".join(f"{_recall(one, highest):.2f}" for one in row) + " |")
        return "Recall at zero false positives:\n\n" + "\n".join(lines)

    def _kinds(self, wanted: Sequence[tuple[float, float, float, DrawnMark, Path, Verdict]], highest: float) -> str:
        lines = ["| kind | mark | recall | pictures |", "|---|---|---|---|"]
        for mark in self._marks:
            some = [one for one in wanted if one[3] is mark]
            lines.append(f"| {mark.kind} | {mark.name} | {_recall(some, highest):.2f} | {len(some)} |")
        return "Opacity ≥ 0.5 and width ≥ 20 %, by mark:\n\n" + "\n".join(lines)

    def _speed(self) -> str:
        """Compare with the ORB stage, decoding included in both, on pictures that show neither."""
        rng = np.random.default_rng(SEED + 2)
        reference = _view(published(opened(self._carriers[0]), rng), ReferenceKind.PICTURE)
        slow, fast = [], []
        for number, path in enumerate(self._others[:TIMED]):
            data = published(opened(path), rng)
            view = self._views[number % len(self._views)]
            fast.append(_timed(lambda data=data: orb.examine(PictureView(data), reference, self._context)))
            slow.append(_timed(lambda data=data, view=view: watermark.examine(PictureView(data), view, self._context)))
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


def _view(data: bytes, kind: ReferenceKind) -> ReferenceView:
    reference = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="mark", path="mark", kind=kind)
    return ReferenceLibrary.build([(reference, WorkKind.PHOTO, data)]).views[0]


def _recall(found: Sequence[tuple[float, ...]], highest: float) -> float:
    return sum(one[0] > highest for one in found) / len(found) if found else float("nan")


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
