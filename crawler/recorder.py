"""Write down every HTTP exchange as it came over the wire.

This is the innermost middleware: below redirects, decompression and retries, so there is one `Fetch` per hop and per
try, and the stored body is byte for byte what the server sent (after HTTP's own chunking). A chain of redirects
shares one list in `request.meta["fetches"]`, which the spider commits together with what the last answer showed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from casebook.errors import CopycatchError
from casebook.types import Fetch
from crawler.crawl import crawl_of
from crawler.guard import GuardedResolver

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

    from casebook.blobs import Blobs

_SENT = "sent"


@dataclass(frozen=True, slots=True)
class _Sent:
    at: datetime
    clock: float


class FetchRecorder:
    """Turn what the downloader returns or raises into `Fetch` values and blobs."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FetchRecorder:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        request.meta[_SENT] = _Sent(crawl_of(self._crawler).job.now(), time.monotonic())

    def process_response(self, request: Request, response: Response) -> Response:
        sent = request.meta.pop(_SENT, None)
        if sent is None:  # answered from the casebook by a middleware above: no exchange took place
            return response
        crawl = crawl_of(self._crawler)
        try:
            request.meta["fetches"].append(self._kept(request, response, sent, crawl.blobs))
        except CopycatchError as error:
            # Raising here would skip the middlewares above, and the pace would wait for this request for ever.
            crawl.stop(error)
        return response

    def _kept(self, request: Request, response: Response, sent: _Sent, blobs: Blobs) -> Fetch:
        certificate = None if response.certificate is None else blobs.put(response.certificate.dump())
        return replace(
            self._begun(request, sent),
            status=response.status,
            protocol=response.protocol,
            response_headers=_pairs(response.headers),
            body_sha256=blobs.put(response.body) if response.body else None,
            body_bytes=len(response.body),
            server_address=None if response.ip_address is None else str(response.ip_address),
            certificate_sha256=certificate,
        )

    def process_exception(self, request: Request, exception: Exception) -> None:
        sent = request.meta.pop(_SENT, None)
        if sent is None:
            return
        error = GuardedResolver.why_refused(urlsplit(request.url).hostname or "") or _named(exception)
        request.meta["fetches"].append(replace(self._begun(request, sent), error=error))

    def _begun(self, request: Request, sent: _Sent) -> Fetch:
        """Return what is known of an exchange before it is known how it ended."""
        task = request.meta["task"]
        host = ("Host", urlsplit(request.url).netloc.rpartition("@")[2])
        return Fetch(
            run_id=task.run_id,
            purpose=task.purpose,
            url=request.url,
            requested_at=sent.at,
            elapsed_seconds=round(time.monotonic() - sent.clock, 6),
            request_headers=(host, *_pairs(request.headers)),
            status=None,
        )


def _pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    )


def _named(exception: Exception) -> str:
    text = str(exception)
    return f"{type(exception).__name__}: {text}" if text else type(exception).__name__
