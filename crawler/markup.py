"""Take texts and pictures out of a page's markup by selectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.json_path import one_line
from crawler.picture_urls import PictureUrl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parsel import Selector, SelectorList

    from crawler.layouts import Place
    from crawler.page import Page

_BACKGROUND = re.compile(r"url\(\s*[\"']?([^\"')]+)")
_PICTURE_ATTRIBUTES = ("data-ks-lazyload", "data-lazyload-src", "data-sf-original-src", "data-src", "src")


def first_text(nodes: SelectorList[Selector]) -> str | None:
    """Return all text of the first of these elements as one line, or None where there is none."""
    return one_line(" ".join(nodes[:1].xpath(".//text()").getall()))


def places(page: Page, links: Iterable[str | None]) -> list[Place]:
    """Return one place of a gallery per picture link of a page; what is no http(s) address is left out."""
    return [(PictureUrl(url=url),) for link in links if (url := page.join(link)) is not None]


def joined(page: Page, links: Iterable[str | None]) -> list[str]:
    """Return the absolute http(s) addresses of links on a page."""
    return [url for link in links if (url := page.join(link)) is not None]


def image_links(images: Iterable[Selector]) -> Iterator[str | None]:
    """Yield the address of each image; what is not loaded yet has a stand-in in `src`."""
    for image in images:
        yield next((link for name in _PICTURE_ATTRIBUTES if (link := image.xpath(f"@{name}").get())), None)


def backgrounds(nodes: Iterable[Selector]) -> Iterator[str]:
    """Yield the background pictures that the `style` of elements names."""
    for node in nodes:
        yield from _BACKGROUND.findall(node.xpath("@style").get(""))
