"""A scan in a process of its own, started from a page, and how it stands for that page."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from casebook.errors import WorkspaceBusy
from copycatch.coverage import not_seen_so_far
from copycatch.live import LiveScan, ScanState, ask_to_stop, killed, read_live, utc_now
from copycatch.output import plain
from copycatch.ways import not_crawled
from crawler.keys import read_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from copycatch.workspace import Workspace

OUTPUT_NAME = "browser-scan.txt"
SENTENCES = 12
_LAST_BYTES = 4000
_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only
_BUSY_REMEDY = "Wait until it has ended, or stop it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanView:
    """A scan as a page shows it: how it stands, the address it asked for last, and what it could not get so far."""

    live: LiveScan
    looking_at: str | None = None
    not_seen: tuple[str, ...] = ()


class ScanStarter:
    """Starts scans of one workspace, one at a time, and tells how the last one stands, whoever started it."""

    def __init__(self, workspace: Workspace, *, now: Callable[[], datetime] = utc_now) -> None:
        self._workspace = workspace
        self._now = now
        self._child: subprocess.Popen[bytes] | None = None
        self._started_at = now()
        self._ended_early = False

    def start(self) -> None:
        """Start `copycatch scan` in a process that lives on when this one ends; its words go to logs/browser-scan.txt.

        Raises:
            ConfigError: nothing can be scanned with this configuration.
            WorkspaceBusy: a scan is running.
        """
        workspace = self._workspace
        config = workspace.config()
        with workspace.casebook() as casebook:
            config.require_scannable(workspace.config_path, leads=len(casebook.leads()))
        live = self.live()
        if live is not None and live.state is ScanState.RUNNING:
            raise WorkspaceBusy(f"A scan is already running in {workspace.root}.", remedy=_BUSY_REMEDY)
        workspace.logs_path.mkdir(exist_ok=True)
        self._started_at, self._ended_early = self._now(), False
        with self._output_path.open("wb") as output:
            self._child = subprocess.Popen(
                # -P: not the folder we stand in, which may hold what a stranger named like a library.
                [sys.executable, "-P", "-m", "copycatch", "scan", "--workspace", str(workspace.root)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                # Ctrl+C in our terminal is not meant for it.
                creationflags=_OWN_GROUP,
                start_new_session=sys.platform != "win32",
            )

    def stop(self) -> None:
        """Ask the running scan to end; it keeps what it has, and the next one goes on from there."""
        live = read_live(self._workspace.live_path, now=self._now)
        if self._child is not None and self._child.poll() is None and not self._told(live):
            # A wish that a scan finds at its beginning counts as one for the scan before it.
            self._ended_early = True
            self._child.terminate()
        elif live is not None:
            ask_to_stop(self._workspace.live_path)

    def live(self) -> LiveScan | None:
        """Return how the last scan stands; None where there was none since this workspace tells of them."""
        code = self._child.poll() if self._child is not None else None
        live = read_live(self._workspace.live_path, now=self._now)
        if self._child is None:
            return live
        if live is not None and self._told(live):
            if self._child.pid not in (live.process, live.parent):  # on Windows a launcher stands between
                return live  # a scan that somebody else started, whatever became of ours
            # Our own child runs until its process has ended, whatever its last word was, and no longer.
            if code is None:
                return replace(live, state=ScanState.RUNNING)
            return killed(live) if live.state is ScanState.RUNNING else live
        begun = LiveScan(started_at=self._started_at, told_at=self._now())
        if code is None:
            return replace(begun, stopping=self._ended_early)
        if self._ended_early:
            return replace(begun, state=ScanState.STOPPED)
        message, remedy = _last_words(self._output_path)
        return replace(begun, state=ScanState.FAILED, message=message, remedy=remedy)

    def view(self) -> ScanView | None:
        """Return how the last scan stands, with what the casebook knows of it; None where there was none."""
        live = self.live()
        if live is None or not live.run_id:
            return None if live is None else ScanView(live=live)
        with self._workspace.casebook() as casebook:
            last = casebook.last_fetch(live.run_id) if live.phase == "crawl" else None
            missed = list(not_seen_so_far(casebook.shortfalls(live.run_id)))
        closed = not_crawled(self._workspace.config().targets, read_keys(self._workspace.keys_path))
        return ScanView(
            live=live, looking_at=last.url if last else None, not_seen=(*missed[:SENTENCES], *islice(closed, SENTENCES))
        )

    def _told(self, live: LiveScan | None) -> bool:
        """Whether what was told last comes from our own child, or a later scan."""
        return live is not None and live.started_at >= self._started_at

    @property
    def _output_path(self) -> Path:
        return self._workspace.logs_path / OUTPUT_NAME


def _last_words(path: Path) -> tuple[str, str]:
    """Return the message and the remedy that a command printed when it failed."""
    try:
        text = path.read_bytes()[-_LAST_BYTES:].decode("utf-8", "replace")
    except OSError:
        text = ""
    lines = text.split("\n")
    begins = next((number for number in reversed(range(len(lines))) if lines[number].startswith("copycatch: ")), None)
    if begins is None:
        told = plain(" ".join(text.split())[-500:]) or "It printed nothing."
        return f"The scan could not begin. {told}", f"logs/{path.name} in the workspace has all it said."
    said = [plain(line) for line in lines[begins:] if line.strip()]
    said[0] = said[0].removeprefix("copycatch: ")
    return " ".join(line.strip() for line in said[:-1]) or said[0], said[-1].strip()
