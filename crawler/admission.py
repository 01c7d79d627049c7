"""What lets a crawl into official interfaces: the owner's keys, and the tokens that were had for them.

All of it stays in this object's memory. What it gives away goes into the headers of one request, on its way out below
everything that writes or logs; what it is shown of an answer, it is shown before anything else reads it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from casebook.types import Purpose
from crawler.interfaces import Asked, all_interfaces, asked_instead, host_of
from crawler.keys import Keys
from crawler.marketplaces import marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from crawler.interfaces import Interface
    from crawler.job import Target

EARLIER = timedelta(seconds=60)  # a token is renewed this long before it expires
_LONGEST_TOKEN = 8000
_SHORTEST_SECRET = 8  # characters; a shorter text stands in answers by chance
_LONGEST_LIFE = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class _Token:
    number: int
    text: str
    until: datetime

    def __repr__(self) -> str:
        return f"token {self.number}"


class KeyMissingError(Exception):
    """An address is an interface's own, and the key for it is not given, or no longer."""


class Admission:
    """The interfaces that the owner's keys open for the targets of one crawl. Printing it shows no secret."""

    def __init__(self, keys: Keys | None = None, targets: Iterable[Target] = ()):
        self._keys = keys or Keys({})
        opened = {interface.SERVICE: interface for interface in all_interfaces() if interface.SERVICE in self._keys}
        # A target of leads has addresses of any site: each goes to the interface of its own marketplace.
        self._interfaces = {
            target.name: tuple(one for name, one in opened.items() if target.leads or name == target.marketplace)
            for target in targets
        }
        self._tokens: dict[str, _Token] = {}
        self._given = 0
        self.refused: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Admission({self._keys!r})"

    def interface(self, target: str, url: str, purpose: Purpose) -> Interface | None:
        """Return the interface that a request of a target goes to; None where it goes elsewhere."""
        interface = self._opened(target, url)
        if interface is None or purpose not in (Purpose.PAGE, Purpose.TOKEN):
            return None
        return interface if host_of(url) == interface.HOST else None

    def asked(self, target: str, url: str) -> Asked | None:
        """Return what is asked in place of a target's page; None where no interface tells it and the page is asked for.

        Raises:
            KeyMissingError: the address is an interface's own, and its key is not given, or no longer.
        """
        interface = self._opened(target, url)
        instead = None if interface is None else asked_instead(interface, url)
        host = host_of(url)
        if instead is None and host is not None:
            raise KeyMissingError(f"{host} is an official interface, and there is no key for it in keys.toml")
        return instead

    def _opened(self, target: str, url: str) -> Interface | None:
        several = self._interfaces.get(target, ())
        service = marketplace_of(url).NAME if several else None
        return next((interface for interface in several if service == interface.SERVICE), None)

    def needs_token(self, interface: Interface, now: datetime) -> bool:
        """Return whether a token must be had before the interface can be asked."""
        token = self._tokens.get(interface.SERVICE)
        return interface.TOKEN is not None and (token is None or now >= token.until - EARLIER)

    def token_number(self, interface: Interface) -> int | None:
        """Return which token is in use, counted from 1."""
        token = self._tokens.get(interface.SERVICE)
        return None if token is None else token.number

    def drop_token(self, interface: Interface, number: object) -> bool:
        """Forget the token of that number; return whether another one will be used, now or after asking for it."""
        token = self._tokens.get(interface.SERVICE)
        if token is not None and token.number == number:
            del self._tokens[interface.SERVICE]
        return interface.TOKEN is not None and number is not None

    def take_token(self, interface: Interface, status: int, body: bytes, now: datetime) -> None:
        """Keep the token of an answer, or what it says instead."""
        answer = _object(body)
        text, life = answer.get("access_token"), answer.get("expires_in")
        usable = isinstance(text, str) and 0 < len(text) <= _LONGEST_TOKEN and text.isascii() and text.isprintable()
        if status == 200 and usable:
            seconds = float(life) if isinstance(life, int | float) and 0 <= life <= _LONGEST_LIFE else 0.0
            self._given += 1
            self._tokens[interface.SERVICE] = _Token(self._given, str(text), now + timedelta(seconds=seconds))
            self.refused.pop(interface.SERVICE, None)
            return
        told = answer.get("error_description") or answer.get("error")
        says = f', and says "{" ".join(told.split())[:200]}"' if isinstance(told, str) and told.strip() else ""
        self.refused[interface.SERVICE] = self.without_secrets(f"it answers {status}{says}")

    def secret_headers(self, interface: Interface, url: str, purpose: Purpose) -> Mapping[str, str]:
        """Return the headers that let one request in; none for anything but the interface's own pages and token."""
        token = self._tokens.get(interface.SERVICE)
        for_token = purpose is Purpose.TOKEN
        if for_token and (interface.TOKEN is None or url != interface.TOKEN.url):
            return {}
        text = None if token is None else token.text
        return interface.secret_headers(self._keys[interface.SERVICE], text, for_token=for_token)

    def tells(self, data: bytes) -> bool:
        """Return whether bytes hold a key or a token."""
        return any(secret.encode() in data for secret in self._secrets())

    def without_secrets(self, text: str) -> str:
        """Return a text with every key and token in it replaced by `***`."""
        for secret in self._secrets():
            text = text.replace(secret, "***")
        return text

    def _secrets(self) -> Iterator[str]:
        for interface in {one.SERVICE: one for several in self._interfaces.values() for one in several}.values():
            keys = self._keys[interface.SERVICE]
            token = self._tokens.get(interface.SERVICE)
            text = None if token is None else token.text
            sent = [
                value.rpartition(" ")[2]
                for for_token in (True, False)
                for value in interface.secret_headers(keys, text, for_token=for_token).values()
            ]
            yield from sorted(
                {one for one in (*keys.values(), *sent) if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True
            )


def _object(body: bytes) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
