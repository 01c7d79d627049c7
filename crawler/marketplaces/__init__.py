"""One file per marketplace: pure functions over a fetched page, found by their module's name.

A module gives `NAME`, `SEEN` (each layout it reads: where and when that was seen), `read(page)`, `canonical_url(url)`
and `sitemap_urls(page)`. Adding a file here is all it takes; see docs/marketplaces.md.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.page import Page, Reading
    from crawler.sitemap import Sitemap


class Marketplace(Protocol):
    """What every module in this package gives."""

    NAME: str
    SEEN: Mapping[str, str]

    def read(self, page: Page) -> Reading:
        """Return what a page proves; never raises, whatever the page holds."""

    def canonical_url(self, url: str) -> str:
        """Return the one spelling of a URL under which it is asked for and remembered."""

    def sitemap_urls(self, page: Page) -> Sitemap:
        """Return what a sitemap names."""


class UnknownMarketplaceError(CopycatchError):
    """A configuration names a marketplace that this program has no file for."""


def marketplace(name: str) -> Marketplace:
    """Return the marketplace of that name; raises UnknownMarketplaceError."""
    known = _by_name()
    if name not in known:
        raise UnknownMarketplaceError(f"There is no marketplace {name!r}.", remedy=f"Use one of: {', '.join(known)}.")
    return known[name]


def all_marketplaces() -> tuple[Marketplace, ...]:
    """Return every marketplace, by name."""
    return tuple(_by_name().values())


@cache
def _by_name() -> dict[str, Marketplace]:
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {module.NAME: cast("Marketplace", module) for module in sorted(modules, key=lambda module: str(module.NAME))}
