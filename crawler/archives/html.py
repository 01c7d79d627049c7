"""A page saved as HTML: alone, with its folder of files ("complete"), or with everything inside (SingleFile)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from crawler.archives.exchange import LARGEST_BODY, MIB, ArchiveError, Exchange, Flaw, moment, web_address, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TAG = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|script|div|!--)", re.IGNORECASE)
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")
_SINGLE_FILE = re.compile(rb"Page saved with SingleFile\s+url:\s*(\S+)\s+saved date:\s*([^\n\r]{10,80})")
_SINGLE_FILE_DATE = "%a %b %d %Y %H:%M:%S GMT%z"
_CANONICAL = re.compile(
    rb"<link[^>]{0,500}?rel=[\"']?canonical[\"']?[^>]{0,500}?href=[\"']?([^\"'\s>]+)"
    rb"|<meta[^>]{0,200}?property=[\"']og:url[\"'][^>]{0,200}?content=[\"']([^\"'\s>]+)",
    re.IGNORECASE,
)
_DATA_URL = re.compile(rb"data:image/[a-z+.-]{2,20};base64,([A-Za-z0-9+/=]{100,})")
_MOST_FILES = 5000
_NOTED = 2048  # bytes
_SEARCHED = 1 << 20  # bytes of the page in which its address is looked for


def begins(head: bytes) -> bool:
    """Whether a file holds HTML in its first bytes."""
    return _TAG.search(head.replace(b"\x00", b"")) is not None


def read(path: Path, url: str | None = None) -> Iterator[Exchange | Flaw]:
    """Yield a saved page and the pictures saved with it.

    1. Its address is `url`, or what the browser noted in a comment, or what the page claims for itself.
    2. Pictures inside the page (data URLs) get an address below the page's, which takes their place in it.
    3. Files in the folder `<name>_files` beside the page are what its relative links mean. What a link leads to outside
       of that folder is never opened.

    ArchiveError: nothing tells where the page came from.
    """
    with path.open("rb") as file:
        data = whole(str(path), file, LARGEST_BODY)
    noted, at = _noted(data)
    address = url or noted or _claimed(data)
    if address is None or not web_address(address):
        raise ArchiveError(
            f"{path} does not tell where it was saved from.", remedy="Name its address with --url, one file at a time."
        )
    data, inside = _without_data_urls(data, address)
    yield Exchange(url=address, status=200, headers=(("Content-Type", "text/html"),), body=data, at=at)
    for place, picture in inside.items():
        yield Exchange(url=place, status=200, body=picture, at=at)
    yield from _beside(path, address, at)


def _noted(data: bytes) -> tuple[str | None, datetime | None]:
    """Return the address and the time that the browser or its extension noted: the note that stands first, at the very
    beginning, where no text of the page can stand."""
    single, saved = (note.search(data, 0, _NOTED) for note in (_SINGLE_FILE, _SAVED_FROM))
    if single and (not saved or single.start() < saved.start()):
        date = single[2].decode("latin-1").partition("(")[0].strip()
        try:
            return single[1].decode("latin-1"), datetime.strptime(date, _SINGLE_FILE_DATE).astimezone(UTC)
        except (ValueError, OverflowError):
            return single[1].decode("latin-1"), moment(date)
    return (saved[1].decode("latin-1"), None) if saved else (None, None)


def _claimed(data: bytes) -> str | None:
    found = _CANONICAL.search(data, 0, _SEARCHED)
    return (found[1] or found[2]).decode("latin-1").replace("&amp;", "&") if found else None


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


def _beside(path: Path, address: str, at: datetime | None) -> Iterator[Exchange | Flaw]:
    for folder in (path.with_name(f"{path.stem}_files"), path.with_name(f"{path.stem}.files")):
        if not folder.is_dir() or folder.is_symlink():
            continue
        for file in islice(sorted(folder.iterdir()), _MOST_FILES):
            if file.is_symlink() or not file.is_file():
                continue
            if file.stat().st_size > LARGEST_BODY:
                yield Flaw(where=f"{folder.name}/{file.name}", why=f"it is larger than {LARGEST_BODY // MIB} MiB")
                continue
            try:
                body = file.read_bytes()
            except OSError as error:
                yield Flaw(where=f"{folder.name}/{file.name}", why=f"it cannot be read: {error.strerror}")
                continue
            yield Exchange(url=_link(address, folder, file), status=200, body=body, at=at)


def _link(address: str, folder: Path, file: Path) -> str:
    """Return what a relative link from the page to this file means, spelled as browsers spell it."""
    parts = urlsplit(address)
    directory = parts.path.rpartition("/")[0]
    return f"{parts.scheme}://{parts.netloc}{directory}/{unquote(folder.name)}/{unquote(file.name)}"
