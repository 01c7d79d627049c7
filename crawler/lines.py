"""Who waits for which host: a slow host must not take the slots that all hosts share."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request

AT_ONCE = 2  # of one host: one on the wire, one that waits for its turn
_LINE = "line"


class Lines:
    """One line of requests for each host, first come, first served.

    Scrapy would let all of them wait for their turn at once, in slots that the other hosts then lack.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Request]] = {}
        self._under_way: dict[str, int] = {}

    def join(self, request: Request) -> Iterator[Request]:
        """Put a request in its host's line; yield it where it may go at once."""
        host = request.meta[_LINE] = urlsplit(request.url).hostname or ""
        self._waiting.setdefault(host, deque()).append(request)
        yield from self._next(host)

    def leave(self, request: Request) -> Iterator[Request]:
        """Yield who may go now that this request, or what it was redirected to, has its answer."""
        host = request.meta.pop(_LINE)
        self._under_way[host] -= 1
        yield from self._next(host)

    def _next(self, host: str) -> Iterator[Request]:
        line = self._waiting.get(host)
        while line and self._under_way.get(host, 0) < AT_ONCE:
            self._under_way[host] = self._under_way.get(host, 0) + 1
            yield line.popleft()
        if not line:
            self._waiting.pop(host, None)
