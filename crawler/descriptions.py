"""The pictures of a description that a listing's page shows in a frame of its own or loads by a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from casebook.types import GalleryPicture, PictureRole
from crawler.block_signs import block_sign, refusal
from crawler.markup import backgrounds, image_links, places
from crawler.page import Page
from crawler.picture_urls import picture_key, unite
from crawler.script_data import value_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from casebook.types import Listing
    from crawler.json_path import Json

_ASSIGNED = re.compile(r"\A\s*(?:var\s+)?\w{1,40}\s*=\s*(?=[{\"'])")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_DEEPEST = 6
_MOST_PICTURES = 300


def read_description(page: Page) -> tuple[str | None, tuple[GalleryPicture, ...]]:
    """Return why the answer is a refusal, None where it is none, and the pictures of the description."""
    blocked = block_sign(page) or refusal(page)
    return blocked, () if blocked or page.status != 200 else description_pictures(page)


def description_pictures(page: Page) -> tuple[GalleryPicture, ...]:
    """Return the pictures of a description, in its order, at most 300.

    It is HTML (eBay, AliExpress), a script that assigns HTML to a name (`var desc = '<p>…'`, Taobao and Tmall) or an
    object that holds HTML (`var offer_details = {"content": "<div>…"}`, 1688). Nothing is executed.
    """
    html = _html(page)
    inner = Page(url=page.url, status=200, headers=(("Content-Type", "text/html; charset=utf-8"),), body=html.encode())
    if inner.too_much is not None:
        return ()
    links = [
        *image_links(inner.selector.xpath("//img")),
        *inner.selector.xpath("//*/@background").getall(),
        *backgrounds(inner.selector.xpath("//*[contains(@style, 'url(')]")),
    ]
    return unite(places(inner, links), PictureRole.DESCRIPTION)[:_MOST_PICTURES]


def own_pictures(described: Iterable[GalleryPicture], listing: Listing) -> tuple[GalleryPicture, ...]:
    """Return the pictures of a description that the listing's page does not show itself."""
    shown = {picture_key(one.url) for one in listing.gallery if one.role is not PictureRole.DESCRIPTION}
    return tuple(one for one in described if picture_key(one.url) not in shown)


def _html(page: Page) -> str:
    text = page.text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
    assigned = _ASSIGNED.search(text)
    if assigned is None:
        return "".join(_texts(value_after(text, re.compile(r"\A\s*(?=\{)")))) if text.lstrip()[:1] == "{" else text
    if text[assigned.end()] == "{":
        return "".join(_texts(value_after(text, _ASSIGNED)))
    quote = text[assigned.end()]
    return _ESCAPED.sub(_unescaped, text[assigned.end() + 1 : max(text.rfind(quote), assigned.end() + 1)])


def _unescaped(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16)) if found[1] else found[2]
    return character.encode("utf-8", "replace").decode()


def _texts(value: Json, depth: int = 0) -> Iterator[str]:
    """Yield the texts in a value that hold pictures."""
    if isinstance(value, str):
        if "<img" in value:
            yield value.encode("utf-8", "replace").decode()
    elif depth < _DEEPEST and isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part, depth + 1)
