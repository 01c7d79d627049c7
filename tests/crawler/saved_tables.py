"""All pages and pictures of a table as a person's browser saves them while she looks at one after the other."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from tests.crawler.replay_table import Served, Table, jpeg

if TYPE_CHECKING:
    from collections.abc import Iterator

SAVED_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def har(table: Table) -> bytes:
    """Pages as text, which the browser has decoded, and pictures in base64."""
    entries = []
    for at, page in _looked_at(table):
        content = {"mimeType": page.answer.headers.get("Content-Type", ""), "text": page.text}
        entries.append(_entry(page.url, page.answer.status, dict(page.answer.headers), content, at))
    for url in sorted(table.pictures):
        content = {"mimeType": "image/jpeg", "text": base64.b64encode(jpeg(url)).decode(), "encoding": "base64"}
        entries.append(_entry(url, 200, {}, content, SAVED_AT))
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def wacz(table: Table) -> bytes:
    """Pages and pictures as the bytes that came, in records as ISO 28500 describes them."""
    records = [
        _record(page.url, page.answer.status, dict(page.answer.headers), page.answer.body, at)
        for at, page in _looked_at(table)
    ]
    records += [
        _record(url, 200, {"Content-Type": "image/jpeg"}, jpeg(url), SAVED_AT) for url in sorted(table.pictures)
    ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.warc.gz", b"".join(map(gzip.compress, records)))
        archive.writestr("datapackage.json", json.dumps({"profile": "data-package", "resources": []}))
    return out.getvalue()


FORMS = {"pages.har": har, "pages.wacz": wacz}


def _looked_at(table: Table) -> Iterator[tuple[datetime, Served]]:
    """Yield each page with the minute in which she looked at it."""
    for minute, page in enumerate((*table.saved, *table.pages)):
        yield SAVED_AT + timedelta(minutes=minute), page


def _entry(url: str, status: int, headers: dict[str, str], content: dict[str, str], at: datetime) -> dict[str, object]:
    told = [{"name": name, "value": value} for name, value in headers.items()]
    response = {"status": status, "headers": told, "content": content}
    return {"startedDateTime": at.isoformat(), "request": {"url": url, "method": "GET"}, "response": response}


def _record(url: str, status: int, headers: dict[str, str], body: bytes, at: datetime) -> bytes:
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    block = f"HTTP/1.1 {status} -\r\n{told}Content-Length: {len(body)}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, url)}>\r\n"
        f"WARC-Target-URI: {url}\r\nWARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"
