"""`python -m crawler JOB.json`: run one crawl to its end, for the process that waits on our standard output.

Standard output carries one JSON object a line: `progress` (finished, known), at the end `finished`, or `error`
(message, remedy) with exit code 1. When standard input closes, the process that started us is gone: we stop as well.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.crawler import AsyncCrawlerProcess

from casebook.blobs import Blobs
from casebook.casebook import Casebook
from casebook.errors import CopycatchError
from casebook.lock import WorkspaceLock
from crawler.crawl import Crawl
from crawler.job import CrawlJob
from crawler.pace import Hosts
from crawler.settings import scrapy_settings
from crawler.spider import ListingSpider
from crawler.targets import TargetWatch

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRESS_SECONDS = 0.2


def say(event: str, **values: object) -> None:
    """Write one event for the waiting process."""
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


class Progress:
    """Say how far the crawl is, but not more often than a person can read."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, finished: int, known: int) -> None:
        if time.monotonic() - self._last >= PROGRESS_SECONDS:
            self._last = time.monotonic()
            say("progress", finished=finished, known=known)


def stop_with_parent(stop: Callable[[], object]) -> None:
    """Call `stop` when standard input ends: pipes close with the process that holds them, however it ends."""

    def wait() -> None:
        # os.read, because a thread that sleeps inside sys.stdin holds a lock which the interpreter wants at its end
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stop()

    threading.Thread(target=wait, daemon=True).start()


def run(job: CrawlJob) -> CopycatchError | None:
    """Crawl; return why it could not be finished, or None where it was."""
    blobs = Blobs(Path(job.blobs))
    process = AsyncCrawlerProcess(scrapy_settings(job))
    with Casebook.open(Path(job.casebook)) as casebook:
        crawl = Crawl(
            job=job,
            casebook=casebook,
            blobs=blobs,
            hosts=Hosts(job.limits.delay_seconds),
            watch=TargetWatch(job.targets, casebook.pages_tried(job.run_id)),
            progress=Progress(),
            known=casebook.task_urls(job.run_id),
        )
        crawler = process.create_crawler(ListingSpider)

        def close() -> None:
            if crawler.engine is not None:
                asyncio.ensure_future(crawler.engine.close_spider_async(reason="stopped"))  # noqa: RUF006 - the engine keeps it

        crawl.close = close
        process.crawl(crawler, crawl=crawl)
        loop = asyncio.get_event_loop_policy().get_event_loop()
        stop_with_parent(lambda: loop.call_soon_threadsafe(crawl.stop))
        process.start()
        return crawl.fatal


def main(arguments: list[str]) -> int:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("twisted").setLevel(logging.WARNING)
    job = CrawlJob.from_json(Path(arguments[0]).read_text(encoding="utf-8"))
    # A crawl whose parent was killed may still be finishing its last request: wait for it, never crawl twice at once.
    lock = WorkspaceLock(Path(job.casebook).with_name("crawl.lock"), "A crawl", wait_seconds=job.limits.timeout_seconds)
    try:
        with lock:
            fatal = run(job)
    except CopycatchError as error:
        fatal = error
    if fatal is not None:
        say("error", message=fatal.message, remedy=fatal.remedy)
        return 1
    say("finished")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
