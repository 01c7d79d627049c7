"""What a marketplace's page proves. Strings such as "captcha" or "not available" stand in live pages and prove
nothing; only what a page needs to be what it is counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from casebook.types import GalleryPicture, Listing, ListingState, PictureRole
from crawler.block_signs import block_sign, refusal
from crawler.canonical import canonical_url
from crawler.page import Page, Reading
from crawler.picture_urls import picture_key, unite

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from crawler.layouts import Layout, Offer, Results

UNKNOWN_LAYOUT = "unknown layout"
_GONE = frozenset({404, 410})
_LONGEST_TITLE = 500
_MOST_RESULTS = 500
_BECAUSE = {
    ListingState.LIVE: "the page shows the listing",
    ListingState.SOLD_OUT: "the page shows the listing as sold out",
    ListingState.ENDED: "the page shows the listing as ended",
}


def _no_sign(page: Page) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What `read_by` must know of a marketplace.

    `asked` finds in a URL the number or handle of the listing that is asked for; `listing_url` is the one URL of a
    listing, by its id. `blocked_url` finds in a final URL that it is a wall or a login, and `removal` in a page the
    marketplace's own word that the listing is no more.
    """

    marketplace: str
    layouts: Sequence[Layout]
    asked: Callable[[str], str | None]
    listing_url: Callable[[Offer, Page], str]
    blocked_url: re.Pattern[str] | None = None
    blocked: Callable[[Page], str | None] = _no_sign
    removal: Callable[[Page], str | None] = _no_sign


def read_by(rules: Rules, page: Page) -> Reading:
    """Return what a page proves, in this order; what is not proven is unknown.

    1. A bot wall, by its URL, an element or a header it needs: blocked. (Also with a 5xx status: a wall must stop us.)
    2. A server's failure: error.
    3. The listing that was asked for, by its id in the page's own data, with a title: live, sold out or ended.
    4. Several listings: a page of results.
    5. Refused by status or by a redirect to a login: blocked.
    6. 404, 410 or the marketplace's own sign of removal: gone, unknown for now.
    7. Anything else: unknown; with a listing's URL, an unknown layout.
    """
    if page.too_much is not None:
        return Reading(state=ListingState.ERROR, reason=page.too_much)
    wall = _wall(rules, page)
    if wall:
        return Reading(state=ListingState.BLOCKED, reason=wall)
    if page.status >= 500:
        return Reading(state=ListingState.ERROR, reason=f"the server failed with status {page.status}")
    if not page.body.strip():
        return Reading(state=ListingState.ERROR, reason="the answer was empty")
    asked = rules.asked(page.url)
    shown = _shown(rules, page, asked) if page.status < 400 else None
    if shown is not None:
        return shown
    refused = refusal(page)
    if refused:
        return Reading(state=ListingState.BLOCKED, reason=refused)
    if page.status in _GONE:
        return Reading(state=ListingState.UNKNOWN, reason=f"the server answered {page.status}", gone=True)
    removal = rules.removal(page)
    if removal:
        return Reading(state=ListingState.UNKNOWN, reason=removal, gone=True)
    return _unknown(UNKNOWN_LAYOUT if asked is not None else "not a listing page")


def _wall(rules: Rules, page: Page) -> str | None:
    if rules.blocked_url is not None and rules.blocked_url.search(page.url):
        return f"sent to {page.url.partition('?')[0]}"
    return block_sign(page) or rules.blocked(page)


def _shown(rules: Rules, page: Page, asked: str | None) -> Reading | None:
    """Return what the first layout that knows the page reads, or None."""
    other: str | None = None
    for layout in rules.layouts:
        if layout.offer is not None and asked is not None:
            offer = layout.offer(page)
            if offer is None or not offer.title:
                continue
            if asked in {offer.listing_id, *offer.names}:
                listing = _listing(rules, page, layout, offer, _BECAUSE[offer.state])
                return Reading(
                    state=listing.state,
                    reason=listing.state_reason,
                    layout=layout.name,
                    listing=listing,
                    is_listing_page=True,
                    description_url=offer.description_url,
                )
            other = other or f"the page is about another listing: {offer.listing_id}"
        elif layout.results is not None and asked is None:
            results = layout.results(page)
            if results is not None:
                return _results(rules, page, layout, results)
    return _unknown(other) if other else None


def _results(rules: Rules, page: Page, layout: Layout, results: Results) -> Reading:
    because = "a page of results shows the listing"
    found = {
        listing.key: replace(listing, partial=not results.whole)
        for offer in list(results.offers)[:_MOST_RESULTS]
        if offer.title
        for listing in (_listing(rules, page, layout, offer, _BECAUSE[offer.state] if results.whole else because),)
    }
    count = "1 listing" if len(found) == 1 else f"{len(found)} listings"
    return Reading(
        state=ListingState.UNKNOWN,
        reason=f"a list of {results.named} to be asked for" if results.named else f"a page of results with {count}",
        layout=layout.name,
        found=tuple(found.values()),
        listing_urls=tuple(dict.fromkeys(listing.url for listing in found.values() if listing.partial)),
        page_urls=tuple(dict.fromkeys(map(canonical_url, results.next_urls))),
        named=results.named,
    )


def _listing(rules: Rules, page: Page, layout: Layout, offer: Offer, because: str) -> Listing:
    return Listing(
        marketplace=rules.marketplace,
        listing_id=offer.listing_id,
        url=rules.listing_url(offer, page),
        title=(offer.title or "")[:_LONGEST_TITLE],
        state=offer.state,
        state_reason=because,
        layout=layout.name,
        price=offer.price,
        seller=offer.seller,
        gallery=_pictures(offer),
        sold_count=offer.sold_count,
    )


def _pictures(offer: Offer) -> tuple[GalleryPicture, ...]:
    """Return all pictures of an offer; one that stands in several roles counts in the first of them."""
    found: list[GalleryPicture] = []
    known: set[str] = set()
    for role, places in (
        (PictureRole.GALLERY, offer.gallery),
        (PictureRole.VARIANT, offer.variants),
        (PictureRole.DESCRIPTION, offer.description),
    ):
        new = [one for one in unite(places, role) if picture_key(one.url) not in known]
        known |= {picture_key(one.url) for one in new}
        found += new
    return tuple(found)


def _unknown(reason: str) -> Reading:
    return Reading(state=ListingState.UNKNOWN, reason=reason)
