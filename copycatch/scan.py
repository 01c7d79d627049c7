"""One night's scan: crawl, compare, report; each phase is taken up again where a kill left it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from casebook.findings import Verdict
from casebook.rulings import NOT_CLEARED
from casebook.types import Purpose, RunState, ScanRun, Task
from copycatch.comparing import Compared, compare_pictures
from copycatch.config import LEADS_TARGET
from copycatch.crawling import crawl
from copycatch.leads import lead_tasks, leads_target
from copycatch.live import Told
from copycatch.report import write_report
from copycatch.version import PROGRAM, user_agent
from copycatch.watched import take_in_watched
from copycatch.ways import may_be_crawled, opened_by_key, page_urls, search_urls, shop_urls
from crawler.job import CrawlJob, CrawlLimits, Target
from crawler.keys import Keys, read_keys
from matching.stage import Context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from casebook.casebook import Casebook
    from casebook.findings import Candidate
    from copycatch.config import Config
    from copycatch.watched import Watched
    from copycatch.workspace import Workspace

# An older run is not gone on with: what it finished would not be looked at tonight. Its left-over addresses are.
RESUMED_WITHIN = timedelta(hours=20)
HALF_WRITTEN_SECONDS = 24 * 3600.0  # no writer takes a day: what a killed one left is older
SHOWN = frozenset({Verdict.COPY, Verdict.POSSIBLE})


class Progress(Protocol):
    """Hears how far a phase is; `total` grows while a crawl finds more."""

    def __call__(self, phase: str, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSummary:
    """How a scan ended. What decisions, licences and places clear is not among its candidates. `complete` is false
    where the time limit left URLs for the next scan to go on with."""

    run_id: str
    resumed: bool
    complete: bool
    removed: int
    compared: Compared
    candidates: tuple[Candidate, ...]
    new: tuple[Candidate, ...]
    report: Path
    watched: Watched | None = None


def utc_now() -> datetime:
    return datetime.now(UTC)


def no_progress(phase: str, done: int, total: int) -> None:
    """Say nothing."""


def run_scan(
    workspace: Workspace,
    *,
    now: Callable[[], datetime] = utc_now,
    fresh: bool = False,
    progress: Progress = no_progress,
) -> ScanSummary:
    """Look at every target, compare what is shown, and write the report.

    1. Take the workspace's lock: a second scan of the same workspace is refused.
    2. Take in what a person saved in the watched folder.
    3. Take up tonight's unfinished run of the same job, or begin one, with what an older one left over.
    4. Crawl in a subprocess, then confirm removals.
    5. Compare every picture not compared yet, and write the report.

    Raises:
        CopycatchError: something could not be done; what was stored stays, and the next scan goes on from there.
    """
    config = workspace.config()
    with (
        workspace.lock("A scan or match"),
        workspace.casebook() as casebook,
        Told(workspace.live_path, progress) as told,
    ):
        config.require_scannable(workspace.config_path, leads=len(casebook.leads()))
        workspace.blobs().sweep(older_than_seconds=HALF_WRITTEN_SECONDS)
        watched = take_in_watched(workspace, casebook, now=now, progress=told)
        job, keys = _job(workspace, config, now=now, fresh=fresh), read_keys(workspace.keys_path)
        run, resumed = _run(casebook, job, keys, now())
        told.begins(run.run_id)
        complete, removed = _crawled(workspace, casebook, run, job, now=now, progress=told)
        compared = _compared(workspace, casebook, config, now=now, progress=told)
        candidates = casebook.candidates(verdicts=SHOWN, reviewed=NOT_CLEARED)
        new = [candidate for candidate in candidates if candidate.first_found_at >= run.started_at]
        if complete:
            stats = {"pictures_compared": compared.pictures, "candidates": len(candidates), "new": len(new)}
            casebook.finish_run(run.run_id, RunState.FINISHED, now(), stats)
        told.reaches("report")
        report = write_report(workspace, casebook, run.run_id, now=now)
        told.ends(complete=complete, candidates=len(candidates), new=len(new))
    return ScanSummary(
        run_id=run.run_id,
        resumed=resumed,
        complete=complete,
        removed=removed,
        compared=compared,
        candidates=tuple(candidates),
        new=tuple(new),
        report=report,
        watched=watched,
    )


def run_match(
    workspace: Workspace, *, now: Callable[[], datetime] = utc_now, progress: Progress = no_progress
) -> Compared:
    """Compare without crawling: after references were added, every picture in the casebook is looked at again."""
    config = workspace.config()
    with workspace.lock("A scan or match"), workspace.casebook() as casebook:
        return _compared(workspace, casebook, config, now=now, progress=progress)


def _crawled(
    workspace: Workspace,
    casebook: Casebook,
    run: ScanRun,
    job: CrawlJob,
    *,
    now: Callable[[], datetime],
    progress: Progress,
) -> tuple[bool, int]:
    """Bring the crawl of a run to its end; return whether nothing was left over, and how many listings are gone."""
    if run.phase == "crawl":
        crawl(
            replace(job, run_id=run.run_id),
            logs=workspace.logs_path,
            progress=lambda done, total: progress("crawl", done, total),
        )
    complete = not casebook.pending_tasks(run.run_id)
    removed = casebook.confirm_removals(run.run_id, now())
    if complete:
        casebook.set_phase(run.run_id, "match")
    return complete, removed


def _compared(
    workspace: Workspace, casebook: Casebook, config: Config, *, now: Callable[[], datetime], progress: Progress
) -> Compared:
    return compare_pictures(
        workspace,
        casebook,
        processes=config.match.processes,
        context=Context.here(budget=config.match.false_alarms_per_100000),
        now=now,
        progress=progress,
        people=config.review.people,
    )


def _job(workspace: Workspace, config: Config, *, now: Callable[[], datetime], fresh: bool) -> CrawlJob:
    started_at = now()
    return CrawlJob(
        run_id=f"{started_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}",
        casebook=str(workspace.casebook_path),
        blobs=str(workspace.blobs_path),
        user_agent=user_agent(config.owner.contact_url),
        targets=(*(Target(**asdict(target)) for target in config.targets), leads_target()),
        limits=CrawlLimits(**asdict(config.crawl)),
        fresh=fresh,
        keys=str(workspace.keys_path),
        clock_offset_seconds=(started_at - utc_now()).total_seconds(),
    )


def _run(casebook: Casebook, job: CrawlJob, keys: Keys, now: datetime) -> tuple[ScanRun, bool]:
    """Return the run to work on, and whether it is one that was interrupted."""
    left_over: list[Task] = []
    unfinished = casebook.unfinished_run()
    if unfinished is not None:
        recent = now - unfinished.started_at < RESUMED_WITHIN
        if recent and _asked(unfinished.job) == _asked(job.to_json()):
            return unfinished, True
        left_over = casebook.pending_tasks(unfinished.run_id)
    run = ScanRun(run_id=job.run_id, started_at=now, program=PROGRAM, job=job.to_json())
    names = {target.name for target in job.targets}
    with casebook.immediate():  # a run without its frontier would look finished
        if unfinished is not None:
            casebook.finish_run(unfinished.run_id, RunState.FAILED, now, {"superseded": 1})
        casebook.begin_run(run)
        casebook.add_tasks(_frontier(casebook, job, keys))
        casebook.add_tasks(replace(task, run_id=run.run_id) for task in left_over if task.target in names)
        casebook.drop_frontier(before_run_id=run.run_id)
    return run, False


def _asked(job: str) -> dict[str, object]:
    """Return what a job asks for, without what differs from one start to the next."""
    try:
        values = json.loads(job)
        named = [target for target in values["targets"] if target["name"] != LEADS_TARGET]
        return {"targets": named, "limits": values["limits"], "fresh": values["fresh"]}
    except (ValueError, KeyError, TypeError):  # written by another version, or damaged: it equals no job of ours
        return {}


def _frontier(casebook: Casebook, job: CrawlJob, keys: Keys) -> Iterator[Task]:
    """Yield what a run begins with: what the configuration names, then every listing known, then leads."""
    for target in job.targets:
        if target.leads or (not may_be_crawled(target) and opened_by_key(target, keys) is None):
            continue
        named = (
            *((url, Purpose.PAGE) for url in page_urls(target, target.start, keys)),
            *((url, Purpose.SITEMAP) for url in target.sitemaps if may_be_crawled(target)),
            *((url, Purpose.PAGE) for url in page_urls(target, target.listings, keys)),
            *((url, Purpose.PAGE) for url in shop_urls(target, keys)),
        )
        for url, purpose in named:
            yield Task(run_id=job.run_id, target=target.name, purpose=purpose, url=url)
        for words, url in search_urls(target, keys):
            yield Task(run_id=job.run_id, target=target.name, purpose=Purpose.PAGE, url=url, search=words)
        for listing in casebook.known_listings(target.name):
            yield Task(
                run_id=job.run_id,
                target=target.name,
                purpose=Purpose.PAGE,
                url=listing.url,
                depth=1,
                listing_key=listing.key,
            )
    yield from lead_tasks(job, casebook.leads(), keys)
