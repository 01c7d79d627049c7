"""WARC files (ISO 28500), plain or compressed: what crawlers, recorders and web archives keep."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from crawler.archives.exchange import LARGEST_ARCHIVE, LARGEST_BODY, MIB, Exchange, Flaw, moment, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

_KEPT = ("response", "resource")
_BETWEEN = 4  # bytes: the empty lines behind a record
_BROKEN = (ArchiveLoadFailed, OSError, EOFError, ValueError, zlib.error, AttributeError, TypeError)


def begins(head: bytes) -> bool:
    """Whether a file begins like a WARC file."""
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(31).decompress(head, 64)
        except zlib.error:
            return False
    return head.startswith(b"WARC/")


def read(path: Path) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of a WARC file."""
    with path.open("rb") as file:
        yield from records(file, path.name)


def records(file: BinaryIO, name: str) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of an open WARC file, up to the first place where it is broken.

    A body is unpacked in memory to 64 MiB at most and all of them together to 4 GiB: what a bomb holds beyond that is
    never unpacked.
    """
    read_bytes, end = 0, 0
    try:
        iterator = ArchiveIterator(file)
        for number, record in enumerate(iterator, start=1):
            where = f"{name}, record {number}"
            body = _body(record) if record.rec_type in _KEPT else b""
            read_bytes += len(body)
            if len(body) > LARGEST_BODY:
                yield Flaw(where=where, why=f"its body is larger than {LARGEST_BODY // MIB} MiB")
                continue
            if read_bytes > LARGEST_ARCHIVE:
                yield Flaw(where=where, why=f"the file unpacks to more than {LARGEST_ARCHIVE // MIB} MiB")
                return
            iterator.read_to_end()
            if getattr(record.raw_stream, "limit", 0) > 0 or record.rec_headers.get_header("Content-Length") is None:
                yield Flaw(where=where, why="it is cut off")
                return
            end = iterator.get_record_offset() + iterator.get_record_length()
            url = record.rec_headers.get_header("WARC-Target-URI")
            if record.rec_type in _KEPT and web_address(url):
                yield _exchange(record, url, body)
        if file.tell() > end + _BETWEEN:
            yield Flaw(where=name, why="it is cut off in the midst of a record")
    except _BROKEN as error:
        yield Flaw(where=name, why=f"it is cut off or damaged ({type(error).__name__}: {error})")


def _body(record: Any) -> bytes:
    """Return the decoded body, one byte more than allowed where it is larger."""
    stream = record.content_stream()
    parts, size = [], 0
    while size <= LARGEST_BODY and (part := stream.read(1 << 16)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)[: LARGEST_BODY + 1]


def _exchange(record: Any, url: str, body: bytes) -> Exchange:
    headers: tuple[tuple[str, str], ...] = ()
    status = 200
    if record.http_headers is not None:
        headers = tuple((str(name), str(value)) for name, value in record.http_headers.headers)
        code = str(record.http_headers.get_statuscode() or "")
        status = int(code) if code.isdecimal() and len(code) == 3 else 200
    elif kind := record.rec_headers.get_header("Content-Type"):
        headers = (("Content-Type", kind),)
    at = moment(record.rec_headers.get_header("WARC-Date"))
    return Exchange(url=url, status=status, headers=headers, body=body, at=at)
