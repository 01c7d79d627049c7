"""Find addresses in what people keep them in: text, tables, spreadsheets, bookmarks.

In: the bytes of a file and its name. Out: the addresses in the order they stand, and sentences on what was left out:
lines that look like an address and are none as they stand, and what lies beyond the limits. What is no text is refused.
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
from crawler.formats import picture_format
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
# One word alone in its line or cell that was meant as an address: `myshop.example`, `htp://myshop.example/1`.
_MEANT = re.compile(r"(?:\S{0,8}//?)?(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}(?::\d+)?(?P<path>/\S*)?", re.IGNORECASE)
_FILE = re.compile(
    r".*\.(?:jpe?g|png|gif|webp|avif|heic|tiff?|bmp|psd|pdf|txt|csv|xlsx?|docx?|html?|zip)", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BLOCK = 4096  # characters; in a binary file one in a hundred and more of some block stands in no text
_STRAY_CONTROLS = 3
_MOST_MISSED = 10  # lines that are named
_MISSED_LENGTH = 100
_LONGEST_MEANT = 500
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
        return _gathered((("a cell", text) for text in _spreadsheet(data, name)), name)
    if data.startswith((b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise LeadsError(f"{name} is no list that can be read", remedy="Save it as XLSX, CSV or plain text.")
    if _is_html(data):
        return _gathered((("a link", address) for address in _links(data, name)), name, whole=True)
    text = _decoded(data)
    if _is_binary(data, text):
        raise _no_text(data, name)
    if name.lower().endswith(_TABLES):
        return _gathered(_cells(text), name)
    return _gathered(((f"line {number}", line) for number, line in enumerate(text.splitlines(), start=1)), name)


def addresses_in(text: str) -> Iterator[str]:
    """Yield every http(s) address in a text; what only ends a sentence or closes a bracket is no part of it.

    Without `https://` or `www.` in front, the name of a marketplace before a path is one too.
    """
    return (address for address, sure in _pieces(text) if sure)


def typed_address(text: str) -> str | None:
    """Return the address that somebody typed without `https://` in front: a host with a dot in it and a path, nothing
    else around it; None where it is no such thing."""
    match = _ADDRESS.fullmatch(text)
    return None if match is None or match["bare"] is None else f"https://{text}"


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what has the shape of an address, and whether it is one: a host and a path alone are only at a
    marketplace."""
    for match in _ADDRESS.finditer(text):
        address = match[0]
        sure = match["bare"] is None or marketplace_of(f"https://{match['bare']}/").HOSTS is not None
        while address[-1] in _TRAILING or (
            address[-1] in _PAIRS and address.count(address[-1]) > address.count(_PAIRS[address[-1]])
        ):
            address = address[:-1]
        yield address if "://" in address or not sure else f"https://{address}", sure


def _gathered(texts: Iterable[tuple[str, str]], name: str, *, whole: bool = False) -> Found:
    """Return each address in the texts once, up to the limit, and name what looks like one and was not taken. Each text
    comes with where it stood; `whole` ones are addresses."""
    taken: dict[str, None] = {}
    missed = _Missed()
    for where, text in texts:
        pieces = [(text, True)] if whole else list(_pieces(text))
        for address, sure in pieces:
            if not sure:
                missed.add(where, address)
            elif len(taken) >= MOST_ADDRESSES and address not in taken:
                flaw = f"{name or 'the text'} holds more than {MOST_ADDRESSES:,} addresses; the rest was left"
                return Found(tuple(taken), (flaw, *missed.told(name)))
            else:
                taken[address] = None
        if not pieces and _is_meant(text.strip()):
            missed.add(where, text.strip())
    return Found(tuple(taken), tuple(missed.told(name)))


def _is_meant(text: str) -> bool:
    """Whether a word that stands alone was meant as an address, and not as the name of a file."""
    meant = _MEANT.fullmatch(text) if len(text) <= _LONGEST_MEANT else None
    return meant is not None and (meant["path"] is not None or _FILE.fullmatch(text) is None)


class _Missed:
    """What looks like an address and was not taken: the first ones by name."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._more = 0

    def add(self, where: str, text: str) -> None:
        if len(self._first) < _MOST_MISSED:
            self._first.append(f"{where}: {text[:_MISSED_LENGTH]}")
        else:
            self._more += 1

    def told(self, name: str) -> Iterator[str]:
        """Yield a sentence for each of the first, and one for the rest."""
        source = f"{name}, " if name else ""
        for one in self._first:
            yield f"{source}{one} was left out: put https:// in front of it if it is an address"
        if self._more:
            yield f"{source}{self._more:,} more like these were left out"


def _is_binary(data: bytes, text: str) -> bool:
    """Whether a file is a picture or another program's own format: somewhere its bytes are those that no text holds."""
    if picture_format(data) not in (None, "BMP"):  # a text may begin with BM
        return True
    blocks = (text[start : start + _BLOCK] for start in range(0, len(text), _BLOCK))
    return any(len(_CONTROL.findall(block)) > max(_STRAY_CONTROLS, len(block) // 100) for block in blocks)


def _no_text(data: bytes, name: str) -> LeadsError:
    form = picture_format(data)
    if form is None:
        return LeadsError(
            f"{name} holds no text", remedy="Save the addresses as plain text, CSV or XLSX and name that."
        )
    return LeadsError(
        f"{name} is a picture ({form}), no list of addresses",
        remedy="Name a list of addresses here; your own pictures go to `copycatch works add`, and a screenshot of a "
        "listing to `copycatch look`.",
    )


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


def _cells(text: str) -> Iterator[tuple[str, str]]:
    """Yield the cells of a table with the line of each, whichever delimiter its first lines use most."""
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
        yield from ((f"line {reader.line_num}", value) for value in row)


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
