"""What review says of candidates, in the order in which it came to say so: whoever goes on where he stopped misses no
change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casebook.store import Store

if TYPE_CHECKING:
    from datetime import datetime

# One row for each candidate, at the place of its newest change.
_CHANGED = """
SELECT s.candidate_id, s.change, s.reviewed, s.settled_by, c.verdict, (
    c.verdict IN (SELECT value FROM json_each(:verdicts))
    AND s.reviewed IN (SELECT value FROM json_each(:reviewed))
    AND (:since IS NULL OR c.first_found_at >= :since)
) AS passes
FROM settlement AS s CROSS JOIN candidate AS c ON c.candidate_id = s.candidate_id
WHERE s.change > :after AND s.change <= :last AND (passes OR :withdrawn)
ORDER BY s.change LIMIT :limit
"""

_ROWS = """
SELECT candidates.*, settlement.change, settlement.direct, settlement.until
FROM candidates JOIN settlement USING (candidate_id)
WHERE candidate_id IN (SELECT value FROM json_each(:ids))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFilter:
    """Which candidates pass: all three must hold."""

    verdicts: tuple[str, ...]
    reviewed: tuple[str, ...]
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What review says of a candidate since change number `change`; `passes` tells whether the filter lets it by, and
    `verdict` what the matcher says: `none` where nothing matches any more."""

    candidate_id: str
    change: int
    reviewed: str
    settled_by: str | None
    verdict: str
    passes: bool = True


class Feed(Store):
    def last_change(self) -> int:
        """Return the number of the newest change, 0 where there is none."""
        return int(self._first("SELECT coalesce(max(change), 0) AS last FROM settlement", {})["last"])

    def changes(
        self, after: int, last: int, wanted: FeedFilter, *, withdrawn: bool, limit: int
    ) -> tuple[list[Change], int]:
        """Return what changed after one number and up to another, oldest first, and where to go on next time.

        Of a candidate that changed several times only the newest change is left. With `withdrawn`, those are told too
        that the filter does not let through (any more).
        """
        values = {
            "after": after,
            "last": last,
            "verdicts": list(wanted.verdicts),
            "reviewed": list(wanted.reviewed),
            "since": wanted.since,
            "withdrawn": int(withdrawn),
            "limit": limit,
        }
        found = [Change(**{**dict(row), "passes": bool(row["passes"])}) for row in self._run(_CHANGED, values)]
        return found, found[-1].change if len(found) == limit else last

    def changed_rows(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """Return the rows of the view `candidates` by their ids, each with `change`, `direct` and `until`."""
        return {row["candidate_id"]: dict(row) for row in self._run(_ROWS, {"ids": ids})}
