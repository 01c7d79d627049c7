"""A page may claim the address of another page: whether what it shows may be written down under that address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crawler.canonical import listing_name
from crawler.picture_urls import picture_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from casebook.types import Listing
    from crawler.page import Reading


def under_its_name(reading: Reading, known: Callable[[str], Listing | None]) -> Reading:
    """Return the reading with its listing under the page's own address, where the address that the page claims is
    known (`known`: listing key -> listing) as another thing: another title and not one picture in common.

    Spellings of one product's address share what they show; a stranger on the same host, or a theme that writes one
    claim on every page, does not, and would overwrite the facts of the listing that is really there.
    """
    listing, own = reading.listing, reading.own_url
    if listing is None or own is None or listing.url == own:
        return reading
    claimed = known(listing.key)
    if claimed is None or _alike(claimed, listing):
        return reading
    return replace(reading, listing=replace(listing, listing_id=listing_name(own), url=own))


def _alike(one: Listing, other: Listing) -> bool:
    if _plain(one.title) == _plain(other.title):
        return True
    shown, known = ({picture_key(picture.url) for picture in listing.gallery} for listing in (one, other))
    return not shown.isdisjoint(known)


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())
