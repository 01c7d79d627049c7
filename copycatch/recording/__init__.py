"""The recorder: the owner looks at pages in her own browser, and what it gets is written down for the import.

In: the pages to begin with. Out: a WACZ file with the pages, the data and the pictures as they were answered, and a
line for each page as our readers read it. Nothing is clicked, scrolled, filled in or disguised; cookies, passwords and
what forms send are never written. The window is that of an installed Chrome, Chromium or Edge, listened to over two
pipes: nothing more to install, and no port that another program could use.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from casebook.errors import CopycatchError
from casebook.lock import WorkspaceLock
from copycatch.recording.browser import Browser, BrowserError, find_browser
from copycatch.recording.journal import UNFINISHED, Journal
from copycatch.recording.wacz import complete
from copycatch.recording.watch import Seen, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from copycatch.workspace import Workspace

__all__ = ["BrowserError", "Recording", "RecordingError", "Seen", "record"]

SUFFIX = ".wacz"
PAUSE_SECONDS = 2.0


class RecordingError(CopycatchError):
    """A recording that cannot be written where it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What was recorded: `file` is None where nothing was. `left_over` are recordings that were cut off before."""

    file: Path | None
    left_over: tuple[Path, ...]
    pages: int
    pictures: int


def record(
    workspace: Workspace,
    urls: Sequence[str] = (),
    *,
    tell: Callable[[Seen], None],
    now: Callable[[], datetime],
    out: Path | None = None,
    program: Path | None = None,
    profile: Path | None = None,
    pause: float = PAUSE_SECONDS,
) -> Recording:
    """Open a window, keep what is looked at in it until it is closed or Ctrl+C is pressed, and write it as WACZ.

    1. Recordings that were cut off are completed.
    2. `program`, or the browser that lies where it usually lies, opens with the profile of this workspace (or
       `profile`), and in it the given pages, `pause` seconds apart.
    3. Each answer is written to an unfinished WARC file as it comes: a kill costs the last one at most.
    4. At the end that file becomes `out`, by default `recordings/TIME.wacz` in the workspace.

    Raises BrowserError, RecordingError, WorkspaceBusy, OSError.
    """
    browser = find_browser(program)
    folder = workspace.root / "recordings"
    folder.mkdir(mode=0o700, exist_ok=True)
    started_at = now()
    out = folder / f"{started_at:%Y%m%dT%H%M%SZ}{SUFFIX}" if out is None else out
    _refuse_unusable(out)
    profile = _own_profile(workspace) if profile is None else profile.absolute()
    with WorkspaceLock(workspace.root / "recording.lock", "A recording"):
        left_over = tuple(_completed(folder, now))
        unfinished = folder / f"{started_at:%Y%m%dT%H%M%S%fZ}{UNFINISHED}"
        with (
            Journal(unfinished, started_at) as journal,
            _cache() as cache,
            Browser(browser, profile, cache) as window,
            _until_ctrl_c() as stopped,
        ):
            watch = Watch(window.devtools, journal, tell, now)
            watch.run(urls, pause, stopped.is_set)
            failed = None if watch.began or stopped.is_set() else window.why_it_ended()
        kept = complete(unfinished, out, now())
        if failed is not None:
            raise failed
    return Recording(
        file=out if kept else None,
        left_over=left_over,
        pages=journal.counts.pages,
        pictures=journal.counts.pictures,
    )


@contextmanager
def _cache() -> Iterator[Path]:
    """Give an empty folder that is gone afterwards, whatever the browser still writes into it."""
    folder = Path(tempfile.mkdtemp(prefix="copycatch-cache-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_unusable(out: Path) -> None:
    if out.suffix.lower() != SUFFIX:
        raise RecordingError(f"{out} does not end in {SUFFIX}.", remedy=f"Name a file such as visit{SUFFIX}.")
    if out.exists():
        raise RecordingError(f"{out} exists already.", remedy="Name another file; no recording is overwritten.")
    if not out.parent.is_dir():
        raise RecordingError(f"There is no folder {out.parent}.", remedy="Make it, or name another file.")


def _own_profile(workspace: Workspace) -> Path:
    """Return the folder of the browser's profile, where logins stay; only its owner may look into it."""
    profile = workspace.root / "browser-profile"
    profile.mkdir(mode=0o700, exist_ok=True)
    profile.chmod(0o700)
    return profile


def _completed(folder: Path, now: Callable[[], datetime]) -> Iterator[Path]:
    """Complete what earlier recordings left behind when they were killed; yield the files that came of it."""
    for unfinished in sorted(folder.glob(f"*{UNFINISHED}")):
        out = unfinished.with_name(unfinished.name.removesuffix(UNFINISHED) + SUFFIX)
        if complete(unfinished, out, now()):
            yield out


@contextmanager
def _until_ctrl_c() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl+C sets, so that it never falls into the midst of a write; a second one
    interrupts as always."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(_number: int, _frame: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
