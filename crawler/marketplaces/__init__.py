"""One file per marketplace: pure functions over a fetched page, found by their module's name.

What each module gives stands in `Marketplace`. Most of them say how their pages are built (`LAYOUTS`) and let
`crawler.proof` decide what a page proves. Adding a file here is all it takes; see docs/marketplaces.md.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from casebook.errors import CopycatchError
from crawler.addresses import split_url

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from crawler.layouts import Access, Layout
    from crawler.page import Page, Reading


class Marketplace(Protocol):
    """What every module in this package gives.

    `KEY` is the name under which its listings are kept: Taobao and Tmall number theirs together. `HOSTS` matches the
    whole name of its hosts; None where any host may be one. `LAYOUTS` are the generations of its pages, newest first.
    """

    NAME: str
    KEY: str
    TITLE: str
    HOSTS: re.Pattern[str] | None
    LAYOUTS: tuple[Layout, ...]
    ACCESS: Access

    def read(self, page: Page) -> Reading:
        """Return what a page proves; never raises, whatever the page holds."""

    def listing_id(self, url: str) -> str | None:
        """Return the number or handle of the listing that a URL asks for; None where it asks for none."""

    def canonical_url(self, url: str) -> str:
        """Return the one spelling of a URL under which it is asked for and remembered."""

    def search_url(self, words: str, number: int) -> str | None:
        """Return the URL of a page of search results, counted from 1; None where it has no search that we know."""

    def shop_url(self, seller_id: str) -> str | None:
        """Return the URL of all goods of a seller; None where his id alone does not lead there."""


class UnknownMarketplaceError(CopycatchError):
    """A configuration names a marketplace that this program has no file for."""


def marketplace(name: str) -> Marketplace:
    """Return the marketplace of that name; raises UnknownMarketplaceError."""
    known = _by_name()
    if name not in known:
        raise UnknownMarketplaceError(f"There is no marketplace {name!r}.", remedy=f"Use one of: {', '.join(known)}.")
    return known[name]


def marketplace_of(url: str) -> Marketplace:
    """Return the marketplace whose host a URL names, `generic` where none does."""
    host = (split_url(url).hostname or "").lower()
    named = (one for one in all_marketplaces() if one.HOSTS is not None and one.HOSTS.fullmatch(host))
    return next(named, None) or marketplace("generic")


def all_marketplaces() -> tuple[Marketplace, ...]:
    """Return every marketplace, by name."""
    return tuple(_by_name().values())


@cache
def _by_name() -> Mapping[str, Marketplace]:
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {module.NAME: cast("Marketplace", module) for module in sorted(modules, key=lambda module: str(module.NAME))}
