"""Alibaba.com: product pages, two searches, and the stores of its suppliers. A product has one number everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from parsel import Selector

from casebook.types import ListingState
from crawler.alibaba_cards import search, store_list, supplier, supplier_search, years_in_words
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import at, count_in, items_at, one_line, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Seen, Way
from crawler.markup import first_text, joined, places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after
from crawler.structured_data import declared_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.types import Money, Seller
    from crawler.page import Page, Reading
    from crawler.structured_data import DeclaredProduct

Json = Any

NAME = "alibaba"
KEY = NAME
TITLE = "Alibaba.com"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*alibaba\.com")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.DISALLOWED,
    listings=Permission.ALLOWED,
    source="two published readings of its robots.txt, one of 2026-10-09: /trade/ may not be read, /product-detail/ may",
    checked_on="2026-11-23",
    note="Plain HTTP got its search page without any listing in 2026-10, and an automated browser its wall in 2025-12.",
)
_ID = re.compile(
    r"^https?://[^/?#]+/(?:product-detail/[^/?#]*[_-](\d{6,16})\.html|product/(\d{6,16})(?:-\d+)?/)", re.IGNORECASE
)
_STORE_NAME = re.compile(r"(?=.*[a-z])[a-z0-9-]{1,63}")
_DETAIL = re.compile(r"\bdetailData\s*=")
_DRAWINGS = "/@img/"  # the site's own, on the same server as the pictures of the goods
_LONGEST_DESCRIPTION = 2_000_000


def listing_id(url: str) -> str | None:
    """Return the product's number in a URL, or None."""
    found = _ID.match(url)
    return found and (found[1] or found[2])


def canonical_url(url: str) -> str:
    """Return a product's address without slug, language and query; any other URL in one spelling."""
    number = listing_id(url)
    return plain_canonical_url(url) if number is None else f"https://www.alibaba.com/product-detail/_{number}.html"


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search for products, 48 a page."""
    return "https://www.alibaba.com/trade/search?" + urlencode({"SearchText": words, "page": number})


def shop_url(seller_id: str) -> str | None:
    """Return the first page of a store's products, by the name of its host; a company's number does not lead there."""
    return f"https://{seller_id}.en.alibaba.com/productlist-1.html" if _STORE_NAME.fullmatch(seller_id) else None


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _detail_2024(page: Page) -> Offer | None:
    """Read `window.detailData` with its product in `globalData`."""
    data = value_after(page.text, _DETAIL)
    told = at(data, "nodeMap", "module_description", "privateData")
    sets = items_at(told, "companyInfo", "imageSetDetails")
    written = [detail for one in sets for detail in items_at(one, "details")]
    written += items_at(told, "productDescription", "details")
    return _detail(page, at(data, "globalData"), [text_at(detail, "url") for detail in written])


def _detail_to_2024(page: Page) -> Offer | None:
    """Read `window.detailData` with its product at the top."""
    return _detail(page, value_after(page.text, _DETAIL), [])


def _detail(page: Page, data: Json, written: list[str | None]) -> Offer | None:
    product = at(data, "product")
    number = text_at(product, "productId") or _claimed(page)
    if number is None or not isinstance(product, dict):
        return None
    declared = declared_product(page)
    media = [item for item in items_at(product, "mediaItems") if at(item, "type") == "image"]
    own = [item for item in media if at(item, "group") in (None, "photos")]
    return Offer(
        listing_id=number,
        title=text_at(product, "subject"),
        state=_state(declared),
        price=_of_smallest_order(at(product, "price")) or (declared.price if declared else None),
        seller=_detail_seller(at(data, "seller")),
        gallery=places(page, [*map(_largest, own), *(declared.pictures if declared else ())]),
        variants=places(page, _variants(product)),
        description=places(page, [*map(_largest, media), *_described(product), *written]),
    )


def _claimed(page: Page) -> str | None:
    """Return the number in the address that a page claims for itself."""
    links = [*page.selector.xpath("//link[@rel='canonical']/@href").getall(), *page.meta.get("og:url", ())]
    return next((number for link in joined(page, links) if (number := listing_id(link))), None)


def _largest(item: Json) -> str | None:
    sizes = (text_at(item, "imageUrl", size) for size in ("big", "normal", "summary", "small"))
    return next(filter(None, sizes), None)


def _variants(product: Json) -> Iterator[str | None]:
    for attribute in items_at(product, "sku", "skuAttrs"):
        for value in items_at(attribute, "values"):
            yield text_at(value, "originImage") or text_at(value, "largeImage")


def _described(product: Json) -> Iterator[str]:
    """Yield the pictures of a description that is HTML in the data; `src` is a stand-in where there is `data-src`."""
    written = at(product, "productHtmlDescription") or at(product, "detail", "productHtmlDescription")
    if isinstance(written, str) and 0 < len(written.strip()) <= _LONGEST_DESCRIPTION:
        for image in Selector(text=written.encode("utf-8", "replace").decode(), type="html").xpath("//img"):
            yield image.root.get("data-src") or image.root.get("src", "")


def _of_smallest_order(price: Json) -> Money | None:
    """Return the price of the smallest order, in US dollars as the data give it."""
    steps = [step for step in items_at(price, "productLadderPrices") if text_at(step, "dollarPrice")]
    first = min(steps, key=lambda step: count_in(text_at(step, "min")) or 0, default=None)
    low = text_at(price, "productRangePrices", "dollarPriceRangeLow")
    return read_price(text_at(first, "dollarPrice") or low, "USD")


def _detail_seller(seller: Json) -> Seller | None:
    links = [text_at(seller, key) for key in ("homeUrl", "companyProfileUrl", "feedbackUrl")]
    years = years_in_words(text_at(seller, "companyJoinYears"))
    return supplier(text_at(seller, "companyName"), links, text_at(seller, "companyId"), since=years)


def _state(declared: DeclaredProduct | None) -> ListingState:
    return (declared.state if declared else None) or ListingState.LIVE


def _shown(page: Page) -> Offer | None:
    """Read the page as a browser shows it, with `data-module-name` and `data-testid`."""
    proofs = page.selector.css(".product-company .company-name a").re(r"[?&](?:amp;)?productId=(\d{6,16})")
    proofs += page.selector.css("[id^='cdn-pc-recommend_detail']").xpath("@data-product-id").getall()
    number = next(iter(proofs), None) or _claimed(page)
    if number is None or not page.selector.xpath("//*[@data-module-name]"):
        return None
    shown = page.selector.css("[data-testid='product-image-view'] img").xpath("@src").getall()
    colours = page.selector.css("[data-testid='sku-list-item'] img").xpath("@src").getall()
    reviews = page.selector.css(".detail-review-item").xpath(".//text()").getall()
    return Offer(
        listing_id=number,
        title=one_line(page.selector.css("h1[title]").xpath("@title").get()),
        state=_state(declared_product(page)),
        price=_shown_price(page),
        seller=_shown_seller(page),
        gallery=places(page, (link for link in shown if _DRAWINGS not in link)),
        variants=places(page, (link for link in colours if _DRAWINGS not in link)),
        sold_count=next((count_in(text) for text in reviews if re.search(r"\bsold\b", text)), None),
    )


def _shown_price(page: Page) -> Money | None:
    """Return the first price; in a ladder it stands behind the number of pieces it is for."""
    step = page.selector.css("[data-testid='ladder-price'] .price-item")[:1].xpath(".//text()[normalize-space()]")
    if step:
        return read_price(step.getall()[-1])
    for kind in ("range-price", "product-price"):
        texts = page.selector.css(f"[data-testid='{kind}']").xpath(".//text()[normalize-space()]").getall()
        priced = next((text for text in texts if re.search(r"\d", text)), None)
        if priced is not None:
            return read_price(priced)
    return None


def _shown_seller(page: Page) -> Seller | None:
    company = page.selector.css(".product-company")[:1]
    link = company.css(".company-name a")[:1]
    return supplier(
        one_line(link.xpath("@title").get()) or first_text(link),
        link.xpath("@href").getall(),
        page.selector.xpath("//@data-company-id").get(),
        since=first_text(company.css(".company-life")),
        badges=("Verified Supplier",) if company.css(".verify-icon") else (),
    )


def _declared(page: Page) -> Offer | None:
    """Read only what a page declares for search engines."""
    declared, number = declared_product(page), _claimed(page)
    if declared is None or number is None:
        return None
    return Offer(
        listing_id=number,
        title=declared.name,
        state=_state(declared),
        price=declared.price,
        gallery=places(page, declared.pictures),
    )


def _listing_url(offer: Offer, page: Page) -> str:
    return f"https://www.alibaba.com/product-detail/_{offer.listing_id}.html"


LAYOUTS = (
    Layout(
        name="detailData 2024",
        seen=Seen.RECALLED,
        known="window.detailData with globalData, from notes of 2024 to 2026",
        offer=_detail_2024,
    ),
    Layout(
        name="data-testid",
        seen=Seen.REAL,
        known="the page as browsers show it; saved pages of 2025-12 and 2026-02",
        offer=_shown,
    ),
    Layout(
        name="detailData",
        seen=Seen.RECALLED,
        known="window.detailData before globalData, from notes",
        offer=_detail_to_2024,
    ),
    Layout(name="json-ld", seen=Seen.RECALLED, known="JSON-LD Product alone, from notes", offer=_declared),
    Layout(name="search", seen=Seen.REAL, known="_offer_list; saved page of 2025-12", results=search),
    Layout(
        name="supplier search",
        seen=Seen.REAL,
        known="answer of supplierTextSearch; saved in 2025-12",
        results=supplier_search,
    ),
    Layout(name="store list", seen=Seen.REAL, known="module-data; saved page of 2025-12", results=store_list),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^?#]*/_____tmd_____/punish|^https?://(?:login|passport)\.alibaba\.com/"),
)
