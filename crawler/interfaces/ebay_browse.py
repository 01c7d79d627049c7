"""eBay's Browse API (read 2026-11-23; no answer of it was ever seen by us).

- Token: `POST /identity/v1/oauth2/token`, Basic authorisation with client id and secret, scope `api_scope`; it lives
  two hours (developer.ebay.com/api-docs/static/oauth-client-credentials-grant.html).
- Search: `GET /buy/browse/v1/item_summary/search` takes `q` or `category_ids`, at most 200 items a page, an offset that
  is a multiple of the limit and below 10,000, `sort=newlyListed`. Without the filter `buyingOptions` it leaves auctions
  out. A seller whom it does not know is no error but a warning (12003), and everybody's items are listed
  (developer.ebay.com/api-docs/buy/browse/resources/item_summary/methods/search; its OpenAPI file, v1.19.7).
- All items of a seller: `category_ids=0` with the filter `sellers`, as several public programs of 2025 and 2026 ask.
- Item: `get_item_by_legacy_id`. Error 11006 says that the number is that of a group of variations, which
  `get_items_by_item_group` tells; 404 with 11001 or 11003 that there is no such item (its OpenAPI file; answers that
  the tests of public programs hold). An ended item may still be told, with an `itemEndDate` that is past.
- 5,000 calls a day for a new key, as a public program notes (2026-10).
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from crawler.addresses import split_url
from crawler.canonical import canonical_url
from crawler.interfaces import TokenRequest
from crawler.json_path import at, items_at
from crawler.script_data import value_after

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE = "ebay"
TITLE = "eBay Browse API"
HOST = "api.ebay.com"
TOKEN: TokenRequest | None = TokenRequest(
    url=f"https://{HOST}/identity/v1/oauth2/token",
    body=urlencode({"grant_type": "client_credentials", "scope": f"https://{HOST}/oauth/api_scope"}),
)
IS_A_GROUP = 11006  # the error's number
_BROWSE = f"https://{HOST}/buy/browse/v1"
_PER_PAGE, _MOST = 200, 10_000
_NUMBER = re.compile(r"\d{9,14}")
_SELLER = re.compile(r"[^\s{}|,]{1,64}")
_SHOP_PATH = re.compile(r"/(?:sch/([^/?#]+)/m\.html|usr/([^/?#]+))")
_SITES = {
    "com": "US", "co.uk": "GB", "de": "DE", "fr": "FR", "it": "IT", "es": "ES", "at": "AT", "ch": "CH", "ie": "IE",
    "nl": "NL", "be": "BE", "pl": "PL", "ca": "CA", "com.au": "AU", "com.hk": "HK", "com.sg": "SG", "com.my": "MY",
    "ph": "PH",
}  # fmt: skip


def search_url(words: str) -> str:
    """Return the first page of a search, newest first, auctions too."""
    return _list({"q": words}, "buyingOptions:{FIXED_PRICE|AUCTION}")


def shop_url(seller_id: str) -> str | None:
    """Return the first page of all items of a seller, by his user name."""
    if not _SELLER.fullmatch(seller_id):
        return None
    return _list({"category_ids": "0"}, f"sellers:{{{seller_id}}},buyingOptions:{{FIXED_PRICE|AUCTION}}")


def listing_url(listing_id: str) -> str:
    """Return where one item is told."""
    return f"{_BROWSE}/item/get_item_by_legacy_id?legacy_item_id={listing_id}"


def group_url(listing_id: str) -> str:
    """Return where all variations of one listing are told."""
    return f"{_BROWSE}/item/get_items_by_item_group?item_group_id={listing_id}"


def next_url(url: str, total: int) -> str | None:
    """Return the page after this one of a list of so many items; None where it is the last one to be had."""
    parts = split_url(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    offset = query.get("offset", "0")
    following = int(offset[:6]) + _PER_PAGE if offset.isdecimal() else _MOST
    if following >= min(total, _MOST):
        return None
    return canonical_url(f"https://{HOST}{parts.path}?" + urlencode(query | {"offset": str(following)}))


def listing_id(url: str) -> str | None:
    """Return the item number that an address of this interface asks for; None where it asks for none."""
    parts = split_url(url)
    if parts.hostname != HOST or not parts.path.startswith("/buy/browse/v1/item/"):
        return None
    query = parse_qs(parts.query)
    number = (query.get("legacy_item_id") or query.get("item_group_id") or [""])[0]
    return number if _NUMBER.fullmatch(number) and number.isascii() else None


def seller_in(url: str) -> str | None:
    """Return the seller whose items a plain page shows, by his user name."""
    parts = split_url(url)
    found = _SHOP_PATH.fullmatch(parts.path)
    query = parse_qs(parts.query)
    named = (found[1] or found[2]) if found else (query.get("_ssn") or [""])[0]
    return named if named and "_nkw" not in query else None


def headers(url: str) -> Mapping[str, str]:
    """Return which country's eBay is asked: that of the plain page, else the American one."""
    host = split_url(url).hostname or ""
    return {"X-EBAY-C-MARKETPLACE-ID": "EBAY_" + _SITES.get(host.partition("ebay.")[2], "US")}


def secret_headers(keys: Mapping[str, str], token: str | None, *, for_token: bool) -> Mapping[str, str]:
    """Return the keys for the token's own request, and the token for every other."""
    if for_token:
        basic = b64encode(f"{keys['client_id']}:{keys['client_secret']}".encode()).decode()
        return {"Authorization": f"Basic {basic}"}
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def sent_on(url: str, status: int, body: bytes) -> str | None:
    """Return where the variations are told, when the number that was asked for turns out to be that of a group."""
    number = listing_id(url)
    if status != 400 or number is None or "item_group_id=" in url:
        return None
    return group_url(number) if IS_A_GROUP in error_numbers(body.decode("utf-8", "replace")) else None


def error_numbers(text: str) -> list[int]:
    """Return the numbers of the errors and warnings that an answer tells."""
    answer = value_after(text, re.compile(r"\A\s*(?=\{)"))
    told = [*items_at(answer, "errors"), *items_at(answer, "warnings")]
    return [number for one in told if isinstance(number := at(one, "errorId"), int)]


def _list(query: dict[str, str], narrowed: str) -> str:
    asked = query | {"filter": narrowed, "limit": str(_PER_PAGE), "offset": "0", "sort": "newlyListed"}
    return canonical_url(f"{_BROWSE}/item_summary/search?" + urlencode(asked, errors="replace"))
