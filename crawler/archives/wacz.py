"""WACZ files: a ZIP with WARC files in `archive/`, as browser recorders write them."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

from crawler.archives import warc
from crawler.archives.exchange import ArchiveError, Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.archives.exchange import Exchange

_MOST_MEMBERS = 10_000
_ENDINGS = (".warc", ".warc.gz")


def begins(head: bytes) -> bool:
    """Whether a file begins like a ZIP."""
    return head.startswith(b"PK\x03\x04")


def read(path: Path) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of all WARC files in a WACZ, read where they lie and never unpacked to disk.

    ArchiveError: it is no ZIP that can be read, or holds no WARC file.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ArchiveError(
            f"{path} is cut off or damaged: {error}.", remedy="Export it again; a WACZ cannot be read without its end."
        ) from error
    with archive:
        members = [member for member in archive.infolist() if member.filename.lower().endswith(_ENDINGS)]
        if not members:
            raise ArchiveError(f"{path} is a ZIP without a WARC file.", remedy="Import what it holds instead.")
        for member in members[:_MOST_MEMBERS]:
            yield from _member(archive, member)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Exchange | Flaw]:
    name = member.filename
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        yield Flaw(where=repr(name), why="its path leads out of the archive, so it was left alone")
        return
    try:
        with archive.open(member) as file:
            yield from warc.records(cast("BinaryIO", file), name)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        yield Flaw(where=repr(name), why=f"it cannot be unpacked ({error})")
