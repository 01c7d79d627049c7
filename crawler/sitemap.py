"""Sitemaps and sitemap indexes: plain or gzipped bytes in, URLs out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from crawler.canonical import canonical_url, same_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from crawler.page import Page

_LARGEST = 50 * 1024 * 1024  # bytes unpacked: the limit of the sitemap protocol
_MOST_URLS = 50_000  # the protocol's limit per file
_MOST_EVENTS = 4_000_000  # 50,000 entries with pictures and languages have some hundred thousand
_DEEPEST = 12


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
        urls = list(islice(_locations(data.lstrip()), _MOST_URLS))
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return Sitemap()
    return Sitemap(
        page_urls=_own([url for is_index, url in urls if not is_index], page),
        sitemap_urls=_own([url for is_index, url in urls if is_index], page),
    )


def _locations(data: bytes) -> Iterator[tuple[bool, str]]:
    """Yield each address of a sitemap, and whether it is that of a further sitemap.

    Each entry is forgotten once it was read; a file that nests deeper or holds more than any sitemap is none. Raises
    what the parser raises.
    """
    path: list[Element] = []
    for number, (event, element) in enumerate(iterparse(BytesIO(data), ("start", "end"), forbid_dtd=True)):
        if number > _MOST_EVENTS or len(path) > _DEEPEST:
            raise ValueError("no sitemap is built like this")
        if event == "start":
            path.append(element)
            continue
        path.pop()
        if len(path) == 1:
            yield str(path[0].tag).endswith("sitemapindex"), _location(element)
            path[0].clear()


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
