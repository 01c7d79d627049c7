"""How far a running scan is, told in `logs/scan.json` for whoever wants to show it, and how it is asked to stop.

The scan that holds the workspace writes the file, about once a second while it moves and every five seconds while it
does not; a file that has not been written for 30 seconds was left by a scan that was killed. A file `logs/stop-scan`
beside it asks the scan to end: it ends as on SIGTERM, and the next scan goes on from there.
"""

from __future__ import annotations

import _thread
import json
import logging
import os
import signal
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from copycatch.failures import explained

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from copycatch.scan import Progress

log = logging.getLogger("copycatch.live")

BEAT_SECONDS = 1.0
STILL_SECONDS = 5.0
LOST_AFTER = timedelta(seconds=30)
_STOP_NAME = "stop-scan"


class ScanState(StrEnum):
    """How a scan stands."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"  # somebody asked it to
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveScan:
    """What `logs/scan.json` says. `phase` is one of begin, import, crawl, prepare, marks, match and report; `done` and
    `total` count its files, addresses, references or pictures. `complete` is false where something was left over for
    the next scan. `message` and `remedy` say why a scan failed. `process` is the one that tells, `parent` the one that
    started it. Times are aware and UTC."""

    started_at: datetime
    told_at: datetime
    state: ScanState = ScanState.RUNNING
    run_id: str = ""
    phase: str = "begin"
    done: int = 0
    total: int = 0
    complete: bool = False
    candidates: int = 0
    new: int = 0
    message: str = ""
    remedy: str = ""
    stopping: bool = False
    process: int = 0
    parent: int = 0


def utc_now() -> datetime:
    return datetime.now(UTC)


def read_live(path: Path, *, now: Callable[[], datetime] = utc_now) -> LiveScan | None:
    """Return how the scan stands that told last; None where none ever did, or the file is damaged.

    One that was killed has no last word: it is `failed`, and says so.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        live = LiveScan(
            **{
                **values,
                "started_at": datetime.fromisoformat(values["started_at"]),
                "told_at": datetime.fromisoformat(values["told_at"]),
                "state": ScanState(values["state"]),
            }
        )
        lost = live.state is ScanState.RUNNING and now() - live.told_at > LOST_AFTER
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s is damaged and not heeded: %s", path, error)
        return None
    if lost:
        return killed(live)
    return replace(live, stopping=live.state is ScanState.RUNNING and _stop_path(path).exists())


def killed(live: LiveScan) -> LiveScan:
    """Return what is to be told of a scan that ended without a last word."""
    return replace(
        live,
        state=ScanState.FAILED,
        message="The scan was ended from outside: the machine was switched off, or its process was killed.",
        remedy="Nothing that was stored is lost: start it again, and it goes on where it stopped.",
    )


def ask_to_stop(path: Path) -> None:
    """Ask the scan that tells in the file at `path` to end; without a running one nothing happens."""
    _stop_path(path).touch()


class Told:
    """Tells in a file how far a scan is, while the `with` block runs and at its end; hears what `progress` hears.

    A file that cannot be written costs the scan nothing.
    """

    def __init__(self, path: Path, progress: Progress, *, now: Callable[[], datetime] = utc_now) -> None:
        self._path = path
        self._progress = progress
        self._now = now
        self._live = LiveScan(started_at=now(), told_at=now(), process=os.getpid(), parent=os.getppid())
        self._written: LiveScan | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="live", daemon=True)

    def __call__(self, phase: str, done: int, total: int) -> None:
        self._live = replace(self._live, phase=phase, done=done, total=total)
        self._progress(phase, done, total)

    def begins(self, run_id: str) -> None:
        """Tell which run it is."""
        self._live = replace(self._live, run_id=run_id)

    def reaches(self, phase: str) -> None:
        """Tell of a phase that counts nothing."""
        self._live = replace(self._live, phase=phase, done=0, total=0)

    def ends(self, *, complete: bool, candidates: int, new: int) -> None:
        """Tell what the scan brought."""
        self._live = replace(self._live, complete=complete, candidates=candidates, new=new)

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(exist_ok=True)
        except OSError as error:
            log.warning("%s cannot be used: %s", self._path.parent, error)
        self._forget_wish()  # it was meant for a scan before this one
        self._write()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        try:
            self._thread.join()
        finally:  # a signal may come while we wait
            self._live = _ended_with(self._live, error)
            self._write()
            self._forget_wish()

    def _forget_wish(self) -> None:
        try:
            _stop_path(self._path).unlink(missing_ok=True)
        except OSError as error:
            log.debug("%s cannot be taken away: %s", _stop_path(self._path), error)

    def _beat(self) -> None:
        still = 0.0
        while not self._ended.wait(BEAT_SECONDS):
            still += BEAT_SECONDS
            if self._live is not self._written or still >= STILL_SECONDS:
                self._write()
                still = 0.0
            if _stop_path(self._path).exists():
                log.info("asked to stop")
                _stop_main_thread()
                return

    def _write(self) -> None:
        """Put the file in place in one step; not flushed to the disk, because after a crash nobody needs it."""
        live = self._live
        values = asdict(live) | {
            "started_at": live.started_at.isoformat(),
            "told_at": self._now().isoformat(),
        }
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            fresh.write_text(json.dumps(values), encoding="utf-8")
            fresh.replace(self._path)
            self._written = live
        except OSError as error:  # a full disk; on Windows also somebody who reads it just now
            log.debug("%s could not be written: %s", self._path, error)


def _ended_with(live: LiveScan, error: BaseException | None) -> LiveScan:
    if error is None:
        return replace(live, state=ScanState.FINISHED)
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return replace(live, state=ScanState.STOPPED)
    failure = explained(error)
    return replace(live, state=ScanState.FAILED, message=failure.message, remedy=failure.remedy)


def _stop_path(path: Path) -> Path:
    return path.with_name(_STOP_NAME)


def _stop_main_thread() -> None:
    """End the main thread as SIGTERM does; where nobody handles that signal, as Ctrl+C does."""
    wanted = signal.SIGTERM if callable(signal.getsignal(signal.SIGTERM)) else signal.SIGINT
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, wanted)  # unlike interrupt_main, it also wakes a thread that waits for a child
    else:
        _thread.interrupt_main(wanted)
