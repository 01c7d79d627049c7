"""WooCommerce stores, each on a domain of its own: product pages, result pages, and the Store API's answers.

A listing is known by its store's host and its post number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode

from casebook.types import ListingState
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.canonical import same_site, shop_host
from crawler.json_path import at, items_at, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import first_text, joined, places
from crawler.picture_urls import PictureUrl
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import values_after
from crawler.shop_answers import json_body, next_page, page_number, pictures_of, price_in_units, shop_as_seller
from crawler.structured_data import declared_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsel import Selector

    from casebook.types import Money, Seller
    from crawler.json_path import Json
    from crawler.layouts import Place
    from crawler.page import Page, Reading

NAME = "woocommerce"
KEY = NAME
TITLE = "WooCommerce stores"
HOSTS = None
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="every store has its own robots.txt",
    checked_on="2026-11-23",
    note="Plain HTTP is generally answered, as recalled; the Store API needs no key.",
)
_BASE = r"(?:product|produkt|produit|producto|produto|prodotto)"  # the shop's owner may choose any other
_LISTING = re.compile(
    rf"https?://[^/?#]+/(?:[^/?#]+/)*?(?:{_BASE}/(?:[^/?#]+/){{0,3}}?|shop/(?:(?!page/)[^/?#]+/)?)([^/?#]+)/?(?:\?.*)?",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"/wc/store/(?:v1/)?products/(\d{1,12})/?(?:$|&)")
_PAGES = frozenset({"page", "feed"})
_HOST = re.compile(r"[a-z0-9.-]{1,253}(?::\d{1,5})?", re.IGNORECASE)
_POST = re.compile(r"(?:^|\s)(?:postid|post)-(\d{1,12})(?:\s|$)")
_PER_PAGE = 100


def listing_id(url: str) -> str | None:
    """Return the product that a URL asks for: its slug, or `p=` and its post number; None where it asks for none."""
    plain = plain_canonical_url(url)
    _, _, query = plain.partition("?")
    asked = dict(parse_qsl(query))
    answer = _ANSWER.search(asked.get("rest_route", "")) or _ANSWER.search(plain.partition("?")[0])
    number = answer[1] if answer else asked.get("p", "")
    if number.isdecimal():
        return f"p={int(number[:12])}"
    if asked.get("product"):
        return asked["product"].lower()
    found = _LISTING.fullmatch(plain) if "/wp-json/" not in plain and "s" not in asked else None
    slug = unquote(found[1]).lower() if found else None
    return None if slug in _PAGES else slug


def canonical_url(url: str) -> str:
    """Return the product's address without the chosen variation; any other URL in one spelling."""
    plain = plain_canonical_url(url)
    asked = listing_id(url)
    path, _, query = plain.partition("?")
    if asked is None or "/wp-json/" in path or "rest_route=" in query:
        return plain
    kept = [(name, value) for name, value in parse_qsl(query) if name in ("p", "product", "lang")]
    return plain_canonical_url(f"{path}?{urlencode(kept, errors='replace')}" if kept else path.rstrip("/") + "/")


def search_url(words: str, number: int) -> str | None:
    """Return None: every store has a search of its own."""
    return None


def shop_url(seller_id: str) -> str | None:
    """Return the first page of all products of a store, by its host."""
    path = f"wp-json/wc/store/v1/products?per_page={_PER_PAGE}&page=1"
    return f"https://{seller_id}/{path}" if _HOST.fullmatch(seller_id) else None


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _product_page(page: Page) -> Offer | None:
    """Read a product's page: its post number from the body's class or the button, the rest from JSON-LD and markup."""
    number = _post_number(page)
    if number is None:
        return None
    declared = declared_product(page)
    summary = page.selector.css(".summary .price, p.price")
    shown = first_text(summary.css("ins .amount")) or first_text(summary.css(".amount"))
    claimed = _own(page, page.selector.xpath("//link[@rel='canonical']/@href").get())
    slug = listing_id(claimed or "")
    sold_out = bool(page.selector.css(".summary .stock.out-of-stock, div.product.outofstock > .summary"))
    return Offer(
        listing_id=_key(page, number),
        title=first_text(page.selector.css("h1.product_title")) or (declared.name if declared else None),
        names=frozenset({f"p={number}", *filter(None, [slug])}),
        state=(declared.state if declared else None) or (ListingState.SOLD_OUT if sold_out else ListingState.LIVE),
        price=(declared.price if declared else None) or read_price(shown),
        seller=shop_as_seller(page, NAME),
        gallery=[*_gallery(page), *places(page, declared.pictures if declared else ())],
        variants=places(page, _variation_pictures(page)),
        description=places(page, _described(page)),
        url=claimed if slug else None,
    )


def _post_number(page: Page) -> str | None:
    body = page.selector.xpath("/html/body/@class").get("")
    found = _POST.search(body) if "single-product" in body else None
    if found:
        return found[1]
    named = page.selector.xpath(
        "//form[contains(@class, 'cart')]//*[@name='add-to-cart']/@value"
        " | //form[contains(@class, 'variations_form')]/@data-product_id"
    ).get("")
    return named if named.isdecimal() and len(named) <= 12 else None


def _gallery(page: Page) -> Iterator[Place]:
    for shown in page.selector.css(".woocommerce-product-gallery__image"):
        links = shown.xpath(".//a/@href | .//img/@data-large_image | .//img/@data-src | .//img/@src").getall()
        place = tuple(PictureUrl(url=url) for url in joined(page, links))
        if place:
            yield place


def _variation_pictures(page: Page) -> Iterator[str | None]:
    """Yield the pictures of single variations, which the form of the variations holds as JSON."""
    for written in page.selector.xpath("//@data-product_variations").getall():
        for variations in values_after(written, re.compile(r"\A\s*(?=\[)")):
            yield from (text_at(one, "image", "full_src") or text_at(one, "image", "url") for one in variations)


def _described(page: Page) -> list[str]:
    images = page.selector.css("#tab-description img, .woocommerce-Tabs-panel--description img")
    return [link for image in images if (link := image.xpath("@data-src").get() or image.xpath("@src").get())]


def _answer(page: Page) -> Offer | None:
    """Read the Store API's answer for one product."""
    return _product(page, json_body(page), shop_as_seller(page, NAME))


def _answers(page: Page) -> Results | None:
    """Read a page of the Store API's products. The header names the last page; without it an empty one follows."""
    listed = json_body(page)
    if not isinstance(listed, list) or not all(isinstance(one, dict) and "permalink" in one for one in listed):
        return None
    seller = shop_as_seller(page, NAME)
    offers = [offer for product in listed if (offer := _product(page, product, seller))]
    last = page.header("X-WP-TotalPages") or ""
    ended = not listed or (last.isdecimal() and page_number(page.url) >= int(last[:6]))
    return Results(offers=offers, next_urls=[] if ended else [next_page(page.url)])


def _product(page: Page, product: Json, seller: Seller) -> Offer | None:
    number, permalink = text_at(product, "id"), _own(page, text_at(product, "permalink"))
    if number is None or not number.isdecimal() or not at(product, "prices"):
        return None
    return Offer(
        listing_id=_key(page, number),
        title=text_at(product, "name"),
        names=frozenset({f"p={number}", *filter(None, [listing_id(permalink or "")])}),
        state=ListingState.SOLD_OUT if at(product, "is_in_stock") is False else ListingState.LIVE,
        price=_answered_price(at(product, "prices")),
        seller=seller,
        gallery=places(page, (text_at(one, "src") for one in items_at(product, "images"))),
        description=places(
            page, [*pictures_of(at(product, "description")), *pictures_of(at(product, "short_description"))]
        ),
        url=permalink,
    )


def _answered_price(prices: Json) -> Money | None:
    digits = at(prices, "currency_minor_unit")
    return price_in_units(at(prices, "price"), digits if isinstance(digits, int) else 2, at(prices, "currency_code"))


def _cards(page: Page) -> Results | None:
    """Read the cards of a search, a category or the shop."""
    cards = page.selector.css("ul.products li.product, .products > .product[class*='post-']")
    if not cards:
        return None
    seller = shop_as_seller(page, NAME)
    offers = [offer for card in cards if (offer := _card(page, card, seller))]
    following = page.selector.css("a.next.page-numbers").xpath("@href").getall()
    return Results(offers=offers, next_urls=joined(page, following))


def _card(page: Page, card: Selector, seller: Seller) -> Offer | None:
    number = _POST.search(card.xpath("@class").get(""))
    if number is None:
        return None
    links = card.css("a.woocommerce-LoopProduct-link, .woocommerce-loop-product__title a").xpath("@href").getall()
    price = first_text(card.css(".price ins .amount")) or first_text(card.css(".price .amount"))
    images = card.css("a img")[:1]
    return Offer(
        listing_id=_key(page, number[1]),
        title=first_text(card.css(".woocommerce-loop-product__title")),
        state=ListingState.SOLD_OUT if "outofstock" in card.xpath("@class").get("").split() else ListingState.LIVE,
        price=read_price(price),
        seller=seller,
        gallery=places(page, [images.xpath("@data-src").get() or images.xpath("@src").get()]),
        url=_own(page, next(iter(links), None)),
    )


def _own(page: Page, link: str | None) -> str | None:
    """Return the absolute address of a link that stays on the page's own site."""
    url = page.join(link)
    return url if url is not None and same_site(url, page.url) else None


def _key(page: Page, number: str) -> str:
    return f"{shop_host(page.url)}/{number}"


def _listing_url(offer: Offer, page: Page) -> str:
    """Return the product's own address; where none is given, the one by its post number that every store knows."""
    parts = split_url(plain_canonical_url(page.url))
    return canonical_url(offer.url or f"{parts.scheme}://{parts.netloc}/?p={offer.listing_id.rpartition('/')[2]}")


LAYOUTS = (
    Layout(name="product gallery", seen=Seen.RECALLED, known="product page with its gallery", offer=_product_page),
    Layout(name="store product", seen=Seen.RECALLED, known="Store API, answer for one product", offer=_answer),
    Layout(name="store products", seen=Seen.REAL, known="Store API; answer of 2026-07", results=_answers),
    Layout(name="product cards", seen=Seen.RECALLED, known="search, category and shop, recalled", results=_cards),
)
_RULES = Rules(marketplace=NAME, layouts=LAYOUTS, asked=listing_id, listing_url=_listing_url)
