"""What the spider and the middlewares of one crawl share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from casebook.errors import CopycatchError
from casebook.types import Purpose, known_as
from crawler.admission import Admission
from crawler.reading_process import Readers

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from casebook.types import Known, Task, Visit
    from crawler.job import CrawlJob
    from crawler.pace import Hosts
    from crawler.spider import ListingSpider
    from crawler.targets import TargetWatch


@dataclass(slots=True, kw_only=True)
class Crawl:
    """One crawl under way. `progress` is called with (URLs finished, URLs known) after each commit.

    `close` closes the engine (set by the spider when it starts); `fatal` is why the crawl could not go on.
    """

    job: CrawlJob
    casebook: Casebook
    blobs: Blobs
    hosts: Hosts
    watch: TargetWatch
    progress: Callable[[int, int], None]
    admission: Admission = field(default_factory=Admission)
    readers: Readers = field(default_factory=Readers)
    known: set[Known] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    finished: int = 0
    fatal: CopycatchError | None = None
    close: Callable[[], None] | None = None

    def commit(self, visit: Visit) -> None:
        """Write one visit; where it cannot be written, stop the crawl and keep the reason."""
        if self.fatal is not None:  # what this visit rests on may be missing from the blobs
            raise self.fatal
        try:
            self.casebook.record(visit)
        except CopycatchError as error:
            self.stop(error)
            raise
        if visit.task.purpose not in (Purpose.ROBOTS, Purpose.TOKEN):
            self.finished += 1
        self.progress(self.finished, len(self.known))

    def learn(self, task: Task) -> bool:
        """Remember a task; return whether it is new to this run."""
        known = known_as(task.purpose, task.url, task.listing_key)
        if known in self.known:
            return False
        self.known.add(known)
        return True

    def stop(self, error: CopycatchError | None = None) -> None:
        """End the crawl as soon as the requests under way are answered; what is pending stays pending."""
        self.fatal = self.fatal or error
        if not self.hosts.stopping.is_set():
            self.hosts.stopping.set()
            if self.close is not None:
                self.close()


def crawl_of(crawler: Crawler) -> Crawl:
    """Return the crawl that a middleware works for."""
    return cast("ListingSpider", crawler.spider).crawl
