"""Do not fetch again what has not changed.

1. Where the last answer to a URL had an ETag or a Last-Modified, the request becomes conditional; a 304 is answered
   to the spider with the stored body.
2. Where a picture's last answer had neither, it is trusted for a configured number of days and not asked for at all.
3. A fresh crawl (re-checks, checks before filing) does neither: it fetches.

It stands below the redirects: each hop gets the validators of its own URL and never those of another.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scrapy.http import Response

from casebook.errors import CasebookError
from casebook.types import Purpose
from crawler.crawl import crawl_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from casebook.types import Fetch

_VALIDATORS = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))


class RevalidationMiddleware:
    """Make requests conditional, and answer from the casebook where nothing has changed."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RevalidationMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> Response | None:
        crawl = crawl_of(self._crawler)
        for _, condition in _VALIDATORS:
            request.headers.pop(condition, None)
        request.meta.pop("stored", None)
        if crawl.job.fresh or request.meta.get("whole") or request.meta["task"].purpose is Purpose.ROBOTS:
            return None
        stored: Fetch | None = crawl.casebook.stored_response(request.url)
        if stored is None or stored.body_sha256 is None or stored.body_sha256 not in crawl.blobs:
            return None
        conditions = {condition: stored.header(name) for name, condition in _VALIDATORS}
        request.meta["stored"] = stored
        if any(conditions.values()):
            request.headers.update({name: value for name, value in conditions.items() if value})
        elif request.meta["task"].purpose is Purpose.PICTURE:
            age = crawl.job.now() - stored.requested_at
            if timedelta(0) <= age < timedelta(days=crawl.job.limits.picture_trust_days):
                return self._from_casebook(stored)
        return None

    def process_response(self, request: Request, response: Response) -> Response | Request:
        stored: Fetch | None = request.meta.get("stored")
        if response.status == 304 and stored is not None:
            return self._from_casebook(stored) or self._whole(request)
        if "trusted" not in response.flags:
            request.meta.pop("stored", None)
        return response

    def _whole(self, request: Request) -> Request:
        """Ask again without conditions: the body that has not changed is one we no longer have."""
        again = request.replace(dont_filter=True)
        again.meta["whole"] = True
        return again

    def _from_casebook(self, stored: Fetch) -> Response | None:
        crawl = crawl_of(self._crawler)
        assert stored.body_sha256 is not None
        try:
            body = crawl.blobs.get(stored.body_sha256)
        except CasebookError:  # gone or damaged on disk
            return None
        headers: dict[str, list[str]] = {}
        for name, value in stored.response_headers:
            headers.setdefault(name, []).append(value)
        return Response(stored.url, status=200, headers=headers, body=body, flags=["trusted"])
