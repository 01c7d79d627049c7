"""The owner's keys of official interfaces: `keys.toml` in the workspace, read where they are needed and kept nowhere
else. A key goes into a header of the one request that needs it, never into a URL, a log, a report or the casebook."""

from __future__ import annotations

import re
import stat
import sys
import tomllib
from typing import TYPE_CHECKING

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEYS_NAME = "keys.toml"
WEBHOOKS = "webhooks"  # a section of its own kind: a secret for each name that the configuration gives
NAME_OF_WEBHOOK = r"^[A-Za-z0-9_-]{1,60}$"
SHORTEST_SECRET = 16
NEEDED: Mapping[str, tuple[str, ...]] = {
    "ebay": ("client_id", "client_secret"),
    "etsy": ("keystring", "shared_secret"),
    "tineye": ("api_key",),
    "google-vision": ("api_key",),
}


_KNOWN = ", ".join([*NEEDED, WEBHOOKS])


class KeysError(CopycatchError):
    """The file of keys cannot be used; its message names no value of it."""


class Keys:
    """The keys of each service of which all are given; what prints it sees the services' names alone."""

    def __init__(self, values: Mapping[str, Mapping[str, str]]):
        self._values = {
            service: {name: given[name] for name in names}
            for service, names in NEEDED.items()
            for given in (values.get(service, {}),)
            if all(given.get(name) for name in names)
        }
        # Service -> the names of what is still missing, where a part of it is given.
        self.missing: Mapping[str, tuple[str, ...]] = {
            service: tuple(name for name in names if not given.get(name))
            for service, names in NEEDED.items()
            for given in (values.get(service),)
            if given is not None and service not in self._values
        }

        # Name of a webhook -> what its messages are signed with.
        self.webhooks: Mapping[str, str] = dict(values.get(WEBHOOKS, {}))

    def __repr__(self) -> str:
        return f"Keys({', '.join(self._values)})"

    def __contains__(self, service: str) -> bool:
        return service in self._values

    def __getitem__(self, service: str) -> Mapping[str, str]:
        """Return the keys of a service by their names; KeysError where they are not given."""
        if service not in self._values:
            raise KeysError(
                f"there is no key for {service}",
                remedy=f"Put {' and '.join(NEEDED[service])} under [{service}] into {KEYS_NAME} in the workspace.",
            )
        return self._values[service]


def read_keys(path: Path) -> Keys:
    """Read the file of keys; none is given where it is missing.

    Raises:
        KeysError: it can be read by others on this machine, is not TOML, or holds what no interface needs.
    """
    try:
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeysError(f"{path} can be read by others on this machine", remedy=f"Run `chmod 600 {path}`.")
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Keys({})
    except OSError as error:
        raise KeysError(f"{path} cannot be read: {error.strerror}", remedy="Make it yours and readable.") from None
    except (ValueError, RecursionError):  # the reason would quote a line of the file
        raise KeysError(
            f"{path} is not TOML in UTF-8", remedy='Write it like `[etsy]` and `keystring = "…"`, a line each.'
        ) from None
    for service, values in given.items():
        _check(path, service, values)
    return Keys(given)


def _check(path: Path, service: str, values: object) -> None:
    if service == WEBHOOKS:
        _check_secrets(path, values)
        return
    if service not in NEEDED:
        raise KeysError(f"{path}: {service[:60]!r} is no interface", remedy=f"Known are {_KNOWN}.")
    named = values.items() if isinstance(values, dict) else [("", values)]
    for name, value in named:
        # A line break would end the header that carries the key and begin another.
        known = name in NEEDED[service]
        if known and isinstance(value, str) and value.isascii() and value.isprintable():
            continue
        raise KeysError(
            f"{path}: the value of {name} under [{service}] is no line of plain text"
            if known
            else f"{path}: [{service}] takes no {name[:60]!r}",
            remedy=f"It takes {' and '.join(NEEDED[service])}, each a line of text in quotation marks.",
        )


def _check_secrets(path: Path, values: object) -> None:
    for name, value in values.items() if isinstance(values, dict) else [("", values)]:
        usable = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) >= SHORTEST_SECRET
        if not usable or not re.fullmatch(NAME_OF_WEBHOOK, name):
            raise KeysError(
                f"{path}: [{WEBHOOKS}] holds no usable secret under {name[:60]!r}",
                remedy=f"Write the webhook's name = a secret of at least {SHORTEST_SECRET} letters, digits and signs.",
            )
