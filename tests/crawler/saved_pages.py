"""One page with its pictures, saved in every form in which a person can save it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from email.message import EmailMessage
from pathlib import Path

URL = "https://www.ebay.co.uk/itm/305512340001"
SAVED_AT = "2026-11-02T09:30:00Z"
PAGE = (Path(__file__).parents[2] / "fixtures/pages/ebay/live-item-2025.html").read_bytes()
PICTURES = [
    "https://i.ebayimg.com/images/g/aaaAAOSwHeron001/s-l1600.jpg",
    "https://i.ebayimg.com/images/g/bbbAAOSwHeron002/s-l500.jpg",  # the gallery asks for s-l1600
    "https://i.ebayimg.com/images/g/cccAAOSwHeron003/s-l1600.jpg",
]

Shown = dict[str, bytes]  # pictures by address


def har(pictures: Shown, *, url: str = URL, page: bytes = PAGE, status: int = 200, at: str = SAVED_AT) -> bytes:
    def entry(address: str, kind: str, content: dict[str, object], code: int) -> dict[str, object]:
        response = {"status": code, "headers": [], "content": {"mimeType": kind, **content}}
        return {"startedDateTime": at, "request": {"url": address, "method": "GET"}, "response": response}

    entries = [entry(url, "text/html; charset=utf-8", {"text": page.decode()}, status)]
    for address, data in pictures.items():
        encoded = {"text": base64.b64encode(data).decode(), "encoding": "base64"}
        entries.append(entry(address, "image/jpeg", encoded, 200))
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def mhtml(pictures: Shown, *, url: str = URL, page: bytes = PAGE) -> bytes:
    message = EmailMessage()
    message["Snapshot-Content-Location"] = url
    message["Date"] = "Mon, 02 Nov 2026 09:30:00 -0000"
    message.make_related()
    parts = [(url, "text", "html", page), *((address, "image", "jpeg", data) for address, data in pictures.items())]
    for address, main, sub, data in parts:
        part = EmailMessage()
        part.set_content(data, maintype=main, subtype=sub)
        part["Content-Location"] = address
        message.attach(part)
    return message.as_bytes()


def warc(pictures: Shown, *, packed: bool = True, url: str = URL, page: bytes = PAGE) -> bytes:
    """Records as ISO 28500 describes them, each in a gzip member of its own where packed."""
    parts = [(url, "text/html; charset=utf-8", page), *((one, "image/jpeg", data) for one, data in pictures.items())]
    written = []
    for number, (address, kind, data) in enumerate(parts):
        encoded = gzip.compress(data)
        answer = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Encoding: gzip\r\n"
        block = f"{answer}Content-Length: {len(encoded)}\r\n\r\n".encode() + encoded
        header = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Target-URI: {address}\r\n"
            f"WARC-Date: {SAVED_AT}\r\nContent-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(block)}\r\n\r\n"
        )
        record = header.encode() + block + b"\r\n\r\n"
        written.append(gzip.compress(record) if packed else record)
    return b"".join(written)


def wacz(pictures: Shown, *, url: str = URL, page: bytes = PAGE) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.warc.gz", warc(pictures, url=url, page=page))
        archive.writestr("datapackage.json", json.dumps({"profile": "data-package", "resources": []}))
    return out.getvalue()


def single_file(pictures: Shown) -> bytes:
    """The page with its pictures as data URLs, as the extension SingleFile writes it, scripts left in."""
    page = PAGE
    for address, data in pictures.items():
        picture = address.split("/")[-2].encode()
        inside = b"data:image/jpeg;base64," + base64.b64encode(data)
        page = re.sub(rb"https://i.ebayimg.com/[^\"\s>]*" + picture + rb"/s-l\d+.jpg", inside, page)
    saved = "Mon Nov 02 2026 09:30:00 GMT+0000 (UTC)"
    note = f"<!--\n Page saved with SingleFile \n url: {URL} \n saved date: {saved}\n-->"
    return page.replace(b"<!doctype html>", b"<!doctype html>" + note.encode())


FORMS = {
    "page.har": har,
    "page.mhtml": mhtml,
    "page.warc.gz": warc,
    "page.warc": lambda pictures: warc(pictures, packed=False),
    "page.wacz": wacz,
}
