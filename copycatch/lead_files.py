"""Find addresses in what people keep them in: text, tables, spreadsheets, bookmarks.

In: the bytes of a file and its name. Out: the addresses in the order they stand, and sentences on what was left out.
Nothing is run and nothing is fetched; formulas count by the value that the spreadsheet last showed. XLSX files are read
by their XML alone: what reads them as tables gives no hyperlinks when it streams, and fills every row up to the widest
cell that the file claims.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import zipfile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from defusedxml.ElementTree import ParseError, iterparse

from casebook.errors import CopycatchError
from crawler.archives.exchange import BROKEN
from crawler.marketplaces import marketplace_of
from crawler.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILE_BYTES_LIMIT = 32 * 1024 * 1024
UNPACKED_BYTES_LIMIT = 64 * 1024 * 1024
MOST_ADDRESSES = 10_000
_LONGEST_CELL = 100_000
_DEEPEST = 64
_MOST_ELEMENTS = 1_000_000

# A list may part addresses by a comma alone, and Chinese punctuation follows without a space.
_ADDRESS = re.compile(
    r"(?:https?://|(?<![\w@./-])(?:www\.|(?P<bare>(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24})/))(?:(?![,;]https?://)[^\s<>\"'`{}|\\^\x00-\x20，。；！？、（）《》【】])+",
    re.IGNORECASE,
)
_PAIRS = {")": "(", "]": "["}
_TRAILING = ".,;:!?…»”’"
_DELIMITERS = ",;\t|"
_TABLES = (".csv", ".tsv", ".tab")
_SHEET_PARTS = re.compile(r"xl/(?:sharedStrings\.xml|worksheets/[^/]+\.xml|worksheets/_rels/[^/]+\.xml\.rels)")
_HYPERLINK = "/relationships/hyperlink"


class LeadsError(CopycatchError):
    """A list of leads cannot be read."""


class Found(NamedTuple):
    """The addresses of one source, as they stand there, and what could not be read of it."""

    addresses: tuple[str, ...]
    flaws: tuple[str, ...] = ()


def read_file(path: Path) -> Found:
    """Return the addresses in a file.

    Raises:
        LeadsError: it cannot be read, is far too large, or is a spreadsheet that is damaged or a bomb.
    """
    try:
        if not path.is_file():
            raise LeadsError(f"{path} is no file", remedy="Name a file, or paste the addresses themselves.")
        if path.stat().st_size > FILE_BYTES_LIMIT:
            limit = FILE_BYTES_LIMIT // 1024**2
            raise LeadsError(f"{path} is larger than {limit} MiB", remedy="Take the addresses out of it first.")
        data = path.read_bytes()
    except OSError as error:
        raise LeadsError(f"{path} cannot be read: {error.strerror}", remedy="Make it a readable file.") from None
    return read_bytes(data, path.name)


def read_bytes(data: bytes, name: str = "") -> Found:
    """Return the addresses in the bytes of a file; its name tells tables from text. Raises LeadsError."""
    if data.startswith(b"PK\x03\x04"):
        texts: Iterable[str] = _spreadsheet(data, name)
    elif data.startswith((b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise LeadsError(f"{name} is no list that can be read", remedy="Save it as XLSX, CSV or plain text.")
    elif _is_html(data):
        return _capped(_links(data, name), name)
    elif name.lower().endswith(_TABLES):
        texts = _cells(_decoded(data))
    else:
        texts = [_decoded(data)]
    return _capped((address for text in texts for address in addresses_in(text)), name)


def addresses_in(text: str) -> Iterator[str]:
    """Yield every http(s) address in a text; what only ends a sentence or closes a bracket is no part of it.

    Without `https://` or `www.` in front, the name of a marketplace before a path is one too.
    """
    for match in _ADDRESS.finditer(text):
        address = match[0]
        if match["bare"] is not None and marketplace_of(f"https://{match['bare']}/").HOSTS is None:
            continue
        while address[-1] in _TRAILING or (
            address[-1] in _PAIRS and address.count(address[-1]) > address.count(_PAIRS[address[-1]])
        ):
            address = address[:-1]
        yield address if "://" in address else f"https://{address}"


def _capped(addresses: Iterable[str], name: str) -> Found:
    """Return each address once, up to the limit."""
    taken: dict[str, None] = {}
    for address in addresses:
        if len(taken) >= MOST_ADDRESSES and address not in taken:
            where = name or "the text"
            return Found(tuple(taken), (f"{where} holds more than {MOST_ADDRESSES:,} addresses; the rest was left",))
        taken[address] = None
    return Found(tuple(taken))


def _decoded(data: bytes) -> str:
    """Return text by its byte order mark, else as UTF-8, else as Windows writes Western text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _is_html(data: bytes) -> bool:
    start = _decoded(data[:2000]).lstrip().lower()
    return start.startswith(("<!doctype", "<html", "<head", "<body", "<!--", "<dl", "<a "))


def _links(data: bytes, name: str) -> Iterator[str]:
    """Yield the links of a page, such as the bookmarks that a browser exports."""
    page = Page(url="https://bookmarks.invalid/", status=200, body=data)
    if page.too_much is not None:
        raise LeadsError(f"{name} is {page.too_much}", remedy="Export fewer bookmarks, a folder at a time.")
    for href in page.selector.xpath("//a/@href").getall():
        address = href.strip()
        if address.lower().startswith(("http://", "https://")):
            yield address


def _cells(text: str) -> Iterator[str]:
    """Yield the cells of a table, whichever delimiter its first lines use most."""
    start = text[:10_000]
    delimiter = max(_DELIMITERS, key=start.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:  # a NUL, or a cell beyond all measure: the next line is another one's
            continue
        if row is None:
            return
        yield from row


def _spreadsheet(data: bytes, name: str) -> Iterator[str]:
    """Yield the texts of an XLSX file's cells, then where its hyperlinks lead."""
    damaged = LeadsError(f"{name} is damaged, or no spreadsheet", remedy="Open it and save it anew, or as CSV.")
    left, count = UNPACKED_BYTES_LIMIT, itertools.count(1)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [part for part in archive.infolist() if _SHEET_PARTS.fullmatch(part.filename)]
            if not parts:
                raise damaged
            for part in parts:
                # What is unpacked of a part ends where its header says, so the headers can be held to account.
                left -= part.file_size
                if left < 0:
                    limit = UNPACKED_BYTES_LIMIT // 1024**2
                    raise LeadsError(f"{name} unpacks to more than {limit} MiB", remedy="Save the addresses alone.")
                with archive.open(part) as stream:
                    yield from _texts(stream, count, name)
    except (*BROKEN, ParseError):
        raise damaged from None


def _texts(stream: IO[bytes], count: Iterator[int], name: str) -> Iterator[str]:
    """Yield the texts of one part: a shared or inline string whole, however it is formatted; a cell's value; the target
    of a hyperlink."""
    pieces: list[str] = []
    length = 0
    above: list[Any] = []
    for event, node in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            above.append(node)
            if len(above) > _DEEPEST:
                raise ValueError("no spreadsheet nests like this")
            if next(count) > _MOST_ELEMENTS:
                raise LeadsError(
                    f"{name} holds more than some {_MOST_ELEMENTS // 2:,} cells", remedy="Save the addresses alone."
                )
            continue
        above.pop()
        kind = node.tag.rpartition("}")[2]
        if kind == "t" and length < _LONGEST_CELL:
            pieces.append((node.text or "")[:_LONGEST_CELL])
            length += len(pieces[-1])
        elif kind in ("si", "is"):
            yield "".join(pieces)
            pieces, length = [], 0
        elif kind == "v":
            yield (node.text or "")[:_LONGEST_CELL]
        elif kind == "Relationship" and (node.get("Type") or "").endswith(_HYPERLINK):
            yield node.get("Target") or ""
        if kind not in ("t", "r") and above:
            above[-1].clear()  # what was read makes room
