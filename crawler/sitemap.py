"""Sitemaps and sitemap indexes: plain or gzipped bytes in, URLs out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from crawler.canonical import canonical_url, same_site

if TYPE_CHECKING:
    from crawler.page import Page

_LARGEST = 50 * 1024 * 1024  # bytes unpacked: the limit of the sitemap protocol
_MOST_URLS = 50_000  # the protocol's limit per file


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """`page_urls` may be listings; `sitemap_urls` are further sitemaps of an index. Absolute, canonical, no repeats."""

    page_urls: tuple[str, ...] = ()
    sitemap_urls: tuple[str, ...] = ()


def read_sitemap(page: Page) -> Sitemap:
    """Return what a sitemap names on its own site; anything that is no sitemap gives an empty one.

    1. Gzip is unpacked to at most 50 MiB, whatever the file is called.
    2. XML without entities or external references; a text sitemap holds one URL a line.
    """
    data = _unpacked(page.body)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Sitemap(page_urls=_own(data.decode("utf-8", "replace").split("\n"), page))
    try:
        root = fromstring(data.lstrip(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return Sitemap()
    named = [(root.tag, child) for child in root][:_MOST_URLS]
    urls = [(tag.endswith("sitemapindex"), _location(child)) for tag, child in named]
    return Sitemap(
        page_urls=_own([url for is_index, url in urls if not is_index], page),
        sitemap_urls=_own([url for is_index, url in urls if is_index], page),
    )


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body[:_LARGEST]
    try:
        return zlib.decompressobj(wbits=31).decompress(body, _LARGEST)
    except zlib.error:
        return b""


def _location(element: object) -> str:
    for child in element:  # type: ignore[attr-defined]
        if str(child.tag).endswith("loc"):
            return child.text or ""
    return ""


def _own(urls: list[str], page: Page) -> tuple[str, ...]:
    joined = (page.join(url.strip()) for url in urls[:_MOST_URLS] if url.strip().startswith(("http://", "https://")))
    return tuple(dict.fromkeys(canonical_url(url) for url in joined if url is not None and same_site(url, page.url)))
