"""The picture servers of marketplaces: which URL is the full size, and which URLs are one picture.

Each rule was seen in real pages or is named as recalled; the URL that a page gave always stays as a fallback.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlunsplit

from crawler.addresses import split_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

_EXTENSION = r"\.(?:jpe?g|png|webp|gif|heic|avif)"
_ALI_SUFFIX = re.compile(rf"({_EXTENSION})_.*$", re.IGNORECASE)
_ALI_SIZE = re.compile(rf"\.(?:\d{{2,4}}x\d{{2,4}}|search|summ)(?={_EXTENSION}$)", re.IGNORECASE)
_ALI_NAME = re.compile(r"/kf/([A-Za-z0-9_-]{8,})|(O1CN01\w{8,})|/(TB[12][\w.-]{24})")
_AMAZON_SIZE = re.compile(r"\._[^/]*_(?=\.\w+$)")
_SHEIN_SIZE = re.compile(r"_thumbnail_\d*x\d*(?=\.\w+$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdn:
    """One kind of picture server. `full_size` returns path and query of the picture at full size; `name` finds, in that
    path, what names the picture on all of its hosts."""

    hosts: re.Pattern[str]
    full_size: Callable[[str, str], tuple[str, str]]
    name: re.Pattern[str]


def _alicdn(path: str, query: str) -> tuple[str, str]:
    whole = _ALI_SIZE.sub("", _ALI_SUFFIX.sub(r"\1", path))
    # What few programs can open is asked for as WebP, which the same server makes of it at the same size.
    return (whole + "_.webp" if whole.lower().endswith(".heic") else whole), ""


def _ebay(path: str, query: str) -> tuple[str, str]:
    return re.sub(r"/s-l\d+(?=\.\w+$)", "/s-l1600", path.replace("/thumbs/images/", "/images/")), query


def _etsy(path: str, query: str) -> tuple[str, str]:
    return re.sub(r"/il_\w+\.(?=\w+\.)", "/il_fullxfull.", path), query


def _amazon(path: str, query: str) -> tuple[str, str]:
    return _AMAZON_SIZE.sub("", path), query


def _dhgate(path: str, query: str) -> tuple[str, str]:
    return re.sub(r"^/(?:webp/m/)?\d+x\d+/", "/0x0/", path), query


def _made_in_china(path: str, query: str) -> tuple[str, str]:
    return re.sub(r"^/\d{1,3}f\d{1,2}j00(?=\w+/)", "/2f0j00", path), query


def _without_query(path: str, query: str) -> tuple[str, str]:
    return path, ""


def _shein(path: str, query: str) -> tuple[str, str]:
    return _SHEIN_SIZE.sub("", path), query


_CDNS = (
    Cdn(hosts=re.compile(r"(?:.*\.)?(?:alicdn|aliexpress-media)\.com"), full_size=_alicdn, name=_ALI_NAME),
    Cdn(hosts=re.compile(r"i\.ebayimg\.com"), full_size=_ebay, name=re.compile(r"/(?:images/g|z)/([\w~-]+)/")),
    Cdn(
        hosts=re.compile(r"(?:i|img\d?|img0)\.etsystatic\.com"),
        full_size=_etsy,
        name=re.compile(r"/il_\w+\.(\w+)\.\w+$"),
    ),
    Cdn(
        hosts=re.compile(r"(?:m\.media-amazon|images-\w+\.ssl-images-amazon)\.com"),
        full_size=_amazon,
        name=re.compile(r"/images/I/([\w+%-]+)"),
    ),
    Cdn(hosts=re.compile(r"(?:www|img\d*)\.dhresource\.com"), full_size=_dhgate, name=re.compile(r"/0x0/(.+)$")),
    Cdn(hosts=re.compile(r"image\.made-in-china\.com"), full_size=_made_in_china, name=re.compile(r"/2f0j00(\w+)/")),
    Cdn(hosts=re.compile(r"(?:.*\.)?kwcdn\.com"), full_size=_without_query, name=re.compile(r"^/(.+)$")),
    Cdn(hosts=re.compile(r"(?:.*\.)?ltwebstatic\.com"), full_size=_shein, name=re.compile(r"^/(.+)$")),
)


def cdn_full_size(url: str) -> str | None:
    """Return the URL of a picture at full size; None where no rule for its server is known."""
    parts = split_url(url)
    cdn = _cdn(parts)
    if cdn is None:
        return None
    path, query = cdn.full_size(parts.path, parts.query)
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def cdn_name(url: str) -> str | None:
    """Return what names a picture on all hosts of its server; None where that is not known."""
    parts = split_url(url)
    cdn = _cdn(parts)
    if cdn is None:
        return None
    found = cdn.name.search(cdn.full_size(parts.path, parts.query)[0])
    if found is None:
        return None
    return f"{cdn.hosts.pattern} {next(group for group in found.groups() if group)}"


def _cdn(parts: SplitResult) -> Cdn | None:
    host = (parts.hostname or "").lower()
    return next((cdn for cdn in _CDNS if cdn.hosts.fullmatch(host)), None)
