"""Items of Taobao and Tmall: one space of numbers, and one build of their pages since 2024."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.ali_page import answer, argument
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import at, count_in, items_at, text_at, texts_at
from crawler.layouts import Offer
from crawler.markup import first_text, image_links, places
from crawler.prices import read_price
from crawler.script_data import values_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.json_path import Json
    from crawler.page import Page

KEY = "taobao"
CURRENCY = "CNY"  # no page names it
_HOST = re.compile(r"(?:[a-z0-9-]+\.)*(?:taobao\.com|tmall\.(?:com|hk))")
_API = re.compile(r"h5api\.m\.(?:taobao|tmall)\.(?:com|hk)")
_ASKED = re.compile(r"/(?:item|detail)\.html?")
_PATH = re.compile(r"/(?:item/|i)(\d{8,16})\.html?")
_NUMBER = re.compile(r"\d{8,16}")
_NUMBER_IN_DATA = re.compile(r"\"(?:id|itemNumId)\"\s*:\s*\"?(\d{8,16})")
_LOADED = re.compile(r"\"loaderData\"\s*:")
_NO_ITEM_URL = re.compile(r"^https?://error\.item\.taobao\.com/error/noitem")
_NO_ITEM_JUMP = re.compile(
    r"location(?:\.href)?\s*(?:=|\.replace\()\s*[\"'](?:https?:)?//error\.item\.taobao\.com/error/noitem"
)
# The sentence alone proves nothing: live pages have it in their scripts.
_NO_ITEM_ELEMENT = "//*[contains(concat(' ', @class, ' '), ' errorDetail ')]"


def listing_id(url: str) -> str | None:
    """Return the item number in a URL of an item page or of its API, or None."""
    parts = split_url(url)
    host = (parts.hostname or "").lower()
    if not _HOST.fullmatch(host):
        return None
    if _API.fullmatch(host):
        found = _NUMBER_IN_DATA.search(argument(parts, "data"))
        return found[1] if found else None
    if _ASKED.search(parts.path):
        number = argument(parts, "id")
        if _NUMBER.fullmatch(number):
            return number
    found = _PATH.search(parts.path)
    return found[1] if found else None


def item_url(url: str, number: str) -> str:
    """Return the address of an item on the site that a URL belongs to: Tmall, Taobao, or Taobao World."""
    host = (split_url(url).hostname or "").lower()
    if host == "world.taobao.com":
        return f"https://world.taobao.com/item/{number}.htm"
    site = "detail.tmall.com" if host.endswith((".tmall.com", ".tmall.hk")) else "item.taobao.com"
    return f"https://{site}/item.htm?id={number}"


def canonical_url(url: str) -> str:
    """Return an item's address without tracking; any other URL in one spelling."""
    number = listing_id(url)
    return plain_canonical_url(url) if number is None else item_url(url, number)


def no_item(page: Page) -> str | None:
    """Return the sites' own word that an item is no more, or None."""
    if _NO_ITEM_URL.search(page.url) or _NO_ITEM_JUMP.search(page.text):
        return "sent to the page for items that are no more"
    return "the page says that the item is no more" if page.selector.xpath(_NO_ITEM_ELEMENT) else None


def ice_offer(page: Page) -> Offer | None:
    """Read the item page since 2024, whose data stand in `__ICE_APP_CONTEXT__`."""
    for loaded in values_after(page.text, _LOADED):
        for route in loaded.values() if isinstance(loaded, dict) else ():
            offer = _offer(page, at(route, "data", "res"))
            if offer is not None:
                return offer
    return None


def api_offer(page: Page) -> Offer | None:
    """Read the answer of `mtop.taobao.pcdetail.data.get`, from which the item page is built."""
    return _offer(page, at(answer(page), "data"))


def dom_offer(page: Page) -> Offer | None:
    """Read an item page since 2024 that was saved without its data; its canonical link names it."""
    heading = page.selector.css('[class*="mainTitle--"]')
    claimed = page.selector.xpath("//link[@rel='canonical']/@href").get() or page.first_meta("og:url") or ""
    number = listing_id(page.join(claimed) or "")
    if not heading or number is None:
        return None
    shop = first_text(page.selector.css('[class*="shopName--"]'))
    return Offer(
        listing_id=number,
        title=first_text(heading),
        price=read_price(first_text(page.selector.css('[class*="highlightPrice--"]')), CURRENCY),
        seller=None if shop is None else Seller(marketplace=KEY, seller_id=shop, name=shop),
        gallery=places(page, image_links(page.selector.css('[class*="picGallery"] img'))),
        variants=places(page, image_links(page.selector.css('[class*="valueItem--"] img'))),
        sold_count=count_in(first_text(page.selector.css('[class*="salesDesc--"]'))),
    )


def seller_of(page: Page, data: Json) -> Seller | None:
    """Return the seller of an object with `sellerId` or `userId`; his shop has a name of its own."""
    number = text_at(data, "userId") or text_at(data, "sellerId")
    name = text_at(data, "shopName") or text_at(data, "sellerNick")
    if number is None or name is None:
        return None
    return Seller(
        marketplace=KEY,
        seller_id=number,
        name=name,
        url=page.join(text_at(data, "pcShopUrl") or text_at(data, "shopUrl")),
        since=text_at(data, "starts"),
    )


def sku_pictures(data: Json) -> Iterator[str | None]:
    """Yield the pictures of colours and sizes in an object `skuBase`."""
    for group in items_at(data, "props"):
        yield from (text_at(value, "image") for value in items_at(group, "values"))


def stock_state(quantity: str | None) -> ListingState:
    """Return whether an item can be bought, by how many of it there are."""
    return ListingState.SOLD_OUT if quantity == "0" else ListingState.LIVE


def _offer(page: Page, data: Json) -> Offer | None:
    number, shown = text_at(data, "item", "itemId"), at(data, "componentsVO")
    if number is None:
        return None
    whole = at(data, "skuCore", "sku2info", "0")
    written = text_at(shown, "priceVO", "price", "priceText") or text_at(whole, "price", "priceText")
    sold = text_at(shown, "titleVO", "salesDesc") or text_at(data, "item", "vagueSellCount")
    return Offer(
        listing_id=number,
        title=text_at(data, "item", "title") or text_at(shown, "titleVO", "title", "title"),
        state=stock_state(text_at(whole, "quantity")),
        price=read_price(written, CURRENCY),
        seller=seller_of(page, at(data, "seller")),
        gallery=places(page, texts_at(data, "item", "images")),
        variants=places(page, sku_pictures(at(data, "skuBase"))),
        sold_count=count_in(sold),
    )
