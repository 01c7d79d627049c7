"""Etsy's Open API v3 (read 2026-11-23; no answer of it was ever seen by us).

- The key goes into `x-api-key` as `keystring:shared_secret`; since 2026-02-09 a keystring alone is answered 403
  (github.com/etsy/open-api/discussions/1529; others' reports of 2026). Reading what is public takes no token.
- Search: `GET /v3/application/listings/active` takes `keywords`, `limit` to 100, `offset`, `sort_on`, no `includes`:
  its answer names listings without pictures or shop (developers.etsy.com/documentation/reference,
  findAllListingsActive; github.com/etsy/open-api/issues/551). Beyond an offset of 12,000 it gives nothing (the same,
  issue 349).
- Many listings with their pictures: `/listings/batch?listing_ids=…&includes=Images,Shop`, 100 at most (reference,
  getListingsByListingIds).
- A shop's: `/shops/{shop_id}/listings/active`, by its number; `/shops?shop_name=…` finds the number (reference).
- One listing: `/listings/{listing_id}?includes=Images,Shop` (reference, getListing).
- Queries a second and a day are limited for each key, told in headers; 429 carries `retry-after`
  (developer.etsy.com/documentation/essentials/rate-limits).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlencode

from crawler.addresses import split_url
from crawler.canonical import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crawler.interfaces import TokenRequest

SERVICE = "etsy"
TITLE = "Etsy Open API v3"
HOST = "openapi.etsy.com"
TOKEN: TokenRequest | None = None
PER_PAGE = 100
_MOST = 12_000
_V3 = f"https://{HOST}/v3/application"
_SHOP_PATH = re.compile(r"/(?:[a-z]{2}(?:-[a-z]{2})?/)?shop/([^/?#]+)/?")
_NAME = re.compile(r"[A-Za-z0-9]{1,60}")


def search_url(words: str) -> str:
    """Return the first page of a search, newest first."""
    asked = {"keywords": words, "limit": PER_PAGE, "offset": 0, "sort_on": "created", "sort_order": "desc"}
    return canonical_url(f"{_V3}/listings/active?" + urlencode(asked, errors="replace"))


def shop_url(seller_id: str) -> str | None:
    """Return the first page of a shop's listings by its number; by its name, where its number is told."""
    if seller_id.isdecimal() and seller_id.isascii():
        return goods_url(seller_id)
    return f"{_V3}/shops?shop_name={quote(seller_id)}" if _NAME.fullmatch(seller_id) else None


def goods_url(shop_id: str) -> str:
    """Return the first page of the listings of a shop, by its number."""
    return canonical_url(f"{_V3}/shops/{shop_id}/listings/active?limit={PER_PAGE}&offset=0")


def listing_url(listing_id: str) -> str:
    """Return where one listing is told."""
    return f"{_V3}/listings/{listing_id}?includes=Images,Shop"


def batch_url(listing_ids: Iterable[str]) -> str:
    """Return where up to 100 listings are told."""
    return canonical_url(f"{_V3}/listings/batch?includes=Images,Shop&listing_ids={','.join(listing_ids)}")


def next_url(url: str, total: int) -> str | None:
    """Return the page after this one of a list of so many listings; None where it is the last one to be had."""
    parts = split_url(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    offset = query.get("offset", "0")
    following = int(offset[:6]) + PER_PAGE if offset.isdecimal() else _MOST
    if following >= min(total, _MOST):
        return None
    return canonical_url(f"https://{HOST}{parts.path}?" + urlencode(query | {"offset": str(following)}))


def shop_asked(url: str) -> str | None:
    """Return the name of the shop whose number an address of this interface asks for; None where it asks for none."""
    parts = split_url(url)
    if parts.hostname != HOST or parts.path != "/v3/application/shops":
        return None
    return next(iter(parse_qs(parts.query).get("shop_name", ())), None)


def seller_in(url: str) -> str | None:
    """Return the shop whose listings a plain page shows, by its name."""
    found = _SHOP_PATH.fullmatch(split_url(url).path)
    return unquote(found[1]) if found else None


def headers(url: str) -> Mapping[str, str]:
    """Return none: the address says it all."""
    return {}


def secret_headers(keys: Mapping[str, str], token: str | None, *, for_token: bool) -> Mapping[str, str]:
    """Return the key in its header."""
    return {"x-api-key": f"{keys['keystring']}:{keys['shared_secret']}"}


def sent_on(url: str, status: int, body: bytes) -> str | None:
    """Return None: it keeps everything where it is asked for."""
    return None
