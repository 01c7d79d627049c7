"""Amazon: product pages, book pages of 2017, and pages of results. One product page (an ASIN) is shared by all who sell
that product, on each country's site for itself: an id is `com/B000000000`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote_plus, urlencode

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import at, count_in, items_at, text_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.lenient_json import load_lenient
from crawler.markup import first_text, joined, places
from crawler.picture_urls import PictureUrl
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after, values_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsel import Selector, SelectorList

    from casebook.types import Money
    from crawler.layouts import Place
    from crawler.page import Page, Reading

NAME = "amazon"
KEY = NAME
TITLE = "Amazon"
HOSTS = re.compile(
    r"(?:(?:www|smile|m)\.)?amazon\."
    r"(com(?:\.(?:au|be|br|mx|tr))?|co\.(?:uk|jp|za)|ae|ca|cn|de|eg|es|fr|ie|in|it|nl|pl|sa|se|sg)"
)
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Plain clients often meet a page with a button or a JavaScript challenge, as saved in 2025-11 and 2026-04.",
)
_ASIN = re.compile(r"/(?:dp|gp/product|gp/aw/d|product)/([A-Z0-9]{10})(?=[/?#]|$)")
_ASIN_ONLY = re.compile(r"([A-Z0-9]{10})")
_SOLD_BY = re.compile(r"\bsold by (.{1,80}?)(?:\.(?:\s|$)| and fulfilled|$)", re.IGNORECASE)
_NAMED_CURRENCY = re.compile(r"[A-Z]{3}|US\$")
# Where a bare sign on the page means another currency than it does elsewhere.
_CURRENCIES = {"ca": "CAD", "com.au": "AUD", "com.mx": "MXN", "sg": "SGD", "cn": "CNY", "se": "SEK"}
_CORE_PRICES = ("corePriceDisplay_desktop_feature_div", "corePrice_desktop", "corePrice_feature_div", "apex_desktop")
_PRICES = ", ".join(f"#{name} .a-price:not(.a-text-price)" for name in _CORE_PRICES)


def listing_id(url: str) -> str | None:
    """Return country and ASIN in a URL (`com/B000000000`), or None."""
    parts = split_url(url)
    host, found = HOSTS.fullmatch((parts.hostname or "").lower()), _ASIN.search(parts.path)
    return f"{host[1]}/{found[1]}" if host and found else None


def canonical_url(url: str) -> str:
    """Return the product's address without slug and tracking; any other URL in one spelling."""
    known = listing_id(url)
    return plain_canonical_url(url) if known is None else _address(known)


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search on Amazon.com."""
    return "https://www.amazon.com/s?" + urlencode({"k": words, "page": number})


def shop_url(seller_id: str) -> str | None:
    """Return the page of all goods of a seller on Amazon.com, by his seller id."""
    return f"https://www.amazon.com/s?me={quote_plus(seller_id)}"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _product(page: Page) -> Offer | None:
    """Read the product page: markup, the script's gallery and the block of colours and sizes."""
    shown = [*_gallery(page), *_landing(page, "landingImage")]
    block = _block(page)
    asin = _asin(page)
    if asin is None or not shown:
        return None
    country = _country(page)
    described = page.selector.css("#aplus img, #productDescription img")
    bought = first_text(page.selector.css("#social-proofing-faceout-title-tk_bought"))
    parent = text_at(block, "parentAsin")
    return Offer(
        listing_id=f"{country}/{asin}",
        names=frozenset({f"{country}/{parent}"} if parent else ()),
        title=first_text(page.selector.css("span#productTitle")),
        state=ListingState.SOLD_OUT if page.selector.css("#outOfStock") else ListingState.LIVE,
        price=_price(page.selector.css(_PRICES), country),
        seller=_seller(page, country),
        gallery=shown,
        variants=[place for one in (at(block, "colorImages") or {}).values() for place in _entries(page, one)],
        description=places(page, (_lazy(image) for image in described)),
        sold_count=count_in(bought),
    )


def _book_of_2017(page: Page) -> Offer | None:
    """Read the page of a book as it was in 2017: one picture, and an accordion of offers of which one is open."""
    asin, shown = _asin(page), _landing(page, "imgBlkFront")
    if asin is None or not shown:
        return None
    country = _country(page)
    opened = page.selector.css(".accordion-row.a-accordion-active")
    price = first_text(opened.css(".header-price"))
    return Offer(
        listing_id=f"{country}/{asin}",
        title=first_text(page.selector.css("span#productTitle")),
        price=_money(price, country),
        seller=_seller(page, country),
        gallery=shown,
    )


def _asin(page: Page) -> str | None:
    """Return the ASIN of the page's form, else of its canonical link, which may name another colour or size."""
    forms = set(page.selector.css("input#ASIN").xpath("@value").getall())
    found = _ASIN_ONLY.fullmatch(forms.pop() if len(forms) == 1 else "") or _ASIN.search(split_url(_claimed(page)).path)
    return found[1] if found else None


def _claimed(page: Page) -> str:
    return page.join(page.selector.xpath("//link[@rel='canonical']/@href").get()) or ""


def _country(page: Page) -> str:
    """Return the ending of the host that the page claims, or else was asked of."""
    hosts = ((split_url(url).hostname or "").lower() for url in (_claimed(page), page.url))
    return next((found[1] for host in hosts if (found := HOSTS.fullmatch(host))), "com")


def _gallery(page: Page) -> Iterator[Place]:
    entries = value_after(page.text, re.compile(r"'colorImages'\s*:\s*\{\s*'initial'\s*:"))
    yield from _entries(page, entries)


def _entries(page: Page, entries: object) -> Iterator[Place]:
    """Yield one place per entry of the script's gallery, with every rendition that it names."""
    for entry in items_at(entries):
        sizes = at(entry, "main")
        largest = list(sizes)[-1:] if isinstance(sizes, dict) else []
        links = [text_at(entry, "hiRes"), *largest, text_at(entry, "large"), text_at(entry, "thumb")]
        place = tuple(PictureUrl(url=url) for url in joined(page, links))
        if place:
            yield place


def _landing(page: Page, name: str) -> list[Place]:
    """Return the place of the picture that the page opens with, from its attributes."""
    image = page.selector.xpath("//img[@id=$name]", name=name)
    sizes = next(iter(load_lenient(image.xpath("@data-a-dynamic-image").get(""))), None)
    links = [*image.xpath("@data-old-hires").getall(), *(sizes if isinstance(sizes, dict) else ())]
    place = tuple(PictureUrl(url=url) for url in joined(page, links))
    return [place] if place else []


def _block(page: Page) -> object:
    """Return the object of the page's colours and sizes."""
    found = values_after(page.text, re.compile(r"jQuery\.parseJSON\('"))
    return next((one for one in found if isinstance(at(one, "colorImages"), dict)), None)


def _lazy(image: Selector) -> str | None:
    return image.xpath("@data-src").get() or image.xpath("@src").get()


def _seller(page: Page, country: str) -> Seller | None:
    """Return who sells the offer that the page leads with: a shop by its link, Amazon by its number in the form."""
    link = page.selector.css("#sellerProfileTriggerId, #merchant-info a[href*='seller=']")
    linked = parse_qs(split_url(page.join(link.xpath("@href").get()) or "").query).get("seller", [])
    inputs = page.selector.css(".a-accordion-active input[name='merchantID']") or page.selector.css(
        "input[name='merchantID']"
    )
    seller = next(iter([*linked, *filter(None, inputs.xpath("@value").getall())]), None)
    if seller is None:
        return None
    sold_by = _SOLD_BY.search(first_text(page.selector.css("#merchant-info")) or "")
    told = first_text(page.selector.css("#merchantInfoFeature_feature_div .offer-display-feature-text-message"))
    name = first_text(link) or told or (sold_by[1] if sold_by else None) or seller
    url = f"https://www.amazon.{country}/sp?seller={quote_plus(seller)}"
    return Seller(marketplace=NAME, seller_id=seller, name=name, url=url)


def _price(prices: SelectorList[Selector], country: str) -> Money | None:
    """Return the first of these prices that can be read; the text for screen readers may be empty."""
    for price in prices:
        whole, rest = first_text(price.css(".a-price-whole")), first_text(price.css(".a-price-fraction"))
        drawn = "".join(
            filter(None, (first_text(price.css(".a-price-symbol")), whole and whole.replace(" ", ""), rest))
        )
        for text in (first_text(price.css(".a-offscreen")), drawn):
            money = _money(text, country)
            if money:
                return money
    return None


def _money(text: str | None, country: str) -> Money | None:
    return read_price(text, None if text and _NAMED_CURRENCY.search(text) else _CURRENCIES.get(country))


def _results(page: Page) -> Results | None:
    """Read the cards of a search or of a seller's goods."""
    cards = page.selector.css("[data-component-type='s-search-result'][data-asin]")
    if not cards:
        return None
    offers = [offer for card in cards if (offer := _card(page, card)) is not None]
    return Results(
        offers=offers, next_urls=joined(page, page.selector.css("a.s-pagination-next").xpath("@href").getall())
    )


def _card(page: Page, card: Selector) -> Offer | None:
    asin, country = card.xpath("@data-asin").get(""), _country(page)
    if _ASIN_ONLY.fullmatch(asin) is None:
        return None
    image = card.css("img.s-image")
    sizes = [one.split()[0] for one in image.xpath("@srcset").get("").split(", ") if one.strip()]
    place = tuple(PictureUrl(url=url) for url in joined(page, [*reversed(sizes), *image.xpath("@src").getall()]))
    bought = card.xpath(".//span/text()[contains(., 'bought in past month')]").getall()
    return Offer(
        listing_id=f"{country}/{asin}",
        title=card.css("h2").xpath("@aria-label").get() or first_text(card.css("h2")),
        price=_price(card.css(".a-price:not(.a-text-price)"), country),
        gallery=[place] if place else (),
        sold_count=next((count_in(text) for text in bought), None),
    )


def _blocked(page: Page) -> str | None:
    """Return that Amazon turned an automated client away, which it says in a comment of its error page."""
    told = page.status == 503 and page.selector.xpath("//comment()[contains(., 'api-services-support@amazon.com')]")
    return "Amazon's page for automated clients" if told else None


def _removal(page: Page) -> str | None:
    """Return that the page is Amazon's page of what does not exist, which only there links with this mark."""
    gone = page.selector.css("a[href*='/ref=cs_404_']") and not page.selector.css("#productTitle")
    return "Amazon's page of what does not exist" if gone else None


def _address(known: str) -> str:
    country, _, asin = known.partition("/")
    return f"https://www.amazon.{country}/dp/{asin}"


def _listing_url(offer: Offer, page: Page) -> str:
    return _address(offer.listing_id)


LAYOUTS = (
    Layout(name="product", seen=Seen.REAL, known="colorImages, landingImage; saved page of 2026-04", offer=_product),
    Layout(name="book 2017", seen=Seen.REAL, known="imgBlkFront; saved page of 2017", offer=_book_of_2017),
    Layout(name="search", seen=Seen.RECALLED, known="results and seller's goods, notes of 2025-04", results=_results),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^/]*/(?:errors/validateCaptcha|ap/signin)"),
    blocked=_blocked,
    removal=_removal,
)
