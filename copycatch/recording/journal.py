"""The recording while it grows: a WARC file, one record behind the other, each a gzip member of its own."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import datetime_to_iso_date
from warcio.warcwriter import WARCWriter

from copycatch.recording.keeping import Role, kept_address
from copycatch.version import PROGRAM

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Any, Self

    from copycatch.recording.keeping import Heard

UNFINISHED = ".unfinished.warc.gz"
_HTTP = "HTTP/1.1"  # what WARC files say, whatever version was spoken


@dataclass(slots=True)
class Counts:
    """What was written down so far."""

    pages: int = 0
    pictures: int = 0


class Journal:
    """Writes one file; what was written stays, however the process ends.

    A page is written each time it is answered, a picture once for each address and content.
    """

    def __init__(self, path: Path, now: datetime):
        self.path = path
        self.counts = Counts()
        self._known: set[tuple[str, str]] = set()
        # Unbuffered: what was written outlives a kill.
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        self._builder = WARCWriter(io.BytesIO(), gzip=True, warc_version="1.1")
        about = {"software": PROGRAM, "format": "WARC File Format 1.1"}
        begin = self._builder.create_warcinfo_record("data.warc.gz", about)
        begin.rec_headers.replace_header("WARC-Date", datetime_to_iso_date(now))
        self._append(begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, heard: Heard) -> None:
        """Append one answer and the request it answers; raises OSError."""
        url = kept_address(heard)
        answer = StatusAndHeaders(f"{heard.status} {heard.reason}".strip(), list(heard.headers), protocol=_HTTP)
        about = {"WARC-Resource-Type": heard.role.value}
        if heard.server:
            about["WARC-IP-Address"] = heard.server
        response = self._record(url, "response", heard, answer, about, heard.body)
        if heard.role is Role.PICTURE:
            known = (url, str(response.rec_headers.get_header("WARC-Payload-Digest")))
            if known in self._known:
                return
            self._known.add(known)
            self.counts.pictures += 200 <= heard.status < 300
        elif heard.role is Role.PAGE:
            self.counts.pages += not 300 <= heard.status < 400
        place = url.split("/", 3)[3] if url.count("/") > 2 else ""
        asked = StatusAndHeaders(f"GET /{place} {_HTTP}", list(heard.asked), is_http_request=True)
        about = {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
        request = self._record(url, "request", heard, asked, about, b"")
        self._append(response, request)

    def _record(
        self, url: str, kind: str, heard: Heard, http: StatusAndHeaders, about: dict[str, str], body: bytes
    ) -> Any:
        about = {"WARC-Date": datetime_to_iso_date(heard.at), **about}
        return self._builder.create_warc_record(
            url, kind, payload=io.BytesIO(body), length=len(body), http_headers=http, warc_headers_dict=about
        )

    def _append(self, *records: Any) -> None:
        """Write records in one piece: one that cannot be put into bytes leaves nothing behind."""
        packed = io.BytesIO()
        writer = WARCWriter(packed, gzip=True, warc_version="1.1")
        for record in records:
            writer.write_record(record)
        data = packed.getbuffer()
        while data:
            data = data[self._file.write(data) :]
