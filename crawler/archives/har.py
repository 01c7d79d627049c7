"""HAR files (HTTP Archive 1.2): what a browser's developer tools export."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING

from crawler.archives.exchange import LARGEST_BODY, MIB, ArchiveError, Exchange, Flaw, moment, web_address, whole
from crawler.json_path import at as value_at
from crawler.json_path import items_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

_BEGINNING = re.compile(rb'^(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')
_DECODER = json.JSONDecoder(strict=False)
_ENTRIES = re.compile(r'"entries"\s*:\s*\[')


def begins(head: bytes) -> bool:
    """Whether a file begins like a HAR file."""
    return _BEGINNING.match(head) is not None


def read(path: Path) -> Iterator[Exchange | Flaw]:
    """Yield the exchanges of a HAR file; of one that was cut off, those before the cut."""
    with path.open("rb") as file:
        text = whole(str(path), file).decode("utf-8-sig", "replace")
    try:
        entries = list(items_at(json.loads(text, strict=False), "log", "entries"))
        broken = None
    except (ValueError, RecursionError) as error:
        entries, broken = list(_before_the_cut(text)), Flaw(where=path.name, why=f"it is cut off or damaged ({error})")
        if not entries:
            raise ArchiveError(f"{path} cannot be read as a HAR file: {error}.", remedy="Export it again.") from error
    del text
    for number, entry in enumerate(entries, start=1):
        found = _exchange(entry, f"{path.name}, entry {number}")
        if found is not None:
            yield found
    if broken is not None:
        yield broken


def _before_the_cut(text: str) -> Iterator[Any]:
    start = _ENTRIES.search(text)
    place = start.end() if start else len(text)
    while place < len(text):
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        yield value
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1


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
        (name, value)
        for header in items_at(entry, "response", "headers")
        for name, value in [(value_at(header, "name"), value_at(header, "value"))]
        if isinstance(name, str) and isinstance(value, str) and name.lower() != "content-type"
    ]
    kind = value_at(entry, "response", "content", "mimeType")
    if isinstance(kind, str):
        # The text was decoded by the browser, whatever the page was encoded in.
        headers.append(("Content-Type", f"{kind.partition(';')[0]}; charset=utf-8"))
    return Exchange(
        url=url, status=status, headers=tuple(headers), body=body, at=moment(value_at(entry, "startedDateTime"))
    )
