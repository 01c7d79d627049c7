"""From answers to figures. Everything here is plain arithmetic over (query, reference, score)."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.copies.edits import marks
from benchmarks.copies.edits.truth import area, box, inverse, jacobian, moved, overlap, turn_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.copies.matchers import Answer, Found
    from benchmarks.copies.queries import Query

NO_VERDICT = "nothing found"
MARK_REMOVED, MARK_REMOVED_BY = "watermark removed", "watermark cropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A query beside a matcher's answer to it."""

    query: Query
    answer: Answer

    @property
    def right(self) -> Found | None:
        """The first reference named that is a right answer."""
        return next((found for found in self.answer.found if found.reference in self.query.references), None)

    @property
    def wrong(self) -> Found | None:
        """The surest reference named that is no right answer."""
        others = [found for found in self.answer.found if found.reference not in self.query.references]
        return max(others, key=lambda found: found.score, default=None)

    @property
    def verdict(self) -> str:
        """What is said about the right reference, or for a negative about any."""
        found = self.right if self.query.kind.copy else self.wrong
        return NO_VERDICT if found is None else found.verdict or "match"


def paired(queries: Sequence[Query], answers: Iterable[Answer]) -> list[Answered]:
    """Put each query beside its answer."""
    by_name = {answer.query: answer for answer in answers}
    return [Answered(query=query, answer=by_name[query.name]) for query in queries]


def micro_average_precision(results: Sequence[Answered]) -> float:
    """Return the area under the precision-recall curve over all predictions of all queries in one list.

    1. A query's right answers are one: naming several right references counts once, the surest.
    2. Sort all (query, reference, score) by score; equal scores enter together, so that their order is no luck.
    3. Sum precision × growth of recall; recall is out of all queries that are copies.

    Source: Douze et al., "The 2021 Image Similarity Dataset and Challenge", 2021.
    """
    predictions = []
    for result in results:
        if result.right is not None:
            best = max(f.score for f in result.answer.found if f.reference in result.query.references)
            predictions.append((best, True))
        predictions += [(f.score, False) for f in result.answer.found if f.reference not in result.query.references]
    copies = sum(result.query.kind.copy for result in results)
    gained = seen = 0
    total = 0.0
    for score, group in _by_score(predictions):
        hits = sum(group)
        gained, seen = gained + hits, seen + len(group)
        total += hits * gained / seen
        del score
    return total / copies if copies else math.nan


def _by_score(predictions: list[tuple[float, bool]]) -> list[tuple[float, list[bool]]]:
    groups: dict[float, list[bool]] = defaultdict(list)
    for score, right in predictions:
        groups[score].append(right)
    return sorted(groups.items(), reverse=True)


def threshold(results: Iterable[Answered]) -> float:
    """Return the highest score of any wrong answer: on a negative any, on a copy any other reference."""
    return max((r.wrong.score for r in results if r.wrong is not None), default=-math.inf)


def found_above(results: Sequence[Answered], bar: float) -> tuple[int, int]:
    """Return how many of the copies are named rightly with a score above the bar, and how many copies there are."""
    copies = [result for result in results if result.query.kind.copy]
    return sum(r.right is not None and r.right.score > bar for r in copies), len(copies)


def found_as_copy(results: Sequence[Answered]) -> tuple[int, int]:
    """Return how many of the copies get the verdict `copy` for a right reference, and how many copies there are."""
    copies = [result for result in results if result.query.kind.copy]
    return sum(r.verdict == "copy" for r in copies), len(copies)


def by(results: Sequence[Answered], name: Callable[[Query], str]) -> dict[str, list[Answered]]:
    """Group results by something about their query, in order of first appearance."""
    groups: dict[str, list[Answered]] = {}
    for result in results:
        groups.setdefault(name(result.query), []).append(result)
    return groups


def confusion(results: Sequence[Answered]) -> Mapping[str, Counter[str]]:
    """Count verdicts for every kind of query."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        counts[str(result.query.kind)][result.verdict] += 1
    return counts


def accusations(results: Iterable[Answered]) -> list[Answered]:
    """Return the results with a wrong answer, the surest first."""
    return sorted((r for r in results if r.wrong is not None), key=lambda r: -(r.wrong.score if r.wrong else 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class GeometryErrors:
    """How far off the geometry of rightly matched copies is.

    `share` and `angle` (degrees) are absolute differences, `corner` the mean distance of the window's corners in parts
    of the reference's diagonal. Each list leaves out what a query's truth or an answer does not give.
    """

    share: tuple[float, ...]
    angle: tuple[float, ...]
    corner: tuple[float, ...]


def geometry_errors(results: Iterable[Answered]) -> GeometryErrors:
    """Compare the geometry of right answers with the truth."""
    share, angle, corner = [], [], []
    for result in results:
        truth, found = result.query.truth, result.right
        if truth is None or found is None or "transform" not in found.extras:
            continue
        share.append(abs(found.extras["reference_share"] - truth["reference_share"]))
        transform = np.array(found.extras["transform"], np.float64).reshape(3, 3)
        window = np.array(truth["window"])
        derivative = jacobian(transform, window.mean(axis=0))
        angle.append(abs((turn_of(inverse(derivative)) - truth["angle"] + 180) % 360 - 180))
        if truth["transform"] is not None:
            true = moved(np.array(truth["transform"]).reshape(3, 3), window)
            distance = np.linalg.norm(moved(transform, window) - true, axis=1).mean()
            corner.append(float(distance / math.hypot(*truth["reference_size"])))
    return GeometryErrors(share=tuple(share), angle=tuple(angle), corner=tuple(corner))


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How often one edit was there, was named, and both."""

    there: int
    named: int
    both: int


def namings(results: Sequence[Answered]) -> tuple[dict[str, Naming], float]:
    """Return what was named per edit over rightly matched copies, and the share of pictures with all names right.

    Answers that name no edits at all (matchers without that gift) are left out; the share is then not a number.
    What becomes of a reference's mark follows from the geometry where it is cropped off. Where something covers the
    picture nobody has noted whether that hides the mark, so a name for it counts neither way.
    """
    bearing = {result.query.source for result in results if result.query.edit == MARK_REMOVED_BY}
    there: Counter[str] = Counter()
    named: Counter[str] = Counter()
    both: Counter[str] = Counter()
    exact = []
    for result in results:
        truth, found = result.query.truth, result.right
        if truth is None or found is None or "edits" not in found.extras:
            continue
        true, said = set(truth["edits"]), set(found.extras["edits"])
        if result.query.source in bearing and MARK_REMOVED not in true:
            if _mark_cropped_off(truth):
                true.add(MARK_REMOVED)
            elif "covered" in true:
                said.discard(MARK_REMOVED)
        there.update(true)
        named.update(said)
        both.update(true & said)
        exact.append(true == said)
    names = sorted(there | named)
    return (
        {name: Naming(there=there[name], named=named[name], both=both[name]) for name in names},
        statistics.mean(exact) if exact else math.nan,
    )


def _mark_cropped_off(truth: Mapping[str, Any]) -> bool:
    """Return whether less than half of where the owner's mark lies on the reference is shown."""
    if truth["transform"] is None:
        return False
    width, height = truth["reference_size"]
    place = box(*marks.place(np.broadcast_to(np.uint8(0), (height, width, 3))))
    shown = moved(np.array(truth["transform"]).reshape(3, 3), np.array(truth["window"]))
    return area(overlap(place, shown)) < area(place) / 2
