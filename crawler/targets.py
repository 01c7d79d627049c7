"""When to leave a target alone for the night: its page budget is used up, or it does not want us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from casebook.types import Purpose
from crawler.addresses import split_url
from crawler.crawl import crawl_of
from crawler.marketplaces import marketplace, marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.job import Target


class TargetStopped(IgnoreRequest):
    """This target is not asked for anything more tonight."""


class TargetWatch:
    """What each target has used, and why it was stopped."""

    def __init__(self, targets: Iterable[Target], pages_used: Mapping[str, int]):
        self._targets = {target.name: target for target in targets}
        self._used = dict(pages_used)
        self._hosts = {
            name: {_origin(url) for url in (*target.start, *target.sitemaps, *target.listings)}
            for name, target in self._targets.items()
        }
        self.stopped: dict[str, str] = {}
        self._without_descriptions: dict[str, str] = {}

    def __getitem__(self, name: str) -> Target:
        return self._targets[name]

    def stop(self, name: str, reason: str) -> None:
        self.stopped.setdefault(name, reason)

    def stop_descriptions(self, name: str, reason: str) -> None:
        """Ask a target for no further descriptions, which often lie on a server with a mind of its own."""
        self._without_descriptions.setdefault(name, reason)

    def belongs(self, name: str, url: str) -> bool:
        """Return whether a page is part of the target: only its own origins are crawled for pages, and all hosts of a
        marketplace that its listings are kept with (an item of Taobao may be sent on to Tmall)."""
        place = marketplace(self._targets[name].marketplace)
        if place.HOSTS is not None and marketplace_of(url).KEY == place.KEY:
            return True
        return _origin(url) in self._hosts[name]

    def adopt(self, name: str, url: str) -> None:
        """Take the origin a start page redirected to (shop.example to www.shop.example) into the target."""
        self._hosts[name].add(_origin(url))

    def check(self, name: str) -> None:
        """Raise `TargetStopped` where the target was stopped."""
        if name in self.stopped:
            raise TargetStopped(self.stopped[name])

    def ask(self, name: str, purpose: Purpose) -> None:
        """Count a page; raise `TargetStopped` where the target may not be asked any more."""
        self.check(name)
        if purpose is Purpose.DESCRIPTION and name in self._without_descriptions:
            raise TargetStopped(self._without_descriptions[name])
        if purpose in (Purpose.PAGE, Purpose.SITEMAP):
            budget = self._targets[name].page_budget
            if self._used.get(name, 0) >= budget:
                raise TargetStopped(f"the page budget of {budget} is used up")
            self._used[name] = self._used.get(name, 0) + 1


def _origin(url: str) -> tuple[str | None, int | None]:
    """Return host and port; http and https of one host are the same shop."""
    parts = split_url(url)
    port = parts.port
    return parts.hostname, None if port in (None, 80, 443) else port


class TargetMiddleware:
    """Stop requests of targets that are done for the night."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TargetMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        task = request.meta["task"]
        if task.purpose is not Purpose.ROBOTS:
            crawl_of(self._crawler).watch.ask(task.target, task.purpose)
