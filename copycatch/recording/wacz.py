"""From the WARC file of a recording to a WACZ 1.1.1 file, which other programs open too."""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from copycatch.recording.keeping import Role
from copycatch.version import PROGRAM
from crawler.addresses import split_url
from crawler.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any, BinaryIO

_NAME = "data.warc.gz"
_CHUNK = 1 << 20  # bytes
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,1000})", re.IGNORECASE)
_DIGITS = re.compile(r"\D")
_BROKEN = (ArchiveLoadFailed, EOFError, ValueError, zlib.error, AttributeError, TypeError)
_PAGES = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}


@dataclass(slots=True)
class _Contents:
    """What a WARC file holds up to its first broken place, `end` bytes from its begin."""

    index: list[str]
    pages: list[dict[str, str]]
    end: int = 0


def complete(warc: Path, out: Path, now: datetime) -> bool:
    """Write the WACZ `out` of a WARC file, of one that was cut off what stands before the cut; remove the WARC file.

    Returns whether it held a page or a picture; without one nothing is written. `out` is whole or not there, and the
    WARC file stays until it is. Raises OSError.
    """
    with warc.open("rb") as file:
        contents = _contents(file)
        if contents.index:
            _write(file, contents, out, now)
    warc.unlink()
    return bool(contents.index)


def _contents(file: BinaryIO) -> _Contents:
    """Return index, pages and length of the records that are whole."""
    found = _Contents(index=[], pages=[])
    records = ArchiveIterator(file)
    try:
        for record in records:
            body = record.content_stream().read()
            records.read_to_end()
            if getattr(record.raw_stream, "limit", 0) > 0:
                break
            offset, length = records.get_record_offset(), records.get_record_length()
            found.end = offset + length
            if record.rec_type == "response":
                found.index.append(_index_line(record, offset, length))
                found.pages += _page(record, body)
    except _BROKEN:  # it was cut off, when the process or the machine was
        pass
    found.index.sort()
    return found


def _index_line(record: Any, offset: int, length: int) -> str:
    """Return the line of a CDXJ index for one record."""
    header = record.rec_headers.get_header
    kind = record.http_headers.get_header("Content-Type") or ""
    fields = {
        "url": header("WARC-Target-URI"),
        "mime": kind.partition(";")[0].strip().lower(),
        "status": record.http_headers.get_statuscode(),
        "digest": header("WARC-Payload-Digest"),
        "length": str(length),
        "offset": str(offset),
        "filename": _NAME,
    }
    return f"{surt(header('WARC-Target-URI'))} {_DIGITS.sub('', header('WARC-Date'))[:14]} {json.dumps(fields)}"


def _page(record: Any, body: bytes) -> Iterator[dict[str, str]]:
    """Yield the line of the list of pages for what a tab showed."""
    header = record.rec_headers.get_header
    status = str(record.http_headers.get_statuscode())
    if header("WARC-Resource-Type") != Role.PAGE.value or status.startswith("3"):
        return
    headers = tuple(record.http_headers.headers)
    page = Page(url=header("WARC-Target-URI"), status=int(status), headers=headers, body=body)
    title = _TITLE.search(page.text)
    yield {
        "id": uuid4().hex,
        "url": page.url,
        "ts": header("WARC-Date"),
        "title": html.unescape(" ".join(title[1].split())) if title else page.url,
    }


def surt(url: str) -> str:
    """Return an address as indexes sort it: `com,example)/path?query`, in small letters and without `www.`."""
    parts = split_url(url.lower())
    host = re.sub(r"^www\d*\.", "", parts.hostname or "")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{','.join(reversed(host.split('.')))}{port}){parts.path or '/'}{'?' + query if query else ''}"


def _write(warc: BinaryIO, contents: _Contents, out: Path, now: datetime) -> None:
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")  # which only its owner may read
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                _fill(archive, warc, contents, now)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(out)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _fill(archive: zipfile.ZipFile, warc: BinaryIO, contents: _Contents, now: datetime) -> None:
    resources = [_copied(archive, warc, f"archive/{_NAME}", contents.end, now)]
    pages = "".join(json.dumps(line) + "\n" for line in (_PAGES, *contents.pages))
    index = "".join(line + "\n" for line in contents.index)
    for path, text in (("indexes/index.cdx", index), ("pages/pages.jsonl", pages)):
        resources.append(_stored(archive, path, text.encode(), now))
    package = {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "title": f"Recorded with {PROGRAM}",
        "created": now.isoformat(timespec="seconds"),
        "software": PROGRAM,
        "resources": resources,
    }
    if contents.pages:
        package |= {"mainPageUrl": contents.pages[0]["url"], "mainPageDate": contents.pages[0]["ts"]}
    data = json.dumps(package, indent=2).encode()
    kept = _stored(archive, "datapackage.json", data, now)
    digest = {"path": kept["path"], "hash": kept["hash"]}
    _stored(archive, "datapackage-digest.json", json.dumps(digest).encode(), now)


def _stored(archive: zipfile.ZipFile, path: str, data: bytes, now: datetime) -> dict[str, str | int]:
    archive.writestr(_member(path, now), data)
    return _resource(path, hashlib.sha256(data).hexdigest(), len(data))


def _copied(archive: zipfile.ZipFile, file: BinaryIO, path: str, size: int, now: datetime) -> dict[str, str | int]:
    """Copy the first `size` bytes of a file."""
    file.seek(0)
    digest, left = hashlib.sha256(), size
    with archive.open(_member(path, now), "w", force_zip64=True) as member:
        while left and (data := file.read(min(left, _CHUNK))):
            digest.update(data)
            member.write(data)
            left -= len(data)
    return _resource(path, digest.hexdigest(), size)


def _member(path: str, now: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(path, date_time=(now.year, now.month, now.day, now.hour, now.minute, now.second))


def _resource(path: str, digest: str, size: int) -> dict[str, str | int]:
    return {"name": path.rpartition("/")[2], "path": path, "hash": f"sha256:{digest}", "bytes": size}
