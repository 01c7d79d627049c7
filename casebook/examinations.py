"""Examinations: which pictures the matcher has held against which references, and what it found.

Every reference picture has a number (`casebook.works`), and the examination of a picture keeps the numbers it was
compared with. So what is still to compare follows from the casebook alone, however references came and went.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from casebook.candidates import Candidates
from casebook.number_sets import NumberSet
from casebook.pictures import picture_columns, picture_of
from casebook.tail import Resemblance, Tail
from casebook.works import Works

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from casebook.findings import Match, Rendering
    from casebook.matches import Decide
    from casebook.types import Picture

# An examination by another matcher counts for nothing.
_COMPARED_WITH = """
SELECT coalesce(e.compared_with, '') AS numbers, count(*) AS pictures
FROM picture LEFT JOIN examination AS e ON e.picture_sha256 = sha256 AND e.matcher_key = :matcher_key
WHERE EXISTS (SELECT 1 FROM sighting WHERE picture_sha256 = sha256)
GROUP BY 1
"""

_PAGE = """
SELECT picture.*
FROM picture LEFT JOIN examination AS e ON e.picture_sha256 = sha256 AND e.matcher_key = :matcher_key
WHERE EXISTS (SELECT 1 FROM sighting WHERE picture_sha256 = sha256)
    AND sha256 > :after AND coalesce(e.compared_with, '') IN (SELECT value FROM json_each(:compared_with))
ORDER BY sha256 LIMIT :limit
"""

# Findings count while their reference is in the owner's folder. What a person refuted is a stranger's, however alike.
_TAIL = """
WITH highest AS (
    SELECT max(log_odds) AS log_odds, EXISTS (
        SELECT 1 FROM refuted AS r
        WHERE r.picture_sha256 = match.picture_sha256 AND r.reference_sha256 = match.reference_sha256
    ) AS refuted
    FROM match JOIN match_evidence USING (picture_sha256, reference_sha256) JOIN evidence USING (evidence_id)
    JOIN examination AS x ON x.picture_sha256 = match.picture_sha256 AND x.matcher_key = :matcher_key
    WHERE superseded_at IS NULL
        AND EXISTS (SELECT 1 FROM reference AS r WHERE r.sha256 = match.reference_sha256 AND current)
    GROUP BY match.picture_sha256
)
SELECT
    count(*) FILTER (WHERE log_odds >= :lower AND log_odds < :upper) AS reached,
    total(log_odds - :lower) FILTER (WHERE log_odds >= :lower AND log_odds < :upper) AS excess,
    count(*) FILTER (WHERE log_odds >= :upper AND NOT refuted) AS suspected,
    (SELECT count(*) FROM examination WHERE matcher_key = :matcher_key) AS examined,
    (SELECT count(DISTINCT sha256) FROM reference WHERE current AND kind = 'picture') AS reference_count
FROM highest
"""

_RESEMBLANCES = """
WITH highest AS (
    SELECT match.reference_sha256, max(log_odds) AS log_odds, EXISTS (
        SELECT 1 FROM refuted AS r
        WHERE r.picture_sha256 = match.picture_sha256 AND r.reference_sha256 = match.reference_sha256
    ) AS refuted
    FROM match JOIN match_evidence USING (picture_sha256, reference_sha256) JOIN evidence USING (evidence_id)
    JOIN examination AS x ON x.picture_sha256 = match.picture_sha256 AND x.matcher_key = :matcher_key
    WHERE superseded_at IS NULL
        AND EXISTS (SELECT 1 FROM reference AS r WHERE r.sha256 = match.reference_sha256 AND current)
    GROUP BY match.picture_sha256, match.reference_sha256
)
SELECT
    reference_sha256,
    count(*) FILTER (WHERE log_odds < :upper OR refuted) AS reached,
    count(*) FILTER (WHERE log_odds >= :upper AND NOT refuted) AS suspected
FROM highest WHERE log_odds >= :lower GROUP BY reference_sha256 ORDER BY reference_sha256
"""

_LAST_TAIL = "SELECT * FROM tail ORDER BY at DESC LIMIT 1"

_KEEP_TAIL = """
INSERT INTO tail VALUES (:at, :pictures, :reached, :excess, :suspected, :references)
ON CONFLICT (at) DO UPDATE SET
    pictures = excluded.pictures,
    reached = excluded.reached,
    excess = excluded.excess,
    suspected = excluded.suspected,
    reference_count = excluded.reference_count
"""

_MATCHED_NUMBERS = """
SELECT reference_sha256, number FROM match LEFT JOIN numbered_reference ON sha256 = reference_sha256
WHERE picture_sha256 = :picture
"""

_SUPERSEDE = """
UPDATE match SET superseded_at = coalesce(superseded_at, :at)
WHERE picture_sha256 = :picture AND reference_sha256 IN (SELECT value FROM json_each(:references))
"""

_UPSERT_PICTURE = """
INSERT INTO picture VALUES (:sha256, :bytes, :format, :width, :height, :problem, :claims)
ON CONFLICT (sha256) DO UPDATE SET
    format = coalesce(excluded.format, format),
    width = coalesce(excluded.width, width),
    height = coalesce(excluded.height, height),
    problem = excluded.problem,
    claims = excluded.claims
"""

_UPSERT_EXAMINATION = """
INSERT INTO examination VALUES (:picture, :matcher_key, :compared_with, :at)
ON CONFLICT (picture_sha256) DO UPDATE SET
    matcher_key = excluded.matcher_key, compared_with = excluded.compared_with, examined_at = excluded.examined_at
"""

_PAGE_PICTURES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Pictures that lack the same references: the numbers of those, how many pictures, and what these have had."""

    references: NumberSet
    pictures: int
    compared_with: tuple[str, ...]


class Examinations(Candidates, Works):
    def never_compared(self) -> int:
        """Return how many pictures seen in a listing no matcher has looked at."""
        row = self._first(
            "SELECT count(*) AS pictures FROM picture "
            "WHERE EXISTS (SELECT 1 FROM sighting WHERE picture_sha256 = sha256) "
            "AND NOT EXISTS (SELECT 1 FROM examination WHERE picture_sha256 = sha256)",
            {},
        )
        return int(row["pictures"])

    def backlogs(self, matcher_key: str) -> list[Backlog]:
        """Return what this matcher has still to compare, pictures that lack the most references first.

        1. Pictures seen in a listing are grouped by the references they were compared with.
        2. What a group lacks are the current references without those; groups that lack the same are one backlog.
        """
        current = NumberSet.of(self.reference_numbers().values())
        groups: defaultdict[NumberSet, list[tuple[str, int]]] = defaultdict(list)
        for row in self._run(_COMPARED_WITH, {"matcher_key": matcher_key}):
            lacking = current - NumberSet.parse(row["numbers"])
            if lacking:
                groups[lacking].append((row["numbers"], row["pictures"]))
        found = [
            Backlog(
                references=lacking,
                pictures=sum(pictures for _, pictures in group),
                compared_with=tuple(numbers for numbers, _ in group),
            )
            for lacking, group in groups.items()
        ]
        return sorted(found, key=lambda backlog: (-len(backlog.references), backlog.references.runs))

    def backlog_pictures(self, backlog: Backlog, matcher_key: str) -> Iterator[Picture]:
        """Yield the pictures of a backlog by SHA-256; they may be recorded as examined meanwhile."""
        after = ""
        while True:
            values = {"matcher_key": matcher_key, "compared_with": backlog.compared_with}
            rows = self._run(_PAGE, {**values, "after": after, "limit": _PAGE_PICTURES}).fetchall()
            yield from map(picture_of, rows)
            if len(rows) < _PAGE_PICTURES:
                return
            after = rows[-1]["sha256"]

    def record_examination(
        self,
        picture: Picture,
        matcher_key: str,
        references: NumberSet,
        matches: Sequence[tuple[Match, Rendering | None]],
        at: datetime,
        decide: Decide = list,
    ) -> None:
        """Add what the matcher found between this picture and the references of these numbers, in one transaction.

        The newest comparison of a picture with a reference holds: a match that it does not confirm is kept, marked as
        superseded. The first examination by another matcher supersedes all that earlier ones found. `decide` then says
        what all current matches of the picture come to, those found before included.
        """
        with self.immediate():
            self._run(_UPSERT_PICTURE, picture_columns(picture))
            before = self._compared_with(picture.sha256, matcher_key)
            concerned = self._supersede(picture.sha256, None if before is None else references, at)
            for match, rendering in matches:
                self._add_match(match, rendering, at)
            self._run(
                _UPSERT_EXAMINATION,
                {
                    "picture": picture.sha256,
                    "matcher_key": matcher_key,
                    "compared_with": str(references if before is None else before | references),
                    "at": at,
                },
            )
            if matches or concerned:
                self._decide_matches(picture.sha256, decide)
                self._settle_candidates_of(picture.sha256, at)

    def tail(self, matcher_key: str, lower: float, upper: float) -> Tail:
        """Return how the highest log-odds of the pictures examined by this matcher are spread between two bars."""
        row = self._first(_TAIL, {"matcher_key": matcher_key, "lower": lower, "upper": upper})
        return Tail(
            pictures=row["examined"] - row["suspected"],
            reached=row["reached"],
            excess=row["excess"],
            suspected=row["suspected"],
            references=row["reference_count"],
        )

    def resemblances(self, matcher_key: str, lower: float, upper: float) -> list[Resemblance]:
        """Return for each reference that any picture resembles how many do, by the same two bars as `tail`."""
        rows = self._run(_RESEMBLANCES, {"matcher_key": matcher_key, "lower": lower, "upper": upper})
        return [Resemblance(**row) for row in rows]

    def keep_tail(self, tail: Tail, at: datetime) -> None:
        """Keep by what verdicts are derived from now on, beside what they were derived by before."""
        with self.immediate():
            if tail != self.last_tail():
                self._run(_KEEP_TAIL, {**asdict(tail), "at": at})

    def last_tail(self) -> Tail | None:
        """Return what was kept last; None before the first comparison."""
        row = self._first(_LAST_TAIL, {})
        if row is None:
            return None
        return Tail(
            pictures=row["pictures"],
            reached=row["reached"],
            excess=row["excess"],
            suspected=row["suspected"],
            references=row["reference_count"],
        )

    def record_problem(self, picture: Picture) -> None:
        """Keep why a picture could not be compared this time; it stays among those to compare."""
        with self.immediate():
            self._run(_UPSERT_PICTURE, picture_columns(picture))

    def _compared_with(self, picture_sha256: str, matcher_key: str) -> NumberSet | None:
        row = self._first(
            "SELECT compared_with FROM examination WHERE picture_sha256 = :picture AND matcher_key = :matcher_key",
            {"picture": picture_sha256, "matcher_key": matcher_key},
        )
        return None if row is None else NumberSet.parse(row["compared_with"])

    def _supersede(self, picture_sha256: str, references: NumberSet | None, at: datetime) -> int:
        """Mark the picture's matches with these references, or with all, as superseded; return how many they are."""
        matched = self._run(_MATCHED_NUMBERS, {"picture": picture_sha256}).fetchall()
        # Found by version 0.1 and gone from the folder since, a reference has no number.
        concerned = [
            row["reference_sha256"]
            for row in matched
            if references is None or (row["number"] is not None and row["number"] in references)
        ]
        self._run(_SUPERSEDE, {"picture": picture_sha256, "references": concerned, "at": at})
        return len(concerned)

    def _settle_candidates_of(self, picture_sha256: str, at: datetime) -> None:
        listings = self._run(
            "SELECT DISTINCT listing_key FROM sighting WHERE picture_sha256 = :sha256", {"sha256": picture_sha256}
        )
        for row in listings.fetchall():
            self._settle_candidates(row["listing_key"], at)
