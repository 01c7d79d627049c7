"""A fetched page, and what a marketplace reads from it.

In: the bytes of one answer with its status and headers. Out: lazy text and a lazy selector over it, no network, no
exceptions on hostile bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lxml.etree import ParserError, fromstring
from lxml.html import HTMLParser
from parsel import Selector
from w3lib.encoding import html_to_unicode

from crawler.addresses import LONGEST_URL

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from casebook.types import Listing, ListingState


_MOST_ATTRIBUTES = 500  # of one element; the most seen are 53
MOST_ELEMENTS = 50_000  # the largest shop page seen has 6,000; reading one of millions would take minutes
_EMPTY = fromstring("<html></html>", parser=HTMLParser())


# Not slotted: the lazy parts are cached in the instance's dictionary.
@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer. `url` is the final URL, `redirected_from` the URLs before it, oldest first.

    `body` is the decoded content (no content encoding left), `headers` are latin-1 text in the order received.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(repr=False)
    redirected_from: tuple[str, ...] = ()

    def __getstate__(self) -> dict[str, object]:
        """What travels to another process is the answer alone: a parsed tree cannot."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def header(self, name: str) -> str | None:
        """Return the first header of that name (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @cached_property
    def text(self) -> str:
        """The body as text: byte order mark, then header, then meta tag, then UTF-8; broken bytes are replaced."""
        kind = self.header("Content-Type")
        try:
            text = html_to_unicode(kind, self.body, default_encoding="utf-8")[1]
        except (LookupError, ValueError):  # a charset that Python knows, but not as one of text, such as hex
            text = self.body.decode("utf-8", "replace")
        return text.replace("\x00", "")

    @cached_property
    def selector(self) -> Selector:
        """The parsed page; an empty body gives an empty document.

        The parser keeps its own limits (256 levels, 10 MB of text in one place): what a page nests deeper is cut off,
        so that everything that walks the tree stays quick.
        """
        parser = HTMLParser(encoding="utf-8", recover=True, huge_tree=False)
        data = self.text.encode("utf-8", "replace")
        try:
            root = fromstring(data, parser=parser) if data.strip() else None
        except ParserError:
            root = None
        return Selector(root=_EMPTY if root is None else root, type="html")

    @property
    def root(self) -> HtmlElement:
        """The root element of the parsed page."""
        root: HtmlElement = self.selector.root
        return root

    @cached_property
    def too_much(self) -> str | None:
        """Why the page is not read: time grows with its elements, and with the square of an element's attributes."""
        for number, element in enumerate(self.root.iter(), start=1):
            if number > MOST_ELEMENTS:
                return f"not read: the page has more than {MOST_ELEMENTS:,} elements"
            if len(element.attrib) > _MOST_ATTRIBUTES:
                return f"not read: an element of the page has more than {_MOST_ATTRIBUTES} attributes"
        return None

    @cached_property
    def base_url(self) -> str:
        """What relative links are joined with: `<base href>` where the page has one, else the page's URL."""
        href = self.selector.xpath("//base/@href").get()
        return self._joined(self.url, href) or self.url if href else self.url

    def join(self, href: str | None) -> str | None:
        """Return the absolute http(s) URL of a link on this page, or None where it is no such URL."""
        return self._joined(self.base_url, href) if href else None

    @cached_property
    def meta(self) -> dict[str, tuple[str, ...]]:
        """The `<meta>` values by lower-case property or name, in document order (OpenGraph and its like)."""
        found: dict[str, list[str]] = {}
        for tag in self.selector.xpath("//meta[@content]"):
            name = (tag.root.get("property") or tag.root.get("name") or "").strip().lower()
            value = tag.root.get("content").strip()
            if name and value:
                found.setdefault(name, []).append(value)
        return {name: tuple(values) for name, values in found.items()}

    def first_meta(self, *names: str) -> str | None:
        """Return the first value of the first of these meta names that the page has."""
        return next((self.meta[name][0] for name in names if name in self.meta), None)

    @staticmethod
    def _joined(base: str, href: str) -> str | None:
        try:
            url = urljoin(base, href.strip().encode("utf-8", "replace").decode())
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or len(url) > LONGEST_URL:
                return None
        except ValueError:  # urllib's word for "[", bad ports and their like
            return None
        return url


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a page proves. `listing` is set for a listing page only; `gone` is a positive sign of removal.

    `listing_urls` are links to listings, `page_urls` paging first and categories after it; both absolute, canonical,
    on the same host, without repeats, in document order. `layout` names the generation of page that was recognised.
    `description_url` is a page that holds the rest of this one: the listing's description.
    `found` are the listings of a page of results as their cards show them, as a rule with fewer facts than their pages
    (`listing.partial` says so). `named` counts what only numbers are shown of.
    `own_url` is where the page lies, given where its listing may be known by an address that the page only claims.
    """

    state: ListingState
    reason: str
    layout: str = "none"
    gone: bool = False
    listing: Listing | None = None
    listing_urls: tuple[str, ...] = ()
    page_urls: tuple[str, ...] = ()
    is_listing_page: bool = False
    found: tuple[Listing, ...] = ()
    named: int = 0
    description_url: str | None = None
    own_url: str | None = None
