"""What of the traffic is kept, and in which form: never a secret, and nothing that no reader needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from casebook.types import ListingState
from crawler.addresses import split_url
from crawler.archives.exchange import LARGEST_BODY
from crawler.canonical import same_site
from crawler.formats import sniff
from crawler.marketplaces import marketplace_of
from crawler.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from crawler.page import Reading

Headers = tuple[tuple[str, str], ...]

LARGEST_DATA = 8 * 1024 * 1024  # bytes: what is larger is a program, not what a page asks for
_READ_BY_PAGES = ("text/html", "application/xhtml+xml", "text/plain", "application/json", "text/json")
# Nothing that may go on without an end: the browser waits until an answer is copied whole.
_ASKED_BY_SCRIPTS = (
    "application/json", "text/json", "text/html", "application/javascript", "text/javascript",
    "application/x-javascript",
)  # fmt: skip
_DATA = re.compile(rb"\s*(?:\xef\xbb\xbf)?(?:[<\[{]|(?:/\*.{0,40}?\*/)?[\w$.]{1,80}\(\s*[\[{])")
_PASSWORD = re.compile(rb"<input[^>]{0,500}\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
_PASSWORD_NAME = re.compile(r"(?:^|[&;])[^=&;]*(?:passw|pwd)[^=&;]*=", re.IGNORECASE)
# Short names mean a secret only where the value is long; otherwise they may name the goods.
_SECRET_VALUE = re.compile(
    r"(?i)([?&;](?:[\w.\-]*(?:token|secret|session|signature|credential|api_?key)[\w.\-]*=(?=.)"
    r"|(?:auth|code|key|sid|sig|ticket)=(?=[^&;#]{20})))[^&;#\s\"']+"
)
_USER = re.compile(r"(?<=://)[^/?#@\s]*@")
# Of a request only what says how it was asked; no header that a script or the browser may have put a secret into.
_ASKED = frozenset({"accept", "accept-language", "referer", "user-agent"})
_SECRET_HEADER = re.compile(r"(?i)cookie|auth|token|session|secret|csrf|xsrf|passw|credential|api-?key")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
# The browser hands over bodies without these encodings.
_ENCODINGS = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_ADDRESSES = frozenset({"location", "content-location", "referer", "refresh", "link"})


class Role(StrEnum):
    """What an answer is for."""

    PAGE = "document"
    PICTURE = "image"
    DATA = "fetch"
    DESCRIPTION = "description"  # a listing's, which its page shows in a frame or loads by a script


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One answer to a GET as the browser got it: `body` without transfer and content encoding, empty for a redirect."""

    url: str
    role: Role
    status: int
    reason: str
    asked: Headers
    headers: Headers
    body: bytes = field(repr=False)
    at: datetime
    server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an answer is kept, and if not, why; `reading` is what a reader sees in it, None for pictures."""

    kept: bool
    why_not: str = ""
    reading: Reading | None = None


def role_of(kind: str, mime: str, *, top: bool) -> Role | None:
    """Return what an answer may be kept as, by the browser's word for its kind; None where it is nothing to keep.

    `top` says that it is what a tab shows, not a frame inside of it.
    """
    mime = mime.partition(";")[0].strip().lower()
    if kind == "Image" or mime.startswith("image/"):
        return None if "svg" in mime or (kind == "Document" and not top) else Role.PICTURE
    if kind == "Document" and (mime in _READ_BY_PAGES or not mime):
        return Role.PAGE if top else Role.DATA
    if kind in ("XHR", "Fetch", "Script") and mime in _ASKED_BY_SCRIPTS:
        return Role.DATA
    return None


def judged(heard: Heard, sites: Iterable[str]) -> Verdict:
    """Return whether an answer is kept; `sites` are the pages that the open tabs show.

    1. A picture is kept, whichever server it came from; what is no picture to our readers is not.
    2. A page that a tab shows is kept, but for one that only asks for a password.
    3. The description of a listing that was seen is kept, wherever it lies.
    4. Data and frames are kept where they belong to the site of an open tab or to a marketplace and tell of listings.
    """
    if _PASSWORD_NAME.search(split_url(heard.url).query):
        return Verdict(kept=False, why_not="its address holds a password")
    if len(heard.body) > LARGEST_BODY:
        return Verdict(kept=False, why_not="it is larger than 64 MiB")
    if heard.role is Role.PICTURE:
        return Verdict(kept=_redirects(heard) or sniff(heard.body) is not None)
    if _redirects(heard):
        return Verdict(kept=heard.role is Role.PAGE)
    if heard.role is Role.DESCRIPTION:
        return Verdict(kept=heard.status == 200 and len(heard.body) <= LARGEST_DATA)
    if heard.role is Role.PAGE:
        reading = _read(heard)
        only_login = not _shows(reading) and reading.state is not ListingState.BLOCKED and _PASSWORD.search(heard.body)
        return Verdict(kept=not only_login, why_not="a page for logging in" if only_login else "", reading=reading)
    if len(heard.body) > LARGEST_DATA or not _DATA.match(heard.body) or not _belongs(heard, sites):
        return Verdict(kept=False)
    reading = _read(heard)
    return Verdict(kept=_shows(reading), reading=reading)


def _redirects(heard: Heard) -> bool:
    return 300 <= heard.status < 400


def _read(heard: Heard) -> Reading:
    page = Page(url=heard.url, status=heard.status, headers=heard.headers, body=heard.body)
    return marketplace_of(heard.url).read(page)


def _shows(reading: Reading) -> bool:
    return reading.listing is not None or bool(reading.found)


def _belongs(heard: Heard, sites: Iterable[str]) -> bool:
    return marketplace_of(heard.url).HOSTS is not None or any(same_site(heard.url, site) for site in sites)


def without_secrets(url: str) -> str:
    """Return an address with user name, password, fragment and what looks like a token in its query cut out."""
    return _SECRET_VALUE.sub(r"\1***", _USER.sub("", url.partition("#")[0]))


def kept_address(heard: Heard) -> str:
    """Return the address under which an answer is written down. That of a picture or a description stays as the page
    gives it, signature and all, or nobody could tell which of them it is."""
    as_given = heard.role in (Role.PICTURE, Role.DESCRIPTION)
    return _USER.sub("", heard.url.partition("#")[0]) if as_given else without_secrets(heard.url)


def request_headers(sent: Mapping[str, str], url: str) -> Headers:
    """Return what is kept of the headers that a browser sent."""
    parts = split_url(url)
    host = ("Host", parts.netloc.rpartition("@")[2])
    kept = ((name, _safe(name, value)) for name, value in sent.items() if name.lower() in _ASKED)
    return (host, *kept)


def response_headers(received: Iterable[tuple[str, str]], size: int, *, is_utf8: bool = False) -> Headers:
    """Return what is kept of an answer's headers, for a body of `size` bytes that is not encoded any more; `is_utf8`
    where the browser gave it as text.

    What no longer holds for this body keeps its value under a name that begins with `X-Archive-Orig-`.
    """
    kept = []
    for name, value in received:
        if _SECRET_HEADER.search(name) or not _NAME.fullmatch(name):
            continue
        lines = [_safe(name, line) for line in value.split("\n")]
        if name.lower() == "content-length" and value == str(size):
            continue
        if name.lower() in _ENCODINGS or (is_utf8 and name.lower() == "content-type"):
            kept += [(f"X-Archive-Orig-{name}", line) for line in lines]
        else:
            kept += [(name, line) for line in lines]
        if is_utf8 and name.lower() == "content-type":
            kept.append((name, f"{value.partition(';')[0]}; charset=utf-8"))
    return (*kept, ("Content-Length", str(size)))


def _safe(name: str, value: str) -> str:
    value = value.replace("\r", " ").replace("\n", " ")
    return without_secrets(value) if name.lower() in _ADDRESSES else value
