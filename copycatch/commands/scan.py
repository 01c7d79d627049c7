"""`copycatch scan` and `copycatch match`: look for copies."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from casebook.candidate_records import candidate_records
from casebook.errors import CopycatchError
from copycatch.candidate_list import print_candidates
from copycatch.changes import SHOWN_AT_MOST, Gone, gone_in
from copycatch.commands.options import in_workspace, utc_now
from copycatch.commands.progress import progress_shown
from copycatch.coverage import run_alarms
from copycatch.output import counted, plain, print_line, print_table
from copycatch.scan import ScanSummary, run_match, run_scan
from copycatch.webhooks import send_waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copycatch.comparing import Compared
    from copycatch.watched import Watched
    from copycatch.works import Problem
    from copycatch.workspace import Workspace

log = logging.getLogger("copycatch.scan")

NEW_CANDIDATES = 3
_HEADINGS = (
    "target", "pages", "refused", "failed", "blocked", "left", "listings", "live", "gone", "pictures", "missed",
)  # fmt: skip


@click.command()
@in_workspace
@click.option("--fresh", is_flag=True, help="Fetch every page and picture again, whatever is known of it.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there are new candidates.")
@click.pass_context
def scan(ctx: click.Context, workspace: Workspace, fresh: bool, exit_code: bool) -> None:
    """Look at every target, compare what is shown with your works, and write the report.

    A scan that was interrupted goes on where it stopped.
    """
    with progress_shown() as listener:
        summary = run_scan(workspace, now=utc_now, fresh=fresh, progress=listener)
    show_summary(workspace, summary)
    _tell_webhooks(workspace)
    log.info("scan %s ended: %d candidates, %d new", summary.run_id, len(summary.candidates), len(summary.new))
    if exit_code and summary.new:
        ctx.exit(NEW_CANDIDATES)


@click.command()
@in_workspace
def match(workspace: Workspace) -> None:
    """Compare the stored pictures with your works again, without visiting any site."""
    with progress_shown() as listener:
        compared = run_match(workspace, now=utc_now, progress=listener)
    _print_problems(compared.problems)
    _print_failed(compared)
    with workspace.casebook() as casebook:
        records = candidate_records(casebook)
        if records:
            print_candidates(casebook, records)
    print_line(f"{counted(compared.pictures, 'picture')} compared, {counted(len(records), 'candidate')}.")


def _tell_webhooks(workspace: Workspace) -> None:
    """Send what waits for webhooks; whatever fails there is told and costs the scan nothing."""
    try:
        problems = send_waiting(workspace, utc_now).problems
    except CopycatchError as error:
        print_line(f"! no webhook is told: {plain(error.message)}")
        return
    for name, why in problems.items():
        print_line(plain(f"! webhook {name}: {why}"))


def show_summary(workspace: Workspace, summary: ScanSummary) -> None:
    """Print how a scan ended: candidates, what changed, what was not seen, and where the report is."""
    _print_problems(summary.compared.problems)
    _print_failed(summary.compared)
    if summary.watched is not None:
        _print_watched(summary.watched)
    new = {candidate.candidate_id for candidate in summary.new}
    with workspace.casebook() as casebook:
        records = candidate_records(casebook)
        coverage = casebook.coverage_rows(summary.run_id)
        gone = list(gone_in(casebook, summary.run_id, [str(row["target"]) for row in coverage]))
        alarms = run_alarms(casebook, summary.run_id)
        if records:
            print_candidates(casebook, records, new=new, title=f"{counted(len(records), 'candidate')}, {len(new)} new")
        else:
            print_line("No candidates.")
    _print_gone(gone)
    print_table(_HEADINGS, [_coverage(row) for row in coverage], title="What was seen")
    if not summary.complete:
        print_line("Not everything was reached; the next scan goes on where this one stopped.")
    for alarm in alarms:
        print_line(f"! {plain(alarm)}")
    print_line(f"Report: {plain(summary.report)}")


def _print_watched(watched: Watched) -> None:
    """Print what the watched folder brought, what waits in it and what of it could not be read."""
    done = watched.imported
    if done is not None:
        print_line(
            f"{counted(len(done.files), 'saved page')} taken in from {plain(watched.folder)}: "
            f"{counted(done.listings, 'listing')} with {counted(done.pictures, 'picture')}"
        )
    if watched.waiting:
        print_line(f"{watched.waiting} files there are still being written; the next scan takes them in.")
    for problem in watched.problems[:SHOWN_AT_MOST]:
        print_line(f"! {plain(problem)}")
    if len(watched.problems) > SHOWN_AT_MOST:
        print_line(f"! and {len(watched.problems) - SHOWN_AT_MOST} more files there could not be read")


def _print_failed(compared: Compared) -> None:
    if compared.failed:
        print_line(f"Pictures that could not be compared: {compared.failed}; the next scan or match tries them again.")


def _print_gone(gone: list[Gone]) -> None:
    if gone:
        print_line("What changed:")
    for listing in gone[:SHOWN_AT_MOST]:
        print_line(f"  {plain(listing.title)} {listing.sentence}: {plain(listing.url)}")
    if len(gone) > SHOWN_AT_MOST:
        print_line(f"  and {len(gone) - SHOWN_AT_MOST} more")


def _coverage(row: Mapping[str, object]) -> list[object]:
    missed = sum(int(str(row[name])) for name in ("pictures_refused", "pictures_failed", "pictures_pending"))
    names = (
        "target", "pages", "pages_refused", "pages_failed", "pages_blocked", "pages_pending",
        "listings", "listings_live", "listings_gone", "pictures",
    )  # fmt: skip
    return [*(row[name] for name in names), missed]


def _print_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        click.echo(f"reference {plain(problem.where)}: {plain(problem.message)}. {plain(problem.remedy)}", err=True)


COMMANDS = (scan, match)
