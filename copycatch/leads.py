"""Leads: what is added to them, what a scan visits of them, and what became of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from casebook.types import ListingState, Purpose, Task, TaskState
from copycatch.config import LEADS_TARGET, http_url
from copycatch.moments import moment, with_moments
from copycatch.ways import key_opens, may_be_crawled, opened_by_key, why_by_hand
from crawler.addresses import origin
from crawler.job import Target
from crawler.keys import KEYS_NAME, Keys
from crawler.marketplaces import marketplace, marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from casebook.casebook import Casebook
    from casebook.leads import Added, Lead, Tip
    from crawler.job import CrawlJob

LONGEST_ADDRESS = 8000  # characters; a crawl refuses longer ones
_FORBIDDEN = "robots.txt disallows"
BY_HAND = "look at it yourself, and import its page (`copycatch import`)"


class Standing(StrEnum):
    """What became of a lead."""

    WAITS = "waits"  # for the next scan
    LIVE = "live"
    SOLD_OUT = "sold_out"
    ENDED = "ended"
    GONE = "gone"
    UNCLEAR = "unclear"  # its listing is known, but could not be read when it was last looked at
    BY_HAND = "by_hand"  # only a person can look at it
    NO_LISTING = "no_listing"  # its page shows none

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


_NO_KEYS = Keys({})
_STANDINGS = {
    ListingState.LIVE: Standing.LIVE,
    ListingState.SOLD_OUT: Standing.SOLD_OUT,
    ListingState.ENDED: Standing.ENDED,
    ListingState.REMOVED: Standing.GONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one address that was to be added: `added` is None where it was refused, for the reason `why`."""

    url: str
    added: Added | None = None
    why: str | None = None


def canonical_lead(address: str) -> tuple[str, str | None]:
    """Return an address under the one spelling its marketplace has for it, and the key of the listing that it asks for.

    ValueError: it is no address that a crawl could ask for; says why.
    """
    place = marketplace_of(http_url(address))
    url = http_url(place.canonical_url(address))
    if len(url) > LONGEST_ADDRESS:
        raise ValueError(f"it is longer than {LONGEST_ADDRESS:,} characters")
    asked = place.listing_id(url)
    return url, None if asked is None else f"{place.KEY}:{asked}"


def add_leads(casebook: Casebook, addresses: Iterable[str], tip: Tip) -> list[Taken]:
    """Add addresses that one source named, all or none of them; each counts once, however it is spelled."""
    taken: dict[str, Taken] = {}
    with casebook.immediate():
        for address in addresses:
            try:
                url, listing_key = canonical_lead(address)
            except ValueError as error:
                taken[address] = Taken(url=address, why=str(error))
                continue
            if url not in taken:
                taken[url] = Taken(url=url, added=casebook.add_lead(url, listing_key, tip))
    return list(taken.values())


def standing(lead: Lead, keys: Keys = _NO_KEYS) -> tuple[Standing, str]:
    """Return what became of a lead, and a sentence on it for people."""
    if lead.listing_state is not None:
        state = _STANDINGS.get(lead.listing_state, Standing.UNCLEAR)
        if lead.listing_state.readable:
            return state, f"seen {state.words} on {moment(lead.last_seen_at)}{_uncompared(lead)}"
        return state, with_moments(lead.listing_reason or "")
    if lead.visit_state is TaskState.DONE:
        return Standing.NO_LISTING, f"no listing was read there: {lead.visit_note}"
    why = why_by_hand(lead.url, keys)
    if why is None and (lead.visit_note or "").startswith(_FORBIDDEN):
        why = lead.visit_note
    if why is not None:
        service = key_opens(lead.url, keys)
        by_key = f"; or put a key of yours into {KEYS_NAME} under [{service}], and scans ask the official interface"
        return Standing.BY_HAND, f"{why}: {BY_HAND}{by_key if service else ''}"
    if lead.visit_note:
        return Standing.WAITS, f"waits for the next scan; at the last visit: {lead.visit_note}"
    return Standing.WAITS, "waits for the next scan"


def never_compared(lead: Lead) -> bool:
    """Whether a lead's listing was read, but not one of its pictures was compared: so nobody knows what it shows."""
    return lead.listing_state is not None and lead.listing_state.readable and not lead.pictures_compared


def _uncompared(lead: Lead) -> str:
    if not never_compared(lead):
        return ""
    return ", but its page named no picture" if not lead.pictures else ", but none of its pictures was compared"


def by_hand_sentences(leads: Iterable[Lead], keys: Keys = _NO_KEYS) -> Iterator[str]:
    """Yield a sentence for each reason why leads wait for a person."""
    reasons = Counter(reason for lead in leads for state, reason in [standing(lead, keys)] if state is Standing.BY_HAND)
    for reason, number in reasons.items():
        yield f"{number} {'lead' if number == 1 else 'leads'}: {reason}."


def leads_target() -> Target:
    """Return the target under which leads are visited that no target of the owner's watches."""
    return Target(name=LEADS_TARGET, leads=True)


def lead_tasks(job: CrawlJob, leads: Iterable[Lead], keys: Keys = _NO_KEYS) -> Iterator[Task]:
    """Yield a visit for each lead whose page a scan may look at: those that wait, and those whose listing is not gone.

    A lead in a place that a target watches goes by that target's budget and ends with it, but leads no further.
    """
    for lead in leads:
        unread = lead.listing_state is None and lead.visit_state is TaskState.DONE
        if unread or lead.listing_state is ListingState.REMOVED or why_by_hand(lead.url, keys) is not None:
            continue
        watching = _watching(job, lead.url, keys)
        yield Task(
            run_id=job.run_id,
            target=watching or LEADS_TARGET,
            purpose=Purpose.PAGE,
            url=lead.url,
            depth=job.limits.depth_limit if watching else 0,
            listing_key=None if lead.listing_state is None else lead.listing_key,
        )


def _watching(job: CrawlJob, url: str, keys: Keys) -> str | None:
    """Return the target whose place an address lies in."""
    key, host = marketplace_of(url).KEY, origin(url)
    for target in job.targets:
        if target.leads or not (may_be_crawled(target) or opened_by_key(target, keys)):
            continue
        place = marketplace(target.marketplace)
        named = (*target.start, *target.sitemaps, *target.listings)
        if key == place.KEY if place.HOSTS is not None else host in map(origin, named):
            return target.name
    return None
