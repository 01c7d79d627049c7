"""What a page declares about itself for search engines: JSON-LD and microdata, to one `DeclaredProduct`."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extruct.w3cmicrodata import MicrodataExtractor

from casebook.types import ListingState, Money
from crawler.canonical import canonical_url, listing_name
from crawler.entities import unescape
from crawler.lenient_json import load_lenient
from crawler.prices import read_price

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.page import Page

Thing = dict[str, Any]

_PRODUCTS = frozenset(
    {"product", "productgroup", "productmodel", "individualproduct", "someproducts", "vehicle", "car"}
)
# Through these a page leads to what it is about; every other property leads to something else it mentions.
_TOWARDS_MAIN = ("@graph", "mainEntity", "mainEntityOfPage", "about", "itemOffered")
_SPACE = re.compile(r"\s+")
_NO_ID = frozenset({"", "0", "1", "n/a", "na", "none", "null", "undefined", "sku", "default", "-", "false", "true"})
_STATES = {
    "instock": ListingState.LIVE,
    "instoreonly": ListingState.LIVE,
    "limitedavailability": ListingState.LIVE,
    "onlineonly": ListingState.LIVE,
    "preorder": ListingState.LIVE,
    "presale": ListingState.LIVE,
    "backorder": ListingState.LIVE,
    "madetoorder": ListingState.LIVE,
    "outofstock": ListingState.SOLD_OUT,
    "soldout": ListingState.SOLD_OUT,
    "reserved": ListingState.SOLD_OUT,
    "discontinued": ListingState.ENDED,
}
_MOST_VARIANTS = 500
# extruct's time grows with the square of the microdata items on a page, and faster with their nesting and references.
_MOST_THINGS = 20_000  # of one JSON-LD block; a page that lists more is not about one product
_MOST_ITEMS = 300
_MOST_REFERENCES = 50
_DEEPEST = 24  # items and properties within one another


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredProduct:
    """The one product that a page is about. `pictures` are absolute URLs, best known order, with repeats."""

    layout: str
    name: str | None
    product_id: str | None
    pictures: tuple[str, ...]
    price: Money | None
    state: ListingState | None
    seller: str | None


def declared_product(page: Page) -> DeclaredProduct | None:
    """Return the product that the page declares to be about, JSON-LD before microdata, or None.

    None also where the page declares several different products and none of them is the page's own: a category.
    """
    for layout, things in (("json-ld", json_ld(page)), ("microdata", _microdata(page))):
        main = _main(things, page)
        if main:
            product = _read(main, layout, page)
            if product.name or product.pictures:
                return product
    return None


def json_ld(page: Page) -> list[Thing]:
    """Return the top-level things of every JSON-LD block that can be read; a broken block costs only itself."""
    found: list[Thing] = []
    for block in page.selector.xpath('//script[contains(@type, "ld+json") or contains(@type, "LD+JSON")]'):
        for value in load_lenient("".join(block.xpath("text()").getall())):
            found.extend(_things(value))
    return found


def organization(things: Iterable[Thing]) -> str | None:
    """Return the name of the first organization among top-level things."""
    for thing in things:
        if any(kind.endswith(("organization", "store", "onlinebusiness")) for kind in _types(thing)):
            name = plain_text(thing.get("name"))
            if name:
                return name
    return None


def plain_text(value: object) -> str | None:
    """Return a declared value as one line of text (lists: the first), or None where there is none."""
    value = _first(value)
    if isinstance(value, dict):
        value = _first(value.get("@value") or value.get("name"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = _SPACE.sub(" ", unescape(str(value))).strip().replace("\x00", "").encode("utf-8", "replace").decode()
    return text or None


def _things(value: object) -> Iterator[Thing]:
    waiting = deque([(value, 0)])
    for _ in range(_MOST_THINGS):
        if not waiting:
            return
        node, depth = waiting.popleft()
        if depth > 8:
            continue
        if isinstance(node, list):
            waiting.extendleft((child, depth + 1) for child in reversed(node))
        elif isinstance(node, dict):
            yield node
            waiting.extend((node[name], depth + 1) for name in _TOWARDS_MAIN if isinstance(node.get(name), dict | list))


def _microdata(page: Page) -> list[Thing]:
    items, references = (len(page.selector.xpath(f"//*[@{name}]")) for name in ("itemscope", "itemref"))
    too_deep = f"//*[@itemprop or @itemscope][count(ancestor::*[@itemprop or @itemscope]) > {_DEEPEST}]"
    if not 0 < items <= _MOST_ITEMS or references > _MOST_REFERENCES or page.selector.xpath(too_deep):
        return []
    try:
        found = MicrodataExtractor().extract_items(page.root, page.base_url)
    except Exception:  # a third-party parser on hostile markup: whatever it trips over, the page is still readable
        return []
    return [_as_json_ld(item) for item in found if isinstance(item, dict)]


def _as_json_ld(item: Thing) -> Thing:
    properties = item.get("properties")
    thing: Thing = {"@type": item.get("type")}
    for name, value in properties.items() if isinstance(properties, dict) else ():
        values = value if isinstance(value, list) else [value]
        plain = [_as_json_ld(child) if isinstance(child, dict) and "properties" in child else child for child in values]
        thing[name] = plain[0] if len(plain) == 1 else plain
    return thing


def _types(thing: Thing) -> set[str]:
    kinds = thing.get("@type")
    return {
        re.split(r"[/#:]", kind)[-1].lower()
        for kind in (kinds if isinstance(kinds, list) else [kinds])
        if isinstance(kind, str)
    }


def _main(things: Iterable[Thing], page: Page) -> list[Thing]:
    """Return the declarations of the page's own product, group first: several may describe the same one."""
    products = [thing for thing in things if _types(thing) & _PRODUCTS][:_MOST_VARIANTS]
    own = [thing for thing in products if listing_name(page.url) in _names(thing, page)]
    if page.status in (404, 410):  # what such a page recommends is not what was asked for
        products = own
    if len(products) > 1:
        groups = [thing for thing in products if "productgroup" in _types(thing)]
        if own:
            products = own + [group for group in groups if group not in own]
        elif len(groups) != 1 and len({plain_text(thing.get("name")) for thing in products}) != 1:
            return []
    return sorted(products, key=lambda thing: "productgroup" not in _types(thing))


def _names(thing: Thing, page: Page) -> set[str]:
    urls = [thing.get("url"), thing.get("@id"), *(offer.get("url") for offer in _offers(thing))]
    joined = (page.join(url.partition("#")[0]) for url in urls if isinstance(url, str) and url.partition("#")[0])
    return {listing_name(canonical_url(url)) for url in joined if url}


def _read(main: list[Thing], layout: str, page: Page) -> DeclaredProduct:
    everything = [*main, *(variant for thing in main for variant in _variants(thing))]
    offers = [offer for thing in everything for offer in _offers(thing)]
    return DeclaredProduct(
        layout=layout,
        name=next((name for thing in main if (name := plain_text(thing.get("name")))), None),
        product_id=_product_id(main),
        pictures=tuple(url for thing in everything for url in _pictures(thing.get("image"), page)),
        price=next((price for offer in offers if (price := _price(offer))), None),
        state=_state(offers),
        seller=next((name for offer in offers if (name := plain_text(_named(offer, "seller", "offeredBy")))), None),
    )


def _named(thing: Thing, *names: str) -> object:
    return next((thing[name] for name in names if thing.get(name)), None)


def _variants(thing: Thing) -> list[Thing]:
    return [variant for variant in _as_list(thing.get("hasVariant")) if isinstance(variant, dict)][:_MOST_VARIANTS]


def _offers(thing: Thing) -> list[Thing]:
    offers = [offer for offer in _as_list(thing.get("offers")) if isinstance(offer, dict)][:_MOST_VARIANTS]
    inner = [one for offer in offers for one in _as_list(offer.get("offers")) if isinstance(one, dict)]
    return offers + inner[:_MOST_VARIANTS]


def _price(offer: Thing) -> Money | None:
    specification = _first(offer.get("priceSpecification"))
    for source in (offer, specification if isinstance(specification, dict) else {}):
        for name in ("price", "lowPrice", "minPrice"):
            money = read_price(_first(source.get(name)), _first(source.get("priceCurrency")))
            if money:
                return money
    return None


def _state(offers: Iterable[Thing]) -> ListingState | None:
    """One offer that can be bought makes the listing live; it has ended only where all offers have."""
    states = set()
    for offer in offers:
        availability = _first(offer.get("availability"))
        if isinstance(availability, dict):
            availability = availability.get("@id")
        if isinstance(availability, str):
            word = re.split(r"[/#:]", availability.strip())[-1].replace(" ", "").replace("_", "").lower()
            states.add(_STATES.get(word))
    for state in (ListingState.LIVE, ListingState.SOLD_OUT, ListingState.ENDED):
        if state in states:
            return state
    return None


def _product_id(main: Iterable[Thing]) -> str | None:
    for thing in main:
        for name in ("productGroupID", "productID", "sku"):
            value = plain_text(thing.get(name))
            if value and value.lower() not in _NO_ID and len(value) <= 200:
                return value
    return None


def _pictures(value: object, page: Page) -> Iterator[str]:
    """Walk an image value: text, list, ImageObject under any spelling of its URL."""
    waiting, seen = [value], 0
    while waiting and seen < 1000:
        node, seen = waiting.pop(0), seen + 1
        if isinstance(node, list):
            waiting[:0] = node[:1000]
        elif isinstance(node, dict):
            waiting[:0] = [node[name] for name in ("contentUrl", "contentURL", "url", "image", "@id") if name in node][
                :1
            ]
        elif isinstance(node, str):
            url = page.join(node)
            if url:
                yield url


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _first(value: object) -> Any:
    while isinstance(value, list):
        value = value[0] if value else None
    return value
