"""DHgate: the product page of 2026. No page of its results was ever saved or described, so none is read."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from casebook.types import ListingState, Seller
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import Json, at, items_at, text_at, texts_at
from crawler.layouts import Access, Layout, Offer, Permission, Seen, Way
from crawler.lenient_json import load_lenient
from crawler.markup import first_text, places
from crawler.page import Page
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after
from crawler.structured_data import json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.layouts import Place
    from crawler.page import Reading

NAME = "dhgate"
KEY = NAME
TITLE = "DHgate"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)?dhgate\.com")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Plain HTTP is believed to give product pages; no measurement is known.",
)
_ITEM = re.compile(r"/product/([^/?#]+)/([0-9]{6,14})\.html")
_STORE = re.compile(r"/store/(?:[a-z-]+/)?([0-9]{3,14})(?![0-9])")
_PUSHED = re.compile(r'self\.__next_f\.push\(\[1,\s*("(?:[^"\\]++|\\.)*+")', re.DOTALL)
_MOST_PUSHES = 1000
_LONGEST_DESCRIPTION = 500_000  # characters; the one seen has 13,000
_SOLD_OUT = frozenset({"outofstock", "soldout"})


def listing_id(url: str) -> str | None:
    """Return the item code in a URL, or None."""
    found = _item(url)
    return found and found[2]


def _item(url: str) -> re.Match[str] | None:
    return _ITEM.search(url.partition("#")[0].partition("?")[0])


def canonical_url(url: str) -> str:
    """Return the item's address on the main site with the slug it has there; any other URL in one spelling.

    The slug is the same in all languages. It stays, because nobody saw what the site answers without it.
    """
    found = _item(url)
    return plain_canonical_url(f"https://www.dhgate.com{found[0]}" if found else url)


def search_url(words: str, number: int) -> str | None:
    """Return None: a page of results could not be read."""
    return None


def shop_url(seller_id: str) -> str | None:
    """Return the page of all products of a store, by the store's number."""
    return f"https://www.dhgate.com/store/products/{quote(seller_id, safe='')}.html"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _product(page: Page) -> Offer | None:
    """Read the product page of 2026: JSON-LD and, in the data its scripts push, what JSON-LD leaves out."""
    data = _pushed(page)
    item = _part(data, "prodItem")
    declared = next((thing for thing in json_ld(page) if thing.get("@type") == "Product"), None)
    numbers = [number for number in _numbers(page, item, declared) if number]
    if not numbers or (item is None and declared is None):
        return None
    heading = page.selector.xpath("//h1[@itemprop='name']")
    pictures = _part(data, "prodImg")
    thumbnails = page.selector.xpath("//*[@spm-c='imagelist']//img/@src").getall()
    return Offer(
        listing_id=numbers[0],
        title=first_text(heading) or text_at(item, "productName") or text_at(declared, "name"),
        state=_state(item, declared),
        price=read_price(text_at(declared, "offers", "price"), text_at(declared, "offers", "priceCurrency")),
        seller=_seller(page, _part(data, "prodSeller"), declared),
        gallery=places(page, [*texts_at(pictures, "oriImgList"), *texts_at(declared, "image"), *thumbnails]),
        variants=places(page, _variants(_part(data, "prodSku"))),
        description=_description(page, data),
    )


def _numbers(page: Page, item: Json, declared: Json) -> Iterator[str | None]:
    """Yield the item code from each place where the page names its own product; they agree."""
    yield page.selector.xpath("//input[@id='itemCode']/@value").re_first(r"^[0-9]{6,14}$")
    yield text_at(item, "itemCode")
    yield listing_id(text_at(declared, "offers", "url") or "")
    yield listing_id(page.selector.xpath("//link[@rel='canonical']/@href").get(""))


def _pushed(page: Page) -> str:
    """Return the text that the page's scripts push piece by piece to the program that draws it."""
    pieces = [found[1] for found, _ in zip(_PUSHED.finditer(page.text), range(_MOST_PUSHES), strict=False)]
    return "".join(text for text in chain.from_iterable(map(load_lenient, pieces)) if isinstance(text, str))


def _part(data: str, name: str) -> Json:
    """Return the first object under a name; a name that only points to an object elsewhere does not count."""
    return value_after(data, re.compile(rf'"{name}":(?=\{{)'))


def _state(item: Json, declared: Json) -> ListingState:
    """Return the state by the page's own flags; what they mean is taken from their names."""
    availability = (text_at(declared, "offers", "availability") or "").rsplit("/", 1)[-1].lower()
    if at(item, "istate") is False or availability == "discontinued":
        return ListingState.ENDED
    if at(item, "sellerSoldOut") is True or availability in _SOLD_OUT:
        return ListingState.SOLD_OUT
    return ListingState.LIVE


def _seller(page: Page, known: Json, declared: Json) -> Seller | None:
    links = page.selector.xpath("//*[@spm-c='store-nav']//a/@href").getall()
    linked = (found[1] for link in links if (found := _STORE.search(link)))
    number = text_at(known, "supplierSeq") or next(linked, None)
    name = text_at(known, "suppliername") or text_at(declared, "offers", "seller", "name")
    if number is None or name is None:
        return None
    return Seller(
        marketplace=NAME,
        seller_id=number,
        name=name,
        url=f"https://www.dhgate.com/store/{quote(number, safe='')}",
        since=text_at(known, "createDate"),
    )


def _variants(sku: Json) -> Iterator[str | None]:
    for value in chain.from_iterable(items_at(one, "itemAttrvalList") for one in items_at(sku, "itemAttrList")):
        yield text_at(value, "pic0x0Url") or text_at(value, "picUrl")


def _description(page: Page, data: str) -> list[Place]:
    """Return the pictures of the seller's description, which the page holds percent-encoded, at its place or elsewhere
    in the pushed text under a reference such as `$5e`."""
    text = at(_part(data, "prodDesc"), "description")
    if not isinstance(text, str):
        return []
    reference = re.fullmatch(r"\$([0-9a-f]{1,4})", text)
    if reference:
        found = re.search(rf"(?<![0-9a-z]){reference[1]}:T([0-9a-f]{{1,6}}),", data)
        text = data[found.end() : found.end() + int(found[1], 16)] if found else ""
    markup = Page(url=page.url, status=200, body=unquote(text[:_LONGEST_DESCRIPTION]).encode("utf-8", "replace"))
    return places(page, markup.selector.xpath("//img/@src").getall())


def _listing_url(offer: Offer, page: Page) -> str:
    """Return the listing's address; the page's own link knows its slug best."""
    own = page.selector.xpath("//link[@rel='canonical']/@href").get("")
    return canonical_url(own if listing_id(own) == offer.listing_id else page.url)


LAYOUTS = (
    Layout(name="product 2026", seen=Seen.REAL, known="JSON-LD, pushed data; saved page of 2026-06", offer=_product),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://secure\.dhgate\.com/usr/signin"),
)
