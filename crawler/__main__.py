"""`python -m crawler JOB.json`: run one crawl to its end, for the process that waits on our standard output.

Standard output carries one JSON object a line: `progress` (finished, known), at the end `finished`, or `error`
(message, remedy) with exit code 1. When standard input closes, the process that started us is gone: we stop as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from scrapy.crawler import AsyncCrawlerProcess

from casebook.blobs import Blobs
from casebook.casebook import Casebook
from casebook.errors import CopycatchError
from casebook.lock import WorkspaceLock
from casebook.redaction import redact
from casebook.types import TaskState, Visit
from crawler.admission import Admission
from crawler.crawl import Crawl
from crawler.job import CrawlJob
from crawler.keys import read_keys
from crawler.pace import Hosts
from crawler.reading_process import Readers
from crawler.settings import scrapy_settings
from crawler.spider import ListingSpider
from crawler.targets import TargetWatch

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRESS_SECONDS = 0.2
GRACE_SECONDS = 15.0


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
    keys = None if job.keys is None else read_keys(Path(job.keys))
    process = AsyncCrawlerProcess(scrapy_settings(job))
    with Casebook.open(Path(job.casebook)) as casebook:
        crawl = Crawl(
            job=job,
            casebook=casebook,
            blobs=Blobs(Path(job.blobs)),
            hosts=Hosts(job.limits.delay_seconds),
            watch=TargetWatch(job.targets, casebook.pages_tried(job.run_id), casebook.pages_planned(job.run_id)),
            progress=Progress(),
            admission=Admission(keys, job.targets),
            readers=Readers(job.limits.reading_seconds),
            known=casebook.tasks_known(job.run_id),
        )
        crawler = process.create_crawler(ListingSpider)

        def close() -> None:
            if crawler.engine is not None:
                asyncio.ensure_future(crawler.engine.close_spider_async(reason="stopped"))  # noqa: RUF006 - the engine keeps it
            end_for_good(crawl, job.limits.timeout_seconds + GRACE_SECONDS)

        crawl.close = close
        process.crawl(crawler, crawl=crawl)
        loop = asyncio.get_event_loop_policy().get_event_loop()
        stop_with_parent(lambda: loop.call_soon_threadsafe(crawl.stop))
        process.start()
        crawl.readers.close()
        if not crawl.hosts.stopping.is_set():
            close_forgotten(crawl)
        return crawl.fatal


def close_forgotten(crawl: Crawl) -> None:
    """Close what is still pending after an orderly end: it was dropped somewhere, and must not be for ever."""
    for task in crawl.casebook.pending_tasks(crawl.job.run_id):
        crawl.commit(Visit(task=replace(task, state=TaskState.FAILED, note="it was asked for and never answered")))


def end_for_good(crawl: Crawl, seconds: float) -> None:
    """End this process when a stop takes longer than any request may: a hung crawl would keep the next one out."""

    def end() -> None:
        leave(outcome(crawl.fatal))

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def outcome(fatal: CopycatchError | None) -> int:
    """Say how the crawl ended; return the exit code."""
    if fatal is not None:
        say("error", message=fatal.message, remedy=fatal.remedy)
        return 1
    say("finished")
    return 0


def leave(code: int) -> NoReturn:
    """End at once: a thread that still waits for a monstrous page would hold an ordinary end up."""
    with contextlib.suppress(OSError):  # the one who listened is gone
        sys.stdout.flush()
    os._exit(code)


class Redacting(logging.Formatter):
    """Plain log lines without passwords and tokens."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def main(arguments: list[str]) -> int:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("twisted").setLevel(logging.WARNING)
    job = CrawlJob.from_json(Path(arguments[0]).read_text(encoding="utf-8"))
    # A crawl whose parent was killed may still be finishing its last request: wait for it, never crawl twice at once.
    lock = WorkspaceLock(Path(job.casebook).with_name("crawl.lock"), "A crawl", wait_seconds=job.limits.timeout_seconds)
    try:
        with lock:
            return outcome(run(job))
    except CopycatchError as error:
        return outcome(error)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
