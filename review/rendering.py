"""Pages from templates: what came from outside is escaped, and cannot turn a line around."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from crawler.marketplaces import UnknownMarketplaceError, marketplace

# Renders a template with these values and this status.
Show = Callable[[Request, str, Mapping[str, Any], int], Response]

LONGEST = 300
# Control characters, halves of characters, ends of lines and paragraphs, invisible marks.
_UNSHOWN = frozenset({"Cc", "Cs", "Zl", "Zp", "Cf"})
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # Persian words and many emoji need them
_DIRECTIONS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"))


def renderer(values: Callable[[], Mapping[str, Any]]) -> Show:
    """Return what renders a template; `values` gives what every page knows."""
    environment = Environment(
        loader=PackageLoader("review", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=harmless,
    )
    environment.filters |= {
        "moment": moment,
        "day": lambda value: moment(value)[:10],
        "short": short,
        "link": link,
        "marketplace": marketplace_title,
        "shown_at": shown_at,
        "segment": lambda value: quote(str(value), safe=""),
        "query": lambda pairs: urlencode(
            [(name, value) for name, value in dict(pairs).items() if value not in (None, "")]
        ),
        "words": lambda value: str(value).replace("_", " "),
        "counted": lambda number, one, many=None: f"{number:,} {one if number == 1 else many or one + 's'}",
    }

    def show(request: Request, template: str, given: Mapping[str, Any], status: int = 200) -> Response:
        known = {**values(), "path": request.url.path}
        return HTMLResponse(environment.get_template(template).render({**known, **given}), status_code=status)

    return show


def harmless(value: Any) -> Any:
    """Return a value as it may stand in a page: texts without control characters and without marks that turn the
    direction of what follows."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = value.translate(_DIRECTIONS)
    if text.isprintable():
        return text
    return "".join(letter if unicodedata.category(letter) not in _UNSHOWN else _shown(letter) for letter in text)


def _shown(letter: str) -> str:
    """Return what stands for a letter that has no look of its own."""
    if letter in "\n\t" or letter in _JOINERS:
        return letter
    return "" if unicodedata.category(letter) == "Cf" else "\N{REPLACEMENT CHARACTER}"


def short(text: object, longest: int = LONGEST) -> str:
    """Return the beginning of a text that may be of any length."""
    whole = str(text)
    return whole if len(whole) <= longest else f"{whole[: longest - 1]}…"


def link(url: object) -> str | None:
    """Return an address that may be followed, or None: no listing shall plant `javascript:`."""
    try:
        usable = url is not None and urlsplit(str(url)).scheme in ("http", "https")
    except ValueError:
        usable = False
    return str(url) if usable else None


def marketplace_title(name: object) -> str:
    """Return what people call a marketplace."""
    try:
        return marketplace(str(name)).TITLE
    except UnknownMarketplaceError:
        return str(name)


def shown_at(row: Mapping[str, Any]) -> str:
    """Return where a listing or a seller is met: an independent shop by its host, a marketplace by its title."""
    key = row.get("seller_key") or row.get("listing_key")
    if row["marketplace"] != "generic" or not key:
        return marketplace_title(row["marketplace"])
    return str(key).partition(":")[2].partition("/")[0]


def moment(value: object) -> str:
    """Return a time of the casebook as people read it, in UTC."""
    if value is None:
        return "never"
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
