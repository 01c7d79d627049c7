"""One request at a time to a host, with a pause between, and longer pauses when the host asks for them.

This is the last gate before the network, below robots.txt and the redirects, so that no request of any kind can slip
past a pause: neither the robots.txt itself, nor a redirect hop, nor a request that was queued before the pause.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from casebook.types import Purpose
from crawler.crawl import crawl_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

MOST_BACKOFFS = 3
_TURN = "holds_the_turn_of_its_host"


class Stopping(IgnoreRequest):
    """The crawl is shutting down; the task stays pending and is taken up by the next start."""


class HostClosed(IgnoreRequest):
    """This host is not asked for anything more tonight."""


@dataclass(slots=True)
class Host:
    """What we owe one host. Times are seconds of the monotonic clock."""

    delay: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    busy_answers: int = 0  # 429 and 503 in a row
    closed: str | None = None  # why it is asked for nothing more tonight

    def pause(self, seconds: float) -> None:
        self.free_at = max(self.free_at, time.monotonic() + seconds)


class Hosts:
    """All hosts of one crawl, and the signal that ends every wait."""

    def __init__(self, delay_seconds: float):
        self._delay = delay_seconds
        self._hosts: dict[str, Host] = {}
        self.stopping = asyncio.Event()

    def __getitem__(self, url: str) -> Host:
        """Return the host of a URL. Ports of one machine share its pace."""
        return self._hosts.setdefault(urlsplit(url).hostname or "", Host(delay=self._delay))

    def slow_down(self, url: str, delay: float) -> None:
        """Obey a Crawl-delay: never faster than this, and never faster than configured."""
        host = self[url]
        host.delay = max(host.delay, delay)
        host.pause(host.delay)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), None if it has none."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())


class PaceMiddleware:
    """Wait for the host's turn before a request, give the turn back after it, back off on 429 and 503."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PaceMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        crawl = crawl_of(self._crawler)
        hosts = crawl.hosts
        host = hosts[request.url]
        await host.lock.acquire()
        request.meta[_TURN] = True
        # The loop is there because the wait may have grown while we slept: another answer asked for a pause.
        while (wait := host.free_at - time.monotonic()) > 0 and not hosts.stopping.is_set() and host.closed is None:
            try:
                await asyncio.wait_for(hosts.stopping.wait(), timeout=wait)
            except TimeoutError:
                continue
        if hosts.stopping.is_set():
            raise Stopping("the crawl is stopping")
        if host.closed is not None:
            raise HostClosed(host.closed)
        # Others were asked while this one waited, and one of their answers may have ended the target.
        crawl.watch.check(request.meta["task"].target, request.url)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Back off on 429 and 503.

        1. Pause the host as long as Retry-After asks, else for a time that doubles with every further such answer.
        2. Ask again for this address, a few times.
        3. A host that gives nothing but such answers, or asks for a very long pause, ends its target for the night; one
           of pictures or descriptions alone, itself.
        """
        self._give_turn_back(request)
        crawl = crawl_of(self._crawler)
        host, limits, task = crawl.hosts[request.url], crawl.job.limits, request.meta["task"]
        if response.status not in (429, 503):
            host.busy_answers = 0
            return response
        asked = retry_after(response.headers.to_unicode_dict().get("Retry-After"), datetime.now(UTC))
        wait = asked if asked is not None else limits.backoff_seconds * 2**host.busy_answers
        host.busy_answers += 1
        host.pause(min(wait, limits.longest_pause_seconds))
        if task.purpose is Purpose.ROBOTS:
            return response
        if host.busy_answers > MOST_BACKOFFS or wait > limits.longest_pause_seconds:
            self._stay_away(request, f"HTTP {response.status}: the site asked us to stay away")
        tries = request.meta.get("backoffs", 0)
        if host.closed or crawl.watch.is_stopped(task.target, request.url) or tries >= MOST_BACKOFFS:
            return response
        again = request.replace(dont_filter=True, priority=request.priority + 1)
        again.meta["backoffs"] = tries + 1
        return again

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._give_turn_back(request)

    def _stay_away(self, request: Request, reason: str) -> None:
        """End the target for the night; where only pictures or descriptions lie on that host, end the host alone."""
        crawl, task = crawl_of(self._crawler), request.meta["task"]
        if task.purpose in (Purpose.PICTURE, Purpose.DESCRIPTION) and not crawl.watch.belongs(task.target, request.url):
            crawl.hosts[request.url].closed = reason
        else:
            crawl.watch.stop(task.target, reason, request.url)

    def _give_turn_back(self, request: Request) -> None:
        """Let the next request go, one delay after this one has ended: a slow host is asked less often."""
        if request.meta.pop(_TURN, False):
            host = crawl_of(self._crawler).hosts[request.url]
            host.pause(host.delay)
            host.lock.release()
