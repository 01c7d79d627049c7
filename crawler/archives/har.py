"""HAR files (HTTP Archive 1.2): what a browser's developer tools export."""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re
from typing import TYPE_CHECKING

from crawler.archives.exchange import LARGEST_BODY, MIB, ArchiveError, Exchange, Flaw, moment, web_address, whole
from crawler.json_path import at as value_at
from crawler.json_path import items_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_BEGINNING = re.compile(r'\s*+\{\s*+"')
_LONGEST_NUMBER = 18  # digits: Python refuses to read numbers of some thousand
_DECODER = json.JSONDecoder(
    strict=False, parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_NUMBER else None
)
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY = re.compile(rf"[\s,]*+({_STRING})\s*+:\s*+", re.DOTALL)
_TOKEN = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)
_PLAIN = re.compile(r"[^\s,\[\]{}]++")
_BETWEEN = re.compile(r"[\s,]*+")


def begins(head: bytes) -> bool:
    """Whether a file begins like JSON with an object."""
    return _BEGINNING.match(_text(head)) is not None


def read(path: Path) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of a HAR file; of one that was cut off, those before the cut.

    Each entry is read by itself, so that one that cannot be costs no other, and no more than one is in memory.

    ArchiveError: it holds no list of exchanges.
    """
    with path.open("rb") as file:
        text = _text(whole(str(path), file))
    place = text.find("{")
    for key in ("log", "entries"):
        begin = _member(text, place, key)
        if begin is None:
            raise _no_har(path, text)
        place = begin
    if not text.startswith("[", place):
        raise _no_har(path, text)
    number, place = 0, place + 1
    while not text.startswith("]", place := _after(_BETWEEN, text, place)):
        number += 1
        where = f"{path.name}, entry {number}"
        found, end = _entry(text, place, where)
        if found is not None:
            yield found
        if end is None:
            return
        place = end


def _text(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if data[:2] == b"{\0":
        return data.decode("utf-16-le", "replace")
    return data.decode("utf-8", "replace")


def _no_har(path: Path, text: str) -> ArchiveError:
    if text.rstrip().endswith("}"):
        return ArchiveError(
            f"{path} is no saved page: it is JSON, but no HAR file, since it has no log with entries.",
            remedy='In the browser\'s network panel choose "Save all as HAR with content".',
        )
    return ArchiveError(f"{path} cannot be read as a HAR file: it is cut off or damaged.", remedy="Export it again.")


def _member(text: str, place: int, wanted: str) -> int | None:
    """Return where the value of a key of the object at `place` begins; None where it has none."""
    if not text.startswith("{", place):
        return None
    place += 1
    while (key := _KEY.match(text, place)) is not None:
        if key[1] == f'"{wanted}"':
            return key.end()
        end = _end(text, key.end())
        if end is None:
            return None
        place = end
    return None


def _end(text: str, place: int) -> int | None:
    """Return where the value that begins at `place` ends, however deep it is nested; None where it does not."""
    if not text.startswith(("{", "["), place):
        found = (_TOKEN if text.startswith('"', place) else _PLAIN).match(text, place)
        return found and found.end()
    depth = 0
    for token in _TOKEN.finditer(text, place):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0) if token.end() == token.start() + 1 else 0
        if depth == 0:
            return token.end()
    return None


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def _entry(text: str, place: int, where: str) -> tuple[Exchange | Flaw | None, int | None]:
    """Return what the entry at `place` holds, and where it ends; None where nothing behind it can be found."""
    try:
        entry, end = _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError) as error:
        behind = _end(text, place)
        if behind is None:
            return Flaw(where=where, why="the file is cut off or damaged there"), None
        why = "it is nested too deep" if isinstance(error, RecursionError) else "it is damaged"
        return Flaw(where=where, why=why), behind
    return _exchange(entry, where), end


def _exchange(entry: object, where: str) -> Exchange | Flaw | None:
    url, text = value_at(entry, "request", "url"), value_at(entry, "response", "content", "text")
    status = value_at(entry, "response", "status")
    if not web_address(url) or not isinstance(status, int) or not 100 <= status <= 599:
        return None
    body = b""
    if isinstance(text, str):
        try:
            encoded = value_at(entry, "response", "content", "encoding") == "base64"
            body = base64.b64decode(text, validate=True) if encoded else text.encode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            return Flaw(where=where, why=f"its body cannot be decoded ({error})")
    if len(body) > LARGEST_BODY:
        return Flaw(where=where, why=f"its body is larger than {LARGEST_BODY // MIB} MiB")
    headers = [
        (_clean(name), _clean(value))
        for header in items_at(entry, "response", "headers")
        for name, value in [(value_at(header, "name"), value_at(header, "value"))]
        if isinstance(name, str) and isinstance(value, str) and name.lower() != "content-type"
    ]
    kind = value_at(entry, "response", "content", "mimeType")
    if isinstance(kind, str):
        # The text was decoded by the browser, whatever the page was encoded in.
        headers.append(("Content-Type", f"{_clean(kind).partition(';')[0]}; charset=utf-8"))
    return Exchange(
        url=url, status=status, headers=tuple(headers), body=body, at=moment(value_at(entry, "startedDateTime"))
    )


def _clean(text: str) -> str:
    """Return a text without the halves of characters that JSON can name and nothing can store."""
    return text.encode("utf-8", "replace").decode()
