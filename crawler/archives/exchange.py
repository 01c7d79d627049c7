"""One saved exchange, what is wrong with an archive, and how much of one is read at most."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from typing import BinaryIO

MIB = 1024 * 1024
LARGEST_BODY = 64 * MIB
LARGEST_FILE = 512 * MIB  # of a kind that is read as one piece
LARGEST_ARCHIVE = 4096 * MIB  # unpacked
LONGEST_ADDRESS = 8192  # bytes

# What libraries raise on hostile archives. RuntimeError holds RecursionError, NotImplementedError and a ZIP's password.
BROKEN = (
    OSError, EOFError, ValueError, OverflowError, RuntimeError, LookupError, TypeError, AttributeError, zlib.error,
    lzma.LZMAError, zipfile.BadZipFile, zipfile.LargeZipFile,
)  # fmt: skip


class ArchiveError(CopycatchError):
    """A saved file that cannot be read any further."""


class AddressFrom(StrEnum):
    """Who says that an answer came from its address. A page can claim any, so that proves nothing."""

    NOTED = "noted"  # by the browser or recorder that saved it
    NAMED = "named"  # by the person who imports it
    CLAIMED = "claimed"  # by the page alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One answer as it was saved: `body` without transfer and content encoding, `at` when it was received, None where
    the file does not tell."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(repr=False)
    at: datetime | None = None
    address_from: AddressFrom = AddressFrom.NOTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A part of a saved file that cannot be read, and why."""

    where: str
    why: str


def web_address(url: object) -> bool:
    """Whether a text is an http(s) address with a host, of a length that a server would take."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or len(str(url).encode()) > LONGEST_ADDRESS:  # half a character raises ValueError
            return False
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def moment(text: object) -> datetime | None:
    """Return the time that an ISO 8601 or e-mail date names, UTC; None where it names none."""
    if not isinstance(text, str):
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text.strip())
            return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def whole(path: str, file: BinaryIO, largest: int = LARGEST_FILE) -> bytes:
    """Return all of a file. ArchiveError: it is larger than `largest` bytes."""
    data = file.read(largest + 1)
    if len(data) > largest:
        raise ArchiveError(
            f"{path} is larger than {largest // MIB} MiB.", remedy="Save the pages in several smaller files."
        )
    return data
