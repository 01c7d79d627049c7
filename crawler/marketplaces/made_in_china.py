"""Made-in-China: product pages on the hosts of its suppliers, their lists of products, and two kinds of search.

Its ids are 12 letters. The sites in other languages know a product under another id; its own page names both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from casebook.types import ListingState, Seller
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import one_line
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import first_text, joined, places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.structured_data import declared_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsel import Selector, SelectorList

    from crawler.page import Page, Reading

NAME = "made-in-china"
KEY = NAME
TITLE = "Made-in-China"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*made-in-china\.com")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="two published readings of www.made-in-china.com/robots.txt disagree: one of 2026-10-09 says that "
    "/products-search/ may be read, an undated one that nothing may; every supplier's host has its own",
    checked_on="2026-11-23",
    note="Plain HTTP got its search pages whole in 2026-04 and 2026-10, as others noted.",
)
_GLOBAL = re.compile(r"^https?://[^/?#]+/product/([A-Za-z]{12})/", re.IGNORECASE)
_OTHER = re.compile(r"^https?://[^/?#]+/(?:price/prodetail_|co_[^/?#]+/product_)[^/?#]*_([A-Za-z]{6,16})\.html")
_SHOP = re.compile(
    r"^https?://(?:([a-z0-9-]+)\.en\.made-in-china\.com|[a-z]+\.made-in-china\.com/co_([a-z0-9-]+))(?:[/?#]|$)"
)
_NAME = re.compile(r"[a-z0-9-]{1,63}")
_FILM = re.compile(r"/31\d?f\d+j00")  # the still of a film


def listing_id(url: str) -> str | None:
    """Return the product's id in a URL, or None; the sites in other languages have ids of their own."""
    found = _GLOBAL.match(url) or _OTHER.match(url)
    return found[1] if found else None


def canonical_url(url: str) -> str:
    """Return a product's address without its query. The slug stays: that an address works without it is not known."""
    plain = plain_canonical_url(url)
    if listing_id(plain) is None:
        return plain
    return "https://" + plain.partition("?")[0].partition("://")[2]


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search for products."""
    wanted = quote("_".join(words.split()), safe="")
    if number < 2:
        return f"https://www.made-in-china.com/products-search/hot-china-products/{wanted}.html"
    return f"https://www.made-in-china.com/products-search/find-china-products/0b0nolimit/{wanted}-{number}.html"


def shop_url(seller_id: str) -> str | None:
    """Return the first page of a supplier's list of products, by the name of his host."""
    return f"https://{seller_id}.en.made-in-china.com/product-list-1.html" if _NAME.fullmatch(seller_id) else None


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _product(page: Page) -> Offer | None:
    """Read a product's page: JSON-LD, with seller, films and description in the markup."""
    declared = declared_product(page)
    claims = _claims(page)
    names = frozenset(name for url in claims if (name := listing_id(url)))
    own = next((url for url in claims if _GLOBAL.match(url)), None)
    number = listing_id(own) if own else declared and declared.product_id
    if declared is None or not number:
        return None
    shown = page.selector.css(".sr-proMainInfo-slide-pageInside img")
    written = page.selector.css(".only-one-priceNum-td-left, .only-one-priceNum td")
    return Offer(
        listing_id=number,
        names=names,
        title=declared.name or first_text(page.selector.css("h1.J-baseInfo-name")),
        state=declared.state or ListingState.LIVE,
        price=declared.price or read_price(first_text(written)),
        seller=_seller(page),
        gallery=places(page, [*declared.pictures, *(url for url in _lazy(shown) if not _FILM.search(url))]),
        description=places(page, _lazy(page.selector.css(".rich-text img"))),
        url=own,
    )


def _claims(page: Page) -> list[str]:
    """Return the addresses that a page gives for itself, the English one first."""
    links = page.selector.xpath("//link[@rel='alternate' and @hreflang='en']/@href").getall()
    links += page.selector.xpath("//link[@rel='canonical']/@href").getall()
    links += page.meta.get("og:url", ())
    links += page.selector.xpath("//link[@rel='alternate' and @hreflang]/@href").getall()
    return joined(page, links)


def _lazy(images: SelectorList[Selector]) -> Iterator[str]:
    """Yield where each image will be loaded from; `src` is a stand-in where there is another address."""
    for image in images:
        yield next((value for name in ("data-original", "data-src", "src") if (value := image.root.get(name))), "")


def _seller(page: Page) -> Seller | None:
    """Return the supplier of a product's page or of a list of products."""
    links = page.selector.css(".sr-comInfo-title .title-txt a")[:1]
    found = _shop(links.xpath("@href").get("") or page.url) or _shop(page.url)
    name = one_line(links.xpath("@title").get()) or first_text(links)
    if found is None or name is None:
        return None
    signs = page.selector.css(".sr-comInfo-sign .sign-item")
    shown = [sign.xpath("text() | *[contains(@class, 'sign-item-text')]/text()").getall() for sign in signs]
    marks = [
        one_line(" ".join(texts)) or one_line(sign.xpath("img/@alt").get())
        for sign, texts in zip(signs, shown, strict=True)
    ]
    return Seller(
        marketplace=NAME,
        seller_id=found,
        name=name,
        url=f"https://{found}.en.made-in-china.com/",
        badges=tuple(dict.fromkeys(mark for mark in marks if mark)),
        since=first_text(signs.css(".txt-year")),
    )


def _shop(link: str) -> str | None:
    """Return the name of a supplier's host that a link leads to, or None."""
    found = _SHOP.match("https:" + link if link.startswith("//") else link)
    return found and (found[1] or found[2])


def _store_list(page: Page) -> Results | None:
    """Read a supplier's list of products, 24 a page."""
    cards, seller = page.selector.css("[data-prodid]"), _seller(page)
    offers = []
    for card in cards:
        link = card.css(".prod-title a")
        price = first_text(card.css(".prod-price .value"))
        offers += _card(page, link, card.css(".prod-image img"), seller, price)
    return _results(page, offers) if cards else None


def _suppliers(page: Page) -> Results | None:
    """Read the search for suppliers: 30 of them, with up to three products each and one picture of each."""
    offers = []
    for supplier in page.selector.css(".list-node"):
        seller = _named(supplier.css(".company-name a"))
        for card in supplier.css("ul.rec-product > li"):
            offers += _card(page, card.css(".pro-name a, .img-thumb a"), card.css(".img-thumb img"), seller, None)
    return _results(page, offers) if offers else None


def _products(page: Page) -> Results | None:
    """Read the search for products, and a category."""
    cards = page.selector.css(".products-item, .list-node-content")
    offers = []
    for card in cards:
        link = card.css(".product-name a, a.product-name, a.img-wrap")
        seller = _named(card.css("a.company-name, a.compnay-name, .company-name a"))
        price = first_text(card.css(".price-new, .product-price .price, .price"))
        offers += _card(page, link, card.css(".img-wrap img"), seller, price)
    return _results(page, offers) if offers else None


def _card(
    page: Page,
    links: SelectorList[Selector],
    images: SelectorList[Selector],
    seller: Seller | None,
    price: str | None,
) -> list[Offer]:
    url = page.join(links.xpath("@href").get())
    number = listing_id(url or "")
    if url is None or number is None:
        return []
    return [
        Offer(
            listing_id=number,
            title=one_line(links.xpath("@title").get())
            or next(filter(None, map(one_line, links.xpath("string()").getall())), None),
            price=read_price(price),
            seller=seller,
            gallery=places(page, _lazy(images)),
            url=url,
        )
    ]


def _named(links: SelectorList[Selector]) -> Seller | None:
    found, name = _shop(links.xpath("@href").get("")), first_text(links)
    if found is None or name is None:
        return None
    return Seller(marketplace=NAME, seller_id=found, name=name, url=f"https://{found}.en.made-in-china.com/")


def _results(page: Page, offers: list[Offer]) -> Results:
    following = page.selector.css("a.next, a.nextpage").xpath("@href").getall()
    return Results(offers=offers, next_urls=joined(page, following))


def _listing_url(offer: Offer, page: Page) -> str:
    return canonical_url(offer.url or page.url)


LAYOUTS = (
    Layout(name="product", seen=Seen.REAL, known="JSON-LD Product and markup; saved page of 2025-11", offer=_product),
    Layout(
        name="store list", seen=Seen.REAL, known="a supplier's products; saved page of 2025-12", results=_store_list
    ),
    Layout(name="suppliers", seen=Seen.REAL, known="search for suppliers; saved page of 2025-12", results=_suppliers),
    Layout(
        name="products",
        seen=Seen.RECALLED,
        known="search for products and categories, from notes of 2026-04 and 2026-07",
        results=_products,
    ),
)
_RULES = Rules(marketplace=NAME, layouts=LAYOUTS, asked=listing_id, listing_url=_listing_url)
