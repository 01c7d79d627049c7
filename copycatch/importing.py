"""Take in pages that a person saved in her own browser, and compare what they show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from copycatch.report import write_report
from copycatch.saved_pages import Imported, take_in
from copycatch.scan import no_progress, run_match, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from copycatch.scan import Progress
    from copycatch.workspace import Workspace


def run_import(
    workspace: Workspace,
    files: Iterable[Path],
    *,
    url: str | None = None,
    compare: bool = True,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> Imported:
    """Read saved pages into the casebook (see `take_in`), compare their pictures, and write the report, where any page
    or picture came in."""
    with workspace.lock("A scan, match or import"), workspace.casebook() as casebook:
        done = take_in(workspace, casebook, files, url=url, now=now, progress=progress)
    if not compare or not any(read.pages or read.pictures for read in done.files):
        return done
    compared = run_match(workspace, now=now, progress=progress)
    with workspace.casebook() as casebook:
        return replace(done, compared=compared, report=write_report(workspace, casebook, done.run_id, now=now))
