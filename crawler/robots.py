"""robots.txt, obeyed in every corner (RFC 9309).

Scrapy's own middleware is not used: from 2.14 to 2.19 every request but the first that waits for one robots.txt is let
through unchecked, it allows everything when robots.txt cannot be had, and it never applies Crawl-delay.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from casebook.types import Purpose, Task, TaskState, Visit
from crawler.crawl import crawl_of
from crawler.pace import Stopping

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from casebook.types import Fetch

PRODUCT_TOKEN = "copycatch"  # noqa: S105 - the name we obey rules under, no secret
SIZE_LIMIT = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB must be read


class RobotsDenied(IgnoreRequest):
    """robots.txt forbids the URL, or could not be had, which forbids everything."""


class Rules(Protocol):
    """What one origin's robots.txt says to us."""

    def why_not(self, url: str) -> str | None:
        """Return why a URL may not be fetched, or None where it may."""


class Allowed:
    """There is no robots.txt (4xx): everything may be fetched."""

    def why_not(self, url: str) -> str | None:
        return None


class Closed:
    """Nothing may be fetched during this run, for one reason."""

    def __init__(self, why: str):
        self._why = why

    def why_not(self, url: str) -> str | None:
        return self._why


def unreachable(why: str) -> Closed:
    """Return the rules of a site whose robots.txt could not be read: nothing is allowed (RFC 9309, 2.3.1.4)."""
    return Closed(f"robots.txt could not be read ({why}), so nothing of this site is fetched tonight")


class Parsed:
    """A robots.txt that was read."""

    def __init__(self, text: str):
        self._protego = Protego.parse(text)
        delay = self._protego.crawl_delay(PRODUCT_TOKEN)
        self.crawl_delay: float | None = None if delay is None else float(delay)

    def why_not(self, url: str) -> str | None:
        # Servers resolve `/a/../private/` and `//private/`; rules that do not would be sidestepped by spelling.
        if all(self._protego.can_fetch(spelling, PRODUCT_TOKEN) for spelling in (url, plainly_spelled(url))):
            return None
        return "robots.txt disallows this address"


def plainly_spelled(url: str) -> str:
    """Return the URL with `.`, `..` and empty steps taken out of its path, also where they are percent-encoded."""
    parts = urlsplit(url)
    steps: list[str] = []
    for step in re.sub("%2e", ".", re.sub("%2f", "/", parts.path, flags=re.I), flags=re.I).split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    path = "/" + "/".join(steps)
    return parts._replace(path=path + "/" if steps and parts.path.endswith("/") else path).geturl()


class RobotsMiddleware:
    """Hold every request until the one robots.txt answer of its origin is known, then let it pass or refuse it."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler
        self._rules: dict[str, asyncio.Task[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        task: Task = request.meta["task"]
        if task.purpose is Purpose.ROBOTS:
            return
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https"):
            return  # the address guard, further down, refuses it
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._ask(origin, task))
        # shield: one cancelled waiter must not take the answer away from the others
        rules = await asyncio.shield(self._rules[origin])
        why_not = rules.why_not(request.url)
        if why_not is not None:
            raise RobotsDenied(why_not)

    async def _ask(self, origin: str, asker: Task) -> Rules:
        """Return the rules of an origin: from this run's own record after a restart, else from the site.

        1. 2xx is parsed, also where it says nothing; redirects were followed.
        2. 4xx means there are no rules, except 429, which means that we are not welcome now.
        3. Anything else, and no answer at all, forbids everything.
        """
        crawl = crawl_of(self._crawler)
        url = f"{origin}/robots.txt"
        stored: Fetch | None = crawl.casebook.robots_answer(url, asker.run_id)
        # A hop of a redirect or a compressed body is no answer yet: the site is asked again.
        if stored is not None and stored.status is not None and not 300 <= stored.status < 400 and not _packed(stored):
            status = stored.status
            body = crawl.blobs.get(stored.body_sha256) if stored.body_sha256 else b""
        else:
            task = Task(run_id=asker.run_id, target=asker.target, purpose=Purpose.ROBOTS, url=url)
            request = Request(
                url,
                callback=NO_CALLBACK,
                priority=1000,
                headers={"Accept-Encoding": "identity"},
                meta={"task": task, "fetches": [], "dont_retry": True, "download_maxsize": SIZE_LIMIT},
                dont_filter=True,
            )
            try:
                response = await self._crawler.engine.download_async(request)
            except Stopping:
                raise
            except Exception as error:
                self._keep(task, request, TaskState.FAILED, str(error))
                return unreachable(str(error) or type(error).__name__)
            self._keep(task, request, TaskState.DONE, f"HTTP {response.status}")
            status, body = response.status, response.body
        return self._understood(status, body, url)

    def _understood(self, status: int, body: bytes, url: str) -> Rules:
        if 400 <= status < 500 and status != 429:
            return Allowed()
        if not 200 <= status < 300:
            return unreachable(f"HTTP {status}")
        parsed = Parsed(body.decode("utf-8", errors="replace").lstrip("\ufeff"))
        crawl = crawl_of(self._crawler)
        longest = crawl.job.limits.longest_pause_seconds
        if parsed.crawl_delay is not None and parsed.crawl_delay > longest:
            return Closed(
                f"robots.txt asks for {parsed.crawl_delay:g} s between requests; we wait {longest:g} s at most"
            )
        if parsed.crawl_delay is not None:
            crawl.hosts.slow_down(url, parsed.crawl_delay)
        return parsed

    def _keep(self, task: Task, request: Request, state: TaskState, note: str) -> None:
        done = replace(task, state=state, note=note)
        crawl_of(self._crawler).commit(Visit(task=done, fetches=tuple(request.meta["fetches"])))


def _packed(fetch: Fetch) -> bool:
    return fetch.header("Content-Encoding") not in (None, "identity")
