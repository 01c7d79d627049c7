"""What review comes to for each candidate, kept as rows so that no page has to work it out."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from casebook.decision_rows import decision_of
from casebook.deliveries import Deliveries
from casebook.edits import EditKind
from casebook.findings import Verdict
from casebook.permissions import Permissions
from casebook.rulings import Box, Reviewed, Settlement
from casebook.settling import Case, Resemblance, Rules, Told, settle
from casebook.types import ListingState
from casebook.values import time_or_none

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from casebook.rulings import Decision

_CASES = """
SELECT
    c.candidate_id, c.listing_key, c.work_id, c.verdict AS candidate_verdict, c.score,
    l.marketplace, l.host, l.url, l.seller_key, seller.url AS seller_url, l.state, l.sold_count,
    cm.picture_sha256, cm.reference_sha256, cm.verdict, cm.edits,
    max(cm.still_shown) AS still_shown, coalesce(content.content_sha256, cm.picture_sha256) AS content,
    (
        SELECT json_extract(e.geometry, '$.agreed') FROM match_evidence AS me JOIN evidence AS e USING (evidence_id)
        WHERE me.picture_sha256 = cm.picture_sha256 AND me.reference_sha256 = cm.reference_sha256
            AND e.geometry IS NOT NULL ORDER BY me.place LIMIT 1
    ) AS agreed
FROM candidate AS c
CROSS JOIN listing AS l ON l.listing_key = c.listing_key
CROSS JOIN candidate_match AS cm ON cm.listing_key = c.listing_key AND cm.work_id = c.work_id
LEFT JOIN seller ON seller.seller_key = l.seller_key
LEFT JOIN content ON content.picture_sha256 = cm.picture_sha256
WHERE c.verdict <> 'none' AND (:candidates IS NULL OR c.candidate_id IN (SELECT value FROM json_each(:candidates)))
GROUP BY c.candidate_id, cm.picture_sha256, cm.reference_sha256
ORDER BY c.candidate_id
"""

_STANDING = """
SELECT d.*, (
    SELECT json_group_array(picture_sha256) FROM decision_picture AS p WHERE p.seq = d.seq
) AS pictures, (
    SELECT json_group_array(coalesce(content_sha256, p.picture_sha256))
    FROM decision_picture AS p LEFT JOIN content USING (picture_sha256) WHERE p.seq = d.seq
) AS contents, NULL AS chain_sha256
FROM decision AS d
WHERE d.ruling <> 'undone' AND NOT EXISTS (SELECT 1 FROM decision AS u WHERE u.undoes = d.seq)
    AND (:works IS NULL OR d.work_id IN (SELECT value FROM json_each(:works)))
ORDER BY d.seq
"""

# Those that a decision may say something of: of the same work, the same listing or seller, what shows the same
# pictures, and, for a part of a reference, all that match it.
_TOUCHED = """
SELECT candidate_id FROM candidate WHERE candidate_id = :candidate_id
UNION
SELECT c.candidate_id FROM candidate AS c JOIN listing AS l USING (listing_key)
WHERE c.work_id = :work_id AND l.seller_key = :seller_key
UNION
SELECT c.candidate_id
FROM decision_picture AS p
LEFT JOIN content AS mine ON mine.picture_sha256 = p.picture_sha256
LEFT JOIN content AS theirs ON theirs.content_sha256 = mine.content_sha256
JOIN sighting AS s ON s.picture_sha256 = coalesce(theirs.picture_sha256, p.picture_sha256)
JOIN candidate AS c ON c.listing_key = s.listing_key AND c.work_id = :work_id
WHERE p.seq IN (:seq, :undoes)
UNION
SELECT c.candidate_id
FROM match AS m
JOIN sighting AS s ON s.picture_sha256 = m.picture_sha256
JOIN candidate AS c ON c.listing_key = s.listing_key AND c.work_id = :work_id
WHERE m.reference_sha256 = :region_reference
"""

_UPSERT = """
INSERT INTO settlement VALUES (
    :candidate_id, :reviewed, :because, :settled_by, :direct, :until, :at, :change, :listing_key, :seller_key,
    :marketplace, :work_id, :worth, :sight
) ON CONFLICT (candidate_id) DO UPDATE SET
    reviewed = excluded.reviewed, because = excluded.because, settled_by = excluded.settled_by,
    direct = excluded.direct, until = excluded.until, settled_at = excluded.settled_at, change = excluded.change,
    seller_key = excluded.seller_key, worth = excluded.worth, sight = excluded.sight
"""

# What nothing matches any more is no case. Its row stays, worth less than any, so that who follows the changes is told.
_ENDED = """
SELECT candidate_id FROM settlement JOIN candidate USING (candidate_id) WHERE verdict = 'none' AND worth >= 0
"""
_END = """
UPDATE settlement SET because = 'nothing here matches the work any more', settled_by = NULL, direct = 0, until = NULL,
    settled_at = :at, change = :change, worth = -1
WHERE candidate_id = :candidate_id
"""

_MOVE = """
UPDATE settlement SET worth = :worth, seller_key = :seller_key, sight = :sight WHERE candidate_id = :candidate_id
"""

# A copy before a possible one, then what is live, then what is still shown, whatever the rest adds up to.
_COPY, _LIVE, _SHOWN = 1000.0, 400.0, 200.0
_MARK_REMOVED, _REPEATED, _SOLD, _SCORE = 50.0, 40.0, 10.0, 10.0


class Settlements(Permissions, Deliveries):
    def settle(self, at: datetime, *, people: int = 1, candidates: Collection[str] | None = None) -> int:
        """Work out what all decisions, licences and places come to, for these candidates or for all.

        Returns for how many that is something else now. `people` is how many must say that something infringes.
        """
        with self.immediate():
            rows = self._run(_CASES, {"candidates": None if candidates is None else list(candidates)}).fetchall()
            works = None if candidates is None else sorted({row["work_id"] for row in rows})
            rules = Rules(people=people, licences=self.licences(), places=self.places())
            rules.add(self._standing(works))
            known = self._settlements(candidates)
            history = self._infringements()
            changed, before = 0, self._last_change()
            if candidates is None:
                changed += self._end_what_matches_no_more(at)
            for _, group in groupby(rows, key=lambda row: str(row["candidate_id"])):
                shown = list(group)
                case = _case(shown)
                kept = {"worth": _worth(shown, history[case.seller_key]), "sight": _sight(shown)}
                changed += self._keep(settle(case, rules, at), case, kept, known.get(case.candidate_id), at)
            if changed:
                self._announce(before, at)
        return changed

    def _end_what_matches_no_more(self, at: datetime) -> int:
        ended = self._run(_ENDED, {}).fetchall()
        for (candidate_id,) in ended:
            self._run(_END, {"candidate_id": candidate_id, "at": at, "change": self._next_change(at)})
        return len(ended)

    def settle_what_ended(self, at: datetime, *, people: int = 1) -> int:
        """Settle anew what held until a moment that has come; return for how many something changed."""
        rows = self._run("SELECT candidate_id FROM settlement WHERE until <= :at", {"at": at}).fetchall()
        return self.settle(at, people=people, candidates=[row[0] for row in rows]) if rows else 0

    def settlement(self, candidate_id: str) -> Settlement | None:
        """Return what review comes to for a candidate; None where there is no such one, or it is not settled yet."""
        row = self._first("SELECT * FROM settlement WHERE candidate_id = :id", {"id": candidate_id})
        return None if row is None else _settlement(row)

    def changes_of(self, candidates: Collection[str]) -> dict[str, int]:
        """Return by candidate the number of the newest change of what review says of it."""
        return {name: row["change"] for name, row in self._settlements(candidates).items()}

    def reviewed_counts(self) -> dict[Reviewed, int]:
        """Return how many candidates there are in each state of the review; those with none are left out."""
        rows = self._run("SELECT reviewed, count(*) AS n FROM settlement WHERE worth >= 0 GROUP BY reviewed", {})
        return {Reviewed(row["reviewed"]): row["n"] for row in rows}

    def _touched(self, decisions: Sequence[Decision]) -> set[str]:
        """Return the candidates that decisions, or the undoing of them, may say something of."""
        found: set[str] = set()
        for decision in decisions:
            values = {
                "candidate_id": decision.candidate_id,
                "work_id": decision.work_id,
                "seller_key": decision.seller_key,
                "seq": decision.seq,
                "undoes": decision.undoes,
                "region_reference": decision.region and decision.region[0],
            }
            if decision.undoes is not None:
                row = self._first("SELECT * FROM decision WHERE seq = :seq", {"seq": decision.undoes})
                values |= {"seller_key": row["seller_key"], "region_reference": row["region_reference"]}
            found.update(row[0] for row in self._run(_TOUCHED, values))
        return found

    def _standing(self, works: list[str] | None) -> Iterator[Told]:
        for row in self._run(_STANDING, {"works": works}).fetchall():
            yield Told(decision_of(row), frozenset(json.loads(row["contents"])))

    def _settlements(self, candidates: Collection[str] | None) -> dict[str, Any]:
        rows = self._run(
            "SELECT * FROM settlement "
            "WHERE :candidates IS NULL OR candidate_id IN (SELECT value FROM json_each(:candidates))",
            {"candidates": None if candidates is None else list(candidates)},
        )
        return {row["candidate_id"]: row for row in rows}

    def _infringements(self) -> Counter[str | None]:
        rows = self._run(
            "SELECT seller_key, count(*) AS n FROM settlement WHERE reviewed = 'infringing' AND worth >= 0 "
            "GROUP BY seller_key",
            {},
        )
        return Counter({row["seller_key"]: row["n"] for row in rows if row["seller_key"] is not None})

    def _last_change(self) -> int:
        return int(self._first("SELECT coalesce(max(change), 0) AS last FROM settlement", {})["last"])

    def _next_change(self, at: datetime) -> int:
        """Return a number above all that were ever given: the next one, or the time in milliseconds since 1970.

        Time keeps numbers apart that a restored backup and what was written after it would give twice: whoever follows
        the changes would miss the second.
        """
        return max(self._last_change() + 1, int(at.timestamp() * 1000))

    def _keep(self, settled: Settlement, case: Case, kept: dict[str, Any], before: Any, at: datetime) -> bool:
        """Write a settlement down; return whether it, or what is in sight, is something else than before."""
        same = before is not None and before["sight"] in (None, kept["sight"])
        if same and _settlement(before) == settled:
            kept |= {"seller_key": case.seller_key}
            if any(before[name] != value for name, value in kept.items()):
                self._run(_MOVE, {**kept, "candidate_id": case.candidate_id})
            return False
        values = {
            "candidate_id": settled.candidate_id,
            "reviewed": settled.reviewed,
            "because": settled.because,
            "settled_by": settled.settled_by,
            "direct": int(settled.direct),
            "until": settled.until,
            "at": at,
            "change": self._next_change(at),
            "listing_key": case.listing_key,
            "seller_key": case.seller_key,
            "marketplace": case.marketplace,
            "work_id": case.work_id,
            **kept,
        }
        self._run(_UPSERT, values)
        return True


def _case(rows: Sequence[Any]) -> Case:
    first = rows[0]
    return Case(
        candidate_id=first["candidate_id"],
        listing_key=first["listing_key"],
        work_id=first["work_id"],
        marketplace=first["marketplace"],
        host=first["host"],
        netloc=urlsplit(first["url"]).netloc,
        seller_key=first["seller_key"],
        seller_url=first["seller_url"],
        shown=tuple(_resemblances(rows)),
    )


def _resemblances(rows: Iterable[Any]) -> Iterator[Resemblance]:
    for row in rows:
        agreed = json.loads(row["agreed"]) if row["agreed"] else []
        yield Resemblance(
            picture=row["picture_sha256"],
            content=row["content"],
            reference=row["reference_sha256"],
            copy=row["verdict"] == Verdict.COPY,
            agreed=Box(left=agreed[0], top=agreed[1], right=agreed[2], bottom=agreed[3]) if agreed else None,
        )


def _worth(rows: Sequence[Any], infringements: int) -> float:
    """Return how much a look is worth, for the order of the queue: a copy, live, still shown; then a mark that was
    removed, a seller who was found infringing before, how often it was sold (in powers of ten), and the score."""
    first = rows[0]
    removed = any(EditKind.WATERMARK_REMOVED.value in row["edits"] for row in rows)
    return float(
        _COPY * (first["candidate_verdict"] == Verdict.COPY)
        + _LIVE * (first["state"] == ListingState.LIVE)
        + _SHOWN * any(row["still_shown"] for row in rows)
        + _MARK_REMOVED * removed
        + _REPEATED * min(1.0, infringements / 3)
        + _SOLD * min(5.0, math.log10(1 + (first["sold_count"] or 0)))
        + _SCORE * first["score"]
    )


def _sight(rows: Sequence[Any]) -> str:
    """Return a name for what the matcher says of a candidate: which pictures match which references, and how surely."""
    pairs = sorted((row["picture_sha256"], row["reference_sha256"], row["verdict"]) for row in rows)
    return hashlib.sha256(json.dumps([rows[0]["candidate_verdict"], pairs]).encode()).hexdigest()


def _settlement(row: Any) -> Settlement:
    return Settlement(
        candidate_id=row["candidate_id"],
        reviewed=Reviewed(row["reviewed"]),
        because=row["because"],
        settled_by=row["settled_by"],
        direct=bool(row["direct"]),
        until=time_or_none(row["until"]),
    )
