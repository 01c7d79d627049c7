"""Candidates: one per listing and work, always what the current matches and sightings say."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from casebook.findings import Candidate, Match, Verdict
from casebook.matches import Decide, Matches
from casebook.types import content_id
from casebook.values import Column, time
from casebook.views import COVERAGE_OF_RUN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from casebook.rulings import Reviewed

# By work, best first; a picture shown at several places of the gallery matches once.
_MATCHES = """
SELECT
    work_id, picture_sha256, reference_sha256, verdict, score, because, relation, edits, expected_false_alarms,
    max(found_at, max(last_seen_at)) AS found_at, max(still_shown) AS still_shown
FROM candidate_match WHERE listing_key = :listing_key
GROUP BY work_id, picture_sha256, reference_sha256
ORDER BY work_id, verdict = 'copy' DESC, max(still_shown) DESC, score DESC, picture_sha256, reference_sha256
"""

_MATCHED = "SELECT DISTINCT picture_sha256 FROM match WHERE superseded_at IS NULL"

# The matches are few and the sightings many: the cross join holds SQLite to reading the matches first.
_CONCERNED = """
SELECT s.listing_key FROM match AS m CROSS JOIN sighting AS s ON s.picture_sha256 = m.picture_sha256
WHERE m.superseded_at IS NULL
UNION
SELECT listing_key FROM candidate
"""

_UPSERT = """
INSERT INTO candidate VALUES (
    :candidate_id, :listing_key, :work_id, :verdict, :score, :because, :picture_sha256, :reference_sha256, :at, :at
) ON CONFLICT (candidate_id) DO UPDATE SET
    verdict = excluded.verdict,
    score = excluded.score,
    because = excluded.because,
    picture_sha256 = excluded.picture_sha256,
    reference_sha256 = excluded.reference_sha256,
    last_found_at = max(last_found_at, :found_at)
"""

# The row stays, so that decisions keep what they were about.
_CLEAR = """
UPDATE candidate SET verdict = 'none', score = 0, because = 'no picture of the listing matches the work any more'
WHERE listing_key = :listing_key AND verdict <> 'none'
    AND work_id NOT IN (SELECT work_id FROM candidate_match WHERE listing_key = :listing_key)
"""

_IN_ORDER = """
SELECT candidate_id FROM candidate LEFT JOIN settlement USING (candidate_id)
WHERE verdict <> 'none' AND coalesce(reviewed, 'open') IN (SELECT value FROM json_each(:states))
ORDER BY worth DESC, first_found_at, candidate_id LIMIT :limit
"""

_SELECT = """
SELECT candidate.* FROM candidate LEFT JOIN settlement USING (candidate_id)
WHERE verdict IN (SELECT value FROM json_each(:verdicts)) AND (:since IS NULL OR first_found_at >= :since)
    AND (:reviewed IS NULL OR coalesce(reviewed, 'open') IN (SELECT value FROM json_each(:reviewed)))
ORDER BY verdict = 'copy' DESC, score DESC, first_found_at, candidate_id
"""


class Candidates(Matches):
    def refresh_candidates(self, at: datetime, decide: Decide = list) -> None:
        """Derive all candidates anew from matches and sightings; `first_found_at` of those known is kept.

        First `decide` says what the current matches of each picture come to now.
        """
        with self.immediate():
            for row in self._run(_MATCHED, {}).fetchall():
                self._decide_matches(row["picture_sha256"], decide)
            for row in self._run(_CONCERNED, {}).fetchall():
                self._settle_candidates(row["listing_key"], at)

    def candidates(
        self,
        verdicts: Collection[Verdict] = (Verdict.COPY, Verdict.POSSIBLE),
        since: datetime | None = None,
        reviewed: Collection[Reviewed] | None = None,
    ) -> list[Candidate]:
        """Return the candidates of these verdicts, best first; with `since`, only those first found then or later; with
        `reviewed`, only those in these states of review."""
        states = None if reviewed is None else list(reviewed)
        rows = self._run(_SELECT, {"verdicts": list(verdicts), "since": since, "reviewed": states})
        return [self._candidate(row) for row in rows.fetchall()]

    def candidate_ids(self, beginning: str, at_most: int = 100) -> list[str]:
        """Return the ids of candidates that begin so."""
        rows = self._run(
            "SELECT candidate_id FROM candidate WHERE substr(candidate_id, 1, length(:beginning)) = :beginning "
            "ORDER BY 1 LIMIT :at_most",
            {"beginning": beginning, "at_most": at_most},
        )
        return [row[0] for row in rows]

    def candidate(self, candidate_id: str) -> Candidate | None:
        """Return a candidate with all its matches, best first; None where there is none of that id."""
        row = self._first("SELECT * FROM candidate WHERE candidate_id = :id", {"id": candidate_id})
        return None if row is None else self._candidate(row)

    def best_match(self, candidate_id: str) -> Match | None:
        """Return the match that a candidate goes by; None where it has none now."""
        found = self.candidate(candidate_id)
        return found.matches[0] if found is not None and found.matches else None

    def candidate_rows(self) -> list[dict[str, Column]]:
        """Return the view `candidates`, as docs/database.md describes it, copies first."""
        return self._view("SELECT * FROM candidates ORDER BY verdict, score DESC, candidate_id")

    def reviewed_rows(self, states: Collection[Reviewed], limit: int | None = None) -> list[dict[str, Column]]:
        """Return at most `limit` rows of the view `candidates` in these states of review, what is worth most first.

        The order comes from rows kept for it, and only what is returned is put together from the view.
        """
        names = [
            row[0] for row in self._run(_IN_ORDER, {"states": list(states), "limit": -1 if limit is None else limit})
        ]
        rows = self._view(
            "SELECT * FROM candidates WHERE candidate_id IN (SELECT value FROM json_each(:names))", names=names
        )
        known = {str(row["candidate_id"]): row for row in rows}
        return [known[name] for name in names if name in known]

    def reviewed_number(self, states: Collection[Reviewed]) -> int:
        """Return how many candidates there are in these states of review."""
        return len(self._run(_IN_ORDER, {"states": list(states), "limit": -1}).fetchall())

    def queue_rows(self) -> list[dict[str, Column]]:
        """Return the view `queue`: candidates in the order in which a look at them is worth most."""
        return self._view("SELECT * FROM queue ORDER BY place")

    def coverage_rows(self, run_id: str | None = None) -> list[dict[str, Column]]:
        """Return the view `coverage` for one run or for all, newest run first."""
        return self._view("SELECT * FROM coverage") if run_id is None else self._view(COVERAGE_OF_RUN, run_id=run_id)

    def newest_coverage(self, runs: int) -> list[list[dict[str, Column]]]:
        """Return the view `coverage` for each of the newest runs that have any, newest first."""
        names = self._run("SELECT run_id FROM run ORDER BY run_seq DESC", {}).fetchall()
        return list(islice(filter(None, (self.coverage_rows(name) for (name,) in names)), runs))

    def _view(self, sql: str, **values: object) -> list[dict[str, Column]]:
        return [dict(row) for row in self._run(sql, values)]

    def _settle_candidates(self, listing_key: str, at: datetime) -> None:
        """Make the listing's candidates what its matches say now: each goes by its best match."""
        rows = self._run(_MATCHES, {"listing_key": listing_key}).fetchall()
        for work_id, group in groupby(rows, key=lambda row: str(row["work_id"])):
            matches = list(group)
            best = matches[0]
            self._run(
                _UPSERT,
                {
                    "candidate_id": content_id(listing_key, work_id),
                    "listing_key": listing_key,
                    "work_id": work_id,
                    "verdict": best["verdict"],
                    "score": best["score"],
                    "because": best["because"],
                    "picture_sha256": best["picture_sha256"],
                    "reference_sha256": best["reference_sha256"],
                    "at": at,
                    "found_at": max(match["found_at"] for match in matches),
                },
            )
        self._run(_CLEAR, {"listing_key": listing_key})

    def _candidate(self, row: Any) -> Candidate:
        return Candidate(
            listing_key=row["listing_key"],
            work_id=row["work_id"],
            verdict=Verdict(row["verdict"]),
            score=row["score"],
            because=row["because"],
            matches=tuple(self._matches(row["listing_key"], row["work_id"])),
            first_found_at=time(row["first_found_at"]),
            last_found_at=time(row["last_found_at"]),
        )

    def _matches(self, listing_key: str, work_id: str) -> Iterator[Match]:
        for row in self._run(_MATCHES, {"listing_key": listing_key}).fetchall():
            if row["work_id"] == work_id:
                yield self._match(row)
