"""One picture under many URLs: which URLs are the same file, which is the largest, which is no picture at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlunsplit

from casebook.types import GalleryPicture, PictureRole
from crawler.addresses import split_url
from crawler.cdns import cdn_full_size, cdn_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EXTENSION = r"\.(?:jpe?g|jfif|png|webp|gif|avif|heic|bmp|tiff?)"
_PICTURE_PATH = re.compile(_EXTENSION + r"$", re.IGNORECASE)
_STRONGER = 1 << 20  # pixels: a URL that names no size is taken for the original
_SCENE7_WIDTH = 400  # pixels that Scene7 serves where the URL names no size
_MOST_FALLBACKS = 4

# Each rule: what the path must hold, what to cut or replace in it to get the original. All forms are those of the
# platform's own documented or measured URLs; the URL that was given always stays as a fallback.
_PATH_RULES = (
    ("WordPress", re.compile(r"/(?:wp-content|uploads)/"), re.compile(rf"-\d{{2,4}}x\d{{2,4}}(?={_EXTENSION}$)"), ""),
    (
        "Shopify",
        re.compile(r"^/s/files/|/cdn/shop/"),
        re.compile(
            r"_(?:\d+x\d*|x\d+|pico|icon|thumb|small|compact|medium|large|grande|original|master)"
            rf"(?:_crop_[a-z]+)?(?:@\dx)?(?:\.progressive)?(?={_EXTENSION}$)"
        ),
        "",
    ),
    ("easy-thumbnails", re.compile(r"\d_"), re.compile(rf"({_EXTENSION})\.\d+x\d+_[^/]*{_EXTENSION}$"), r"\1"),
    ("Magento", re.compile("/cache/"), re.compile(r"/cache/(?:[\w-]{1,40}/){0,6}?[0-9a-f]{32}(?=/)"), ""),
    ("PrestaShop", re.compile("_default/"), re.compile(r"(?<=/)(\d+)-[a-z]+_default(?=/)"), r"\1"),
    ("BigCommerce", re.compile("/stencil/"), re.compile(r"(?<=/stencil/)(?:\d+x\d+|\d+w)(?=/)"), "original"),
    ("Wix", re.compile("/media/"), re.compile(rf"({_EXTENSION})/v1/(?:fill|fit|crop)/.*$"), r"\1"),
)
_TRANSFORMATION = re.compile(
    r"(?:c_[a-z]+|[fgteub]_[\w:.-]+|q_[\w:.]+|[whxyr]_[\w.]+|fl_[\w.]+|(?:dpr|ar|bo|so)_[\w:.]+)"
)
_SURE_TRANSFORMATION = re.compile(r"(?:^|,)(?:c_(?:scale|fill|fit|pad|limit|crop|thumb|lfill|mfit)|f_auto|q_auto)\b")
# A size at the end of a file name unites files, but on an unknown shop it is no reason to ask for another name.
_SIZE_IN_NAME = re.compile(rf"[-_](?:\d{{2,4}}x\d{{2,4}}|scaled)(?={_EXTENSION}$)", re.IGNORECASE)
_SIZES = frozenset({
    "width", "height", "w", "h", "wid", "hei", "max", "maxwidth", "maxheight", "imwidth", "sw", "sh", "size", "fit",
    "crop", "resize", "dpr",
})  # fmt: skip
_DISPLAY = _SIZES | frozenset({
    "quality", "q", "auto", "fm", "format", "resmode", "_mzcb", "v", "ver", "cb", "sm", "bg", "bgcolor", "strip",
    "optimize",
})  # fmt: skip
_SAFE_TO_DROP = frozenset({
    "width", "height", "w", "h", "crop",
})  # fmt: skip
_WIDTHS = ("width", "w", "wid", "imwidth", "max", "maxwidth", "sw")
_WIDTH_IN_PATH = re.compile(r"(?:[-_/.,]|^)(?:w_)?(\d{2,4})(?:x\d{0,4}|w)(?=[-_/.,]|$)|(?:^|[/,])w_(\d{1,4})(?=[,/])")
_PLACEHOLDER = re.compile(
    r"(?:s-)?(?:1x1|blank|_?mzblank|spacer|pixel|transparent|placeholder|empty|dummy|loader|loading|spinner|lazy|lazyload"
    r"|noimage|no[-_](?:image|photo|picture)|image[-_]?not[-_]?found|default|share|logo|favicon|sprite)(?:[-_]?\d{1,4}(?:x\d{1,4})?)?",
    re.IGNORECASE,
)
_MOVING_PLACEHOLDER = re.compile(r"(?:^|[-_])(?:loader|loading|spinner|ajax)(?:[-_]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureUrl:
    """A URL that a page gives for a picture; `width` in pixels where the markup says it."""

    url: str
    width: int | None = None


def unite(
    places: Iterable[Sequence[PictureUrl]], role: PictureRole = PictureRole.GALLERY
) -> tuple[GalleryPicture, ...]:
    """Return one gallery picture of this role per picture, in the order of first sight.

    A place holds every URL the page gives for one place of the gallery.
    1. Placeholders are dropped, and so is what stands beside several unlike pictures: a button drawn over each.
    2. Places that share a picture (see `picture_key`) become one.
    3. Best URL first: the original by the platform's rule where there is one, then the given URLs, widest first.
    """
    order: list[dict[str, PictureUrl]] = []
    place_of: dict[str, int] = {}
    for given in _without_decoration([[one for one in place if not is_placeholder(one.url)] for place in places]):
        keys = [picture_key(one.url) for one in given]
        if not keys:
            continue
        index = min((place_of[key] for key in keys if key in place_of), default=len(order))
        if index == len(order):
            order.append({})
        for key, one in zip(keys, given, strict=True):
            other = place_of.setdefault(key, index)
            if other != index:
                order[index].update(order[other])
                order[other] = {}
                place_of.update((moved, index) for moved, at in place_of.items() if at == other)
            order[index].setdefault(one.url, one)
    return tuple(_best_first(list(urls.values()), role) for urls in order if urls)


def is_picture_url(url: str) -> bool:
    """Whether the path ends like a picture file, or the URL wraps one that does."""
    return _PICTURE_PATH.search(split_url(_unwrapped(url)).path) is not None


def is_placeholder(url: str) -> bool:
    """Whether a URL stands for no picture: a lazy-loading stand-in, a site-wide share picture, a drawing (svg)."""
    path = split_url(url).path
    stem, _, extension = path.rsplit("/", 1)[-1].rpartition(".")
    stem, extension = (stem, extension.lower()) if stem else (extension, "")
    if extension in ("svg", "ico") or _PLACEHOLDER.fullmatch(stem):
        return True
    return (extension == "gif" and _MOVING_PLACEHOLDER.search(stem) is not None) or _width(url) <= 2


@lru_cache(maxsize=4096)
def picture_key(url: str) -> str:
    """Return a name that the same picture has at every size: host and path without sizes, query without display."""
    inner = _unwrapped(url)
    named = cdn_name(inner)
    if named is not None:
        return named
    parts = split_url(inner)
    path = _SIZE_IN_NAME.sub("", _original_path(_without_transformations(parts.path)))
    host = parts.netloc.lower().removeprefix("www.")
    if "/is/image/" in path:  # Scene7: the path alone names the picture
        return f"{host}{unquote(path)}"
    kept = sorted((name, value) for name, value in parse_qsl(parts.query) if name.lower() not in _DISPLAY)
    return f"{host}{unquote(path)}?{urlencode(kept, errors='replace')}"


def original(url: str) -> str | None:
    """Return the URL that the platform's own rule gives for the picture at full size, or None where none is known."""
    inner = _unwrapped(url)
    served = cdn_full_size(inner)
    if served is not None:
        return served if served != url else None
    parts = split_url(inner)
    path = _original_path(parts.path)
    if "/image/upload/" in path:
        path = _without_transformations(path)
    query = parts.query
    if "/is/image/" not in path and "/_next/" not in path:
        pieces = query.split("&") if query else []
        query = "&".join(piece for piece in pieces if piece.partition("=")[0].lower() not in _SAFE_TO_DROP)
    found = urlunsplit((parts.scheme, parts.netloc, path, query, ""))
    return found if found != url else None


def _without_decoration(places: list[list[PictureUrl]]) -> list[list[PictureUrl]]:
    """Drop a picture that stands together with others which have nothing in common: it would make them all one."""
    keys = [frozenset(picture_key(one.url) for one in place) for place in places]
    beside: dict[str, set[frozenset[str]]] = {}
    for together in set(keys):
        for key in together if len(together) > 1 else ():
            beside.setdefault(key, set()).add(together - {key})
    decoration = {key for key, others in beside.items() if len(others) > 1 and not frozenset.intersection(*others)}
    return [
        [one for one in place if picture_key(one.url) not in decoration] if together - decoration else place
        for place, together in zip(places, keys, strict=True)
    ]


def _best_first(given: list[PictureUrl], role: PictureRole) -> GalleryPicture:
    ranked = sorted(given, key=lambda one: min(one.width or _STRONGER, _width(one.url)), reverse=True)
    urls = [one.url for one in ranked]
    full = original(urls[0])
    if full is not None:
        urls = [full, *(url for url in urls if url != full)]
    return GalleryPicture(url=urls[0], fallbacks=tuple(urls[1 : 1 + _MOST_FALLBACKS]), role=role)


def _width(url: str) -> int:
    parts = split_url(url)
    for name, value in parse_qsl(parts.query[:2000]):
        digits = value.removesuffix("px").removesuffix("w")
        if name.lower() in _WIDTHS and digits.isdecimal() and len(digits) < 6:
            return int(digits)
    if "/is/image/" in parts.path:
        return _SCENE7_WIDTH
    widths = [int(one or other) for one, other in _WIDTH_IN_PATH.findall(parts.path[-300:])]
    return min(widths) if widths else _STRONGER


def _unwrapped(url: str) -> str:
    """Return the picture behind a resizing service of the same page (`/_next/image?url=…`)."""
    parts = split_url(url)
    if not parts.path.endswith(("/_next/image", "/_next/image/", "/_ipx", "/_vercel/image")):
        return url
    inner = next((value for name, value in parse_qsl(parts.query) if name == "url"), "")
    try:
        joined = urljoin(url, inner)
        return joined if inner and split_url(joined).scheme in ("http", "https") else url
    except ValueError:
        return url


def _original_path(path: str) -> str:
    for _, where, cut, put in _PATH_RULES:
        if where.search(path):
            path = cut.sub(put, path, count=1)
    return path


def _without_transformations(path: str) -> str:
    """Drop the segments of a Cloudinary-style path that only say how to draw the picture."""
    if not _SURE_TRANSFORMATION.search(path.replace("/", ",")):
        return path
    segments = path.split("/")
    return "/".join(
        segment
        for segment in segments
        if not segment or not all(_TRANSFORMATION.fullmatch(piece) for piece in segment.split(","))
    )
