"""Cases as an operator meets them: candidates by the state of their review, in order of worth, grouped by seller and
work. Everything here is read from rows that are kept up to date, so that no page has to work anything out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from casebook.rulings import Reviewed
from casebook.store import Store

if TYPE_CHECKING:
    from datetime import datetime

_FIELDS = """
    s.candidate_id, s.reviewed, s.because AS review_because, s.settled_by, s.change, s.worth, s.work_id, s.seller_key,
    s.marketplace, s.listing_key, c.verdict, c.score, c.because, c.picture_sha256, c.reference_sha256, c.first_found_at,
    l.title AS listing_title, l.url AS listing_url, l.state, l.price_amount, l.price_currency, l.sold_count,
    w.title AS work_title, seller.name AS seller_name, picture.jpeg_sha256 AS shown_sha256
"""

_FROM = """
FROM settlement AS s
CROSS JOIN candidate AS c ON c.candidate_id = s.candidate_id
CROSS JOIN listing AS l ON l.listing_key = s.listing_key
CROSS JOIN work AS w ON w.work_id = s.work_id
LEFT JOIN seller ON seller.seller_key = s.seller_key
LEFT JOIN rendition AS picture ON picture.sha256 = c.picture_sha256
"""

# What each field of a filter asks of a case.
_ASKED = {
    "verdict": "c.verdict = :verdict",
    "marketplace": "s.marketplace = :marketplace",
    "seller_key": "s.seller_key = :seller_key",
    "work_id": "s.work_id = :work_id",
    "words": (
        "instr(lower(l.title || ' ' || l.url || ' ' || w.title || ' ' || coalesce(seller.name, '')), lower(:words))"
    ),
}

_WHERE = "WHERE s.reviewed = :reviewed AND c.verdict <> 'none'" + "".join(
    f" AND (:{name} IS NULL OR {asked})" for name, asked in _ASKED.items()
)

# Without joins and without conditions on what nobody asks for: then one index has all of it.
_COUNTS = """
SELECT reviewed, sum(cases) AS cases, count(*) AS groups FROM (
    SELECT s.reviewed, count(*) AS cases {source} WHERE s.worth >= 0 {asked}
    GROUP BY s.seller_key, s.work_id, s.reviewed, iif(s.seller_key IS NULL, s.candidate_id, NULL)
) GROUP BY reviewed
"""

# The first of its group: no other case of the same seller and work, in the same state, is worth more.
_FIRST = """
    AND NOT EXISTS (
        SELECT 1 FROM settlement AS better
        WHERE better.seller_key = s.seller_key AND better.work_id = s.work_id AND better.reviewed = s.reviewed
            AND (better.worth > s.worth OR (better.worth = s.worth AND better.candidate_id < s.candidate_id))
    )
"""

_ORDER = "ORDER BY s.worth DESC, s.candidate_id LIMIT :limit"
_AFTER = "AND (s.worth < :worth OR (s.worth = :worth AND s.candidate_id > :candidate_id))"

_GROUP = """
WHERE s.seller_key = :seller_key AND s.work_id = :work_id AND s.reviewed = :reviewed AND c.verdict <> 'none'
"""

_GROUP_SIZE = """
SELECT count(*) AS n FROM settlement AS s JOIN candidate AS c USING (candidate_id)
WHERE s.seller_key = :seller_key AND s.work_id = :work_id AND s.reviewed = :reviewed AND c.verdict <> 'none'
"""

_HISTORY = """
SELECT day, sum(found) AS found, sum(decided) AS decided, sum(removed) AS removed FROM (
    SELECT substr(first_found_at, 1, 10) AS day, 1 AS found, 0 AS decided, 0 AS removed FROM candidate
    WHERE first_found_at >= :since AND verdict <> 'none'
    UNION ALL
    SELECT substr(decided_at, 1, 10), 0, 1, 0 FROM decision WHERE decided_at >= :since AND ruling <> 'undone'
    UNION ALL
    SELECT substr(confirmed_at, 1, 10), 0, 0, 1 FROM removal WHERE confirmed_at >= :since
) GROUP BY day ORDER BY day
"""

_SELLERS = """
SELECT
    s.seller_key, seller.name, seller.url, s.marketplace, count(*) AS cases,
    count(*) FILTER (WHERE s.reviewed = 'open') AS open,
    count(*) FILTER (WHERE s.reviewed = 'to_confirm') AS to_confirm,
    count(*) FILTER (WHERE s.reviewed = 'infringing') AS infringing,
    count(DISTINCT s.work_id) AS works
FROM settlement AS s JOIN candidate AS c USING (candidate_id) LEFT JOIN seller USING (seller_key)
WHERE c.verdict <> 'none' AND s.seller_key IS NOT NULL
    AND (:words IS NULL OR instr(lower(coalesce(seller.name, '') || ' ' || s.seller_key), lower(:words)))
GROUP BY s.seller_key
ORDER BY infringing DESC, open + to_confirm DESC, cases DESC, s.seller_key LIMIT :limit
"""

_WORK_COUNTS = """
SELECT
    w.work_id, w.title, w.kind, w.current,
    count(c.candidate_id) AS cases,
    count(*) FILTER (WHERE s.reviewed = 'open') AS open,
    count(*) FILTER (WHERE s.reviewed = 'to_confirm') AS to_confirm,
    count(*) FILTER (WHERE s.reviewed = 'infringing') AS infringing,
    count(DISTINCT s.seller_key) AS sellers
FROM work AS w
LEFT JOIN candidate AS c ON c.work_id = w.work_id AND c.verdict <> 'none'
LEFT JOIN settlement AS s ON s.candidate_id = c.candidate_id
"""

_WORK = f"{_WORK_COUNTS} WHERE w.work_id = :work_id GROUP BY w.work_id"

_WORKS = f"""{_WORK_COUNTS}
WHERE (:words IS NULL OR instr(lower(w.title || ' ' || w.work_id), lower(:words)))
GROUP BY w.work_id
ORDER BY w.current DESC, infringing DESC, cases DESC, w.work_id LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are asked for; None leaves a field open. `words` stand in the title or address of the listing, or the
    name of the work or seller."""

    reviewed: Reviewed = Reviewed.OPEN
    verdict: str | None = None
    marketplace: str | None = None
    seller_key: str | None = None
    work_id: str | None = None
    words: str | None = None

    @property
    def groups(self) -> bool:
        """Whether all cases of a seller and work, or none, pass it."""
        return self.verdict is None and self.words is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCount:
    """How many cases there are, and how many groups of one seller and work; without a seller each is a group."""

    cases: int = 0
    groups: int = 0


class Cases(Store):
    def cases(self, wanted: CaseFilter, limit: int, after: str | None = None) -> list[dict[str, Any]]:
        """Return cases, what is worth most first; of each seller and work only the first one, where the filter lets all
        of them through. `after` is the candidate that the page before ended with."""
        first = _FIRST if wanted.groups else ""
        return self._listed(f"{_WHERE}{first}", wanted, limit, after)

    def case_counts(self, wanted: CaseFilter) -> dict[Reviewed, CaseCount]:
        """Return how many cases of each state pass a filter, whatever state it names; states with none are left out."""
        values = asdict(wanted)
        asked = "".join(f" AND {asked}" for name, asked in _ASKED.items() if values[name] is not None)
        source = "FROM settlement AS s" if wanted.groups else _FROM
        rows = self._run(_COUNTS.format(source=source, asked=asked), values)
        return {Reviewed(row["reviewed"]): CaseCount(cases=row["cases"], groups=row["groups"]) for row in rows}

    def group(self, candidate_id: str, limit: int = 200) -> list[dict[str, Any]]:
        """Return the cases of the same seller and work in the same state, the candidate's own included, best first."""
        row = self._settled(candidate_id)
        if row is None:
            return []
        if row["seller_key"] is None:
            return self._listed_where("WHERE s.candidate_id = :candidate_id", {"candidate_id": candidate_id}, limit)
        same = {name: row[name] for name in ("seller_key", "work_id", "reviewed")}
        return self._listed_where(_GROUP, same, limit)

    def group_size(self, row: dict[str, Any]) -> int:
        """Return how many cases there are of the seller and work of a row of `cases`, in its state."""
        if row["seller_key"] is None:
            return 1
        same = {name: row[name] for name in ("seller_key", "work_id", "reviewed")}
        return int(self._first(_GROUP_SIZE, same)["n"])

    def following(self, candidate_id: str, wanted: CaseFilter, limit: int) -> list[str]:
        """Return the candidates that come after one: the rest of its group, then the groups after that."""
        row = self._settled(candidate_id)
        if row is None:
            return [each["candidate_id"] for each in self.cases(wanted, limit)]
        if not wanted.groups:
            return [each["candidate_id"] for each in self._listed(_WHERE, wanted, limit, candidate_id)]
        group = [each for each in self.group(candidate_id) if _later(each, row)] if row["seller_key"] else []
        first = self._first_of(row)
        groups = self._listed(f"{_WHERE}{_FIRST}", wanted, limit, first)
        return [each["candidate_id"] for each in [*group, *groups]][:limit]

    def case(self, candidate_id: str) -> dict[str, Any] | None:
        """Return the row of the view `candidates`, with `change` of its settlement; None where there is none."""
        row = self._first(
            "SELECT candidates.*, settlement.change FROM candidates LEFT JOIN settlement USING (candidate_id) "
            "WHERE candidate_id = :id",
            {"id": candidate_id},
        )
        return None if row is None else dict(row)

    def case_verdicts(self) -> dict[tuple[str, str], int]:
        """Return how many cases there are in each state of review and of each verdict of the matcher."""
        rows = self._run(
            "SELECT reviewed, verdict, count(*) AS n FROM settlement JOIN candidate USING (candidate_id) "
            "WHERE verdict <> 'none' GROUP BY reviewed, verdict",
            {},
        )
        return {(row["reviewed"], row["verdict"]): row["n"] for row in rows}

    def case_marketplaces(self) -> list[str]:
        """Return the marketplaces on which there are cases."""
        return [row[0] for row in self._run("SELECT DISTINCT marketplace FROM settlement ORDER BY 1", {})]

    def of_seller(self, seller_key: str, limit: int = 60) -> list[dict[str, Any]]:
        """Return the cases of a seller in any state, what is worth most first."""
        return self._listed_where(
            "WHERE s.seller_key = :seller_key AND c.verdict <> 'none'", {"seller_key": seller_key}, limit
        )

    def of_work(self, work_id: str, limit: int = 60) -> list[dict[str, Any]]:
        """Return the cases of a work in any state, what is worth most first."""
        return self._listed_where("WHERE s.work_id = :work_id AND c.verdict <> 'none'", {"work_id": work_id}, limit)

    def settled_by(self, names: list[str]) -> list[str]:
        """Return the candidates that follow from these decisions, licences or places, by their names."""
        rows = self._run(
            "SELECT candidate_id FROM settlement WHERE settled_by IN (SELECT value FROM json_each(:names))",
            {"names": names},
        )
        return [row[0] for row in rows]

    def found_since(self, at: datetime) -> int:
        """Return how many open candidates were first found then or later."""
        row = self._first(
            "SELECT count(*) AS n FROM candidate JOIN settlement USING (candidate_id) "
            "WHERE reviewed = 'open' AND first_found_at >= :at",
            {"at": at},
        )
        return int(row["n"])

    def history(self, since: datetime) -> list[dict[str, Any]]:
        """Return for each day since then on which something happened how many candidates were found, decisions taken
        and listings proven removed."""
        return [dict(row) for row in self._run(_HISTORY, {"since": since})]

    def seller_rows(self, words: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """Return the sellers with cases, those who infringed most first."""
        return [dict(row) for row in self._run(_SELLERS, {"words": words, "limit": limit})]

    def seller_row(self, seller_key: str) -> dict[str, Any] | None:
        """Return the row of the view `sellers`, with the marketplace's own words on him; None for an unknown one."""
        row = self._first(
            "SELECT sellers.*, seller.badges, seller.since FROM sellers JOIN seller USING (seller_key) "
            "WHERE seller_key = :seller_key",
            {"seller_key": seller_key},
        )
        return None if row is None else dict(row)

    def work_row(self, work_id: str) -> dict[str, Any] | None:
        """Return a work with the numbers of its cases; None for an unknown one."""
        row = self._first(_WORK, {"work_id": work_id})
        return None if row is None else dict(row)

    def work_rows(self, words: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """Return the works with the numbers of their cases, what is copied most first."""
        return [dict(row) for row in self._run(_WORKS, {"words": words, "limit": limit})]

    def _settled(self, candidate_id: str) -> Any:
        return self._first("SELECT * FROM settlement WHERE candidate_id = :id", {"id": candidate_id})

    def _first_of(self, row: Any) -> str:
        """Return the first candidate of the group that a settlement stands in, itself where it left that group."""
        if row["seller_key"] is None:
            return str(row["candidate_id"])
        first = self._listed_where(_GROUP, {name: row[name] for name in ("seller_key", "work_id", "reviewed")}, 1)
        return str(first[0]["candidate_id"]) if first else str(row["candidate_id"])

    def _listed(self, where: str, wanted: CaseFilter, limit: int, after: str | None) -> list[dict[str, Any]]:
        values = asdict(wanted)
        row = None if after is None else self._settled(after)
        if row is not None:
            where = f"{where} {_AFTER}"
            values |= {"worth": row["worth"], "candidate_id": row["candidate_id"]}
        return self._listed_where(where, values, limit)

    def _listed_where(self, where: str, values: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        rows = self._run(f"SELECT {_FIELDS} {_FROM} {where} {_ORDER}", {**values, "limit": limit})
        return [dict(row) for row in rows]


def _later(row: dict[str, Any], than: Any) -> bool:
    return bool((-row["worth"], row["candidate_id"]) > (-than["worth"], than["candidate_id"]))
