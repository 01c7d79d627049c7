"""The answers of eBay's Browse API: one item, a listing with variations, and a search or a seller's items."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from casebook.types import ListingState, Seller
from crawler.interfaces import ebay_browse
from crawler.json_path import at, count_in, items_at, text_at
from crawler.layouts import Offer, Results
from crawler.markup import places
from crawler.prices import read_price
from crawler.shop_answers import json_body, pictures_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.types import Money
    from crawler.json_path import Json
    from crawler.page import Page

_KEY = "ebay"
_NO_SUCH_ITEM = frozenset({11001, 11002, 11003})
_IGNORED = {12002: "a filter", 12003: "the seller", 12009: "the category"}  # and lists everybody's items


def item(page: Page) -> Offer | None:
    """Read the answer for one item."""
    answer = json_body(page)
    number = _number(answer)
    if number is None:
        return None
    return Offer(
        listing_id=number,
        title=text_at(answer, "title"),
        state=_state(page, [answer]),
        price=_price(answer),
        seller=_seller(answer),
        gallery=places(page, _pictures(answer)),
        description=places(page, pictures_of(at(answer, "description"))),
        sold_count=count_in(at(answer, "estimatedAvailabilities", 0, "estimatedSoldQuantity")),
        url=text_at(answer, "itemWebUrl"),
    )


def group(page: Page) -> Offer | None:
    """Read the answer for a listing with variations: its own pictures first, then those of each variation."""
    answer = json_body(page)
    items = [one for one in items_at(answer, "items") if _number(one) is not None]
    if not items or len({_number(one) for one in items}) > 1:
        return None
    shared = at(items[0], "primaryItemGroup")
    own = [text_at(shared, "itemGroupImage", "imageUrl"), *_urls(shared, "itemGroupAdditionalImages")]
    described = [link for one in items_at(answer, "commonDescriptions") for link in pictures_of(at(one, "description"))]
    return Offer(
        listing_id=_number(items[0]) or "",
        title=text_at(shared, "itemGroupTitle") or text_at(items[0], "title"),
        state=_state(page, items),
        price=_price(items[0]),
        seller=_seller(items[0]),
        gallery=places(page, own if any(own) else _pictures(items[0])),
        variants=places(page, [link for one in items for link in _pictures(one)]),
        description=places(page, described),
        url=text_at(items[0], "itemWebUrl"),
    )


def summaries(page: Page) -> Results | None:
    """Read a page of items; an answer that ignored what was asked for is none."""
    answer = json_body(page)
    total = at(answer, "total")
    if not isinstance(total, int) or ignored(page):
        return None
    offers = [_summary(page, one, number) for one in items_at(answer, "itemSummaries") if (number := _number(one))]
    following = ebay_browse.next_url(page.url, total) if offers else None
    return Results(offers=offers, next_urls=[] if following is None else [following])


def ignored(page: Page) -> str | None:
    """Return what an answer did not heed of its question; None where it heeded all of it."""
    if "/item_summary/search" not in page.url or ebay_browse.HOST not in page.url or page.status != 200:
        return None
    what = next((_IGNORED[one] for one in ebay_browse.error_numbers(page.text) if one in _IGNORED), None)
    return what and f"eBay's interface does not know {what} that was asked for, and lists everybody's items instead"


def no_such_item(page: Page) -> str | None:
    """Return eBay's word that there is no such item, where it does not come as status 404."""
    if page.status != 400 or ebay_browse.listing_id(page.url) is None:
        return None
    gone = _NO_SUCH_ITEM.intersection(ebay_browse.error_numbers(page.text))
    return "eBay's interface says that there is no such item" if gone else None


def _number(answer: Json) -> str | None:
    """Return the listing's number: of a variation, which has one of its own, that of its listing."""
    _, _, rest = (text_at(answer, "itemId") or "").partition("|")
    number = rest.partition("|")[0] or text_at(answer, "legacyItemId") or ""
    return number if number.isdecimal() and number.isascii() else None


def _summary(page: Page, answer: Json, number: str) -> Offer:
    return Offer(
        listing_id=number,
        title=text_at(answer, "title"),
        price=_price(answer),
        seller=_seller(answer),
        gallery=places(page, _pictures(answer)),
        url=text_at(answer, "itemWebUrl"),
    )


def _pictures(answer: Json) -> Iterator[str | None]:
    first = text_at(answer, "image", "imageUrl") or text_at(answer, "thumbnailImages", 0, "imageUrl")
    yield from (first, *_urls(answer, "additionalImages"))


def _urls(answer: Json, name: str) -> list[str | None]:
    return [text_at(image, "imageUrl") for image in items_at(answer, name)]


def _price(answer: Json) -> Money | None:
    price = at(answer, "price") or at(answer, "currentBidPrice")
    return read_price(text_at(price, "value"), text_at(price, "currency"))


def _seller(answer: Json) -> Seller | None:
    name = text_at(answer, "seller", "username")
    if name is None:
        return None
    return Seller(marketplace=_KEY, seller_id=name, name=name, url=f"https://www.ebay.com/usr/{quote(name)}")


def _state(page: Page, items: list[Json]) -> ListingState:
    """Return the state of a listing: sold out where all of its items are, ended where the date of its end is past."""
    stock = [text_at(one, "estimatedAvailabilities", 0, "estimatedAvailabilityStatus") for one in items]
    if all(word == "OUT_OF_STOCK" for word in stock):
        return ListingState.SOLD_OUT
    answered, end = _answered_at(page), _moment(text_at(items[0], "itemEndDate"))
    return ListingState.ENDED if answered and end and end <= answered else ListingState.LIVE


def _answered_at(page: Page) -> datetime | None:
    """Return when an answer was given, by its own header."""
    try:
        given = parsedate_to_datetime(page.header("Date") or "")
    except ValueError:
        return None
    return given.replace(tzinfo=given.tzinfo or UTC)


def _moment(text: str | None) -> datetime | None:
    try:
        given = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return given.replace(tzinfo=given.tzinfo or UTC)
