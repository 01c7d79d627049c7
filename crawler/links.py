"""Where to go from a page: listings first, then the next pages of the list, then categories."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from crawler.canonical import canonical_url, is_home, listing_name, same_host
from crawler.elements import ancestors, words_of
from crawler.picture_urls import is_picture_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

    from crawler.page import Page

_NEVER_PATH = re.compile(
    r"/(?:cart|basket|bag|checkout|log-?in|logout|sign-?in|sign-?up|register|account|my-?account|wish-?lists?|compare|orders?"
    r"|password[-_]?\w*|reviews?|feed|rss|admin|wp-admin|wp-login\.php|wp-json|cdn-cgi|api|print|share|tell-a-friend"
    r"|contact(?:-us)?|privacy(?:-policy)?|terms(?:-[\w-]+)?|shipping|returns|faq|blogs?|news|impressum|agb|datenschutz|warenkorb"
    r"|kasse|panier|compte|carrito|customer|dashboard|add)(?:[/.]|$)",
    re.IGNORECASE,
)
_DOWNLOAD = re.compile(
    r"\.(?:pdf|zip|gz|rar|7z|exe|dmg|apk|docx?|xlsx?|pptx?|csv|xml|json|rss|atom|mp[34]|m4[av]|mov|avi|webm|ogg|wav|css|js|ics|svg|ico|woff2?)$",
    re.IGNORECASE,
)
_PAGE_NAME = re.compile(r"page|p|pg|paged|pagina|seite|start|offset|pagenumber|page_?no", re.IGNORECASE)
_PAGE_PATH = re.compile(r"/(?:page|seite|pagina|p)[/-]?\d{1,5}/?$", re.IGNORECASE)
_PAGING = re.compile(r"pagination|pager|paging|page-?numbers?|load-?more|(?:^|[-_ ])pages?(?:[-_ ]|$)")
# Parameters that only re-sort, filter or restyle the same list: following them multiplies the same listings.
_SAME_LIST = re.compile(
    r"sort\w*|order\w*|dir|direction|view|mode|layout|limit|per_?page|pagesize|show|display|filter\w*|f|facets?|selected_facets"
    r"|min\w*|max\w*|price\w*|colou?r|size|brand|rating|currency|lang|language|locale|add-to-cart|add|action|do|replytocom"
    r"|share|print|quick\w*|popup|compare|wishlist|return\w*|redirect\w*|next|back|q|query|search|s|keyword",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r"/(?:categor(?:y|ies)|c|collections?|shop|store|catalog(?:ue)?|products?|departments?|kategorien?|rayons?|tags?|browse"
    r"|boutique|galler(?:y|ies)|artists?|sellers?|brands?|prints?)(?:[/._-]|$)",
    re.IGNORECASE,
)
_CATEGORY_WORDS = re.compile(
    r"categor|collection|department|facet-?tree|(?:^|[-_ ])(?:nav|navigation|menu|navbar|breadcrumbs?)(?:[-_ ]|$)"
)
_LISTING_PATH = re.compile(
    r"/(?:products?|items?|listings?|p|dp|itm|artikel|produkt|produit|producto|prodotto|works?|goods)/[^/]+/?$"
    r"|[-_/]p-?\d{3,}(?:\.html?)?$",
    re.IGNORECASE,
)
_MOST_LINKS = 2000


def listing_links(page: Page, card_urls: Iterable[str]) -> tuple[str, ...]:
    """Return the links to listings: those of product cards, then those whose path says so; canonical, no repeats."""
    found = dict.fromkeys(url for url in card_urls if _may_follow(url, page) and not _same_list(url))
    for _, url in _links(page):
        if (
            _LISTING_PATH.search(urlsplit(url).path)
            and not _PAGE_PATH.search(urlsplit(url).path)
            and not _same_list(url)
        ):
            found.setdefault(url)
    return tuple(found)


def page_links(page: Page, listings: Iterable[str]) -> tuple[str, ...]:
    """Return the links to further lists: paging first, then categories; canonical, no repeats, no listings."""
    known = set(listings)
    paging: dict[str, None] = {}
    categories: dict[str, None] = {}
    for element, url in _links(page):
        if url in known:
            continue
        if _is_paging(element, url, page):
            paging.setdefault(url)
        elif _is_category(element, url):
            categories.setdefault(url)
    return tuple(dict.fromkeys((*paging, *categories)))


def _links(page: Page) -> Iterator[tuple[HtmlElement, str]]:
    for node in page.selector.xpath("(//a | //link[@rel='next'])[@href]")[:_MOST_LINKS]:
        href = node.root.get("href").strip()
        if (
            not href
            or href.startswith("#")
            or "nofollow" in node.root.get("rel", "").lower()
            or "download" in node.root.attrib
        ):
            continue
        joined = page.join(href)
        if joined is None:
            continue
        url = canonical_url(joined)
        if _may_follow(url, page):
            yield node.root, url


def _may_follow(url: str, page: Page) -> bool:
    parts = urlsplit(url)
    return (
        same_host(url, page.url)
        and listing_name(url) != listing_name(page.url)
        and not is_picture_url(url)
        and not _DOWNLOAD.search(parts.path)
        and not _NEVER_PATH.search(parts.path)
        and "add-to-cart=" not in parts.query
    )


def _same_list(url: str) -> bool:
    return any(_SAME_LIST.fullmatch(name) for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _is_paging(element: HtmlElement, url: str, page: Page) -> bool:
    """A link is paging where it adds a page number to this very list, or says `next` in a block of page links."""
    here, there = urlsplit(canonical_url(page.url)), urlsplit(url)
    own = dict(parse_qsl(here.query, keep_blank_values=True))
    names = dict(parse_qsl(there.query, keep_blank_values=True))
    added = [name for name in names if own.get(name) != names[name]]
    if any(_SAME_LIST.fullmatch(name) for name in added):
        return False
    if any(_PAGE_NAME.fullmatch(name) and names[name].isdecimal() for name in names):
        return True
    if _PAGE_PATH.search(there.path) or "next" in element.get("rel", "").lower().split():
        return True
    return bool(added) and any(_PAGING.search(words_of(up)) for up in ancestors(element, 4))


def _is_category(element: HtmlElement, url: str) -> bool:
    if _same_list(url):
        return False
    if is_home(url) or _CATEGORY.search(urlsplit(url).path):
        return True
    near = [
        up for up in (element, *ancestors(element, 6)) if isinstance(up.tag, str) and up.tag not in ("body", "html")
    ]
    return any(up.tag == "nav" or _CATEGORY_WORDS.search(words_of(up)) for up in near)
