"""The two middlewares that let requests into official interfaces.

`TokenMiddleware` stands high, below robots.txt and the budgets: it has a token fetched before a request that needs
one, politely and under the same rules as any page. `KeyMiddleware` stands lowest, below the recorder: a key is in a
request's headers only between there and the network, and an answer that tells a secret is emptied there.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from casebook.types import Purpose, Task, TaskState, Visit
from crawler.crawl import crawl_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.interfaces import Interface, TokenRequest

_SECRET_NAMES = "names_of_secret_headers"  # noqa: S105 - names
_TOKEN = "number_of_token"  # noqa: S105 - a number
_RENEWED = "token_renewed"
_SIZE_LIMIT = 64 * 1024
_STEERING = ("Date", "Content-Type", "Retry-After")


class NotLetIn(IgnoreRequest):
    """The interface gives no token for the owner's keys."""


class TokenMiddleware:
    """Have a token where a request needs one; ask again once where it is no longer accepted, or elsewhere where the
    interface says so."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._closed: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TokenMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        crawl = crawl_of(self._crawler)
        task: Task = request.meta["task"]
        interface = crawl.admission.interface(task.target, request.url, task.purpose)
        if interface is None or task.purpose is not Purpose.PAGE:
            return
        async with self._turns[interface.SERVICE]:
            if crawl.admission.needs_token(interface, crawl.job.now()):
                # Another request may have been refused the token, or stopped the target, while this one waited.
                crawl.watch.check(task.target)
                if interface.SERVICE not in self._closed:
                    await self._ask_for_token(interface, task)
                if interface.SERVICE in self._closed:
                    crawl.watch.stop(task.target, self._closed[interface.SERVICE])
                    raise NotLetIn(self._closed[interface.SERVICE])

    def process_response(self, request: Request, response: Response) -> Response | Request:
        crawl = crawl_of(self._crawler)
        task: Task = request.meta["task"]
        interface = crawl.admission.interface(task.target, request.url, task.purpose)
        if interface is None or task.purpose is not Purpose.PAGE:
            return response
        stale = response.status == 401 and not request.meta.get(_RENEWED)
        if stale and crawl.admission.drop_token(interface, request.meta.get(_TOKEN)):
            again = request.replace(dont_filter=True, priority=request.priority + 1)
            again.meta[_RENEWED] = True
            return again
        elsewhere = interface.sent_on(request.url, response.status, response.body)
        return response if elsewhere is None else request.replace(url=elsewhere, dont_filter=True)

    async def _ask_for_token(self, interface: Interface, asker: Task) -> None:
        """Ask for a token; where none is had, close the interface for the night."""
        assert interface.TOKEN is not None
        crawl = crawl_of(self._crawler)
        before = crawl.admission.token_number(interface)
        task = Task(run_id=asker.run_id, target=asker.target, purpose=Purpose.TOKEN, url=interface.TOKEN.url)
        request = _token_request(interface.TOKEN, task)
        try:
            response = await self._crawler.engine.download_async(request)
        except IgnoreRequest:  # robots.txt forbids it, the target was stopped, or the crawl is stopping
            raise
        except Exception as error:
            why = f"it could not be asked ({str(error) or type(error).__name__})"
        else:
            why = crawl.admission.refused.get(interface.SERVICE, f"it answers {response.status}")
        had = crawl.admission.token_number(interface) != before
        note = "a token was given" if had else f"no token from the {interface.TITLE}: {why}"
        done = replace(task, state=TaskState.DONE if had else TaskState.FAILED, note=note)
        crawl.commit(Visit(task=done, fetches=tuple(request.meta["fetches"])))
        if not had:
            self._closed[interface.SERVICE] = f"{note}; {_advice(interface)}"


def _advice(interface: Interface) -> str:
    return f"are the keys under [{interface.SERVICE}] in keys.toml right?"


def _token_request(token: TokenRequest, task: Task) -> Request:
    return Request(
        token.url,
        method="POST",
        body=token.body,
        callback=NO_CALLBACK,
        priority=1000,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        },
        meta={"task": task, "fetches": [], "download_maxsize": _SIZE_LIMIT, "dont_redirect": True},
        dont_filter=True,
    )


class KeyMiddleware:
    """Put the secret headers into a request for the interface alone, and take them out before anything can see them."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> KeyMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        admission = crawl_of(self._crawler).admission
        task: Task = request.meta["task"]
        interface = admission.interface(task.target, request.url, task.purpose)
        if interface is None:
            return
        secret = admission.secret_headers(interface, request.url, task.purpose)
        request.headers.update(secret)
        request.meta[_SECRET_NAMES] = tuple(secret)
        request.meta[_TOKEN] = admission.token_number(interface)

    def process_response(self, request: Request, response: Response) -> Response:
        names = self._without_secrets(request)
        if names is None:
            return response
        crawl = crawl_of(self._crawler)
        task: Task = request.meta["task"]
        interface = crawl.admission.interface(task.target, request.url, task.purpose)
        assert interface is not None
        if task.purpose is Purpose.TOKEN:
            crawl.admission.take_token(interface, response.status, response.body, crawl.job.now())
            return _emptied(response)
        renewable = interface.TOKEN is not None and not request.meta.get(_RENEWED)
        if response.status == 403 or (response.status == 401 and not renewable):
            # Here, and not where the answer is read: the next request goes out as soon as the pace hears of this one.
            crawl.watch.stop(task.target, f"the {interface.TITLE} answers {response.status}; {_advice(interface)}")
        told = [value for name in response.headers for value in response.headers.getlist(name)]
        return _emptied(response) if any(map(crawl.admission.tells, (response.body, *told))) else response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._without_secrets(request)

    def _without_secrets(self, request: Request) -> tuple[str, ...] | None:
        """Take the secret headers out of a request; return their names, None where it was not one of ours."""
        names: tuple[str, ...] | None = request.meta.pop(_SECRET_NAMES, None)
        for name in names or ():
            request.headers.pop(name, None)
        return names


def _emptied(response: Response) -> Response:
    """Return an answer without its body, and of its headers only those that steer us."""
    kept = {name: values for name in _STEERING if (values := response.headers.getlist(name))}
    return response.replace(body=b"", headers=kept)
