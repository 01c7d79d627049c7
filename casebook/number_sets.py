"""Sets of whole numbers that hold long runs of neighbours: kept, compared and stored as the runs they consist of."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class NumberSet:
    """An immutable set of numbers from 0 on. Its text names every run of neighbours once: `1-1200,1202,1300-1310`.

    `runs` are (first, last) pairs in ascending order that neither overlap nor touch, so equal sets have equal texts.
    """

    runs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Self:
        return cls(_joined((number, number) for number in numbers))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. ValueError: the text is something else."""
        runs = (part.partition("-") for part in text.split(",") if part)
        return cls(_joined((int(first), int(last or first)) for first, _, last in runs))

    def __str__(self) -> str:
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.runs)

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(range(first, last + 1) for first, last in self.runs)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.runs, number, key=itemgetter(0))
        return place > 0 and number <= self.runs[place - 1][1]

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.runs)

    def __or__(self, other: NumberSet) -> NumberSet:
        return NumberSet(_joined((*self.runs, *other.runs)))

    def __sub__(self, other: NumberSet) -> NumberSet:
        return NumberSet(tuple(_without(self.runs, other.runs)))


def _joined(runs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the runs in order, those that overlap or touch made one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def _without(runs: Iterable[tuple[int, int]], taken: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """Yield what is left of the runs where those of `taken` are cut out; both are in order."""
    place = 0
    for run in runs:
        first, last = run
        while place < len(taken) and taken[place][1] < first:
            place += 1
        # A taken run may reach into the next run, too: `place` stays on it.
        for cut_first, cut_last in taken[place:]:
            if cut_first > last:
                break
            if cut_first > first:
                yield first, cut_first - 1
            first = cut_last + 1
        if first <= last:
            yield first, last
