"""How a target's marketplace may be read: what of the configuration is crawled, and what needs another way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.canonical import shop_host
from crawler.interfaces import asked_instead, interface_of
from crawler.keys import KEYS_NAME, Keys
from crawler.layouts import Permission, Way
from crawler.marketplaces import marketplace, marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copycatch.config import Target as Configured
    from crawler.interfaces import Interface
    from crawler.job import Target
    from crawler.marketplaces import Marketplace

_NO_KEYS = Keys({})
_SHOWN = 5
_NOUNS = {
    "search": ("search", "searches"),
    "shop": ("shop", "shops"),
    "page": ("page", "pages"),
    "sitemap": ("sitemap", "sitemaps"),
}
_IN_WORDS = {
    Way.NIGHTLY: "plain pages that you name (start, shops, listings)",
    Way.KEY: f"its official interface, with a key of your own in {KEYS_NAME}",
    Way.PERSON: "pages that you look at yourself (`copycatch record` or `import`)",
}


def opened_by_key(target: Target | Configured, keys: Keys) -> Interface | None:
    """Return the official interface through which a target is read; None where its key is not given."""
    interface = interface_of(target.marketplace)
    return interface if interface is not None and interface.SERVICE in keys else None


def may_be_crawled(target: Target | Configured) -> bool:
    """Whether a target's marketplace answers plain visits with pages, and not with a wall."""
    return Way.NIGHTLY in marketplace(target.marketplace).ACCESS.ways


def why_by_hand(url: str, keys: Keys = _NO_KEYS) -> str | None:
    """Return why no scan may visit an address that stands alone; None where one may, as far as is known beforehand."""
    place = marketplace_of(url)
    interface = interface_of(place.NAME)
    if interface is not None and interface.SERVICE in keys and asked_instead(interface, url) is not None:
        return None
    if Way.NIGHTLY not in place.ACCESS.ways:
        return f"{place.TITLE} answers programs with a wall"
    if place.HOSTS is not None and place.listing_id(url) is None:
        return f"this is no address of a listing of {place.TITLE}"
    return None


def key_opens(url: str, keys: Keys = _NO_KEYS) -> str | None:
    """Return the name in the keys' file of the interface that could be asked about an address, were its key given; None
    where there is no such interface or the key is given."""
    interface = interface_of(marketplace_of(url).NAME)
    if interface is None or interface.SERVICE in keys or asked_instead(interface, url) is None:
        return None
    return interface.SERVICE


class Stores:
    """By which rules a page is read: where a target names a store on a domain of its own, by that store's; else by what
    its address says."""

    def __init__(self, targets: Iterable[Configured]):
        self._places: dict[str, Marketplace] = {}
        for target in targets:
            place = marketplace(target.marketplace)
            shops = filter(None, map(place.shop_url, target.shops)) if place.HOSTS is None else ()
            for url in (*target.start, *target.sitemaps, *target.listings, *shops) if place.HOSTS is None else ():
                self._places.setdefault(shop_host(url), place)

    def of(self, url: str) -> Marketplace:
        place = marketplace_of(url)
        return self._places.get(shop_host(url), place) if place.HOSTS is None else place


def page_urls(target: Target | Configured, urls: Iterable[str], keys: Keys = _NO_KEYS) -> Iterator[str]:
    """Yield those of a target's pages that can be asked for: plainly, or from its interface."""
    interface, plainly = opened_by_key(target, keys), may_be_crawled(target)
    for url in urls:
        if plainly or (interface is not None and asked_instead(interface, url) is not None):
            yield url


def search_urls(target: Target | Configured, keys: Keys = _NO_KEYS) -> Iterator[tuple[str, str]]:
    """Yield the words of each search with its first page: of the interface where its key is given, else of the plain
    site where its robots.txt is known to allow it."""
    place, interface = marketplace(target.marketplace), opened_by_key(target, keys)
    if interface is not None:
        yield from ((words, interface.search_url(words)) for words in target.searches)
        return
    for words in target.searches if place.ACCESS.search is Permission.ALLOWED else ():
        url = place.search_url(words, 1)
        if url is not None:
            yield words, url


def shop_urls(target: Target | Configured, keys: Keys = _NO_KEYS) -> Iterator[str]:
    """Yield the page of all goods of each seller, where his id leads there and the marketplace may be asked for it."""
    yield from filter(None, (_shop_url(target, seller_id, keys) for seller_id in target.shops))


def _shop_url(target: Target | Configured, seller_id: str, keys: Keys) -> str | None:
    interface = opened_by_key(target, keys)
    if interface is not None:
        return interface.shop_url(seller_id)
    return marketplace(target.marketplace).shop_url(seller_id) if may_be_crawled(target) else None


def crawled(targets: Iterable[Configured], keys: Keys = _NO_KEYS) -> Iterator[str]:
    """Yield a sentence for each target of which a scan looks at something: at what, and by which way."""
    for target in targets:
        plainly = may_be_crawled(target)
        counts = {
            "search": len(list(search_urls(target, keys))),
            "shop": len(list(shop_urls(target, keys))),
            "page": len(list(page_urls(target, (*target.start, *target.listings), keys))),
            "sitemap": len(target.sitemaps) if plainly else 0,
        }
        parts = [f"{number} {_NOUNS[noun][number > 1]}" for noun, number in counts.items() if number]
        if parts:
            way = ", through its official interface" if opened_by_key(target, keys) else ""
            yield f"{target.name}: each scan looks at {', '.join(parts)} and every listing found there{way}."


def not_crawled(targets: Iterable[Configured], keys: Keys = _NO_KEYS) -> Iterator[str]:
    """Yield a sentence for each part of the configuration that no scan will look at, with the ways that are left."""
    for target in targets:
        access = marketplace(target.marketplace).ACCESS
        ways = [way for way in access.ways if way is not Way.KEY or opened_by_key(target, keys) is None]
        left = "; ".join(_IN_WORDS[way] for way in ways)
        if target.searches and not list(search_urls(target, keys)):
            why = (
                f"its robots.txt is not known to allow searches ({access.source})"
                if access.search is not Permission.ALLOWED
                else "no address of its search is known"
            )
            yield f"{target.name}: its searches are not crawled: {why}. Ways left: {left}."
        without = [seller_id for seller_id in target.shops if _shop_url(target, seller_id, keys) is None]
        if without:
            shops = ", ".join(map(repr, without[:_SHOWN]))
            yield (
                f"{target.name}: no page is known by which these shops could be crawled: {shops}. Is each written as "
                f"docs/marketplaces.md tells? Ways left: {left}."
            )
        named = (*target.start, *target.listings)
        unread = [*(() if may_be_crawled(target) else target.sitemaps), *_left_out(target, named, keys)]
        if unread:
            pages = f"{len(unread)} of its pages answer" if len(unread) > 1 else "a page of it answers"
            yield f"{target.name}: {pages} programs with a wall, such as {unread[0]}. Ways left: {left}."


def _left_out(target: Configured, urls: Iterable[str], keys: Keys) -> list[str]:
    named = list(urls)
    asked = set(page_urls(target, named, keys))
    return [url for url in named if url not in asked]
