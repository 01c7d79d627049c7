"""eBay: item pages, pages of results of a search or of a seller, and the Browse API's answers for both.

Item numbers are global over all country sites.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, quote_plus, urlencode

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.ebay_answers import group, ignored, item, no_such_item, summaries
from crawler.interface_answers import interface_refusal
from crawler.interfaces import ebay_browse
from crawler.json_path import at, count_in, items_at, one_line, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import first_text, joined, places
from crawler.page import Reading
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import values_after
from crawler.structured_data import json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsel import Selector, SelectorList

    from crawler.page import Page

NAME = "ebay"
KEY = NAME
TITLE = "eBay"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)?ebay\.(?:com|de|fr|it|es|at|ch|ie|nl|be|pl|ca|ph|in|com?\.(?:uk|au|my|sg|hk|jp))")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.KEY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-21",
    note="After 5 to 10 pages it answers with an interstitial, as noted in 2026-04; the Browse API is eBay's own way.",
)
_ITEM = re.compile(r"/itm/(?:[^/?#]+/)?(\d{9,14})(?![\d])")
_SELLER = re.compile(r"/(?:sch/([^/?#]+)/m\.html|usr/([^/?#]+))")
_DESCRIPTION = "//iframe[contains(@src, 'ebaydesc.com/')]/@src"
_FAKE = "Shop on eBay"  # the first card of a page of results is none
_STATES = {
    "instock": ListingState.LIVE,
    "limitedavailability": ListingState.LIVE,
    "preorder": ListingState.LIVE,
    "outofstock": ListingState.SOLD_OUT,
    "soldout": ListingState.SOLD_OUT,
    "discontinued": ListingState.ENDED,
}


def listing_id(url: str) -> str | None:
    """Return the item number that a URL asks for, of a page or of the interface; None where it asks for none."""
    found = _ITEM.search(split_url(url).path)
    return found[1] if found else ebay_browse.listing_id(url)


def canonical_url(url: str) -> str:
    """Return the item's address on its own country site without slug and tracking; any other URL in one spelling."""
    number, host = listing_id(url), split_url(url).hostname or ""
    return (
        plain_canonical_url(url)
        if number is None or host == ebay_browse.HOST
        else f"https://{_desktop(host)}/itm/{number}"
    )


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search on eBay.com, newest first, 60 a page."""
    return "https://www.ebay.com/sch/i.html?" + urlencode({"_nkw": words, "_sop": 10, "_ipg": 60, "_pgn": number})


def shop_url(seller_id: str) -> str | None:
    """Return the page of all items of a seller, by his user name."""
    return f"https://www.ebay.com/sch/i.html?_ssn={quote_plus(seller_id)}"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    unheeded = ignored(page)
    return Reading(state=ListingState.ERROR, reason=unheeded) if unheeded else read_by(_RULES, page)


def _item(page: Page) -> Offer | None:
    """Read the item page of 2025 and 2026: JSON-LD, with seller and counts in the markup."""
    product = next((thing for thing in json_ld(page) if thing.get("@type") == "Product"), None)
    number = listing_id(text_at(product, "offers", "url") or _claimed(page))
    if product is None or number is None:
        return None
    heading = page.selector.css("h1.x-item-title__mainTitle")
    shown = page.selector.css("[data-zoom-src]").xpath("@data-zoom-src").getall()
    return Offer(
        listing_id=number,
        title=text_at(product, "name") or first_text(heading),
        state=_ended(page) or _state(product),
        price=read_price(text_at(product, "offers", "price"), text_at(product, "offers", "priceCurrency")),
        seller=_seller(page),
        gallery=places(page, [*_declared(product), *shown]),
        variants=places(page, _variants(page)),
        sold_count=_sold(page.selector.css(".x-quantity__availability, [data-testid='x-quantity']")),
        description_url=_description_url(page),
    )


def _claimed(page: Page) -> str:
    return str(page.selector.xpath("//link[@rel='canonical']/@href").get(""))


def _declared(product: object) -> Iterator[str]:
    image = product.get("image") if isinstance(product, dict) else None
    yield from [image] if isinstance(image, str) else (one for one in items_at(image) if isinstance(one, str))


def _variants(page: Page) -> Iterator[str | None]:
    """Yield the pictures that belong to single variations, from the object `MSKU`."""
    for variation in values_after(page.text, re.compile(r'"MSKU"\s*:')):
        pictures = at(variation, "pictureMap")
        for entry in pictures.values() if isinstance(pictures, dict) else ():
            yield text_at(entry, "zoomImg", "URL") or text_at(entry, "URL")


def _state(product: object) -> ListingState:
    word = (text_at(product, "offers", "availability") or "").rsplit("/", 1)[-1].lower()
    return _STATES.get(word, ListingState.LIVE)


def _ended(page: Page) -> ListingState | None:
    """Return what the status message of an ended item says: sold, or ended otherwise."""
    message = first_text(page.selector.css(".ux-layout-section__textual-display--statusMessage"))
    if message is None:
        return None
    sold = re.search(r"\bsold\b|verkauft|vendu|venduto|vendido", message, re.IGNORECASE)
    return ListingState.SOLD_OUT if sold else ListingState.ENDED


def _seller(page: Page) -> Seller | None:
    """Return the seller of the card beside the item; his user name stands in its links and in the description's."""
    card = page.selector.css(".x-sellercard-atf__info, #mbgLink")
    links = card.xpath(".//@href").getall() or card.xpath("@href").getall()
    framed = page.selector.xpath(_DESCRIPTION).getall()
    names = [name for link in links if (name := _user(link))]
    names += [name for link in framed for name in parse_qs(split_url(link).query).get("seller", ())]
    if not names:
        return None
    return Seller(
        marketplace=NAME, seller_id=names[0], name=names[0], url=f"https://www.ebay.com/usr/{quote(names[0])}"
    )


def _description_url(page: Page) -> str | None:
    return page.join(page.selector.xpath(_DESCRIPTION).get())


def _user(link: str) -> str | None:
    found = _SELLER.search(split_url(link).path)
    return found and (found[1] or found[2])


def _item_of_2016(page: Page) -> Offer | None:
    """Read the item page of 2016: microdata and the gallery's own JSON."""
    number, price = listing_id(_claimed(page)), page.selector.xpath("//*[@itemprop='price']")
    if number is None or not price:
        return None
    heading = page.selector.xpath("//h1[@id='itemTitle' or @itemprop='name']/text()[normalize-space()]").get()
    currency = page.selector.xpath("//*[@itemprop='priceCurrency']/@content").get()
    largest = re.findall(r'"maxImageUrl":("[^"\\]*(?:\\.[^"\\]*)*")', page.text)
    named = [one_line(_unquoted(quoted)) or "" for quoted in largest]
    named += page.selector.xpath("//img[@itemprop='image']/@src").getall()
    return Offer(
        listing_id=number,
        title=one_line(heading),
        price=read_price(price.xpath("@content").get() or first_text(price), currency),
        seller=_seller(page),
        gallery=places(page, named),
        sold_count=_sold(page.selector.css("[class*='vi-qtyS']")),
        description_url=_description_url(page),
    )


def _unquoted(text: str) -> str:
    return text[1:-1].replace("\\u002F", "/").replace("\\/", "/")


def _cards(page: Page) -> Results | None:
    """Read the cards of 2025 and 2026."""
    cards = page.selector.css("li.s-card[data-listingid]")
    if not cards:
        return None
    offers = [offer for card in cards if (offer := _card(page, card)) is not None]
    following = page.selector.css("a.pagination__next").xpath("@href").getall()
    return Results(offers=offers, next_urls=joined(page, following))


def _card(page: Page, card: Selector) -> Offer | None:
    number = listing_id(card.css("a.s-card__link").xpath("@href").get(""))
    title = first_text(card.css(".s-card__title > span:first-child"))
    if number is None or title == _FAKE:
        return None
    user = first_text(card.css(".su-card-container__attributes__secondary .su-styled-text"))
    return Offer(
        listing_id=number,
        title=title,
        price=read_price(first_text(card.css(".s-card__price"))),
        seller=None if user is None else Seller(marketplace=NAME, seller_id=user, name=user),
        gallery=places(page, [_lazy(card.css("img.s-card__image"))]),
        sold_count=_sold(card.css(".s-card__attribute-row")),
    )


def _cards_to_2025(page: Page) -> Results | None:
    """Read the cards of pages before 2026."""
    cards = page.selector.css("li.s-item")
    if not cards:
        return None
    offers = []
    for card in cards:
        number = listing_id(card.css("a.s-item__link").xpath("@href").get(""))
        title = first_text(card.css(".s-item__title"))
        if number is not None and title != _FAKE:
            price = read_price(first_text(card.css(".s-item__price")))
            gallery = places(page, [_lazy(card.css(".s-item__image img"))])
            offers.append(Offer(listing_id=number, title=title, price=price, gallery=gallery))
    following = page.selector.css("a.pagination__next").xpath("@href").getall()
    return Results(offers=offers, next_urls=joined(page, following))


def _lazy(images: SelectorList[Selector]) -> str | None:
    """Return the address of the first image; what is not loaded yet has a stand-in in `src`."""
    return images.xpath("@data-src").get() or images.xpath("@data-defer-load").get() or images.xpath("@src").get()


def _sold(nodes: SelectorList[Selector]) -> int | None:
    sold = next((text for text in nodes.xpath(".//text()").getall() if re.search(r"\bsold\b|verkauft", text)), None)
    return count_in(sold)


def _desktop(host: str) -> str:
    return "www." + host[host.index("ebay.") :] if HOSTS.fullmatch(host) else "www.ebay.com"


def _listing_url(offer: Offer, page: Page) -> str:
    return f"https://{_desktop(split_url(offer.url or page.url).hostname or '')}/itm/{offer.listing_id}"


LAYOUTS = (
    Layout(name="item 2025", seen=Seen.REAL, known="JSON-LD Product; saved page of 2026-04", offer=_item),
    Layout(name="item 2016", seen=Seen.REAL, known="microdata, maxImageUrl; saved page of 2016", offer=_item_of_2016),
    Layout(name="s-card", seen=Seen.REAL, known="results and seller's items; saved pages of 2026", results=_cards),
    Layout(name="s-item", seen=Seen.RECALLED, known="results before 2025, from notes", results=_cards_to_2025),
    Layout(name="browse item", seen=Seen.RECALLED, known="Browse API, one item; documentation of 2026", offer=item),
    Layout(name="browse group", seen=Seen.RECALLED, known="Browse API, variations; documentation of 2026", offer=group),
    Layout(
        name="browse search", seen=Seen.RECALLED, known="Browse API, search; documentation of 2026", results=summaries
    ),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^/]*/splashui/(?:challenge|captcha)|^https?://signin\.ebay\."),
    blocked=interface_refusal,
    removal=no_such_item,
)
