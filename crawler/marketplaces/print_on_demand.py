"""Print on demand: Redbubble, TeePublic, Society6, Zazzle and Spreadshirt. One work is sold as dozens of products, so
the work is the listing: an id is `redbubble/123`. Pictures are mostly the work drawn on a product."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import at, items_at, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import first_text, joined, places
from crawler.prices import currency_code, read_price
from crawler.proof import Rules, read_by
from crawler.structured_data import declared_product, json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsel import Selector

    from casebook.types import Money
    from crawler.page import Page, Reading

NAME = "print-on-demand"
KEY = NAME
TITLE = "Print on demand"
HOSTS = re.compile(
    r"(?:(?:www|m|[a-z]{2})\.)?(?:(redbubble|teepublic|society6)\.com|(zazzle|spreadshirt)\.(?:com?(?:\.[a-z]{2})?|[a-z]{2}))"
)
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Redbubble stands behind Cloudflare, which may refuse plain clients with status 403, as noted in 2026.",
)
_WORKS = {
    "redbubble": re.compile(r"/i/[^/]+/[^/]+/(\d+)(?:\.\w+)?(?=/|$)|/people/[^/]+/works/(\d+)"),
    "teepublic": re.compile(r"^/(?!user/|stores/)[a-z0-9-]+/(\d+)(?=-|/|$)"),
    "society6": re.compile(r"^/(?:[a-z]{2}/)?product/([\w-]+)"),
    "zazzle": re.compile(r"-(\d{15,19})(?=/|$)"),
    "spreadshirt": re.compile(r"-A([0-9a-f]{6,40})(?=[/?-]|$)"),
}
_ARTIST = re.compile(r"-by-([^/]+)/\d+(?:\.\w+)?/?$|/people/([^/]+)/(?:shop|works)")
_LANGUAGE = re.compile(r"^/[a-z]{2}(?=/(?:i|people|product)/)")
_SELLERS_SITE = "redbubble/"  # the only one whose shops we know how to reach


def listing_id(url: str) -> str | None:
    """Return site and work in a URL (`redbubble/123`), or None."""
    parts = split_url(url)
    host = HOSTS.fullmatch((parts.hostname or "").lower())
    site = host and (host[1] or host[2])
    found = _WORKS[site].search(parts.path) if site else None
    work = found and next(filter(None, found.groups()))
    return f"{site}/{work}" if work else None


def canonical_url(url: str) -> str:
    """Return a work's address without language and tracking, still on the product it names; else in one spelling."""
    if listing_id(url) is None:
        return plain_canonical_url(url)
    parts = split_url(plain_canonical_url(url))
    return f"https://{parts.hostname}{_LANGUAGE.sub('', parts.path)}"


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search on Redbubble, newest first."""
    return "https://www.redbubble.com/shop/?" + urlencode({"query": words, "page": number, "sortOrder": "recent"})


def shop_url(seller_id: str) -> str | None:
    """Return the shop of an artist on Redbubble (`redbubble/name`); None for other sites."""
    if not seller_id.startswith(_SELLERS_SITE):
        return None
    return f"https://www.redbubble.com/people/{quote(seller_id.removeprefix(_SELLERS_SITE), safe='')}/shop"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _work(page: Page) -> Offer | None:
    """Read the page of a work on a product: JSON-LD, whose own addresses name the work, or the canonical link."""
    product = declared_product(page)
    claims = list(_claims(page))
    known = listing_id(claims[0]) if claims else None
    if product is None or known is None:
        return None
    return Offer(
        listing_id=known,
        title=product.name,
        state=product.state or ListingState.LIVE,
        price=product.price,
        seller=_artist(claims) or _named(known, product.seller),
        gallery=places(page, product.pictures),
        url=claims[0],
    )


def _claims(page: Page) -> Iterator[str]:
    """Yield the addresses that the page gives its work: its JSON-LD's, where they all name one, else the canonical."""
    things = [thing for thing in json_ld(page) if text_at(thing, "@type") in ("Product", "ProductGroup")]
    own = [text_at(thing, name) for thing in things for name in ("url", "@id")]
    offers = [offer for thing in things for offer in (*items_at(thing, "offers"), at(thing, "offers"))]
    urls = [url for url in joined(page, [*own, *(text_at(offer, "url") for offer in offers)]) if listing_id(url)]
    if len(set(map(listing_id, urls))) != 1:
        urls = joined(page, page.selector.xpath("//link[@rel='canonical']/@href").getall())
    yield from (url for url in urls if listing_id(url) is not None)


def _artist(urls: list[str]) -> Seller | None:
    """Return the artist whose name stands in a Redbubble address (`/Title-by-name/123`)."""
    for url in urls:
        found = _ARTIST.search(split_url(url).path)
        if found and (listing_id(url) or "").startswith(_SELLERS_SITE):
            name = found[1] or found[2]
            seller = f"{_SELLERS_SITE}{name.lower()}"
            return Seller(marketplace=NAME, seller_id=seller, name=name, url=shop_url(seller))
    return None


def _named(known: str, name: str | None) -> Seller | None:
    site = known.partition("/")[0]
    return None if name is None else Seller(marketplace=NAME, seller_id=f"{site}/{name.lower()}", name=name)


def _grid(page: Page) -> Results | None:
    """Read Redbubble's grid of a search or an artist's shop; the products of one work become one offer."""
    cards = page.selector.css("#SearchResultsGrid > a, [data-testid='search-result-card']")
    if not cards:
        return None
    works: dict[str, Offer] = {}
    for card in cards:
        offer = _card(page, card)
        if offer is not None:
            first = works.setdefault(offer.listing_id, offer)
            if first is not offer:
                works[offer.listing_id] = replace(first, gallery=[*first.gallery, *offer.gallery])
    following = page.selector.css("a[rel='next'], link[rel='next']").xpath("@href").getall()
    return Results(offers=list(works.values()), next_urls=joined(page, following))


def _card(page: Page, card: Selector) -> Offer | None:
    hrefs = card.xpath("descendant-or-self::a/@href").getall()
    link = next((url for url in joined(page, hrefs) if listing_id(url)), None)
    known = listing_id(link or "")
    if link is None or known is None:
        return None
    texts = [text.strip() for text in card.xpath(".//span/text()").getall() if text.strip()]
    image = card.css("img")
    return Offer(
        listing_id=known,
        title=card.xpath("@title").get() or next(iter(texts), None) or first_text(card.css("h2, h3")),
        price=_price(texts),
        seller=_artist([link]),
        gallery=places(page, [image.xpath("@data-src").get() or image.xpath("@src").get()]),
        url=link,
    )


def _price(texts: list[str]) -> Money | None:
    shown = (text for text in texts if currency_code(text) is not None)
    return next((money for text in shown if (money := read_price(text))), None)


def _listing_url(offer: Offer, page: Page) -> str:
    return canonical_url(offer.url or page.url)


LAYOUTS = (
    Layout(name="json-ld", seen=Seen.RECALLED, known="JSON-LD Product of all five sites, from notes", offer=_work),
    Layout(name="grid", seen=Seen.RECALLED, known="Redbubble's results and shops, from notes", results=_grid),
)
_RULES = Rules(marketplace=NAME, layouts=LAYOUTS, asked=listing_id, listing_url=_listing_url)
