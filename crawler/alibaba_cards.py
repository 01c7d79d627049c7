"""The cards of Alibaba.com: its two searches and its suppliers' lists of products, and who a supplier is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from casebook.types import Seller
from crawler.json_path import at, count_in, items_at, one_line, text_at, texts_at
from crawler.layouts import Offer, Results
from crawler.markup import joined, places
from crawler.prices import read_price
from crawler.script_data import value_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.page import Page

Json = Any

_STORE = re.compile(r"^(?:https?:)?//([a-z0-9-]+)\.(?:m\.)?en\.alibaba\.com(?:[/?#]|$)", re.IGNORECASE)
_SLUG = re.compile(r"/product-detail/([^/?#]+)_\d+\.html")
_PAGE = re.compile(r"(?<=[?&]page=)\d{1,4}")
_OFFERS = re.compile(r"\b_offer_list\s*=")
_MARKS = (("verifiedSupplierPro", "Verified Supplier PRO"), ("verifiedSupplier", "Verified Supplier"))
_MOST_MODULES = 200


def search(page: Page) -> Results | None:
    """Return what the search for products shows; a paid card holds further products of the same supplier."""
    data = at(value_after(page.text, _OFFERS), "offerResultData")
    cards = [one for card in items_at(data, "offers") for one in (card, *items_at(card, "productList"))]
    offers = [offer for card in cards if (offer := _search_card(page, card)) is not None]
    rule, last = text_at(data, "paginationData", "urlRule"), count_in(text_at(data, "paginationData", "pageCount"))
    turned = _PAGE.search(page.url)
    following = int(turned[0]) + 1 if turned else 2
    links = [rule.replace("{0}", str(following))] if rule and following <= (last or 0) else []
    return Results(offers=offers, next_urls=joined(page, links)) if offers else None


def supplier_search(page: Page) -> Results | None:
    """Return what the answer of the search for suppliers names, with one picture of each product."""
    data = at(_json(page), "model")
    offers = [offer for one in items_at(data, "offers") for offer in _answered(page, one)]
    current, last = (count_in(text_at(data, "paginationData", key)) or 0 for key in ("currentPage", "totalPage"))
    turned = _PAGE.sub(str(current + 1), page.url)
    links = [turned] if current < last and turned != page.url else []
    return Results(offers=offers, next_urls=links) if offers else None


def store_list(page: Page) -> Results | None:
    """Return what a store lists, 16 a page: each module of the page carries its data, percent-encoded."""
    modules = list(_modules(page))
    seller = next((one for module in modules if (one := _store_owner(module)) is not None), None)
    listed = next((module for module in modules if at(module, "productList")), None)
    offers = []
    for product in items_at(listed, "productList"):
        number = text_at(product, "id")
        if number is None or not number.isdecimal():
            continue
        images = [at(product, "imageUrls"), *items_at(product, "imageUrlList")]
        offers.append(
            Offer(
                listing_id=number,
                title=text_at(product, "subject"),
                price=read_price(text_at(product, "fobPriceWithoutUnit") or text_at(product, "fobPrice")),
                seller=seller,
                gallery=places(page, (text_at(image, "original") or text_at(image, "x350") for image in images)),
            )
        )
    return Results(offers=offers, next_urls=joined(page, _following(at(listed, "pageNavView")))) if offers else None


def supplier(
    name: str | None,
    links: Iterable[str | None],
    number: str | None = None,
    since: str | None = None,
    badges: tuple[str, ...] = (),
) -> Seller | None:
    """Return a supplier by the name of his store's host, or by his company's number where no link tells that."""
    host = next((found[1].lower() for link in links if link and (found := _STORE.match(link))), None)
    chosen = host or number
    if name is None or chosen is None:
        return None
    url = f"https://{host}.en.alibaba.com/" if host else None
    return Seller(marketplace="alibaba", seller_id=chosen, name=name, url=url, badges=badges, since=since)


def years_in_words(years: str | None) -> str | None:
    """Return a bare number of years in the words of the product pages."""
    return None if years is None else f"{years} yr" if years == "1" else f"{years} yrs"


def _search_card(page: Page, card: Json) -> Offer | None:
    number = text_at(card, "productId") or text_at(card, "id")
    if number is None or not number.isdecimal():
        return None
    links = (text_at(card, "supplierHomeHref"), text_at(card, "supplierHref"))
    years = text_at(card, "goldSupplierYears")
    return Offer(
        listing_id=number,
        title=text_at(card, "title"),
        price=read_price(text_at(card, "price")),
        seller=supplier(text_at(card, "companyName"), links, text_at(card, "companyId"), since=years),
        gallery=places(page, [text_at(card, "mainImage"), *texts_at(card, "multiImage")]),
        sold_count=count_in(text_at(card, "soldOrder")),
    )


def _answered(page: Page, told: Json) -> Iterator[Offer]:
    """Yield a supplier's products; only a paid supplier's have titles, of the others the address tells some words."""
    paid = at(told, "adInfo", "creativeInfo")
    named = [at(paid, "mainProduct"), *items_at(paid, "products")]
    titles = {text_at(one, "id"): text_at(one, "title") for one in named}
    badges = tuple(mark for key, mark in _MARKS if at(told, key) is True)[:1]
    number, since = text_at(told, "companyId"), text_at(told, "goldYears")
    seller = supplier(text_at(told, "companyName"), [text_at(told, "action")], number, since=since, badges=badges)
    for product in items_at(told, "productList"):
        number, slug = text_at(product, "productId"), _SLUG.search(text_at(product, "action") or "")
        if number is not None and number.isdecimal():
            words = one_line(unquote(slug[1]).replace("-", " ")) if slug else None
            yield Offer(
                listing_id=number,
                title=titles.get(number) or words,
                price=read_price(text_at(product, "price")),
                seller=seller,
                gallery=places(page, [text_at(product, "productImg")]),
            )


def _json(page: Page) -> Json:
    if not page.body.lstrip().startswith(b"{"):
        return None
    try:
        return json.loads(page.text)
    except (ValueError, RecursionError):
        return None


def _modules(page: Page) -> Iterator[Json]:
    for written in page.selector.xpath("//@module-data").getall()[:_MOST_MODULES]:
        try:
            yield at(json.loads(unquote(written)), "mds", "moduleData", "data")
        except (ValueError, RecursionError):
            continue


def _store_owner(module: Json) -> Seller | None:
    host = text_at(module, "esiteSubDomain") or text_at(module, "esiteSubDomain", "value")
    years = years_in_words(text_at(module, "companyJoinYears"))
    return supplier(text_at(module, "companyName"), [f"//{host}/"], text_at(module, "companyId"), since=years)


def _following(paging: Json) -> list[str]:
    total, size, current = (count_in(text_at(paging, key)) or 0 for key in ("totalLines", "pageLines", "currentPage"))
    rule = text_at(paging, "urlCreator", "formatString") or text_at(paging, "formatString")
    return [rule.replace("{0}", str(current + 1))] if rule and current * size < total else []
