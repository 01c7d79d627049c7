"""How a target's marketplace may be read: what of the configuration is crawled, and what needs another way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.layouts import Permission, Way
from crawler.marketplaces import marketplace, marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copycatch.config import Target as Configured
    from crawler.job import Target

_IN_WORDS = {
    Way.NIGHTLY: "plain pages that you name (start, shops, listings)",
    Way.PERSON: "pages saved in your own browser (`copycatch import`)",
}


def may_be_crawled(target: Target | Configured) -> bool:
    """Whether a target's marketplace answers plain visits with pages, and not with a wall."""
    return Way.NIGHTLY in marketplace(target.marketplace).ACCESS.ways


def why_by_hand(url: str) -> str | None:
    """Return why no scan may visit an address that stands alone; None where one may, as far as is known beforehand."""
    place = marketplace_of(url)
    if Way.NIGHTLY not in place.ACCESS.ways:
        return f"{place.TITLE} answers programs with a wall"
    if place.HOSTS is not None and place.listing_id(url) is None:
        return f"this is no address of a listing of {place.TITLE}"
    return None


def search_urls(target: Target | Configured) -> Iterator[tuple[str, str]]:
    """Yield the words of each search with its first page; nothing where the marketplace's robots.txt is not known to
    allow it."""
    place = marketplace(target.marketplace)
    for words in target.searches if place.ACCESS.search is Permission.ALLOWED else ():
        url = place.search_url(words, 1)
        if url is not None:
            yield words, url


def shop_urls(target: Target | Configured) -> Iterator[str]:
    """Yield the page of all goods of each seller, where his id leads there and the marketplace may be crawled."""
    place = marketplace(target.marketplace)
    for seller_id in target.shops if may_be_crawled(target) else ():
        url = place.shop_url(seller_id)
        if url is not None:
            yield url


def not_crawled(targets: Iterable[Configured]) -> Iterator[str]:
    """Yield a sentence for each part of the configuration that no scan will look at, with the ways that are left."""
    for target in targets:
        access = marketplace(target.marketplace).ACCESS
        left = "; ".join(_IN_WORDS[way] for way in access.ways)
        if target.searches and not list(search_urls(target)):
            why = (
                f"its robots.txt is not known to allow searches ({access.source})"
                if access.search is not Permission.ALLOWED
                else "no address of its search is known"
            )
            yield f"{target.name}: its searches are not crawled: {why}. Ways left: {left}."
        without = len(target.shops) - len(list(shop_urls(target)))
        if without:
            yield f"{target.name}: {without} of its shops are not crawled: no pages of theirs known. Ways left: {left}."
        if not may_be_crawled(target) and (target.start or target.listings or target.sitemaps):
            yield f"{target.name}: its pages answer programs with a wall. Ways left: {left}."
