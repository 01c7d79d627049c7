"""Temu: goods pages that a person saved. It answers every plain client with a login, so no page is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote_plus

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import at, items_at, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Seen, Way
from crawler.markup import places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.types import Money
    from crawler.json_path import Json
    from crawler.page import Page, Reading

NAME = "temu"
KEY = NAME
TITLE = "Temu"
HOSTS = re.compile(r"(?:(?:www|m|share)\.)?temu\.com")
ACCESS = Access(
    ways=(Way.PERSON,),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="A plain client is sent to a login, as saved in 2026-04; only pages that a person saved are read.",
)
_GOODS = re.compile(r"-g-(\d{9,})\.html")
_GOODS_PAGE = re.compile(r"/goods\.html$")
_ID = re.compile(r"\d{9,}")
_RAW = re.compile(r"window\.rawData\s*=")


def listing_id(url: str) -> str | None:
    """Return the goods id in a URL, or None."""
    parts = split_url(url)
    found = _GOODS.search(parts.path)
    if found is None and _GOODS_PAGE.search(parts.path):
        found = _ID.fullmatch(next(iter(parse_qs(parts.query).get("goods_id", ())), ""))
        return found and found[0]
    return found and found[1]


def canonical_url(url: str) -> str:
    """Return the address of the goods without country, slug and tracking; any other URL in one spelling."""
    number = listing_id(url)
    return plain_canonical_url(url) if number is None else _address(number)


def search_url(words: str, number: int) -> str | None:
    """Return the search for the first page; later pages have no address of their own."""
    return f"https://www.temu.com/search_result.html?search_key={quote_plus(words)}" if number == 1 else None


def shop_url(seller_id: str) -> str | None:
    """Return the page of a shop, by its mall id."""
    return f"https://www.temu.com/shop-m-{quote_plus(seller_id)}.html"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _goods(page: Page) -> Offer | None:
    """Read the goods in `window.rawData`: pictures in the gallery with a negative id belong to single variants."""
    store = at(value_after(page.text, _RAW), "store")
    goods = at(store, "goods")
    number = text_at(goods, "goodsId") or text_at(store, "goodsId")
    if number is None or not isinstance(goods, dict):
        return None
    entries = [*items_at(goods, "gallery"), *items_at(store, "gallery")]
    offers = [*items_at(store, "sku"), *items_at(goods, "sku")]
    own = [text_at(entry, "url") for entry in entries if not _is_of_a_variant(entry)]
    of_variants = [text_at(entry, "url") for entry in entries if _is_of_a_variant(entry)]
    return Offer(
        listing_id=number,
        title=text_at(goods, "goodsName"),
        state=_state(offers),
        price=_price(store, offers),
        seller=_seller(store),
        gallery=places(page, own),
        variants=places(page, [*of_variants, *_thumbnails(offers)]),
        description=places(page, _described(store)),
    )


def _is_of_a_variant(entry: Json) -> bool:
    return (text_at(entry, "id") or "").startswith("-")


def _thumbnails(offers: list[Json]) -> Iterator[str | None]:
    for offer in offers:
        yield text_at(offer, "specShowImageUrl") or text_at(offer, "thumbUrl")


def _described(store: Json) -> Iterator[str | None]:
    for floor in items_at(store, "productDetail", "floorList"):
        yield from (text_at(item, "url") for item in items_at(floor, "items"))


def _state(offers: list[Json]) -> ListingState:
    """Return that the goods are sold out where every variant says that none is left."""
    left = {text_at(offer, "stockQuantity") for offer in offers}
    return ListingState.SOLD_OUT if left == {"0"} else ListingState.LIVE


def _price(store: Json, offers: list[Json]) -> Money | None:
    """Return the price of the first variant as the page shows it; numbers beside it may be in cents."""
    currency = text_at(store, "localInfo", "currency") or text_at(store, "$localInfo", "currency")
    shown = (text_at(offer, name) for offer in offers for name in ("salePriceStr", "normalPriceStr"))
    return next((money for text in shown if (money := read_price(text, currency))), None)


def _seller(store: Json) -> Seller | None:
    """Return the shop ("mall"), whose facts lie in `mall` itself or one step deeper."""
    mall = at(store, "mall", "mallData") or at(store, "mall")
    number = text_at(mall, "mallId") or text_at(store, "mall", "mallId")
    if number is None:
        return None
    return Seller(marketplace=NAME, seller_id=number, name=text_at(mall, "mallName") or number, url=shop_url(number))


def _blocked(page: Page) -> str | None:
    """Return that the page's own data call it the login, which a page saved under another address may be."""
    login = text_at(value_after(page.text, _RAW), "store", "metaParams", "page_id") == "login"
    return "Temu's login in place of the page" if login else None


def _address(number: str) -> str:
    return f"https://www.temu.com/goods.html?goods_id={number}"


def _listing_url(offer: Offer, page: Page) -> str:
    return _address(offer.listing_id)


LAYOUTS = (
    Layout(
        name="rawData", seen=Seen.RECALLED, known="store.goods, gallery, sku, mall; from notes of 2026", offer=_goods
    ),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^/]*/(?:[a-z-]+/)?(?:login|bgn_verification)\.html"),
    blocked=_blocked,
)
