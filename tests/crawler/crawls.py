"""Run one real crawl, in its real subprocess, against sites on loopback."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from casebook.casebook import Casebook
from casebook.types import Purpose, ScanRun, Task
from copycatch.crawling import crawl
from crawler.job import CrawlJob, CrawlLimits, Target


def job_for(folder: Path, *urls: str, run_id: str = "night-1", **changes: Any) -> CrawlJob:
    """Return a job that starts at these URLs, may reach all of loopback, and does not wait between requests."""
    target = Target(name="shop", start=urls, page_budget=changes.pop("page_budget", 500))
    limits = CrawlLimits(
        **{
            "delay_seconds": 0.0,
            "timeout_seconds": 10.0,
            "allowed_private_hosts": ("127.0.0.1", "localhost"),
            "backoff_seconds": 0.2,
            **changes.pop("limits", {}),
        }
    )
    return CrawlJob(
        run_id=run_id,
        casebook=str(folder / "casebook.db"),
        blobs=str(folder / "blobs"),
        user_agent="copycatch/test (+https://owner.example/about)",
        targets=(target,),
        limits=limits,
        **changes,
    )


def run(folder: Path, job: CrawlJob, first: Sequence[Task] = ()) -> Casebook:
    """Begin the run if it is new, with these tasks before all others, crawl to the end, return the open casebook."""
    path = folder / "casebook.db"
    casebook = Casebook.open(path, create=not path.exists())
    if casebook.unfinished_run() is None:
        tasks = [*first] + [
            Task(run_id=job.run_id, target=target.name, purpose=Purpose.PAGE, url=url)
            for target in job.targets
            for url in target.start
        ]
        tasks += [
            Task(
                run_id=job.run_id,
                target=target.name,
                purpose=Purpose.PAGE,
                url=listing.url,
                depth=1,
                listing_key=listing.key,
            )
            for target in job.targets
            for listing in casebook.known_listings(target.name)
        ]
        begun = ScanRun(run_id=job.run_id, started_at=job.now(), program="test", job=job.to_json())
        casebook.begin_run(begun)
        casebook.add_tasks(tasks)
    crawl(job, logs=folder / "logs", progress=lambda done, total: None)
    return casebook


def again(job: CrawlJob, run_id: str, **changes: Any) -> CrawlJob:
    """Return the same job for another night."""
    return dataclasses.replace(job, run_id=run_id, **changes)
