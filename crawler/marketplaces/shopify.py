"""Shopify stores, each on a domain of its own: product pages, collections, and the answers a store gives in JSON.

A listing is known by its store's host and its product number. A store's myshopify name ties several domains to one
store; it is kept as a badge of the seller and not as his number, since a copied page can claim it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from casebook.types import ListingState
from crawler.addresses import split_url
from crawler.buy_box import BuyBox
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.canonical import declared_url, shop_host
from crawler.elements import text_of
from crawler.gallery import gallery_places, shown_pictures
from crawler.json_path import at, items_at, text_at, texts_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import first_text, joined, places
from crawler.prices import currency_code, read_price
from crawler.proof import Rules, read_by
from crawler.script_data import values_after
from crawler.shop_answers import json_body, next_page, pictures_of, price_in_units, shop_as_seller
from crawler.structured_data import declared_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.types import Money, Seller
    from crawler.json_path import Json
    from crawler.layouts import Place
    from crawler.page import Page, Reading
    from crawler.structured_data import DeclaredProduct

NAME = "shopify"
KEY = NAME
TITLE = "Shopify stores"
HOSTS = None
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="every store has its own robots.txt",
    checked_on="2026-11-23",
    note="Plain HTTP is generally answered, as recalled; 430 means too many requests, 401 that a password is set.",
)
_LISTING = re.compile(
    r"https?://[^/?#]+/(?:[a-z]{2,3}(?:-[a-z0-9]{2,4})?/)?(?:collections/[^/?#]+/)?products/([^/?#]+?)"
    r"(?:\.(?:json|js|oembed))?/?(?:\?.*)?",
    re.IGNORECASE,
)
_HOST = re.compile(r"[a-z0-9.-]{1,253}(?::\d{1,5})?", re.IGNORECASE)
_META = re.compile(r"\bvar meta\s*=")
_CURRENCY = re.compile(r"ShopifyAnalytics\.meta\.currency\s*=\s*['\"]([A-Z]{3})['\"]")
_STORE = re.compile(r"Shopify\.shop\s*=\s*[\"']([a-z0-9][a-z0-9-]{0,98}\.myshopify\.com)[\"']", re.IGNORECASE)
_CENTS = 2  # every price in scripts is in hundredths, also of currencies that have none
_GONE = re.compile(r"this (?:shop|store) is (?:currently )?unavailable", re.IGNORECASE)


def listing_id(url: str) -> str | None:
    """Return the handle of the product that a URL asks for, or None."""
    found = _LISTING.fullmatch(plain_canonical_url(url))
    return unquote(found[1]).lower() if found else None


def canonical_url(url: str) -> str:
    """Return the product's page without language, collection and variant; any other URL in one spelling."""
    handle = listing_id(url)
    return plain_canonical_url(url) if handle is None else _product_url(url, handle)


def search_url(words: str, number: int) -> str | None:
    """Return None: every store has a search of its own."""
    return None


def shop_url(seller_id: str) -> str | None:
    """Return the first page of all products of a store, by its host."""
    return f"https://{seller_id}/products.json?limit=250&page=1" if _HOST.fullmatch(seller_id) else None


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _product_page(page: Page) -> Offer | None:
    """Read a product's page: its number and handle from the analytics object, the rest from JSON-LD and the theme."""
    product = next((at(meta, "product") for meta in values_after(page.text, _META) if at(meta, "product")), None)
    number = text_at(product, "id")
    if number is None or not number.isdecimal():
        return None
    declared, heading = declared_product(page), BuyBox(page).heading
    title = (declared.name if declared else None) or (text_of(heading) if heading is not None else None)
    handles = [one.lower() for one in (listing_id(declared_url(page) or ""), text_at(product, "handle")) if one]
    return Offer(
        listing_id=_key(page, number),
        title=title,
        names=frozenset(handles),
        state=(declared.state if declared else None) or ListingState.LIVE,
        price=_page_price(page, product, declared),
        seller=_seller(page),
        gallery=[
            *places(page, declared.pictures if declared else ()),
            *places(page, page.meta.get("og:image", ())),
            *gallery_places(shown_pictures(page, title), heading),
        ],
        url=_product_url(page.url, handles[0]) if handles else None,
    )


def _page_price(page: Page, product: Json, declared: DeclaredProduct | None) -> Money | None:
    if declared is not None and declared.price is not None:
        return declared.price
    currency = _CURRENCY.search(page.text)
    return price_in_units(text_at(product, "variants", 0, "price"), _CENTS, currency and currency[1])


def _seller(page: Page) -> Seller:
    store = _STORE.search(page.text)
    return shop_as_seller(page, NAME, (store[1].lower(),) if store else ())


def _product_js(page: Page) -> Offer | None:
    """Read `/products/<handle>.js`: prices in hundredths, pictures as a plain list."""
    answer = json_body(page)
    plain = isinstance(at(answer, "images"), list) and isinstance(at(answer, "variants"), list)
    return _product(page, answer, _seller(page)) if plain else None


def _product_json(page: Page) -> Offer | None:
    """Read `/products/<handle>.json`."""
    return _product(page, at(json_body(page), "product"), _seller(page))


def _products_json(page: Page) -> Results | None:
    """Read a page of `/products.json`; the last page is followed by an empty one."""
    listed = at(json_body(page), "products")
    if not isinstance(listed, list):
        return None
    return Results(offers=list(_products(page, listed)), next_urls=[next_page(page.url)] if listed else [])


def _suggestions(page: Page) -> Results | None:
    """Read an answer of `/search/suggest.json`."""
    listed = at(json_body(page), "resources", "results", "products")
    return Results(offers=list(_products(page, listed))) if isinstance(listed, list) else None


def _products(page: Page, listed: list[Json]) -> Iterator[Offer]:
    seller = _seller(page)
    yield from (offer for product in listed if (offer := _product(page, product, seller)))


def _product(page: Page, product: Json, seller: Seller) -> Offer | None:
    """Return the product of a JSON answer; a price that is a whole number is in hundredths, a text is not."""
    number, handle = text_at(product, "id"), text_at(product, "handle")
    if number is None or handle is None or not number.isdecimal():
        return None
    variants = list(items_at(product, "variants"))
    body = at(product, "body_html") or at(product, "description") or at(product, "body")
    return Offer(
        listing_id=_key(page, number),
        title=text_at(product, "title"),
        names=frozenset({handle.lower()}),
        state=_state([at(one, "available") for one in (product, *variants)]),
        price=_answered_price(variants[0] if variants else product),
        seller=seller,
        gallery=places(page, _answered_pictures(product)),
        variants=places(page, (text_at(variant, "featured_image", "src") for variant in variants)),
        description=places(page, pictures_of(body)),
        url=_product_url(page.url, handle),
    )


def _answered_pictures(product: Json) -> list[str | None]:
    whole = [*texts_at(product, "images"), *(text_at(one, "src") for one in items_at(product, "images"))]
    return whole or [text_at(product, "image"), text_at(product, "featured_image", "url")]


def _answered_price(variant: Json) -> Money | None:
    amount, currency = at(variant, "price"), text_at(variant, "price_currency")
    return price_in_units(amount, _CENTS, currency) if isinstance(amount, int) else read_price(amount, currency)


def _state(available: list[Json]) -> ListingState:
    known = [one for one in available if isinstance(one, bool)]
    return ListingState.SOLD_OUT if known and not any(known) else ListingState.LIVE


def _collection(page: Page) -> Results | None:
    """Read a page of a collection or a search: numbers, handles and prices from the analytics object, pictures from
    the cards. Objects without handles belong to no card for sure, and are left out."""
    listed = next((value for meta in values_after(page.text, _META) if (value := at(meta, "products"))), None)
    if not isinstance(listed, list):
        return None
    currency = _CURRENCY.search(page.text)
    pictures, seller = _card_pictures(page), _seller(page)
    offers = []
    for product in listed:
        number, handle = text_at(product, "id"), text_at(product, "handle")
        if number is not None and handle is not None and number.isdecimal():
            cents = text_at(product, "variants", 0, "price")
            offers.append(
                Offer(
                    listing_id=_key(page, number),
                    title=_title_of_variant(at(product, "variants", 0)),
                    price=price_in_units(cents, _CENTS, currency_code(currency[1]) if currency else None),
                    seller=seller,
                    gallery=pictures.get(handle.lower(), []),
                    url=_product_url(page.url, handle),
                )
            )
    following = page.selector.xpath("//link[@rel='next']/@href | //a[@rel='next']/@href").getall()
    return Results(offers=offers, next_urls=joined(page, following))


def _card_pictures(page: Page) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for card in BuyBox(page).cards:
        handle = listing_id(card.url)
        if handle is not None:
            links = [image.get("data-src") or image.get("src") for image in card.element.iter("img")]
            found.setdefault(handle, []).extend(places(page, links))
    return found


def _title_of_variant(variant: Json) -> str | None:
    """Return a product's title: its variants are named "Title - Variant"."""
    name, own = text_at(variant, "name"), text_at(variant, "public_title")
    return name.removesuffix(f" - {own}") if name and own else name


def _key(page: Page, number: str) -> str:
    return f"{shop_host(page.url)}/{number}"


def _product_url(url: str, handle: str) -> str:
    host = split_url(plain_canonical_url(url)).netloc
    return plain_canonical_url(f"https://{host}/products/{quote(handle.lower(), safe='', errors='replace')}")


def _listing_url(offer: Offer, page: Page) -> str:
    return offer.url or canonical_url(page.url)


def _removal(page: Page) -> str | None:
    """Return the platform's word that a whole store is closed."""
    heading = first_text(page.selector.xpath("//h1 | //h2"))
    return "the whole store is closed" if page.status >= 400 and heading and _GONE.search(heading) else None


LAYOUTS = (
    Layout(name="product page", seen=Seen.REAL, known="analytics, JSON-LD; saved page of 2026-04", offer=_product_page),
    Layout(name="product.js", seen=Seen.RECALLED, known="answer for one product, from notes", offer=_product_js),
    Layout(name="product.json", seen=Seen.RECALLED, known="answer for one product, from notes", offer=_product_json),
    Layout(name="products.json", seen=Seen.REAL, known="all products; answers of 2026-07", results=_products_json),
    Layout(name="suggest.json", seen=Seen.RECALLED, known="answer of the search, recalled", results=_suggestions),
    Layout(name="collection", seen=Seen.RECALLED, known="collections and search, recalled", results=_collection),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^/?#]+/(?:[a-z]{2}(?:-[a-z]{2})?/)?password/?(?:[?#]|$)", re.IGNORECASE),
    removal=_removal,
)
