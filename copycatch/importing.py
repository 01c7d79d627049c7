"""Take in pages that a person saved in her own browser, and compare what they show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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
    """Read saved pages into the casebook (see `take_in`), and compare their pictures with the works."""
    with workspace.lock("A scan, match or import"), workspace.casebook() as casebook:
        done = take_in(workspace, casebook, files, url=url, now=now, progress=progress)
    return replace(done, compared=run_match(workspace, now=now, progress=progress)) if compare else done
