"""When to leave a target alone for the night: its page budget is used up, or it does not want us."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from casebook.types import Purpose
from crawler.addresses import origin
from crawler.crawl import crawl_of
from crawler.marketplaces import marketplace, marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.job import Target
    from crawler.marketplaces import Marketplace

    Scope = tuple[object, ...]


_COUNTED = "counts_against_the_budget"
_MOST_HARM = 3  # pages


class TargetStopped(IgnoreRequest):
    """This target is not asked for anything more tonight."""


class TargetWatch:
    """What each target has used, and why it was stopped."""

    def __init__(
        self,
        targets: Iterable[Target],
        pages_used: Mapping[str, int],
        pages_planned: Mapping[str, int] = MappingProxyType({}),
    ):
        self._targets = {target.name: target for target in targets}
        self._used = dict(pages_used)
        self._planned = dict(pages_planned)
        self._hosts = {
            name: {origin(url) for url in (*target.start, *target.sitemaps, *target.listings, *_shops(target))}
            for name, target in self._targets.items()
        }
        self._stopped: dict[Scope, str] = {}
        self._without_descriptions: dict[Scope, str] = {}
        self._harmed: Counter[Scope] = Counter()

    def __getitem__(self, name: str) -> Target:
        return self._targets[name]

    def place(self, name: str, url: str) -> Marketplace:
        """Return by which marketplace's rules a page of the target is read."""
        target = self._targets[name]
        return marketplace_of(url) if target.leads else marketplace(target.marketplace)

    def stop(self, name: str, reason: str, url: str = "") -> None:
        """Ask a target for nothing more tonight; of leads, only those of the site of this address."""
        self._stopped.setdefault(self._scope(name, url), reason)

    def stop_descriptions(self, name: str, reason: str, url: str = "") -> None:
        """Ask a target for no further descriptions, which often lie on a server with a mind of its own."""
        self._without_descriptions.setdefault(self._scope(name, url), reason)

    def harmed(self, name: str, why: str, url: str = "") -> None:
        """Count a page that took its reader's process with it; the third of a target ends its night."""
        scope = self._scope(name, url)
        self._harmed[scope] += 1
        if self._harmed[scope] >= _MOST_HARM:
            self.stop(name, f"{_MOST_HARM} of its pages {why}", url)

    def is_stopped(self, name: str, url: str = "") -> bool:
        return self._scope(name, url) in self._stopped

    def _scope(self, name: str, url: str) -> Scope:
        """Return what one site's refusal holds for: all of a target, but of leads only those of one site."""
        if not self._targets[name].leads:
            return (name,)
        place = marketplace_of(url)
        return (name, *(origin(url) if place.HOSTS is None else (place.KEY,)))

    def belongs(self, name: str, url: str) -> bool:
        """Return whether a page is part of the target: only its own origins are crawled for pages, and all hosts of a
        marketplace that its listings are kept with (an item of Taobao may be sent on to Tmall)."""
        if self._targets[name].leads:
            return True  # a lead may be a short link to anywhere
        place = marketplace(self._targets[name].marketplace)
        if place.HOSTS is not None and marketplace_of(url).KEY == place.KEY:
            return True
        return origin(url) in self._hosts[name]

    def adopt(self, name: str, url: str) -> None:
        """Take the origin a start page redirected to (shop.example to www.shop.example) into the target."""
        self._hosts[name].add(origin(url))

    def check(self, name: str, url: str = "") -> None:
        """Raise `TargetStopped` where the target was stopped."""
        if self.is_stopped(name, url):
            raise TargetStopped(self._stopped[self._scope(name, url)])

    def plan(self, name: str) -> bool:
        """Return whether one more page of the target may be remembered for tonight: what its budget can never reach
        would only fill the casebook. Twice the budget, since some of it will be refused before it is asked for."""
        planned = self._planned.get(name, 0)
        if planned >= 2 * self._targets[name].page_budget:
            return False
        self._planned[name] = planned + 1
        return True

    def over_budget(self, name: str) -> str:
        """Return what is said of pages that the budget leaves out."""
        return f"the page budget of {self._targets[name].page_budget} is used up"

    def ask(self, name: str, purpose: Purpose, url: str = "", *, again: bool = False) -> None:
        """Count a page, but not when it is asked `again`, by a redirect or a second try; raise `TargetStopped` where
        the target may not be asked any more."""
        self.check(name, url)
        scope = self._scope(name, url)
        if purpose is Purpose.DESCRIPTION and scope in self._without_descriptions:
            raise TargetStopped(self._without_descriptions[scope])
        if purpose in (Purpose.PAGE, Purpose.SITEMAP) and not again:
            if self._used.get(name, 0) >= self._targets[name].page_budget:
                raise TargetStopped(self.over_budget(name))
            self._used[name] = self._used.get(name, 0) + 1


def _shops(target: Target) -> Iterator[str]:
    """Yield the page of all goods of each seller: a shop on a domain of its own is part of the target."""
    place = marketplace(target.marketplace)
    yield from filter(None, map(place.shop_url, target.shops))


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
            again = request.meta.get(_COUNTED, False)
            crawl_of(self._crawler).watch.ask(task.target, task.purpose, request.url, again=again)
            request.meta[_COUNTED] = True
