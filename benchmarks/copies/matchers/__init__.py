"""One file per matcher. A matcher learns the references once and answers queries with references and scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.copies.queries import Query, ReferenceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One reference that a matcher names. Scores of one matcher compare with one another, higher is surer.

    `verdict` is None where a matcher gives none. `extras` may hold `mirrored`, `transform` (nine numbers, picture to
    reference), `reference_share`, `picture_share`, `edits`, `expected_false_alarms`.
    """

    reference: str
    score: float
    verdict: str | None = None
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a matcher says about one query, best first, and the processor time it took."""

    query: str
    found: tuple[Found, ...]
    milliseconds: float


class Matcher(Protocol):
    """What the benchmark runs."""

    NAME: str

    def prepare(self, references: Sequence[ReferenceFile]) -> None:
        """Learn the library."""
        ...

    def answers(self, queries: Sequence[Query]) -> Iterable[Answer]:
        """Answer every query, in order."""
        ...
