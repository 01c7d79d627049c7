"""Shein: goods pages and pages of results. A goods id is global over all country sites; each colour has its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import at, items_at, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import places
from crawler.prices import currency_code, read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after
from crawler.structured_data import declared_product, json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.types import Money
    from crawler.json_path import Json
    from crawler.page import Page, Reading
    from crawler.structured_data import DeclaredProduct

NAME = "shein"
KEY = NAME
TITLE = "Shein"
HOSTS = re.compile(r"(?:[a-z]{1,5}\.)?shein\.(?:com(?:\.mx)?|co\.uk)")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="A client without a history may be sent to /risk/challenge, as noted in 2026.",
)
_GOODS = re.compile(r"-p-(\d{3,})(?!\d)")
_STATE = re.compile(r"\bgbRawData\s*=")
_STATE_BEFORE = re.compile(r"[\"']?\bproductIntroData[\"']?\s*[:=]")
_STATE_OF_RESULTS = re.compile(r"\bgb(?:RawData|ProductListSsrData)\s*=")


def listing_id(url: str) -> str | None:
    """Return the goods id in a URL, or None."""
    found = _GOODS.search(split_url(url).path)
    return found[1] if found else None


def canonical_url(url: str) -> str:
    """Return the goods' address on their country site without slug and tracking; any other URL in one spelling."""
    number, host = listing_id(url), split_url(url).hostname or ""
    return plain_canonical_url(url) if number is None else _address(host, number)


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search on the site of the United States."""
    return f"https://us.shein.com/pdsearch/{quote(words, safe='')}/?page={number}"


def shop_url(seller_id: str) -> str | None:
    """Return the page of a store, by its code."""
    return f"https://us.shein.com/store/home?store_code={quote_plus(seller_id)}"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _goods(page: Page) -> Offer | None:
    """Read `window.gbRawData`. After a click on another colour its parts name different goods: then it proves none."""
    state = value_after(page.text, _STATE)
    modules = at(state, "modules")
    product = at(modules, "productInfo")
    ids = {
        text_at(product, "goods_id"),
        text_at(modules, "saleAttr", "multiLevelSaleAttribute", "goods_id"),
        text_at(state, "canonicalInfo", "goods_id"),
    } - {None}
    number = text_at(product, "goods_id")
    if number is None or len(ids) != 1:
        return None
    declared = _declared(page, number)
    images = at(product, "currentSkcImgInfo")
    return Offer(
        listing_id=number,
        names=frozenset(filter(None, [text_at(product, "goods_sn")])),
        title=text_at(product, "goods_name"),
        state=(declared and declared.state) or _stock(modules),
        price=(declared and declared.price) or _price(at(modules, "priceInfo"), at(product, "priceInfo"), product),
        seller=_seller(text_at(modules, "storeInfo", "store_code"), text_at(modules, "storeInfo", "title")),
        gallery=places(
            page,
            [*_links(images, "skcImages"), *_links(images, "spuImages"), *(declared.pictures if declared else ())],
        ),
        variants=places(page, _other_colours(product, number)),
    )


def _declared(page: Page, number: str) -> DeclaredProduct | None:
    """Return the product of the page's JSON-LD where that is about these goods."""
    about = (listing_id(page.join(text_at(thing, "url")) or "") for thing in json_ld(page))
    return declared_product(page) if number in about else None


def _links(value: Json, name: str) -> Iterator[str | None]:
    """Yield the addresses in a list of pictures, which are texts or objects."""
    for entry in items_at(value, name):
        yield text_at(entry, "origin_image") or text_at(entry)


def _other_colours(product: Json, number: str) -> Iterator[str | None]:
    colours = at(product, "allColorDetailImages")
    for name in colours if isinstance(colours, dict) else ():
        if name != number:
            yield from _links(colours, name)


def _stock(modules: Json) -> ListingState:
    left = {text_at(sku, "stock") for sku in items_at(modules, "saleAttr", "multiLevelSaleAttribute", "sku_list")}
    return ListingState.SOLD_OUT if left == {"0"} else ListingState.LIVE


def _price(*holders: Json) -> Money | None:
    """Return the price at which the goods are sold now; its text shows the currency."""
    for holder in holders:
        for name in ("salePrice", "retailPrice"):
            currency = currency_code(text_at(holder, name, "amountWithSymbol"))
            money = read_price(text_at(holder, name, "amount"), currency)
            if money:
                return money
    return None


def _seller(code: str | None, name: str | None) -> Seller | None:
    if code is None or code == "0":
        return None
    return Seller(marketplace=NAME, seller_id=code, name=name or code, url=shop_url(code))


def _goods_before(page: Page) -> Offer | None:
    """Read `productIntroData`, the state of pages before `gbRawData`."""
    intro = value_after(page.text, _STATE_BEFORE)
    detail, images = at(intro, "detail"), at(intro, "goods_imgs")
    number = text_at(detail, "goods_id")
    if number is None:
        return None
    gone = text_at(detail, "is_on_sale") == "0" or text_at(detail, "stock") == "0"
    main = [text_at(images, "main_image", "origin_image"), text_at(detail, "original_img")]
    colours = (text_at(one, "original_img") or text_at(one, "goods_img") for one in items_at(intro, "relation_color"))
    return Offer(
        listing_id=number,
        names=frozenset(filter(None, [text_at(detail, "goods_sn")])),
        title=text_at(detail, "goods_name"),
        state=ListingState.SOLD_OUT if gone else ListingState.LIVE,
        price=_price(detail),
        seller=_seller(text_at(detail, "store_code"), None),
        gallery=places(page, [*main, *_links(images, "detail_image")]),
        variants=places(page, colours),
    )


def _results(page: Page) -> Results | None:
    """Read the cards of a search, a category or a store from the page's state."""
    results = at(value_after(page.text, _STATE_OF_RESULTS), "results")
    cards = [*items_at(results, "bffProductsInfo", "products"), *items_at(results, "goods")]
    offers = [offer for card in cards if (offer := _card(page, card)) is not None]
    return Results(offers=offers) if offers else None


def _card(page: Page, card: Json) -> Offer | None:
    number = text_at(card, "goods_id")
    if number is None:
        return None
    gone = text_at(card, "is_on_sale") == "0" or text_at(card, "stock") == "0"
    return Offer(
        listing_id=number,
        title=text_at(card, "goods_name"),
        state=ListingState.SOLD_OUT if gone else ListingState.LIVE,
        price=_price(card),
        seller=_seller(text_at(card, "store_code"), None),
        gallery=places(page, [text_at(card, "goods_img"), *_links(card, "detail_image")]),
    )


def _address(host: str, number: str) -> str:
    known = host.lower() if HOSTS.fullmatch(host.lower()) else "us.shein.com"
    return f"https://{re.sub('^(?:m[.])?(?=shein)', 'www.', known)}/goods-p-{number}.html"


def _listing_url(offer: Offer, page: Page) -> str:
    return _address(split_url(page.url).hostname or "", offer.listing_id)


LAYOUTS = (
    Layout(
        name="gbRawData",
        seen=Seen.REAL,
        known="productInfo, goodsDetailSchema; page of 2026-08 reduced by its finder: pictures and seller from notes",
        offer=_goods,
    ),
    Layout(name="productIntroData", seen=Seen.RECALLED, known="before gbRawData, from notes", offer=_goods_before),
    Layout(
        name="search", seen=Seen.RECALLED, known="bffProductsInfo in gbRawData, from notes of 2026", results=_results
    ),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^/]*/(?:[a-z]{2}/)?risk/challenge"),
)
