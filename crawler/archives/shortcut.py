"""A shortcut beside a saved page, as browsers drag it to a folder: the address that a person gave the page."""

from __future__ import annotations

import plistlib
import re
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from crawler.archives.exchange import BROKEN, web_address

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 64 * 1024  # bytes
_ADDRESS = re.compile(rb"^[ \t]*URL[ \t]*=[ \t]*([^\s]+)", re.IGNORECASE | re.MULTILINE)


def address_beside(path: Path) -> str | None:
    """Return the web address in the shortcut with the page's name (Windows' `.url`, macOS' `.webloc`), None without."""
    for ending, address_in in ((".url", _windows), (".webloc", _mac)):
        for shortcut in (path.with_suffix(ending), path.with_name(path.name + ending)):
            try:
                if shortcut.is_symlink() or not shortcut.is_file() or shortcut.stat().st_size > _LARGEST:
                    continue
                address = address_in(shortcut.read_bytes())
            except (*BROKEN, ExpatError):
                continue
            if isinstance(address, str) and web_address(address):
                return address
    return None


def _windows(data: bytes) -> str | None:
    found = _ADDRESS.search(data.replace(b"\0", b""))
    return found[1].decode() if found else None


def _mac(data: bytes) -> object:
    found = plistlib.loads(data)
    return found.get("URL") if isinstance(found, dict) else None
