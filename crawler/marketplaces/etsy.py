"""Etsy: listing pages, the lists of shops and searches, and the Open API's answers.

A shop is known by its number, which its owner cannot change; where a page does not name it, its pictures' addresses do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.interface_answers import interface_refusal
from crawler.interfaces import etsy_v3
from crawler.json_path import at, items_at, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import first_text, places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.shop_answers import json_body, next_page, page_number, price_in_units
from crawler.structured_data import declared_product, json_ld

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casebook.types import Money
    from crawler.json_path import Json
    from crawler.page import Page, Reading

NAME = "etsy"
KEY = NAME
TITLE = "Etsy"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*etsy\.com")
ACCESS = Access(
    ways=(Way.KEY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Plain HTTP gets DataDome's wall (403) on every page, as noted in 2026-04; the Open API v3 takes a free key.",
)
_LISTING = re.compile(
    r"https?://[^/?#]+/(?:[a-z]{2}(?:-[a-z]{2})?/)?(?:v3/application/listings|listing)/(\d{6,15})(?!\d)"
)
_SHOP = re.compile(r"etsystatic\.com/(?:\d{3}/\d/)?(\d{4,12})/")
_SHOP_2026 = re.compile(r'"shop_id":(\d{4,12}),"shop_name":"')
_SHOP_2017 = re.compile(r'"listing_id":\d{6,15},"shop_shop_id":(\d{4,12})')
_SHOP_NAME = re.compile(r'"shop_name":"([A-Za-z0-9]{1,60})"')
_LISTING_2017 = re.compile(r'"listing_id":(\d{6,15}),"shop_shop_id":\d')
_REMOVED = re.compile(
    r"(?:Uh oh! )?Sorry, (?:this item is unavailable|the page you were looking for was not found)[.!]?"
)
_SHOP_PAGE, _SEARCH_PAGE = 36, 48  # listings on one page
_SOLD_OUT_2017 = frozenset({"out_of_stock", "sold_out"})
_API_STATES = {"active": ListingState.LIVE, "sold_out": ListingState.SOLD_OUT}


def listing_id(url: str) -> str | None:
    """Return the listing number in a URL, or None."""
    found = _LISTING.match(plain_canonical_url(url))
    return found[1] if found else None


def canonical_url(url: str) -> str:
    """Return the listing's page without language, slug and tracking; any other URL in one spelling."""
    number, plain = listing_id(url), plain_canonical_url(url)
    return plain if number is None or "/v3/application/" in plain else f"https://www.etsy.com/listing/{number}"


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search, newest first."""
    return "https://www.etsy.com/search?" + urlencode({"q": words, "order": "date_desc", "page": number})


def shop_url(seller_id: str) -> str | None:
    """Return the page of a shop by its name; its number alone leads nowhere."""
    return None if seller_id.isdecimal() else f"https://www.etsy.com/shop/{quote(seller_id, safe='', errors='replace')}"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _listing(page: Page) -> Offer | None:
    """Read the listing page of 2026: JSON-LD, and the gallery's own attributes."""
    product = declared_product(page)
    if product is None or product.layout != "json-ld":
        return None
    number = listing_id(_claimed(page)) or product.product_id
    if number is None or not number.isdecimal():
        return None
    shown = page.selector.css("[data-src-zoom-image]").xpath("@data-src-zoom-image").getall()
    brand = next((name for thing in json_ld(page) if (name := text_at(thing, "brand", "name"))), None)
    return Offer(
        listing_id=number,
        title=product.name or first_text(page.selector.css("h1[data-buy-box-listing-title]")),
        state=product.state or ListingState.LIVE,
        price=product.price,
        seller=_seller(brand or _first(_SHOP_NAME, page.text), _first(_SHOP_2026, page.text), product.pictures),
        gallery=places(page, [*product.pictures, *shown]),
    )


def _claimed(page: Page) -> str:
    return str(page.selector.xpath("//link[@rel='canonical']/@href").get(""))


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


def _seller(name: str | None, number: str | None, pictures: Iterable[str | None]) -> Seller | None:
    """Return a shop; each of its pictures' addresses holds its number."""
    known = number or next((one for url in pictures if url and (one := _first(_SHOP, url))), None)
    if known is None:
        return None
    return Seller(marketplace=NAME, seller_id=known, name=name or known, url=shop_url(name or known))


def _listing_of_2017(page: Page) -> Offer | None:
    """Read the listing page of 2017: the gallery's attributes and old microdata, no JSON-LD."""
    shown = page.selector.css("[data-full-image-href]").xpath("@data-full-image-href").getall()
    number = listing_id(_claimed(page)) or _first(_LISTING_2017, page.text)
    if number is None or not shown:
        return None
    box = page.selector.css("#listing-page-cart")
    stock = box.xpath(".//meta[@itemprop='availability']/@content").get("")
    currency = box.xpath(".//meta[@itemprop='currency']/@content").get()
    return Offer(
        listing_id=number,
        title=first_text(box.xpath(".//h1")),
        state=ListingState.SOLD_OUT if stock in _SOLD_OUT_2017 else ListingState.LIVE,
        price=read_price(box.xpath(".//meta[@itemprop='price']/@content").get(), currency),
        seller=_seller(_first(_SHOP_NAME, page.text), _first(_SHOP_2017, page.text), shown),
        gallery=places(page, shown),
    )


def _answer(page: Page) -> Offer | None:
    """Read the Open API's answer for one listing, asked for with its pictures and its shop."""
    return _told(page, json_body(page))


def _told(page: Page, answer: Json) -> Offer | None:
    number = text_at(answer, "listing_id")
    if number is None or not number.isdecimal():
        return None
    pictures = [text_at(image, "url_fullxfull") for image in items_at(answer, "images")]
    return Offer(
        listing_id=number,
        title=text_at(answer, "title"),
        state=_API_STATES.get(text_at(answer, "state") or "active", ListingState.ENDED),
        price=_answered_price(at(answer, "price")),
        seller=_seller(text_at(answer, "shop", "shop_name"), text_at(answer, "shop_id"), pictures),
        gallery=places(page, pictures),
    )


def _answered_price(price: Json) -> Money | None:
    """Return a price that is given as a whole number and what it must be divided by."""
    amount, divisor = at(price, "amount"), at(price, "divisor")
    if not isinstance(amount, int) or divisor not in (1, 10, 100, 1000):
        return None
    digits = len(str(divisor)) - 1
    return price_in_units(amount, digits, text_at(price, "currency_code"))


def _answered_list(page: Page) -> Results | None:
    """Read the Open API's answer for many listings.

    Only a batch shows pictures and shops, and then all that the answers for the single listings show. Any other list
    names the listings, and a batch of these is asked for.
    """
    answer = json_body(page)
    total, listed = at(answer, "count"), list(items_at(answer, "results"))
    told = [(one, offer) for one in listed if (offer := _told(page, one)) is not None]
    if not isinstance(total, int) or len(told) < len(listed) or "/v3/application/" not in page.url:
        return None
    if "/listings/batch?" in page.url or all(isinstance(at(one, "images"), list) for one, _ in told):
        return Results(offers=[offer for _, offer in told], whole=True)
    numbers = [offer.listing_id for _, offer in told]
    batches = [numbers[start : start + etsy_v3.PER_PAGE] for start in range(0, len(numbers), etsy_v3.PER_PAGE)]
    following = etsy_v3.next_url(page.url, total)
    return Results(
        next_urls=[*map(etsy_v3.batch_url, batches), *([] if following is None else [following])], named=len(numbers)
    )


def _answered_shops(page: Page) -> Results | None:
    """Read the Open API's answer for the shops of a name, which need not be that name alone."""
    name, listed = etsy_v3.shop_asked(page.url), at(json_body(page), "results")
    if name is None or not isinstance(listed, list):
        return None
    same = [one for one in listed if (text_at(one, "shop_name") or "").lower() == name.lower()]
    numbers = [number for one in same if (number := text_at(one, "shop_id")) and number.isdecimal()]
    return Results(next_urls=[etsy_v3.goods_url(number) for number in numbers[:1]], named=len(numbers[:1]))


def _list(page: Page) -> Results | None:
    """Read the JSON-LD list of a shop's or a search's page; it says how many listings there are in all."""
    listed = next((thing for thing in json_ld(page) if thing.get("@type") == "ItemList"), None)
    if listed is None:
        return None
    offers = [offer for entry in items_at(listed, "itemListElement") if (offer := _entry(page, at(entry, "item")))]
    if not offers:
        return None
    per_page = _SEARCH_PAGE if "/search" in split_url(page.url).path else _SHOP_PAGE
    total = at(listed, "numberOfItems")
    more = isinstance(total, int) and page_number(page.url) * per_page < total
    return Results(offers=offers, next_urls=[next_page(page.url)] if more else [])


def _entry(page: Page, item: Json) -> Offer | None:
    number, picture = listing_id(text_at(item, "url") or ""), text_at(item, "image")
    if number is None:
        return None
    word = (text_at(item, "offers", "availability") or "").rpartition("/")[2]
    return Offer(
        listing_id=number,
        title=text_at(item, "name"),
        state=ListingState.SOLD_OUT if word in ("OutOfStock", "SoldOut") else ListingState.LIVE,
        price=read_price(
            text_at(item, "offers", "price") or text_at(item, "offers", "lowPrice"),
            text_at(item, "offers", "priceCurrency"),
        ),
        seller=_seller(text_at(item, "brand", "name"), None, [picture]),
        gallery=places(page, [picture]),
    )


def _listing_url(offer: Offer, page: Page) -> str:
    return f"https://www.etsy.com/listing/{offer.listing_id}"


def _removal(page: Page) -> str | None:
    """Return Etsy's own word that a listing is no more: a heading that says this and nothing else."""
    headings = page.selector.xpath("//h1 | //h2 | //h3")
    told = any(
        _REMOVED.fullmatch(first_text(headings[index : index + 1]) or "") for index in range(min(len(headings), 20))
    )
    return "Etsy says that the listing is unavailable" if told else None


LAYOUTS = (
    Layout(name="listing 2026", seen=Seen.REAL, known="JSON-LD; saved page of 2026-04", offer=_listing),
    Layout(
        name="listing 2017", seen=Seen.REAL, known="data-full-image-href; saved page of 2017", offer=_listing_of_2017
    ),
    Layout(name="api v3", seen=Seen.RECALLED, known="Open API v3, answer for one listing, from notes", offer=_answer),
    Layout(name="api v3 shops", seen=Seen.RECALLED, known="Open API v3, reference of 2026", results=_answered_shops),
    Layout(name="api v3 list", seen=Seen.RECALLED, known="Open API v3, reference of 2026", results=_answered_list),
    Layout(name="item list", seen=Seen.REAL, known="JSON-LD ItemList; lists of three shops of 2026", results=_list),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^/?#]*\betsy\.com/(?:[a-z-]+/)?signin\b"),
    blocked=interface_refusal,
    removal=_removal,
)
