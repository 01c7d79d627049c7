"""What shops answer in JSON, and what both their answers and their pages have in common."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlunsplit

from parsel import Selector

from casebook.types import Seller
from crawler.addresses import split_url
from crawler.canonical import shop_host
from crawler.prices import read_price
from crawler.script_data import values_after
from crawler.structured_data import json_ld, organization, plain_text

if TYPE_CHECKING:
    from casebook.types import Money
    from crawler.page import Page

Json = Any

_START = re.compile(r"\A\s*(?=[\[{])")
_NUMBER = re.compile(r"\d{1,6}")
_AMOUNT = re.compile(r"\d{1,15}")
_MOST_DIGITS = 6
_LONGEST_HTML = 300_000  # characters of one description


def json_body(page: Page) -> Json:
    """Return the object or list that a page's body is, or None where it is no JSON."""
    return next(values_after(page.text, _START), None)


def next_page(url: str, name: str = "page") -> str:
    """Return a URL with the number in its query counted up; without a number it is the first page."""
    parts = split_url(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query[name] = str(page_number(url, name) + 1)
    return urlunsplit(parts._replace(query=urlencode(query, errors="replace")))


def page_number(url: str, name: str = "page") -> int:
    """Return the page number in a URL's query, 1 where it has none."""
    written = dict(parse_qsl(split_url(url).query)).get(name, "")
    return int(written) if _NUMBER.fullmatch(written, endpos=7) and written.isascii() else 1


def price_in_units(amount: object, digits: int, currency: object = None) -> Money | None:
    """Return a price that an answer counts in its smallest unit, of which 10 to the power of `digits` make one."""
    if isinstance(amount, bool) or not _AMOUNT.fullmatch(str(amount)) or not 0 <= digits <= _MOST_DIGITS:
        return None
    return read_price(format(Decimal(str(amount)).scaleb(-digits), "f"), currency)


def pictures_of(html: object) -> list[str]:
    """Return the picture links in a description that an answer holds as HTML."""
    if not isinstance(html, str) or "<img" not in html:
        return []
    whole = html[:_LONGEST_HTML].encode("utf-8", "replace").decode()  # half a surrogate pair is no text
    images = Selector(text=whole, type="html").xpath("//img")
    links = (image.xpath("@data-src").get() or image.xpath("@src").get() for image in images)
    return [link for link in links if link]


def shop_as_seller(page: Page, marketplace: str, badges: tuple[str, ...] = ()) -> Seller:
    """Return the shop itself, which is who sells: by its host, since any page can claim any other name."""
    host = shop_host(page.url)
    name = organization(json_ld(page)) or plain_text(page.first_meta("og:site_name")) or host
    return Seller(
        marketplace=marketplace,
        seller_id=host,
        name=name,
        url=f"{page.url.partition('://')[0]}://{host}/",
        badges=badges,
    )
