"""WACZ files: a ZIP with WARC files in `archive/`, as browser recorders write them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, BinaryIO, cast

from crawler.archives import warc
from crawler.archives.exchange import BROKEN, LARGEST_ARCHIVE, ArchiveError, Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.archives.exchange import Exchange

_MOST_MEMBERS = 10_000
_ENDINGS = (".warc", ".warc.gz")
# bzip2 and LZMA unpack to gigabytes at one call, and no recorder uses them.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def begins(head: bytes) -> bool:
    """Whether a file begins like a ZIP."""
    return head.startswith(b"PK\x03\x04")


def read(path: Path) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of all WARC files in a WACZ, read where they lie and never unpacked to disk.

    ArchiveError: it is no ZIP that can be read, or holds no WARC file.
    """
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise ArchiveError(
            f"{path} is cut off or damaged: {error}.", remedy="Export it again; a WACZ cannot be read without its end."
        ) from error
    with archive:
        members = [member for member in archive.infolist() if member.filename.lower().endswith(_ENDINGS)]
        if not members:
            raise ArchiveError(f"{path} is a ZIP without a WARC file.", remedy="Import what it holds instead.")
        budget = warc.Budget.of(LARGEST_ARCHIVE)
        for member in members[:_MOST_MEMBERS]:
            yield from _member(archive, member, budget)
            if budget.left < 0:
                return
        if len(members) > _MOST_MEMBERS:
            yield Flaw(where=path.name, why=f"only the first {_MOST_MEMBERS:,} of its {len(members):,} files were read")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: warc.Budget) -> Iterator[Exchange | Flaw]:
    name = member.filename
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        yield Flaw(where=repr(name), why="its path leads out of the archive, so it was left alone")
        return
    if member.compress_type not in _METHODS:
        yield Flaw(where=repr(name), why=f"it is packed by a method (number {member.compress_type}) that is not read")
        return
    try:
        with archive.open(member) as file:
            yield from warc.records(cast("BinaryIO", file), name, budget)
    except BROKEN as error:
        yield Flaw(where=repr(name), why=f"it cannot be unpacked ({error})")
