"""Keep hostile pages from sending us into private networks.

A listing page may link to `http://169.254.169.254/` or to a name that resolves to 127.0.0.1. Two gates stop it:
`AddressMiddleware` looks at every request, also at each redirect hop (scheme, literal addresses, allowed ports), and
`GuardedResolver` looks at what a name resolved to, in the very answer the connection is made with, so a name that
changes its address between check and use gains nothing.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

# Without the address, so that a page with a thousand of them is told of in one line.
NOT_PUBLIC = "no public address, and not in crawl.allowed_private_hosts"
ALLOWED_HOSTS_SETTING = "COPYCATCH_ALLOWED_PRIVATE_HOSTS"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(IgnoreRequest):
    """The request would leave the public internet, or is not HTTP at all."""


def is_public(address: str) -> bool:
    """Return whether an IP address (text, no port, no brackets) belongs to the public internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class AllowedHosts:
    """Hosts that may be private all the same: `name` allows every port, `name:port` that port alone."""

    def __init__(self, entries: Iterable[str]):
        self._entries = {entry.lower() for entry in entries}
        self._names = {urlsplit(f"//{entry}").hostname for entry in self._entries}

    def names(self, host: str) -> bool:
        return host.lower() in self._names

    def allows(self, host: str, port: int) -> bool:
        shown = f"[{host}]" if ":" in host else host
        return bool({shown.lower(), f"{shown.lower()}:{port}"} & self._entries)


class AddressMiddleware:
    """Refuse what is not plain HTTP(S) to a public address or to an explicitly allowed host."""

    def __init__(self, allowed: AllowedHosts):
        self._allowed = allowed

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressMiddleware:
        return cls(AllowedHosts(crawler.settings.getlist(ALLOWED_HOSTS_SETTING)))

    def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https"):
            raise AddressRefused(f"only http and https are fetched, not {parts.scheme}:")
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if self._allowed.allows(host, port):
            return
        try:
            public = is_public(host.split("%")[0])
        except ValueError:  # a name: the resolver decides, unless it is allowed on another port only
            public = not self._allowed.names(host)
        if not public:
            raise AddressRefused(NOT_PUBLIC)


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's resolver, refusing names that resolve to private, loopback, link-local or reserved addresses."""

    # The resolver belongs to the reactor, not to a crawler, and the connection code turns every error into "no
    # results"; the recorder reads here why a name was refused.
    refused: dict[str, str] = {}  # noqa: RUF012 - one per process, like the reactor it is installed on

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float, allowed: AllowedHosts):
        super().__init__(reactor, cache_size, timeout)
        self._allowed = allowed

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> GuardedResolver:
        settings = crawler.settings
        return cls(
            reactor,
            settings.getint("DNSCACHE_SIZE"),
            settings.getfloat("DNS_TIMEOUT"),
            AllowedHosts(settings.getlist(ALLOWED_HOSTS_SETTING)),
        )

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        return super().getHostByName(name, timeout).addCallback(self._checked, name)

    @classmethod
    def why_refused(cls, name: str) -> str | None:
        """Return why a name was refused, or None where it was not."""
        address = cls.refused.get(name)
        return None if address is None else f"{name} resolves to {address}, which is not a public address"

    def _checked(self, address: str, name: str) -> str:
        if not self._allowed.names(name) and not is_public(address):
            self.refused[name] = address
            raise DNSLookupError(self.why_refused(name))
        return address
