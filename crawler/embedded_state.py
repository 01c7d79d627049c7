"""Galleries that stand only in the page's own state (`__NEXT_DATA__` and other JSON scripts), not in its markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crawler.lenient_json import dicts, load_lenient
from crawler.picture_urls import PictureUrl, is_picture_url, is_placeholder, picture_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.gallery import Place
    from crawler.page import Page

_GALLERY_NAME = re.compile(
    r"(?:product|content|item|gallery|main|all|large|zoom|full|media)?_?(?:images?|pictures?|photos?|media|gallery|galleryimages|mediaitems)",
    re.IGNORECASE,
)
_MOST_PICTURES = 100
_LARGEST = 4_000_000  # characters of one script


def state_places(page: Page, known: set[str]) -> list[Place]:
    """Return the longest gallery in the page's JSON scripts that holds a picture already known to be the listing's.

    `known` are picture keys. A list counts only under a gallery's name and only where one of its places shows a known
    picture: the same state also describes other products. A place with several URLs shows one picture in several cuts.
    """
    best: list[Place] = []
    for script in page.selector.xpath('//script[@id="__NEXT_DATA__" or @type="application/json"]/text()').getall():
        if len(script) > _LARGEST:
            continue
        for value in load_lenient(script):
            for node in dicts(value):
                for name, listed in node.items():
                    if isinstance(listed, list) and 1 < len(listed) <= _MOST_PICTURES and _GALLERY_NAME.fullmatch(name):
                        places = [place for entry in listed if (place := tuple(_pictures(entry, page)))]
                        keys = {picture_key(one.url) for place in places for one in place}
                        if len(places) > len(best) and keys & known:
                            best = places
    return best


def _pictures(entry: Any, page: Page) -> Iterator[PictureUrl]:
    texts = [entry] if isinstance(entry, str) else []
    if isinstance(entry, dict):
        texts = [text for node in dicts(entry) for text in node.values() if isinstance(text, str)]
    for text in texts[:200]:
        if len(text) < 2000 and text.startswith(("http://", "https://", "/")):
            url = page.join(text)
            if url is not None and is_picture_url(url) and not is_placeholder(url):
                yield PictureUrl(url=url)
