"""Who may reach the review, and under which conditions: decided before a port is opened."""

from __future__ import annotations

import errno
import socket
import ssl
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LONGEST_NAME = 253


class ReviewError(CopycatchError):
    """Review cannot be served like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How review is served.

    `hosts` are the names that requests may call it by besides those of this machine. With `sign_in` every page asks for
    a token first; `secure` tells that browsers reach it over TLS only.
    """

    host: str
    hosts: tuple[str, ...] = ()
    sign_in: bool = False
    secure: bool = False
    certificate: Path | None = None
    key: Path | None = None

    def address(self, port: int) -> str:
        """Return the address to open."""
        wildcard = _is_any(self.host)
        named = self.hosts[0] if self.hosts and (wildcard or self.certificate) else self.host
        return f"{'https' if self.certificate else 'http'}://{f'[{named}]' if ':' in named else named}:{port}/"


def serving(
    host: str,
    *,
    tokens: int,
    names: Sequence[str] = (),
    certificate: Path | None = None,
    key: Path | None = None,
    insecure: bool = False,
) -> Serving:
    """Return how review is served at `host` and under `names`, where there are so many `tokens`.

    1. At an address of this machine alone, and under no other name: openly, as whoever is there has the files anyway.
    2. Else everybody signs in with a token, so there must be one.
    3. At an address that others reach, a token must not be read on its way: TLS, or `insecure` said by hand. A name on
       this machine's own address means a proxy in front of it, which has to bring TLS itself.
    4. At every address of the machine, it must be said what it is called there: requests under other names are refused,
       since a page elsewhere could have a name of its own lead here.

    Raises:
        ReviewError: one of these is missing; the remedy says what.
    """
    if (certificate is None) != (key is None):
        raise ReviewError(
            "a certificate and its key belong together", remedy="Give both --certificate FILE and --key FILE."
        )
    own, called = is_loopback(host), tuple(_name(name) for name in names)
    if own and not called:
        here = () if host == "localhost" else (host,)
        return Serving(host=_own(host), hosts=here, secure=certificate is not None, certificate=certificate, key=key)
    if not tokens:
        raise ReviewError(
            "whoever can reach this address could read and decide everything",
            remedy="Make a token with `copycatch tokens add TITLE`; the pages will ask for it.",
        )
    if not own and certificate is None and not insecure:
        raise ReviewError(
            f"at {host} everything, tokens too, would cross the network readable by others",
            remedy="Give --certificate FILE and --key FILE, or say --insecure where nobody else is on that network.",
        )
    if _is_any(host) and not called:
        raise ReviewError(
            f"{host} stands for every address of this machine",
            remedy="Say with --name what you will call it in the browser, such as --name studio.local.",
        )
    hosts = called if own or _is_any(host) else (*called, host)
    secure = certificate is not None or (own and not insecure)
    return Serving(host=_own(host), hosts=hosts, sign_in=True, secure=secure, certificate=certificate, key=key)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone. A name that is not `localhost` may lead anywhere."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_certificate(certificate: Path, key: Path) -> None:
    """Raise ReviewError unless a certificate and its key can be used, without asking for a password."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise ReviewError(
            f"the certificate {certificate} with the key {key} cannot be used: {error}",
            remedy="Both are PEM files; the key must belong to the certificate and have no password.",
        ) from None


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address of this machine, at any free port for 0.

    Raises:
        ReviewError: the port is taken, or the address may not be used or is not one of this machine.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError):
        raise ReviewError(f"there is no address {host!r}", remedy="Give an address of this machine.") from None
    if sys.platform != "win32":  # there it would let two programs share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(place)
    except OSError as error:
        listening.close()
        at = "" if is_loopback(host) else f" at {host}"
        elsewhere = error.errno == errno.EADDRNOTAVAIL
        raise ReviewError(
            f"port {port} cannot be used{at}: {error.strerror}",
            remedy="Give an address of this machine."
            if elsewhere
            else "Another review may be open already; else choose another port with --port, or 0 for any.",
        ) from None
    listening.listen(128)
    return listening


def _own(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _name(name: str) -> str:
    """Return a name as requests call it; ReviewError: it is none."""
    plain = name.strip().lower()
    usable = plain.isascii() and all(part and part.replace("-", "a").isalnum() for part in plain.split("."))
    if not usable or len(plain) > _LONGEST_NAME:
        raise ReviewError(
            f"{name!r} is no name of a machine", remedy="Give it without scheme and port, such as studio.local."
        )
    return plain
