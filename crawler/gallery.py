"""The pictures of a listing as its markup shows them: lazy attributes, srcset, anchors, backgrounds, thumbnails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.canonical import listing_name
from crawler.elements import ancestors, in_other_zone, steps_from, words_of
from crawler.picture_urls import PictureUrl, is_picture_url, is_placeholder, picture_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from crawler.page import Page

Place = tuple[PictureUrl, ...]

_IN_GALLERY = re.compile(
    r"galler|carousel|swiper|slider|slick|splide|glide|flickity|fotorama|owl|lightbox|zoom|magnif|showcase|viewer|thumb"
    r"|(?:product|item|main|hero|pdp|primary|featured|detail|listing)s?[-_]?(?:page[-_]?)?(?:image|img|imager|photo|media|picture|foto|bild)"
    r"|(?:image|img|photo|picture|media)s?[-_]?(?:container|wrap|holder|box|main|display|area|list|stage|large)|photos?(?:\b|_)"
)
_NO_PICTURE = re.compile(
    r"(?:^|[-_ ])(?:logos?|icons?|avatars?|badges?|flags?|payments?|sprites?|loader|spinner|cursor)(?:[-_ ]|$)"
)
_STRIP = re.compile(r"(?<!img-)(?<!with-)thumb|indicator|pager|(?:^|[-_ ])nav(?:[-_ ]|$)|dots")
_PICTURE_ATTRIBUTE = re.compile(
    r"(?:^|[-_:])(?:src|srcset|image|img|photo|picture|zoom|original|orig|large|full|hires|big|lazy|bg|background|href|thumb)"
)
_IN_DESCRIPTION = re.compile(
    r"(?:^|[-_: ])(?:product|item|full|long|tab|listing)?[-_]?(?:description|beschreibung|descripci[oó]n|descrizione)"
    r"(?:[-_ ]|$)"
)
_ATTRIBUTE = re.compile(r"[A-Za-z][\w:.-]*", re.ASCII)
_LARGE_ATTRIBUTE = re.compile(r"zoom|hires|large|full|orig|big")
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;{}]{0,200}?url\(\s*['\"]?([^'\")]{1,2000})", re.IGNORECASE)
_CANDIDATE = re.compile(r"(?:[^\s,]|,(?=\S))+(?:\s+[\d.]+[wxh])?")
_DESCRIPTOR = re.compile(r"(\S+)(?:\s+([\d.]+)([wxh]))?")
_MOST_PICTURES = 400
_ICON_SIDE = 40  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One element that shows a picture: its URLs, and where it stands."""

    element: HtmlElement
    place: Place
    in_gallery: bool
    in_strip: bool
    in_description: bool


def shown_pictures(page: Page, name: str | None) -> list[Shown]:
    """Return every element that shows a picture, but not those of other products, menus, logos, reviews; a picture that
    bears the listing's name stands in its gallery."""
    return list(_all_shown(page, name))


def gallery_places(shown: list[Shown], heading: HtmlElement | None) -> list[Place]:
    """Return the places of the gallery in document order, each with every URL given for it.

    1. From the heading outwards, the first element that holds a picture in gallery markup bounds the gallery; without
       gallery markup the first that holds any picture does; without a heading the whole page.
    2. A strip of thumbnails with files of its own is paired with the pictures it stands for.
    """
    chosen = _around(heading, [one for one in shown if one.in_gallery])
    if not chosen:
        chosen = _around(heading, [one for one in shown if not one.in_strip]) if heading is not None else []
    return _paired(chosen)


def description_places(shown: list[Shown]) -> list[Place]:
    """Return the places of the pictures within the listing's description, in document order."""
    return [one.place for one in shown if one.in_description]


def _all_shown(page: Page, name: str | None) -> Iterator[Shown]:
    seen = 0
    query = "//body//*[self::img or self::source or self::a or @style or @*[starts-with(name(), 'data-')]]"
    for node in page.selector.xpath(query):
        element = node.root
        place = _place(element, page)
        if not place or seen >= _MOST_PICTURES:
            continue
        if in_other_zone(element) or _is_decoration(element) or _leads_elsewhere(element, page):
            continue
        seen += 1
        alt = (element.get("alt") or "").strip()
        itemprop = element.get("itemprop") == "image"
        around = [element, *ancestors(element, 8)]
        lines = [words_of(one) for one in around]
        described = any(one.get("itemprop") == "description" for one in around)
        yield Shown(
            element=element,
            place=place,
            in_gallery=itemprop or bool(name and alt == name) or any(_IN_GALLERY.search(line) for line in lines),
            in_strip=any(_STRIP.search(line) for line in lines[:5]),
            in_description=described or any(_IN_DESCRIPTION.search(line) for line in lines),
        )


def _place(element: HtmlElement, page: Page) -> Place:
    """Return the URLs that one element gives for its picture, largest kind of attribute first."""
    found: list[PictureUrl] = []
    if element.tag == "a":
        url = page.join(element.get("href"))
        found = [PictureUrl(url=url)] if url and is_picture_url(url) else []
    else:
        names = [str(name) for name in element.attrib if _is_picture_attribute(str(name))]
        for name in sorted(names, key=lambda name: (_LARGE_ATTRIBUTE.search(name) is None, name == "src")):
            if name == "href" or (element.tag not in ("img", "source") and name in ("src", "srcset")):
                continue
            found.extend(_urls(name, element.get(name) or "", element.tag, page))
        background = _BACKGROUND.search(element.get("style") or "")
        if background:
            url = page.join(background[1])
            found.extend([PictureUrl(url=url)] if url else [])
        anchor = next((one for one in ancestors(element, 4) if one.tag == "a"), None)
        if anchor is not None and found:
            url = page.join(anchor.get("href"))
            found[:0] = [PictureUrl(url=url)] if url and is_picture_url(url) else []
    return tuple(one for one in found if not is_placeholder(one.url))


def _is_picture_attribute(name: str) -> bool:
    # Broken markup gives attributes such as `{"@type"`, which lxml lists but refuses to look up.
    return _ATTRIBUTE.fullmatch(name) is not None and _PICTURE_ATTRIBUTE.search(name.lower()) is not None


def _urls(name: str, value: str, tag: str, page: Page) -> list[PictureUrl]:
    if "srcset" in name:
        return _srcset(value, page)
    value = value.strip()
    # The attributes of other elements hold anything; only a value that ends like a picture is one.
    sure = tag in ("img", "source") and "src" in name
    if not value or len(value) > 4000 or value[0] in "{[#" or " " in value or not (sure or "." in value):
        return []
    url = page.join(value)
    return [PictureUrl(url=url)] if url and (sure or is_picture_url(url)) else []


def _srcset(value: str, page: Page) -> list[PictureUrl]:
    """Return the widest candidate of a srcset."""
    best: PictureUrl | None = None
    for candidate in _CANDIDATE.findall(value[:20_000]):
        match = _DESCRIPTOR.fullmatch(candidate.strip())
        url = page.join(match[1]) if match else None
        if match is None or url is None:
            continue
        try:
            size = float(match[2] or 1) * (1000 if match[3] == "x" else 1)
        except ValueError:
            size = 1.0
        width = min(int(size), 100_000)
        if best is None or width > (best.width or 0):
            best = PictureUrl(url=url, width=width)
    return [best] if best else []


def _is_decoration(element: HtmlElement) -> bool:
    lines = [words_of(element), *(words_of(one) for one in ancestors(element, 2))]
    if any(_NO_PICTURE.search(line) for line in lines):
        return True
    sides = [element.get(name, "").removesuffix("px") for name in ("width", "height")]
    return all(side.isdecimal() and int(side[:6]) <= _ICON_SIDE for side in sides)


def _leads_elsewhere(element: HtmlElement, page: Page) -> bool:
    """Whether a picture is the face of a link to another page: another product, a category, an advertisement."""
    anchor = element if element.tag == "a" else next((one for one in ancestors(element, 6) if one.tag == "a"), None)
    href = anchor.get("href") if anchor is not None else None
    url = page.join(href) if href and not href.startswith("#") else None
    return url is not None and not is_picture_url(url) and listing_name(url) != listing_name(page.url)


def _around(heading: HtmlElement | None, shown: list[Shown]) -> list[Shown]:
    if not shown or heading is None:
        return shown
    steps = steps_from(heading, [one.element for one in shown])
    nearest = min((step for step in steps if step is not None), default=None)
    return [one for one, step in zip(shown, steps, strict=True) if step == nearest]


def _paired(shown: list[Shown]) -> list[Place]:
    main = _distinct([one.place for one in shown if not one.in_strip])
    strip = _distinct([one.place for one in shown if one.in_strip])
    if not main or not strip:
        return main or strip
    keys = {picture_key(one.url) for place in main for one in place}
    own = [place for place in strip if not any(picture_key(one.url) in keys for one in place)]
    if len(own) == len(strip) == len(main):
        return [one + other for one, other in zip(main, strip, strict=True)]
    return [one.place for one in shown]


def _distinct(places: list[Place]) -> list[Place]:
    found: dict[frozenset[str], Place] = {}
    for place in places:
        found.setdefault(frozenset(picture_key(one.url) for one in place), place)
    return list(found.values())
