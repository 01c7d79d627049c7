"""WARC files (ISO 28500), plain or compressed: what crawlers, recorders and web archives keep.

warcio's own iterator reads headers whole and unpacks without limit, so records are split here, and warcio parses
headers whose length is known.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from warcio.statusandheaders import StatusAndHeadersParser

from crawler.archives.encodings import EncodingError, dechunked, decoded
from crawler.archives.exchange import (
    BROKEN,
    LARGEST_ARCHIVE,
    LARGEST_BODY,
    MIB,
    Exchange,
    Flaw,
    moment,
    web_address,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

_KEPT = ("response", "resource")
_GZIP = b"\x1f\x8b"
_LONGEST_HEADER = 64 * 1024  # bytes, of a record or of an answer
_MOST_BLANK = 64  # lines between two records; two is right
_SKIPPED = 1 << 16  # bytes at once
_LENGTH = re.compile(r"\d{1,18}")


class _UnreadableError(Exception):
    """Nothing behind this place can be read; says why."""


class _LongHeaderError(_UnreadableError):
    pass


@dataclass(slots=True)
class Budget:
    """How many bytes may be unpacked of an archive, and how many of them are left."""

    most: int
    left: int

    @classmethod
    def of(cls, most: int) -> Budget:
        return cls(most, most)


def begins(head: bytes) -> bool:
    """Whether a file begins like a WARC file."""
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, 64)
        except zlib.error:
            return False
    return head.startswith(b"WARC/")


def read(path: Path) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of a WARC file."""
    with path.open("rb") as file:
        yield from records(file, path.name)


def records(file: BinaryIO, name: str, budget: Budget | None = None) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of an open WARC file, up to the first place where it is broken.

    A header is read up to 64 KiB, a body unpacked in memory to 64 MiB, and the file to what is left of `budget`, 4 GiB
    by default: what a bomb holds beyond that is never unpacked.
    """
    where, number = name, 1
    source = _Source(file, Budget.of(LARGEST_ARCHIVE) if budget is None else budget)
    try:
        while True:
            where = f"{name}, record {number}"
            head = _record_header(source)
            if head is None:
                return
            found = _record(source, head, where)
            if found is not None:
                yield found
            if isinstance(found, Exchange):
                source.spend(len(found.body))  # what the answer's own encoding added counts too
            number += 1
    except _UnreadableError as error:
        yield Flaw(where=where, why=str(error))
    except BROKEN as error:
        yield Flaw(where=where, why=f"it is cut off or damaged ({type(error).__name__}: {error})")
    finally:
        source.release()


class _Lines(Protocol):
    def line(self, most: int) -> bytes: ...


class _Source:
    """An open file, unpacked bit by bit at the expense of the budget."""

    def __init__(self, file: BinaryIO, budget: Budget):
        self._packed = io.BufferedReader(cast("io.RawIOBase", file))
        is_packed = self._packed.peek(2)[:2] == _GZIP
        self._file = gzip.GzipFile(fileobj=self._packed) if is_packed else self._packed
        self._budget = budget

    def line(self, most: int) -> bytes:
        """Return the next line, or `most` bytes of it."""
        return self._spent(self._file.readline(most))

    def read(self, size: int) -> bytes:
        """Return as many bytes, less where the file ends."""
        return self._spent(self._file.read(size))

    def release(self) -> None:
        """Leave the file to whoever opened it, who will close it."""
        self._packed.detach()

    def spend(self, size: int) -> None:
        """Take bytes off the budget."""
        self._budget.left -= size
        if self._budget.left < 0:
            raise _UnreadableError(f"it unpacks to more than {self._budget.most // MIB} MiB; the rest is left unread")

    def _spent(self, data: bytes) -> bytes:
        self.spend(len(data))
        return data


class _Block:
    """What a record says is its own."""

    def __init__(self, source: _Source, length: int):
        self._source, self._left = source, length

    def line(self, most: int) -> bytes:
        return self._taken(self._source.line(min(most, self._left)), 1)

    def read(self, most: int) -> bytes:
        size = min(most, self._left)
        return self._taken(self._source.read(size), size)

    def skip(self) -> None:
        while self._left:
            self.read(_SKIPPED)

    def _taken(self, data: bytes, least: int) -> bytes:
        if len(data) < min(least, self._left):
            raise _UnreadableError("it is cut off")
        self._left -= len(data)
        return data


def _record_header(source: _Source) -> Any:
    """Return the header of the next record, None at the end of the file."""
    for _ in range(_MOST_BLANK):
        first = source.line(_LONGEST_HEADER)
        if first.strip():
            break
        if not first:
            return None
    if not first.startswith(b"WARC/"):
        raise _UnreadableError("it is damaged: what follows is no record")
    head, whole = _header(source, first)
    if whole:
        return _parsed(head)
    raise _UnreadableError("it is cut off in the midst of a record")


def _header(lines: _Lines, first: bytes) -> tuple[bytes, bool]:
    """Return the lines from `first` to an empty one, and whether that came."""
    found, size, line = [first], len(first), first
    while line.endswith(b"\n") and line.strip() and size < _LONGEST_HEADER:
        line = lines.line(_LONGEST_HEADER - size)
        size += len(line)
        found.append(line)
    if size >= _LONGEST_HEADER:
        raise _LongHeaderError(f"its header is longer than {_LONGEST_HEADER // 1024} KiB")
    return b"".join(found), line.endswith(b"\n")


def _parsed(head: bytes) -> Any:
    return StatusAndHeadersParser([], verify=False).parse(io.BytesIO(head))


def _record(source: _Source, head: Any, where: str) -> Exchange | Flaw | None:
    length = str(head.get_header("Content-Length") or "").strip()
    if not _LENGTH.fullmatch(length):
        raise _UnreadableError("its header does not tell its length, so nothing behind it can be found")
    block = _Block(source, int(length))
    url = str(head.get_header("WARC-Target-URI") or "").strip("<> ")
    found: Exchange | Flaw | None = None
    if head.get_header("WARC-Type") in _KEPT and web_address(url):
        try:
            found = _exchange(head, url, block)
        except (_LongHeaderError, EncodingError) as error:
            found = Flaw(where=where, why=str(error))
    block.skip()
    return found


def _exchange(head: Any, url: str, block: _Block) -> Exchange:
    """Read the answer in a record. EncodingError: its body is too large or cannot be decoded."""
    headers: tuple[tuple[str, str], ...] = ()
    status, begun, http = 200, b"", None
    if head.get_header("WARC-Type") == "response":
        begun = block.line(_LONGEST_HEADER)
        if begun.startswith(b"HTTP/"):
            http, begun = _parsed(_header(block, begun)[0]), b""
    if http is not None:
        headers = tuple((str(name), str(value)) for name, value in http.headers)
        code = str(http.get_statuscode() or "")
        status = int(code) if re.fullmatch("[1-5][0-9][0-9]", code) else 200
    elif kind := head.get_header("Content-Type"):
        headers = (("Content-Type", kind),)
    body = _body(block, begun, http)
    return Exchange(url=url, status=status, headers=headers, body=body, at=moment(head.get_header("WARC-Date")))


def _body(block: _Block, begun: bytes, http: Any) -> bytes:
    body = begun + block.read(LARGEST_BODY + 1)
    if http is not None and len(body) <= LARGEST_BODY:
        if (http.get_header("Transfer-Encoding") or "").strip().lower() == "chunked":
            body = dechunked(body)
        body = decoded(body, http.get_header("Content-Encoding") or "", LARGEST_BODY)
    if len(body) > LARGEST_BODY:
        raise EncodingError(f"its body is larger than {LARGEST_BODY // MIB} MiB")
    return body
