"""Compare pictures on all cores.

Worker processes are told once where the prepared references lie, and then get pictures by name; they read and write the
blobs themselves and give back rows. Only the process that started them writes to the casebook.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from casebook.blobs import Blobs
from casebook.errors import BlobDamaged, BlobMissing
from casebook.findings import Rendering
from copycatch.pool import Pool
from copycatch.preparing import load_matcher
from matching.judgement import much_agrees
from matching.overlays import render
from matching.stage import Context
from matching.verdicts import STRENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from casebook.findings import Match
    from casebook.types import Picture
    from copycatch.preparing import Watched

MOST_DRAWN = 3  # matches drawn per picture; an operator looks at the best ones
WORTH_DRAWING = -3.0  # log-odds; hardly anything below is ever shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One picture compared with the whole library: its facts, and its matches, the best ones with drawings.

    `compared` is false where it could not be: its bytes were not to be had, or the worker failed or died over it.
    """

    picture: Picture
    matches: tuple[tuple[Match, Rendering | None], ...] = ()
    compared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every worker needs: the references to compare with, the file that holds their prepared forms, the blobs, and
    what stages are told."""

    references: tuple[Watched, ...]
    prepared: Path
    blobs: Path
    context: Context = field(default_factory=Context.here)


class Worker:
    """What one process knows and does."""

    def __init__(self, job: Job):
        self._matcher = load_matcher(job.prepared, job.references, job.context)
        self._blobs = Blobs(job.blobs)

    def examine(self, picture: Picture) -> Examined:
        """Compare one picture, and draw its best matches."""
        try:
            data = self._blobs.get(picture.sha256)
        except (BlobMissing, BlobDamaged) as error:
            return Examined(picture=replace(picture, problem=error.message), compared=False)
        found = self._matcher.examine(data)
        shown = {match.reference_sha256 for match in sorted(found.matches, key=_likeliest_first)[:MOST_DRAWN]}
        drawn = [
            (match, self._drawn(data, match) if match.reference_sha256 in shown and _worth_drawing(match) else None)
            for match in found.matches
        ]
        return Examined(picture=found.picture, matches=tuple(drawn))

    def _drawn(self, data: bytes, match: Match) -> Rendering:
        drawn = render(data, self._blobs.get(match.reference_sha256), match)
        return Rendering(
            side_by_side=self._blobs.put(drawn.side_by_side),
            inliers=None if drawn.inliers is None else self._blobs.put(drawn.inliers),
            difference=None if drawn.difference is None else self._blobs.put(drawn.difference),
        )


def _likeliest_first(match: Match) -> tuple[int, float, str]:
    """Sort key; like `_worth_drawing` it goes by evidence alone, so that what is drawn depends on no calibration."""
    best = match.evidence[0]
    return -STRENGTH[best.verdict], -best.score, match.reference_sha256


def _worth_drawing(match: Match) -> bool:
    best = match.evidence[0]
    return best.log_odds is None or best.log_odds >= WORTH_DRAWING or much_agrees(dict(best.measures))


class Engine:
    """Worker processes that compare pictures; `kind` is what runs in them."""

    def __init__(self, job: Job, processes: int = 0, kind: type[Worker] = Worker):
        self._pool: Pool[Picture, Examined] = Pool(partial(_begin, kind, job), processes)

    def examine_all(self, pictures: Iterable[Picture]) -> Iterator[Examined]:
        """Yield every picture's result as it is ready; a picture that could not be compared has a `problem`.

        Raises:
            PoolError: a worker process died before it could begin.
        """
        for answer in self._pool.run(pictures):
            yield answer.result or Examined(
                picture=replace(answer.task, problem=f"comparing it failed: {answer.problem}"), compared=False
            )


def _begin(kind: type[Worker], job: Job) -> Callable[[Picture], Examined]:
    return kind(job).examine
