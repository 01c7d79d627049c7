"""AliExpress: product pages of four generations, the answer of the interface they call, and pages of results.

One listing has one number on all hosts. The .us site shows that number plus 2 to the power of 51: true of all 24 cards
of a saved page of results, which name both. Here the number without that addition stands for the listing.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlunsplit

from casebook.types import ListingState, Seller
from crawler.addresses import split_url
from crawler.canonical import canonical_url as plain_canonical_url
from crawler.json_path import Json, at, count_in, items_at, one_line, text_at, texts_at
from crawler.layouts import Access, Layout, Offer, Permission, Results, Seen, Way
from crawler.markup import first_text, places
from crawler.prices import read_price
from crawler.proof import Rules, read_by
from crawler.script_data import value_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parsel import Selector

    from casebook.types import Money
    from crawler.page import Page, Reading

NAME = "aliexpress"
KEY = NAME
TITLE = "AliExpress"
HOSTS = re.compile(r"(?:[a-z0-9-]+\.){0,4}aliexpress\.(?:com|us|ru)")
ACCESS = Access(
    ways=(Way.NIGHTLY, Way.PERSON),
    search=Permission.UNKNOWN,
    listings=Permission.UNKNOWN,
    source="no copy of its robots.txt is known to us",
    checked_on="2026-11-23",
    note="Plain HTTP still gave pages of results, but of a product only title and pictures, as noted in 2026-08.",
)
_ITEM = re.compile(r"/(?:item/(?:[^/]+/)?|i/)([0-9]{6,20})\.html")
_INTERFACE = re.compile(r"/mtop\.aliexpress\.pdp\.pc\.query/")
_ASKED = re.compile(r'"productId"\s*:\s*"?([0-9]{6,20})(?![0-9])')
_APP_LINK = re.compile(r"^aliexpress://product/detail\?productId=([0-9]{6,20})(?![0-9])")
_ALIAS = 2**51
_ALIASED = range(_ALIAS + 1005 * 10**12, _ALIAS + 1010 * 10**12)
_RUN_PARAMS = re.compile(r"""window\.runParams\s*=\s*\{\s*["']?data["']?\s*:(?=\s*\{)""")
_DC_DATA = re.compile(r"_d_c_\.DCData\s*=(?=\s*\{)")
_INIT_DATA = re.compile(r"""_init_data_\s*=\s*\{\s*["']?data["']?\s*:(?=\s*\{)""")
_ANSWER = re.compile(r"\A\s*(?:[\w$.]{1,80}\(\s*)?(?=\{)")
_ARRAY = re.compile(r"\A\s*(?=\[)")
_SITE_IN_TITLE = re.compile(r"\s*-\s*AliExpress(?: \d+)?$", re.IGNORECASE)
_SOLD = re.compile(r"\bsold\b|прода|купил", re.IGNORECASE)
_REFUSED = ("FAIL_SYS_USER_VALIDATE", "RGV587_ERROR")
_GONE = "SITEM_NOT_EXIST"


def listing_id(url: str) -> str | None:
    """Return the product number in a URL, also in a call of the product interface, or None."""
    path, _, query = url.partition("#")[0].partition("?")
    found = _ASKED.search(unquote(query)) if _INTERFACE.search(path) else _ITEM.search(path)
    return _one_number(found[1]) if found else None


def _one_number(number: str) -> str:
    return str(int(number) - _ALIAS) if int(number) in _ALIASED else number


def canonical_url(url: str) -> str:
    """Return the product's one address for all hosts and languages; any other URL in one spelling."""
    number = listing_id(url)
    return plain_canonical_url(url) if number is None else _address(number)


def _address(number: str) -> str:
    return f"https://www.aliexpress.com/item/{number}.html"


def search_url(words: str, number: int) -> str | None:
    """Return a page of the search, newest first, 60 a page."""
    slug = "-".join(quote(word, safe="") for word in words.split())
    return f"https://www.aliexpress.com/w/wholesale-{slug}.html?page={number}&sortType=create_desc"


def shop_url(seller_id: str) -> str | None:
    """Return the page of all items of a store, by the store's number."""
    return f"https://www.aliexpress.com/store/{quote(seller_id, safe='')}/pages/all-items.html"


def read(page: Page) -> Reading:
    """Return what a page proves."""
    return read_by(_RULES, page)


def _rendered(page: Page) -> Offer | None:
    """Read the product page as a browser drew it; the ends of its class names change."""
    title = first_text(page.selector.css("h1[data-pl]"))
    numbers = list(_claimed(page))
    if title is None or not numbers:
        return None
    price = page.selector.css('[class*="price-default--current"]')[:1].xpath(".//text()").getall()
    store = page.selector.css('a[data-pl="store-name"]')
    slides = page.selector.css('[class*="slider--img"] img').xpath("@src").getall()
    return Offer(
        listing_id=numbers[0],
        names=frozenset(numbers),
        title=title,
        price=read_price(one_line("".join(price))),
        seller=_seller(_store_number(store.xpath("@href").get("")), first_text(store)),
        gallery=places(page, [*texts_at(_dc_data(page), "imagePathList"), *slides]),
        variants=places(page, page.selector.css('[class*="sku-item--box"] img').xpath("@src").getall()),
        sold_count=_sold(page.selector.css('[class*="reviewer--sold"]').xpath(".//text()").getall()),
    )


def _claimed(page: Page) -> Iterator[str]:
    """Yield the numbers by which the page's head names its own product."""
    links = page.selector.xpath("//link[@rel='canonical']/@href").getall()
    for link in [*links, page.first_meta("og:url") or ""]:
        number = listing_id(link)
        if number is not None:
            yield number
    found = _APP_LINK.search(page.first_meta("al:android:url", "al:iphone:url") or "")
    if found is not None:
        yield _one_number(found[1])


def _store_number(link: str) -> str | None:
    found = re.search(r"/store/([0-9]{3,20})(?![0-9])", link)
    return found and found[1]


def _dc_data(page: Page) -> Json:
    return value_after(page.text, _DC_DATA)


def _answered(page: Page) -> Json:
    """Return the answer of the product interface, plain or wrapped into a function's call, or None."""
    return value_after(page.text, _ANSWER)


def _interface(page: Page) -> Offer | None:
    """Read the answer of the interface which product pages call since 2024."""
    result = at(_answered(page), "data", "result")
    known = at(result, "GLOBAL_DATA", "globalData")
    number = text_at(known, "productId") or ""
    if not _is_number(number):
        return None
    shop = at(result, "SHOP_CARD_PC")
    pictures = at(result, "HEADER_IMAGE_PC")
    left = at(result, "QUANTITY_PC", "totalAvailableInventory")
    store = text_at(shop, "sellerInfo", "storeNum") or text_at(known, "storeId")
    return Offer(
        listing_id=_one_number(number),
        title=text_at(result, "PRODUCT_TITLE", "text") or text_at(known, "subject"),
        state=ListingState.SOLD_OUT if left == 0 else ListingState.LIVE,
        price=_answered_price(at(result, "PRICE"), text_at(known, "currencyCode")),
        seller=_seller(store, text_at(shop, "storeName") or text_at(known, "storeName")),
        gallery=places(page, [*texts_at(pictures, "imagePathList"), *texts_at(pictures, "imgList")]),
        variants=places(page, _variants(at(result, "SKU", "skuProperties"))),
        sold_count=count_in(text_at(result, "PC_RATING", "otherText") or text_at(known, "sales")),
        description_url=page.join(text_at(result, "DESC", "pcDescUrl") or text_at(result, "DESC", "nativeDescUrl")),
    )


def _is_number(text: str) -> bool:
    return re.fullmatch("[0-9]{6,20}", text) is not None


def _answered_price(prices: Json, currency: str | None) -> Money | None:
    by_sku = at(prices, "skuIdStrPriceInfoMap") or at(prices, "skuPriceInfoMap")
    skus = list(by_sku.values()) if isinstance(by_sku, dict) else []
    for info in [at(prices, "targetSkuPriceInfo"), *skus[:1]]:
        code = text_at(info, "originalPrice", "currency") or currency
        local = (text_at(info, "salePriceLocal") or "").split("|")
        written = (
            *(text_at(info, name, "value") for name in ("warmUpPrice", "salePrice")),
            text_at(info, "salePriceString"),
            local[1] if len(local) > 1 else None,
            text_at(info, "originalPrice", "value"),
        )
        price = next((price for text in written if (price := read_price(text, code)) is not None), None)
        if price is not None:
            return price
    return None


def _variants(properties: Json) -> Iterator[str]:
    for value in chain.from_iterable(items_at(one, "skuPropertyValues") for one in items_at(properties)):
        path = at(value, "skuPropertyImagePath")
        if isinstance(path, str):
            yield path


def _client_rendered(page: Page) -> Offer | None:
    """Read the page that draws itself in the browser: its head names the product, `DCData` all pictures."""
    data, numbers = _dc_data(page), list(_claimed(page))
    if not isinstance(data, dict) or not numbers:
        return None
    title = one_line(_SITE_IN_TITLE.sub("", page.first_meta("og:title") or ""))
    asked = listing_id(page.url)
    return Offer(
        listing_id=asked if asked in numbers else numbers[0],
        names=frozenset(numbers),
        title=None if title is None or title.casefold() == NAME else title,
        gallery=places(page, texts_at(data, "imagePathList")),
    )


def _components(page: Page) -> Offer | None:
    """Read the page of 2022 and 2023."""
    data = value_after(page.text, _RUN_PARAMS)
    product = at(data, "productInfoComponent")
    number = text_at(product, "idStr") or text_at(product, "id") or ""
    if not _is_number(number):
        return None
    prices, shop = at(data, "priceComponent"), at(data, "sellerComponent")
    return Offer(
        listing_id=_one_number(number),
        title=text_at(product, "subject"),
        state=ListingState.SOLD_OUT if _left(data, "inventoryComponent") == 0 else ListingState.LIVE,
        price=_least(at(prices, "discountPrice", "minActivityAmount"), at(prices, "origPrice", "minAmount")),
        seller=_seller(text_at(shop, "storeNum"), text_at(shop, "storeName")),
        gallery=places(page, texts_at(data, "imageComponent", "imagePathList")),
        variants=places(page, _variants(at(data, "skuComponent", "productSKUPropertyList"))),
        sold_count=count_in(text_at(data, "tradeComponent", "formatTradeCount")),
        description_url=page.join(text_at(data, "productDescComponent", "descriptionUrl")),
    )


def _modules(page: Page) -> Offer | None:
    """Read the page of 2019 to 2022."""
    data = value_after(page.text, _RUN_PARAMS)
    number = text_at(data, "pageModule", "productId") or text_at(data, "commonModule", "productId") or ""
    if not _is_number(number):
        return None
    shop, status = at(data, "storeModule"), at(data, "actionModule", "itemStatus")
    sold_out = ListingState.SOLD_OUT if _left(data, "quantityModule") == 0 else ListingState.LIVE
    prices = at(data, "priceModule")
    return Offer(
        listing_id=_one_number(number),
        title=text_at(data, "titleModule", "subject"),
        state=ListingState.ENDED if isinstance(status, int) and status != 0 else sold_out,
        price=_least(at(prices, "minActivityAmount"), at(prices, "minAmount")),
        seller=_seller(text_at(shop, "storeNum"), text_at(shop, "storeName"), text_at(shop, "openTime")),
        gallery=places(page, texts_at(data, "imageModule", "imagePathList")),
        variants=places(page, _variants(at(data, "skuModule", "productSKUPropertyList"))),
        sold_count=count_in(text_at(data, "titleModule", "tradeCount")),
        description_url=page.join(text_at(data, "descriptionModule", "descriptionUrl")),
    )


def _left(data: Json, part: str) -> Json:
    return at(data, part, "totalAvailQuantity")


def _least(*amounts: Json) -> Money | None:
    priced = (read_price(text_at(one, "value"), text_at(one, "currency")) for one in amounts)
    return next((price for price in priced if price is not None), None)


def _seller(number: str | None, name: str | None, since: str | None = None) -> Seller | None:
    if number is None or name is None or not re.fullmatch("[0-9]{1,20}", number):
        return None
    url = f"https://www.aliexpress.com/store/{number}"
    return Seller(marketplace=NAME, seller_id=number, name=name, url=url, since=since)


def _search(page: Page) -> Results | None:
    """Read a page of the search: every card has up to six pictures."""
    data = value_after(page.text, _INIT_DATA)
    fields = at(data, "data", "root", "fields") or at(data, "root", "fields")
    if not isinstance(at(fields, "mods"), dict):
        return None
    return Results(
        offers=list(_cards(page, items_at(fields, "mods", "itemList", "content"))),
        next_urls=_next_page(page, at(fields, "pageInfo")),
    )


def _array(page: Page) -> Results | None:
    """Read the array of a search page's cards where it was saved on its own."""
    offers = list(_cards(page, items_at(value_after(page.text, _ARRAY))))
    return Results(offers=offers) if offers else None


def _cards(page: Page, cards: Iterable[Json]) -> Iterator[Offer]:
    for card in cards:
        numbers = [text_at(card, name) or "" for name in ("redirectedId", "productId")]
        numbers = [_one_number(number) for number in numbers if _is_number(number)]
        if not numbers:
            continue
        price = at(card, "prices", "salePrice")
        pictures = [at(card, "image"), *items_at(card, "images")]
        yield Offer(
            listing_id=numbers[0],  # of a listing that stands for several, the one that its card leads to
            names=frozenset(numbers),
            title=text_at(card, "title", "displayTitle"),
            price=read_price(text_at(price, "minPrice") or text_at(price, "formattedPrice"), at(price, "currencyCode")),
            gallery=places(page, [text_at(one, "imgUrl") for one in pictures]),
            sold_count=count_in(text_at(card, "trade", "tradeDesc")),
        )


def _next_page(page: Page, info: Json) -> list[str]:
    number, size, total = (at(info, name) for name in ("page", "pageSize", "totalResults"))
    if not all(isinstance(one, int) for one in (number, size, total)) or number * size >= total:
        return []
    parts = split_url(page.url)
    kept = [piece for piece in parts.query.split("&") if piece and not piece.startswith("page=")]
    return [urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join([*kept, f"page={number + 1}"]), ""))]


def _russian(page: Page) -> Results | None:
    """Read a page of results of aliexpress.ru, which is another program than the other sites."""
    cards = page.selector.xpath("//*[@data-product-id]")
    if not cards:
        return None
    current = int(_page_number(page.url) or "1")
    links = [page.join(link) or "" for link in page.selector.xpath("//a[contains(@href, 'page=')]/@href").getall()]
    following = [link for link in links if _page_number(link) == str(current + 1)]
    return Results(offers=[one for card in cards if (one := _russian_card(page, card))], next_urls=following[:1])


def _page_number(url: str) -> str | None:
    number = parse_qs(url.partition("?")[2]).get("page", [""])[0]
    return number if re.fullmatch("[0-9]{1,5}", number) else None


def _russian_card(page: Page, card: Selector) -> Offer | None:
    number = str(card.attrib["data-product-id"])
    if not _is_number(number):
        return None
    return Offer(
        listing_id=_one_number(number),
        title=one_line(card.xpath(".//*[contains(@class, '__title__')]/@title").get()),
        price=read_price(first_text(card.xpath(".//*[contains(@class, '__priceNew__')]"))),
        gallery=places(page, card.xpath(".//img[contains(@class, 'Gallery__image')]/@src").getall()),
        sold_count=_sold(card.xpath(".//*[contains(@class, '__trust__')]//text()").getall()),
    )


def _sold(texts: Iterable[str]) -> int | None:
    return count_in(next((text for text in texts if _SOLD.search(text)), None))


def _blocked(page: Page) -> str | None:
    """Return the interface's own word that it refuses a stranger, or None."""
    said = list(texts_at(_answered(page), "ret"))
    refused = next((word for word in _REFUSED if said and said[0].startswith(word)), None)
    return refused and f"the interface answered {refused}"


def _removed(page: Page) -> str | None:
    known = at(_answered(page), "data", "result", "GLOBAL_DATA", "globalData")
    number = text_at(known, "productId")
    if text_at(known, "errorCode") != _GONE or (number and _one_number(number) != listing_id(page.url)):
        return None
    return f"the interface answered {_GONE}"


def _listing_url(offer: Offer, page: Page) -> str:
    return _address(offer.listing_id)


LAYOUTS = (
    Layout(name="rendered 2026", seen=Seen.RECALLED, known="as a browser draws it, from notes", offer=_rendered),
    Layout(name="pdp.pc.query", seen=Seen.RECALLED, known="interface since 2024, from notes", offer=_interface),
    Layout(name="DCData", seen=Seen.REAL, known="drawn by the browser; saved page of 2025-11", offer=_client_rendered),
    Layout(name="Component", seen=Seen.RECALLED, known="runParams of 2022 and 2023, from notes", offer=_components),
    Layout(name="Module", seen=Seen.REAL, known="runParams of 2019; saved page", offer=_modules),
    Layout(name="_init_data_", seen=Seen.RECALLED, known="search since 2023, from notes", results=_search),
    Layout(name="itemList", seen=Seen.REAL, known="the search's cards alone; saved array of 2026", results=_array),
    Layout(name="aliexpress.ru", seen=Seen.REAL, known="popular search; saved page of 2025-07", results=_russian),
)
_RULES = Rules(
    marketplace=NAME,
    layouts=LAYOUTS,
    asked=listing_id,
    listing_url=_listing_url,
    blocked_url=re.compile(r"^https?://[^?#]*/_____tmd_____/punish|^https?://(?:login|passport)\.aliexpress\."),
    blocked=_blocked,
    removal=_removed,
)
