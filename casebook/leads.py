"""Leads: addresses that somebody named as worth a look, where each came from, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from casebook.findings import Verdict
from casebook.store import Store
from casebook.types import ListingState, Purpose, TaskState, content_id
from casebook.values import time, time_or_none

if TYPE_CHECKING:
    from datetime import datetime

    from casebook.types import Visit

_ADD = """
INSERT INTO lead (lead_id, url, listing_key, added_at) VALUES (
    :lead_id, :url, coalesce(:listing_key, (SELECT listing_key FROM listing WHERE url = :url LIMIT 1)), :at
)
"""

_ADD_TIP = """
INSERT INTO lead_tip (tip_id, lead_id, source, told_at, origin, note, work_id, score, picture_url, title)
VALUES (:tip_id, :lead_id, :source, :told_at, :origin, :note, :work_id, :score, :picture_url, :title)
ON CONFLICT (tip_id) DO NOTHING
"""

# A visit that read no listing takes nothing from one that did.
_SETTLE = """
UPDATE lead SET
    (visited_at, visit_state, visit_note) = (
        SELECT :at, :state, :note WHERE visited_at IS NULL OR visited_at <= :at
        UNION ALL SELECT visited_at, visit_state, visit_note WHERE visited_at > :at
    ),
    listing_key = coalesce(:listing_key, listing_key)
WHERE url = :url
"""

_STARTED = "SELECT started_at FROM run WHERE run_id = :run_id"

_SELECT = """
SELECT lead.*, listing.state, listing.state_reason, listing.last_seen_at, (
    SELECT json_group_array(json_array(candidate_id, work_id, verdict)) FROM (
        SELECT * FROM candidate WHERE candidate.listing_key = lead.listing_key AND verdict <> 'none' ORDER BY work_id
    )
) AS candidates, (
    SELECT count(*) FROM gallery WHERE gallery.listing_key = lead.listing_key AND gallery.current
) AS pictures, (
    SELECT count(*) FROM gallery
    WHERE gallery.listing_key = lead.listing_key AND gallery.current AND EXISTS (
        SELECT 1 FROM picture_url
        JOIN examination ON examination.picture_sha256 = picture_url.sha256
        JOIN picture ON picture.sha256 = picture_url.sha256
        WHERE picture_url.url = gallery.url AND picture.problem IS NULL
    )
) AS pictures_compared
FROM lead LEFT JOIN listing USING (listing_key)
WHERE removed_at IS NULL ORDER BY added_at, lead.url
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """One time an address was named: `source` is "person" or the image search that found it, `origin` the file it stood
    in. An image search tells the work it was asked for, its own score, and where it saw the picture."""

    source: str
    told_at: datetime
    origin: str = ""
    note: str | None = None
    work_id: str | None = None
    score: float | None = None
    picture_url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCandidate:
    """A work that the listing at a lead shows."""

    candidate_id: str
    work_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """An address worth a look, as it stands now.

    `listing_key` is the listing that it asks for, None where no address tells and none was read there yet. The state of
    that listing is None until it was seen; `pictures` says how many it shows, `pictures_compared`
    how many of these were compared. `visit_state` and `visit_note` tell how the last visit to the address ended.
    """

    url: str
    added_at: datetime
    tips: tuple[Tip, ...] = ()
    listing_key: str | None = None
    visited_at: datetime | None = None
    visit_state: TaskState | None = None
    visit_note: str | None = None
    listing_state: ListingState | None = None
    listing_reason: str | None = None
    last_seen_at: datetime | None = None
    pictures: int = 0
    pictures_compared: int = 0
    candidates: tuple[LeadCandidate, ...] = ()

    @property
    def lead_id(self) -> str:
        return lead_id(self.url)


class Added(StrEnum):
    """What adding an address came to."""

    NEW = "new"
    KNOWN = "known"
    BACK = "back"  # it had been removed, and a person named it again
    REMOVED = "removed"  # it had been removed, and stays so


def lead_id(url: str) -> str:
    return f"L-{content_id(url)[:10]}"


class Leads(Store):
    def add_lead(self, url: str, listing_key: str | None, tip: Tip) -> Added:
        """Add an address under its canonical spelling. What was removed comes back only where a person names it."""
        with self.immediate():
            row = self._first("SELECT removed_at FROM lead WHERE url = :url", {"url": url})
            if row is None:
                added = Added.NEW
                values = {"lead_id": lead_id(url), "url": url, "listing_key": listing_key, "at": tip.told_at}
                self._run(_ADD, values)
            elif row["removed_at"] is None:
                added = Added.KNOWN
            elif tip.source == "person":
                added = Added.BACK
                self._run("UPDATE lead SET removed_at = NULL WHERE url = :url", {"url": url})
            else:
                added = Added.REMOVED
            self._run(_ADD_TIP, _tip_columns(lead_id(url), tip))
        return added

    def remove_lead(self, name: str, at: datetime) -> str | None:
        """Leave a lead alone from now on, by its id or its address; return the address, None where there is no such."""
        with self.immediate():
            row = self._first(
                "SELECT url FROM lead WHERE :name IN (lead_id, url) AND removed_at IS NULL", {"name": name}
            )
            if row is None:
                return None
            self._run("UPDATE lead SET removed_at = :at WHERE url = :url", {"at": at, "url": row["url"]})
        return str(row["url"])

    def leads(self) -> list[Lead]:
        """Return the leads that were not removed, oldest first."""
        tips: dict[str, list[Tip]] = {}
        for row in self._run("SELECT * FROM lead_tip ORDER BY told_at, tip_id", {}):
            tips.setdefault(row["lead_id"], []).append(_tip(row))
        return [_lead(row, tuple(tips.get(row["lead_id"], ()))) for row in self._run(_SELECT, {}).fetchall()]

    def settle_lead(self, url: str, listing_key: str | None, state: TaskState, note: str | None, at: datetime) -> None:
        """Note how a visit to a lead's address ended; nothing where the address is no lead."""
        with self.immediate():
            self._run(_SETTLE, {"url": url, "listing_key": listing_key, "state": state, "note": note, "at": at})

    def add_search(
        self, interface: str, work_id: str, reference_sha256: str, at: datetime, pages: int, problem: str | None = None
    ) -> None:
        """Note that an image search was asked for a work, and how many pages it told or why it told none."""
        with self.immediate():
            self._run(
                "INSERT INTO image_search VALUES (:interface, :work_id, :reference_sha256, :at, :pages, :problem)",
                {
                    "interface": interface,
                    "work_id": work_id,
                    "reference_sha256": reference_sha256,
                    "at": at,
                    "pages": pages,
                    "problem": problem,
                },
            )

    def searched_works(self, interface: str, since: datetime) -> set[str]:
        """Return the ids of the works that an image search was asked for since then."""
        rows = self._run(
            "SELECT DISTINCT work_id FROM image_search WHERE interface = :interface AND at >= :since",
            {"interface": interface, "since": since},
        )
        return {row["work_id"] for row in rows}

    def _settle_visited_lead(self, visit: Visit) -> None:
        """Note what a visit of the crawl says of the lead at its address."""
        task = visit.task
        if task.purpose is not Purpose.PAGE or task.state is TaskState.PENDING:
            return
        shown = next((listing.key for listing in visit.listings if not listing.partial), None)
        times = [*(look.at for look in visit.looks), *(fetch.requested_at for fetch in visit.fetches)]
        at = max(times) if times else time(self._first(_STARTED, {"run_id": task.run_id})["started_at"])
        self.settle_lead(task.url, shown, task.state, task.note, at)


def _tip_columns(lead: str, tip: Tip) -> dict[str, object]:
    told = (lead, tip.source, tip.origin, tip.note, tip.work_id, tip.score, tip.picture_url, tip.title)
    return {
        "tip_id": content_id(*told),
        "lead_id": lead,
        "source": tip.source,
        "told_at": tip.told_at,
        "origin": tip.origin,
        "note": tip.note,
        "work_id": tip.work_id,
        "score": tip.score,
        "picture_url": tip.picture_url,
        "title": tip.title,
    }


def _tip(row: Any) -> Tip:
    return Tip(
        source=row["source"],
        told_at=time(row["told_at"]),
        origin=row["origin"],
        note=row["note"],
        work_id=row["work_id"],
        score=row["score"],
        picture_url=row["picture_url"],
        title=row["title"],
    )


def _lead(row: Any, tips: tuple[Tip, ...]) -> Lead:
    return Lead(
        url=row["url"],
        added_at=time(row["added_at"]),
        tips=tips,
        listing_key=row["listing_key"],
        visited_at=time_or_none(row["visited_at"]),
        visit_state=None if row["visit_state"] is None else TaskState(row["visit_state"]),
        visit_note=row["visit_note"],
        listing_state=None if row["state"] is None else ListingState(row["state"]),
        listing_reason=row["state_reason"],
        last_seen_at=time_or_none(row["last_seen_at"]),
        pictures=row["pictures"],
        pictures_compared=row["pictures_compared"],
        candidates=tuple(
            LeadCandidate(candidate_id=candidate_id, work_id=work_id, verdict=Verdict(verdict))
            for candidate_id, work_id, verdict in json.loads(row["candidates"])
        ),
    )
