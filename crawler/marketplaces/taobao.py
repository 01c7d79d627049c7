"""Taobao: item pages and pages of results. Its numbers are those of Tmall: one listing has one key on both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from casebook.types import ListingState, Seller
from crawler import ali_item
from crawler.ali_item import CURRENCY, KEY, api_offer, canonical_url, dom_offer, ice_offer, item_url, listing_id
from crawler.ali_page import WALL_URL, decoded, wall
from crawler.json_path import count_in, items_at, one_line, text_at, texts_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import backgrounds, first_text, image_links, places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after

if TYPE_CHECKING:
    from parsel import Selector

    from crawler.page import Page, Reading

__all__ = ["ACCESS", "HOSTS", "KEY", "LAYOUTS", "NAME", "TITLE", "canonical_url", "listing_id", "read", "search_url"]

NAME = "taobao"
TITLE = "Taobao"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*taobao\.com")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Search and item.taobao.com want a login; world.taobao.com/item/<id>.htm showed items without one in 2026-10.",
)
_DESCRIPTION = re.compile(r"\bdescUrl\s*:[^\n]{0,600}?'(//[^'\s]+)'")
_CONFIG = re.compile(r"\bg_config\s*=\s*\{")
_CONFIG_LENGTH = 20_000  # characters; the object of a real page has 4,000
_PAGE_CONFIG = re.compile(r"\bg_page_config\s*=\s*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ITEM_ELEMENT = re.compile(r"item_id_(\d{8,16})")


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search; without a login it shows none."""
    return "https://s.taobao.com/search?" + urlencode({"q": words, "page": number})


def shop_url(seller_id: str) -> str | None:
    """Return None: a seller's number does not lead to his shop, which has a number of its own."""
    return None


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, decoded(page))


def _item_to_2022(page: Page) -> Offer | None:
    """Read the item page to about 2022: `g_config` is JavaScript with calls in it, and so read word by word."""
    found = _CONFIG.search(page.text)
    if found is None:
        return None
    config = page.text[found.end() : found.end() + _CONFIG_LENGTH]
    data = config[max(0, config.find("idata")) :]
    number = _word(config, "itemId")
    if number is None:
        return None
    pictures = list(texts_at(value_after(data, re.compile(r"\bauctionImages\s*:\s*(?=\[)"))))
    heading = page.selector.css(".tb-main-title")
    price = page.selector.css("#J_PromoPriceNum, #J_StrPrice .tb-rmb-num, .tb-rmb-num")
    shown = page.selector.css("#J_UlThumb img")
    return Offer(
        listing_id=number,
        title=_word(data, "title") or one_line(heading.xpath("@data-title").get()) or first_text(heading),
        state=ListingState.ENDED if page.selector.css(".tb-off-sale") else ListingState.LIVE,
        price=read_price(first_text(price), CURRENCY),
        seller=_seller(page, config, data),
        gallery=places(page, [*pictures, _word(data, "pic"), *image_links(shown)]),
        variants=places(page, backgrounds(page.selector.css(".J_TSaleProp a"))),
        description=places(page, image_links(page.selector.css("#J_DivItemDesc img"))),
        sold_count=count_in(first_text(page.selector.css("#J_SellCounter"))),
        description_url=page.join(described[1]) if (described := _DESCRIPTION.search(config)) else None,
    )


def _word(text: str, name: str) -> str | None:
    """Return the first value that a literal gives a name: a quoted text or a number."""
    found = re.search(rf"\b{name}\s*:\s*(?:'((?:[^'\\]|\\.)*)'|(\d+))", text)
    if found is None:
        return None
    plain = _ESCAPE.sub(lambda one: chr(int(one[1], 16)) if one[1] else one[2], found[1] or found[2] or "")
    return one_line(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _seller(page: Page, config: str, data: str) -> Seller | None:
    number, name = _word(config, "sellerId"), _word(config, "shopName") or _word(config, "sellerNick")
    if number is None or name is None:
        return None
    shop = re.search(r"\bshop\s*:\s*\{", data)
    years = _word(data, "shopAge")
    return Seller(
        marketplace=KEY,
        seller_id=number,
        name=name,
        url=page.join(_word(data[shop.end() :], "url")) if shop else None,
        badges=("金牌卖家",) if re.search(r"\bgoldSeller\s*:\s*true\b", data) else (),
        since=f"{years}年" if years else None,
    )


def _cards(page: Page) -> Results | None:
    """Read the cards of the search since 2024; an element around each has the item's number."""
    cards = page.selector.css('[class*="doubleCard--"]')
    if not cards:
        return None
    return Results(offers=[offer for card in cards if (offer := _card(page, card)) is not None])


def _card(page: Page, card: Selector) -> Offer | None:
    number = _number(page, card)
    title = card.css('[class*="title--"]')
    if number is None or not title:
        return None
    price = "".join(card.css('[class*="priceInt--"], [class*="priceFloat--"]').xpath(".//text()").getall())
    shop = first_text(card.css('[class*="shopNameText--"]')) or first_text(card.css('[class*="shopName--"]'))
    return Offer(
        listing_id=number,
        title=one_line(title.xpath("@title").get()) or one_line(title.xpath("string()").get()),
        price=read_price(price, CURRENCY),
        seller=None if shop is None else Seller(marketplace=KEY, seller_id=shop, name=shop),
        gallery=places(page, image_links(card.css('img[class*="mainPic--"], [class*="mainPic"] img')[:1])),
        sold_count=count_in(first_text(card.css('[class*="realSales--"]'))),
    )


def _number(page: Page, card: Selector) -> str | None:
    around = card.xpath("ancestor-or-self::*[position() <= 4]")
    named = [found[1] for one in around.xpath("@id").getall() if (found := _ITEM_ELEMENT.fullmatch(one))]
    named += [one for one in around.xpath("@data-spm-act-id").getall() if re.fullmatch(r"\d{10,16}", one)]
    links = [*around.xpath("self::a/@href").getall(), *card.xpath(".//a/@href").getall()]
    named += [number for link in links if (number := listing_id(page.join(link) or ""))]
    return named[0] if named else None


def _results_to_2022(page: Page) -> Results | None:
    """Read the search to about 2022: everything stands in `g_page_config`."""
    config = value_after(page.text, _PAGE_CONFIG)
    offers = []
    for auction in items_at(config, "mods", "itemlist", "data", "auctions"):
        number = listing_id(item_url(page.url, text_at(auction, "nid") or ""))
        user, name = text_at(auction, "user_id"), text_at(auction, "nick")
        if number is None:
            continue
        offer = Offer(
            listing_id=number,
            title=text_at(auction, "raw_title") or text_at(auction, "title"),
            price=read_price(text_at(auction, "view_price"), CURRENCY),
            seller=Seller(marketplace=KEY, seller_id=user or name, name=name) if name else None,
            gallery=places(page, [text_at(auction, "pic_url")]),
            sold_count=count_in(text_at(auction, "view_sales")),
        )
        offers.append(offer)
    return Results(offers=offers) if offers else None


def _listing_url(offer: Offer, page: Page) -> str:
    return item_url(page.url, offer.listing_id)


_RECALLED_CARDS = "search cards by their class names, from notes of 2024 to 2026"
LAYOUTS = (
    Layout(name="ice", seen=Seen.REAL, known="__ICE_APP_CONTEXT__; saved page of 2026-02", offer=ice_offer),
    Layout(name="pcdetail", seen=Seen.RECALLED, known="mtop.taobao.pcdetail.data.get, from notes", offer=api_offer),
    Layout(name="rendered", seen=Seen.RECALLED, known="class names of 2024 to 2026, from notes", offer=dom_offer),
    Layout(name="g_config", seen=Seen.REAL, known="g_config; saved page of 2020-06", offer=_item_to_2022),
    Layout(name="search cards", seen=Seen.RECALLED, known=_RECALLED_CARDS, results=_cards),
    Layout(name="g_page_config", seen=Seen.RECALLED, known="search to 2022, from notes", results=_results_to_2022),
)
_RULES = Rules(
    marketplace=KEY,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=WALL_URL,
    blocked=wall,
    removal=ali_item.no_item,
)
