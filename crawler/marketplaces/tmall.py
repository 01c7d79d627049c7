"""Tmall: item pages. Its numbers are those of Taobao: one listing has one key on both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from casebook.types import ListingState, Seller
from crawler.ali_item import (
    CURRENCY,
    KEY,
    api_offer,
    canonical_url,
    dom_offer,
    ice_offer,
    item_url,
    listing_id,
    no_item,
    seller_of,
    sku_pictures,
    stock_state,
)
from crawler.ali_page import WALL_URL, decoded, wall
from crawler.json_path import at, count_in, one_line, text_at, texts_at
from crawler.layouts import Access, Layout, Offer, Permission, Seen, Way
from crawler.markup import first_text, image_links, places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import values_after

if TYPE_CHECKING:
    from crawler.json_path import Json
    from crawler.page import Page, Reading

__all__ = ["ACCESS", "HOSTS", "KEY", "LAYOUTS", "NAME", "TITLE", "canonical_url", "listing_id", "read", "search_url"]

NAME = "tmall"
TITLE = "Tmall"
# The page for items that are no more lies on a host of Taobao.
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*tmall\.(?:com|hk)|error\.item\.taobao\.com")
ACCESS = Access(
    ways=(Way.PERSON,),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Without a login every item page is the same page of a login, as measured in 2026-10.",
)
_SETUP = re.compile(r"\bTShop\.Setup\s*\(")
_DETAIL = re.compile(r"\b_DATA_Detail\s*=")


def search_url(words: str, number: int) -> str | None:
    """Return None: no search of its own is known to us; Taobao's finds its items."""
    return None


def shop_url(seller_id: str) -> str | None:
    """Return None: a seller's number does not lead to his shop, which has a name of its own."""
    return None


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, decoded(page))


def _item_to_2022(page: Page) -> Offer | None:
    """Read the item page to about 2022, whose bytes are GBK: JSON in a call of `TShop.Setup`."""
    data = next((one for one in values_after(page.text, _SETUP) if at(one, "itemDO")), None)
    number = text_at(data, "itemDO", "itemId") or text_at(data, "rateConfig", "itemId")
    if number is None:
        return None
    promotion = first_text(page.selector.css("#J_PromoPrice .tm-price"))
    price = promotion or text_at(data, "detail", "defaultItemPrice") or text_at(data, "itemDO", "reservePrice")
    pictures = at(data, "propertyPics")
    others = [name for name in pictures if name != "default"] if isinstance(pictures, dict) else []
    thumbs = image_links(page.selector.css("#J_UlThumb img"))
    return Offer(
        listing_id=number,
        title=text_at(data, "itemDO", "title"),
        state=_state(page, data),
        price=read_price(price, CURRENCY),
        seller=_seller(page, data),
        gallery=places(page, [*texts_at(pictures, "default"), *thumbs]),
        variants=places(page, [link for name in others for link in texts_at(pictures, name)]),
        description=places(page, image_links(page.selector.css("#description img"))),
        sold_count=count_in(first_text(page.selector.css(".tm-ind-sellCount .tm-count"))),
        description_url=page.join(text_at(data, "api", "httpsDescUrl") or text_at(data, "api", "descUrl")),
    )


def _state(page: Page, data: Json) -> ListingState:
    if at(data, "itemDO", "isOnline") is False or page.selector.css(".sold-out-recommend"):
        return ListingState.ENDED
    return stock_state(text_at(data, "itemDO", "quantity"))


def _seller(page: Page, data: Json) -> Seller | None:
    number = text_at(data, "itemDO", "userId") or text_at(data, "rateConfig", "sellerId")
    name = one_line(unquote(text_at(data, "itemDO", "sellerNickName") or ""))
    if number is None or name is None:
        return None
    link = page.selector.css("a.slogo-shopname").xpath("@href").get()
    return Seller(marketplace=KEY, seller_id=number, name=name, url=page.join(link))


def _mobile(page: Page) -> Offer | None:
    """Read the mobile item page of 2018: `_DATA_Detail`."""
    data = next((one for one in values_after(page.text, _DETAIL) if at(one, "item")), None)
    number = text_at(data, "item", "itemId")
    if number is None:
        return None
    whole = at(data, "mock", "skuCore", "sku2info", "0")
    ended = at(data, "tags", "tags", "isDownShelf") is True
    written = text_at(data, "mock", "price", "price", "priceText") or text_at(whole, "price", "priceText")
    return Offer(
        listing_id=number,
        title=text_at(data, "item", "title"),
        state=ListingState.ENDED if ended else stock_state(text_at(whole, "quantity")),
        price=read_price(written, CURRENCY),
        seller=seller_of(page, at(data, "seller")),
        gallery=places(page, texts_at(data, "item", "images")),
        variants=places(page, sku_pictures(at(data, "skuBase"))),
        sold_count=count_in(text_at(data, "item", "sellCount")),
        description_url=page.join(text_at(data, "jumpUrl", "apis", "descUrl")),
    )


def _listing_url(offer: Offer, page: Page) -> str:
    return item_url(page.url, offer.listing_id)


LAYOUTS = (
    Layout(name="ice", seen=Seen.RECALLED, known="__ICE_APP_CONTEXT__ as on Taobao, from notes", offer=ice_offer),
    Layout(name="pcdetail", seen=Seen.RECALLED, known="mtop.taobao.pcdetail.data.get, from notes", offer=api_offer),
    Layout(name="rendered", seen=Seen.RECALLED, known="class names of 2024 to 2026, from notes", offer=dom_offer),
    Layout(name="TShop", seen=Seen.REAL, known="TShop.Setup in GBK; saved page of 2020-07", offer=_item_to_2022),
    Layout(name="mobile", seen=Seen.REAL, known="_DATA_Detail; saved script of 2018", offer=_mobile),
)
_RULES = Rules(
    marketplace=KEY,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=WALL_URL,
    blocked=wall,
    removal=no_item,
)
