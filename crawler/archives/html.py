"""A page saved as HTML: alone, with its folder of files ("complete"), or with everything inside (SingleFile)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from crawler.archives.exchange import (
    LARGEST_BODY,
    MIB,
    AddressFrom,
    ArchiveError,
    Exchange,
    Flaw,
    moment,
    web_address,
    whole,
)
from crawler.archives.shortcut import address_beside
from crawler.entities import unescape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TAG = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|script|div|!--)", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
# What may stand before the note of a browser or extension.
_BEGINNING = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*+(?:<\?xml[^>]{0,200}>\s*+)?(?:<!doctype[^>]{0,500}>\s*+)?"
    rb"(?:<html[^>]{0,2000}>\s*+)?",
    re.IGNORECASE,
)
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")
_SINGLE_FILE = re.compile(rb"<!--\s*Page saved with SingleFile\s+url:\s*(\S+)\s+saved date:\s*([^\n\r]{10,80})")
_SINGLE_FILE_DATE = "%a %b %d %Y %H:%M:%S GMT%z"
_CLAIM = re.compile(rb"<(?:link|meta)\b[^<>]{0,4096}+>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"""(?<![\w:-])(rel|href|property|content)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE
)
_DATA_URL = re.compile(rb"data:image/[a-z+.-]{2,20};base64,([A-Za-z0-9+/=]{100,})")
# How browsers end the name of a page's folder, by their language.
_FOLDERS = (
    "_files", ".files", "-Dateien", "_fichiers", "_archivos", "_file", "_bestanden", "_arquivos", "_ficheiros",
    "_pliki", "_soubory", "_tiedostot", "-filer", "_dosyalar", "_elemei", "_datoteke", "_fitxers", "_failid", "_fails",
    "_bylos", "_fajlovi", "_fitxategiak",
)  # fmt: skip
_MOST_FILES = 5000
_HEAD = 4096  # bytes in which a tag makes a page of anything
_SEARCHED = 1 << 20  # bytes of the page in which its address is looked for


def begins(head: bytes) -> bool:
    """Whether a file holds HTML in its first bytes: near its beginning, or further on in what is text."""
    head = _single_bytes(head)
    return _TAG.search(head, 0, _HEAD) is not None or (_CONTROL.search(head) is None and _TAG.search(head) is not None)


def folder_owner(name: str) -> str | None:
    """Return the name, without its ending, of the page whose files a folder of this name holds; None for others."""
    return next((name[: -len(ending)] for ending in _FOLDERS if name.endswith(ending)), None)


def read(path: Path, url: str | None = None) -> Iterator[Exchange | Flaw]:
    """Yield a saved page and the pictures saved with it.

    1. Its address is `url`, or that of a shortcut beside it, or what the browser noted in a comment, or what the page
       claims for itself; a claim has no date.
    2. Pictures inside the page (data URLs) get an address below the page's, which takes their place in it.
    3. Files in the folder `<name>_files` beside the page are what its relative links mean. What a link leads to outside
       of that folder is never opened.

    ArchiveError: nothing tells where the page came from.
    """
    with path.open("rb") as file:
        data = whole(str(path), file, LARGEST_BODY)
    address, source, at = _address(path, data, url)
    if address is None or not web_address(address):
        raise ArchiveError(
            f"{path} does not tell where it was saved from.",
            remedy="Name its address with --url, one file at a time, or in a shortcut beside it with the page's name "
            f"({path.stem}.url or {path.stem}.webloc).",
        )
    data, inside = _without_data_urls(data, address)
    html = (("Content-Type", "text/html"),)
    yield Exchange(url=address, status=200, headers=html, body=data, at=at, address_from=source)
    for place, picture in inside.items():
        yield Exchange(url=place, status=200, body=picture, at=at, address_from=source)
    for one in _beside(path, address):
        yield replace(one, at=at, address_from=source) if isinstance(one, Exchange) else one


def _single_bytes(data: bytes) -> bytes:
    """Return the markup of a page in UTF-16 as if it were in UTF-8."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or 0 in data[:2]
    return data.replace(b"\x00", b"") if wide else data


def _address(path: Path, data: bytes, url: str | None) -> tuple[str | None, AddressFrom, datetime | None]:
    start = _single_bytes(data[:_SEARCHED])
    named = url or address_beside(path)
    noted, at = _noted(start)
    if named or noted:
        return named or noted, AddressFrom.NAMED if named else AddressFrom.NOTED, at
    return _claimed(start), AddressFrom.CLAIMED, None


def _noted(data: bytes) -> tuple[str | None, datetime | None]:
    """Return the address and the time that the browser or its extension noted: the note before which nothing stands but
    the beginning of the document. A browser that writes notes writes its own there; a page that another one saved could
    bring a note of its own, so even this is no proof against a page that means to deceive."""
    begun = _BEGINNING.match(data)
    place = begun.end() if begun else 0
    if single := _SINGLE_FILE.match(data, place):
        date = single[2].decode("latin-1").partition("(")[0].strip()
        try:
            return single[1].decode("latin-1"), datetime.strptime(date, _SINGLE_FILE_DATE).astimezone(UTC)
        except (ValueError, OverflowError):
            return single[1].decode("latin-1"), moment(date)
    saved = _SAVED_FROM.match(data, place)
    return (saved[1].decode("latin-1"), None) if saved else (None, None)


def _claimed(data: bytes) -> str | None:
    """Return the first web address that the page calls its own."""
    for tag in _CLAIM.finditer(data):
        values = {one[1].lower(): one[2] or one[3] or one[4] or b"" for one in _ATTRIBUTE.finditer(tag[0])}
        claim = values.get(b"href") if values.get(b"rel", b"").lower() == b"canonical" else None
        if values.get(b"property", b"").lower() == b"og:url":
            claim = values.get(b"content")
        address = unescape((claim or b"").decode("utf-8", "replace")).strip()
        if web_address(address):
            return address
    return None


def _without_data_urls(data: bytes, address: str) -> tuple[bytes, dict[str, bytes]]:
    pictures: dict[str, bytes] = {}

    def moved(found: re.Match[bytes]) -> bytes:
        try:
            picture = base64.b64decode(found[1], validate=True)
        except binascii.Error:
            return found[0]
        place = urljoin(address, f"/.saved-with-the-page/{hashlib.sha256(picture).hexdigest()[:32]}.jpg")
        pictures[place] = picture
        return place.encode()

    return _DATA_URL.sub(moved, data), pictures


def files_beside(path: Path) -> list[Path]:
    """Return what lies in the folders that a browser saved with a page; of one that cannot be listed, nothing."""
    found: list[Path] = []
    for folder in _folders(path):
        with suppress(OSError):
            found += folder.iterdir()
    return found


def _folders(path: Path) -> list[Path]:
    folders = (path.with_name(path.stem + ending) for ending in _FOLDERS)
    return [folder for folder in folders if folder.is_dir() and not folder.is_symlink()]


def _beside(path: Path, address: str) -> Iterator[Exchange | Flaw]:
    for folder in _folders(path):
        try:
            files = sorted(folder.iterdir())
        except OSError as error:
            yield Flaw(where=folder.name, why=f"it cannot be listed: {error.strerror}")
            continue
        for file in files[:_MOST_FILES]:
            try:
                one = _file(file, _link(address, folder, file))
            except OSError as error:
                one = Flaw(where=f"{folder.name}/{file.name}", why=f"it cannot be read: {error.strerror}")
            if one is not None:
                yield one
        if len(files) > _MOST_FILES:
            yield Flaw(where=folder.name, why=f"only the first {_MOST_FILES:,} of its {len(files):,} files were read")


def _file(file: Path, url: str) -> Exchange | Flaw | None:
    if file.is_symlink() or not file.is_file():
        return None
    where = f"{file.parent.name}/{file.name}"
    if not web_address(url):
        return Flaw(where=where, why="no address can be made of its name")
    if file.stat().st_size > LARGEST_BODY:
        return Flaw(where=where, why=f"it is larger than {LARGEST_BODY // MIB} MiB")
    return Exchange(url=url, status=200, body=file.read_bytes())


def _link(address: str, folder: Path, file: Path) -> str:
    """Return what a relative link from the page to this file means, spelled as browsers spell it."""
    parts = urlsplit(address)
    directory = parts.path.rpartition("/")[0]
    return f"{parts.scheme}://{parts.netloc}{directory}/{unquote(folder.name)}/{unquote(file.name)}"
