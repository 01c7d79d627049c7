"""1688: offer pages and pages of results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from casebook.types import ListingState, Money, Seller
from crawler.addresses import split_url
from crawler.ali_page import WALL_URL, answer, argument, decoded, wall
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import at, count_in, items_at, one_line, text_at, texts_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import backgrounds, first_text, image_links, places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsel import Selector

    from crawler.json_path import Json
    from crawler.page import Page, Reading

NAME = "1688"
KEY = NAME
TITLE = "1688.com"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*1688\.com")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Plain HTTP read one offer page before the wall came, as noted in 2026-10; every wall has status 200.",
)
_CURRENCY = "CNY"  # no page names it
_PATH = re.compile(r"/offer/(\d{6,16})\.html")
_NUMBER = re.compile(r"\d{6,16}")
_CARD = re.compile(r"\d+_\d+_[a-z0-9]+_(.+)_(\d{6,16})")
_CONTEXT = re.compile(r"\(\s*window\.contextPath\s*,\s*(?=\{)")
_INIT = re.compile(r"\b__INIT_DATA\s*=\s*(?=\{)")
_NOT_FOUND = re.compile(
    r"^https?://page\.1688\.com/shtml/static/wrongpage\.html|^https?://www\.1688\.com/?\?[^#]*\bspm=[^&#]*notfound"
)
_OFF_SHELF = "商品已下架"
_ENDED = re.compile(r"EXPIRED|DELETED", re.IGNORECASE)


def listing_id(url: str) -> str | None:
    """Return the offer's number in a URL, or None."""
    parts = split_url(url)
    if not HOSTS.fullmatch((parts.hostname or "").lower()):
        return None
    found = _PATH.search(parts.path)
    if found:
        return found[1]
    return _number(argument(parts, "offerId")) if parts.path == "/page/index.html" else None


def canonical_url(url: str) -> str:
    """Return the offer's desktop address without tracking; any other URL in one spelling."""
    number = listing_id(url)
    return plain_canonical_url(url) if number is None else _offer_url(number)


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search, 60 a page."""
    asked = urlencode({"keywords": words, "charset": "utf8", "beginPage": number})
    return "https://s.1688.com/selloffer/offer_search.htm?" + asked


def shop_url(seller_id: str) -> str | None:
    """Return the mobile shop of a seller, by his member id."""
    return "https://winport.m.1688.com/page/index.html?" + urlencode({"memberId": seller_id})


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, decoded(page))


def _context(page: Page) -> Offer | None:
    """Read the offer page of 2025 and 2026: an argument of `window.context`, JavaScript with bare numeric keys."""
    result = at(value_after(page.text, _CONTEXT), "result")
    model, fields = at(result, "global", "globalData", "model"), at(result, "data", "gallery", "fields")
    old = at(result, "data", "Root", "fields", "dataJson")
    trade, detail = at(model, "tradeModel"), at(model, "offerDetail")
    number = text_at(trade, "offerId") or text_at(detail, "offerId")
    if number is None:
        return None
    links = [*texts_at(fields, "offerImgList"), text_at(fields, "mainImage"), *texts_at(fields, "mainImage")]
    infos = [*items_at(fields, "wlImageInfos"), *items_at(detail, "imageList")]
    links += [text_at(info, "fullPathImageURI") for info in infos]
    seller = _seller(page, at(model, "sellerModel"), text_at(old, "offerBaseInfo", "sellerWinportUrl"))
    status = text_at(detail, "status") or ""
    return Offer(
        listing_id=number,
        title=text_at(detail, "subject") or text_at(model, "offerTitleModel", "subject"),
        state=ListingState.ENDED if _ENDED.search(status) else _state(text_at(trade, "canBookedAmount")),
        price=_price(text_at(trade, "minPrice") or text_at(trade, "priceDisplay")),
        seller=seller,
        gallery=places(page, links),
        variants=places(page, [*_sku_pictures(at(old, "skuModel")), *_sku_pictures(at(model, "skuModel"))]),
        sold_count=count_in(text_at(trade, "saleCount")),
    )


def _desktop(page: Page) -> Offer | None:
    """Read the desktop offer page to 2024: `__INIT_DATA` with the gallery twice."""
    data = _init_data(page)
    return _init_offer(page, data) if at(data, "globalData", "images") else None


def _mobile(page: Page) -> Offer | None:
    """Read the mobile offer page: `__INIT_DATA` with numbers for the names of its parts."""
    data = _init_data(page)
    return None if at(data, "globalData", "images") else _init_offer(page, data)


def _init_data(page: Page) -> Json:
    """Return the page's data; a page can be saved as them alone."""
    return value_after(page.text, _INIT) or answer(page)


def _init_offer(page: Page, data: Json) -> Offer | None:
    known, parts = at(data, "globalData"), at(data, "data")
    number = text_at(known, "tempModel", "offerId")
    if number is None:
        return None
    inner = [at(part, "data") for part in parts.values()] if isinstance(parts, dict) else []
    links: list[str | None] = [link for part in inner for link in texts_at(part, "offerImgList")]
    links += [text_at(image, "fullPathImageURI") for image in items_at(known, "images")]
    order, seller = at(known, "orderParamModel", "orderParam"), at(known, "tempModel")
    return Offer(
        listing_id=number,
        title=text_at(known, "tempModel", "offerTitle"),
        state=_state(text_at(order, "canBookedAmount")),
        price=_price(text_at(order, "skuParam", "skuRangePrices", 0, "price")),
        seller=_seller(page, seller, text_at(known, "offerBaseInfo", "sellerWinportUrl")),
        gallery=places(page, links),
        variants=places(page, _sku_pictures(at(known, "skuModel"))),
        sold_count=count_in(text_at(known, "tempModel", "saledCount") or text_at(order, "saledCount")),
        description_url=_description_url(page, known, inner),
    )


def _description_url(page: Page, known: Json, parts: list[Json]) -> str | None:
    """Return where the description lies: a part names it, the mobile page within the address of its viewer."""
    links = [text_at(part, "detailUrl") for part in parts] + [text_at(known, "detailModel", "detailUrl")]
    link = next((link for link in links if link), "")
    return page.join(argument(split_url(link), "url") or link)


def _rendered(page: Page) -> Offer | None:
    """Read a desktop offer page that was saved without its data; its canonical link names it."""
    shown = page.selector.css(".img-list-wrapper img.od-gallery-img, .detail-gallery-turn img.detail-gallery-img")
    number = listing_id(page.join(page.selector.xpath("//link[@rel='canonical']/@href").get()) or "")
    if number is None or not shown:
        return None
    skus = page.selector.css(".sku-filter-button, .expand-view-item, .sku-item-wrapper, .prop-item-inner-wrapper")
    skus += skus.xpath(".//*[@style]")
    described = page.selector.css(".html-description img, #detailContentContainer img, .de-description-detail img")
    return Offer(
        listing_id=number,
        title=first_text(page.selector.css("h1")),
        price=_price(first_text(page.selector.css(".module-od-main-price .price-info, .price-text"))),
        gallery=places(page, image_links(shown)),
        variants=places(page, [*image_links(skus.css("img")), *backgrounds(skus)]),
        description=places(page, image_links(described)),
    )


def _seller(page: Page, data: Json, shop: str | None) -> Seller | None:
    number = text_at(data, "memberId") or text_at(data, "sellerMemberId")
    name = text_at(data, "companyName") or text_at(data, "loginId") or text_at(data, "sellerLoginId")
    if number is None or name is None:
        return None
    url = page.join(shop) or page.join(text_at(data, "winportUrl"))
    return Seller(marketplace=NAME, seller_id=number, name=name, url=url)


def _number(text: str | None) -> str | None:
    return text if text and _NUMBER.fullmatch(text) else None


def _state(bookable: str | None) -> ListingState:
    return ListingState.SOLD_OUT if bookable == "0" else ListingState.LIVE


def _price(text: str | None) -> Money | None:
    return read_price(text, _CURRENCY)


def _sku_pictures(data: Json) -> Iterator[str | None]:
    for group in items_at(data, "skuProps"):
        yield from (text_at(value, "imageUrl") for value in items_at(group, "value"))


def _cards(page: Page) -> Results | None:
    """Read the cards of the search of 2026. An advertisement's link does not name its offer; the card's key does."""
    cards = page.selector.css(".search-offer-wrapper[data-renderkey]")
    if not cards:
        return None
    return Results(offers=[offer for card in cards if (offer := _card(page, card)) is not None])


def _card(page: Page, card: Selector) -> Offer | None:
    key = _CARD.fullmatch(card.xpath("@data-renderkey").get(""))
    if key is None:
        return None
    shop = card.css(".offer-shop-row .col-left")
    name = first_text(shop.css(".desc-text"))
    url = page.join(shop.css("a").xpath("@href").get())
    sold = [text for text in card.css(".desc-text").xpath("text()").getall() if text.startswith("已售")]
    return Offer(
        listing_id=key[2],
        title=one_line(card.css(".title-text").xpath("string()").get()),
        price=_price("".join(card.css(".offer-price-row .price-item")[:1].xpath(".//text()").getall())),
        seller=None if name is None else Seller(marketplace=NAME, seller_id=key[1], name=name, url=url),
        gallery=places(page, image_links(card.css("img.main-img")[:1])),
        sold_count=count_in(sold[0]) if sold else None,
    )


def _search_answer(page: Page) -> Results | None:
    """Read the answer of `marketOfferResultViewService`, which fills the search page."""
    offers = []
    for found in items_at(answer(page), "data", "data", "offerList"):
        number = _number(text_at(found, "id")) or listing_id(
            page.join(text_at(found, "information", "detailUrl")) or ""
        )
        if number is None:
            continue
        name, member = text_at(found, "company", "name"), text_at(found, "aliTalk", "memberId")
        url = page.join(text_at(found, "company", "url"))
        title = text_at(found, "information", "simpleSubject") or text_at(found, "information", "subject")
        offer = Offer(
            listing_id=number,
            title=title,
            price=_price(text_at(found, "tradePrice", "offerPrice", "valueString")),
            seller=Seller(marketplace=NAME, seller_id=member or name, name=name, url=url) if name else None,
            gallery=places(page, [text_at(found, "image", "imgUrl")]),
        )
        offers.append(offer)
    return Results(offers=offers) if offers else None


def _sku_answer(page: Page) -> Results | None:
    """Read the mobile interface's answer about the variants of one offer: it knows no gallery."""
    data = at(answer(page), "data", "result", "data")
    number, order = _number(text_at(data, "offerBaseInfo", "offerId")), at(data, "orderParamModel", "orderParam")
    if number is None:
        return None
    offer = Offer(
        listing_id=number,
        title=text_at(data, "offerBaseInfo", "title"),
        state=_state(text_at(order, "canBookedAmount")),
        price=_price(text_at(order, "skuParam", "skuRangePrices", 0, "price")),
        variants=places(page, _sku_pictures(at(data, "skuModel"))),
        sold_count=count_in(text_at(order, "saledCount")),
    )
    return Results(offers=[offer])


def _removal(page: Page) -> str | None:
    """Return the marketplace's own word that an offer is no more, or None."""
    if _NOT_FOUND.search(page.url):
        return "sent to the page for offers that are no more"
    titles = page.selector.css("h3.mod-detail-offline-title")
    return "the page says that the offer is off the shelf" if first_text(titles) == _OFF_SHELF else None


def _offer_url(number: str) -> str:
    return f"https://detail.1688.com/offer/{number}.html"


def _listing_url(offer: Offer, page: Page) -> str:
    return _offer_url(offer.listing_id)


_RECALLED_SEARCH = "marketOfferResultViewService, from notes to 2026"
LAYOUTS = (
    Layout(name="context", seen=Seen.REAL, known="window.context; redacted script of 2026-09", offer=_context),
    Layout(name="mobile", seen=Seen.REAL, known="mobile __INIT_DATA; reduced data of 2026", offer=_mobile),
    Layout(name="__INIT_DATA", seen=Seen.REAL, known="desktop __INIT_DATA; saved data of 2024-10", offer=_desktop),
    Layout(name="rendered", seen=Seen.RECALLED, known="class names of 2025 and 2026, from notes", offer=_rendered),
    Layout(name="search cards", seen=Seen.REAL, known="search; saved page of 2026-04", results=_cards),
    Layout(name="search answer", seen=Seen.RECALLED, known=_RECALLED_SEARCH, results=_search_answer),
    Layout(name="sku answer", seen=Seen.REAL, known="h5api variants; saved answer of 2026", results=_sku_answer),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=WALL_URL,
    blocked=wall,
    removal=_removal,
)
