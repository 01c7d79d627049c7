"""Official interfaces of marketplaces, one file each: pure functions that say what to ask an interface for.

In: words, a seller, a listing or a plain page's address, and the owner's keys. Out: the address to ask instead, the
headers that name no secret, and those that do. The marketplace's own file reads the answers. Nothing here opens a
connection; `crawler.admission` keeps the keys and the tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from crawler.addresses import split_url
from crawler.marketplaces import marketplace

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked in a page's place; `headers` hold no secret."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """How a token is had for the keys (OAuth 2.0, client credentials): a form that is posted."""

    url: str
    body: str


class Interface(Protocol):
    """What every module in this package gives.

    `SERVICE` is its section in keys.toml and the name of its marketplace, `HOST` the one host that ever gets a key.
    `TOKEN` is None where the keys themselves open it.
    """

    SERVICE: str
    TITLE: str
    HOST: str
    TOKEN: TokenRequest | None

    def search_url(self, words: str) -> str:
        """Return the first page of a search."""

    def shop_url(self, seller_id: str) -> str | None:
        """Return the first page of all goods of a seller; None where his id can be none."""

    def listing_url(self, listing_id: str) -> str:
        """Return where one listing is told with all of its pictures."""

    def seller_in(self, url: str) -> str | None:
        """Return the seller whose goods a plain page of the marketplace shows; None where it shows no seller's."""

    def headers(self, url: str) -> Mapping[str, str]:
        """Return the headers that asking for this plain page takes; none of them is secret."""

    def secret_headers(self, keys: Mapping[str, str], token: str | None, *, for_token: bool) -> Mapping[str, str]:
        """Return the headers that let a request in."""

    def sent_on(self, url: str, status: int, body: bytes) -> str | None:
        """Return the address at which the interface says that it keeps what was asked for; None where it does not."""


def interface_of(name: str) -> Interface | None:
    """Return the interface of the marketplace of that name; None where it has none that we know."""
    return _by_service().get(name)


def all_interfaces() -> tuple[Interface, ...]:
    """Return every interface, by the name of its marketplace."""
    return tuple(_by_service().values())


def host_of(url: str) -> str | None:
    """Return the interface's host that an address lies on; None where it lies on none of ours, or not on HTTPS."""
    parts = split_url(url)
    try:
        whole = parts.scheme == "https" and parts.port in (None, 443)
    except ValueError:  # a port that is none
        return None
    host = (parts.hostname or "").lower()
    return host if whole and any(host == one.HOST for one in all_interfaces()) else None


def asked_instead(interface: Interface, url: str) -> Asked | None:
    """Return what the interface is asked for in place of a page; None where it cannot tell what that page shows."""
    headers = interface.headers(url)
    if host_of(url) == interface.HOST:
        return Asked(url=url, headers=headers)
    place = marketplace(interface.SERVICE)
    if place.HOSTS is None or not place.HOSTS.fullmatch((split_url(url).hostname or "").lower()):
        return None
    number = place.listing_id(url)
    if number is not None:
        return Asked(url=interface.listing_url(number), headers=headers)
    seller = interface.seller_in(url)
    shop = None if seller is None else interface.shop_url(seller)
    return None if shop is None else Asked(url=shop, headers=headers)


@cache
def _by_service() -> Mapping[str, Interface]:
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {
        module.SERVICE: cast("Interface", module) for module in sorted(modules, key=lambda module: str(module.SERVICE))
    }
