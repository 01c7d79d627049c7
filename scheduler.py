"""The nightly clock: `python -m scheduler --workspace DIR` runs the scan of a workspace every night.

Times are UTC, so a clock change neither repeats nor skips a night. Each scan is a subprocess in a process group of its
own: what goes wrong in it cannot take the clock down, and one that hangs is ended with all its children. The job store
is in memory and rebuilt from `copycatch.toml` at each start; what a night brought stands in `logs/nights.json`, so a
second scan of the same night is refused and a missed one is made up for at the next start. A cron line or a systemd
timer that calls `copycatch scan` every night does the same job.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from casebook.errors import CopycatchError
from casebook.lock import WorkspaceLock
from casebook.types import RunState
from copycatch.logs import start_logging
from copycatch.moments import moment
from copycatch.nights import Night, Outcome, last_due, record_night
from copycatch.output import plain
from copycatch.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copycatch.config import Schedule

log = logging.getLogger("scheduler")

JOB_ID = "scan"
GENTLE_SECONDS = 60.0
_POLL_SECONDS = 0.2


def utc_now() -> datetime:
    return datetime.now(UTC)


def last_finished(workspace: Workspace) -> datetime | None:
    """Return when the newest scan that was finished ended, or None before the first one."""
    with workspace.casebook() as casebook:
        ends = [run.finished_at for run in casebook.runs(50) if run.state is RunState.FINISHED and run.finished_at]
    return max(ends, default=None)


@dataclass(kw_only=True)
class NightWatch:
    """Runs the scan of one workspace, at most once a night, and writes down how each night went.

    `command` is the scan to start, `finished` tells when the last whole scan ended, `gentle_seconds` is how long a scan
    that is asked to end may take before it is killed.
    """

    workspace: Workspace
    schedule: Schedule
    command: Sequence[str]
    now: Callable[[], datetime] = utc_now
    finished: Callable[[], datetime | None]
    gentle_seconds: float = GENTLE_SECONDS
    _stopping: threading.Event = field(default_factory=threading.Event)

    def due(self) -> datetime | None:
        """Return the planned time that no finished scan covers yet, or None where the last night is done."""
        planned = last_due(self.now(), self.schedule.scan_time)
        done = self.finished()
        return None if done is not None and done >= planned else planned

    def run(self) -> None:
        """Scan, unless this night has its scan already."""
        planned = self.due()
        if planned is None:
            log.warning("this night has its scan already; a second one is refused")
            return
        log.info("scan starts, planned for %s", moment(planned))
        outcome, code, message = self._scan()
        self.write_down(planned, outcome, message, code)
        if not self._stopping.is_set():
            log.info(self.outlook())

    def outlook(self) -> str:
        """Return in words when the next scan is planned, in UTC and on the clock of this machine."""
        now = self.now()
        planned = last_due(now, self.schedule.scan_time) + timedelta(days=1)
        hours, minutes = divmod(round((planned - now).total_seconds() / 60), 60)
        return f"Next scan {moment(planned)} ({planned.astimezone():%H:%M} here), in {hours} h {minutes} min"

    def stop(self) -> None:
        """End a scan that is running, gently at first."""
        self._stopping.set()

    def write_down(self, planned: datetime, outcome: Outcome, message: str, code: int | None = None) -> None:
        """Put one night into the history and the log."""
        # A person who ends the scheduler knows that; everything else that keeps a scan from its end is an alarm.
        fine = outcome is Outcome.FINISHED or self._stopping.is_set()
        log.log(
            logging.INFO if fine else logging.ERROR, "scan planned for %s: %s: %s", moment(planned), outcome, message
        )
        night = Night(planned_at=planned, ended_at=self.now(), outcome=outcome, message=message, exit_code=code)
        record_night(self.workspace.nights_path, night)

    def on_event(self, event: JobExecutionEvent | JobSubmissionEvent) -> None:
        """Turn what the scheduler could not run into an alarm."""
        if event.code == EVENT_JOB_MISSED:
            hours = self.schedule.misfire_grace_hours
            self.write_down(event.scheduled_run_time, Outcome.MISSED, f"it could not start within {hours:g} hours")
        elif event.code == EVENT_JOB_MAX_INSTANCES:
            planned = event.scheduled_run_times[-1]
            self.write_down(planned, Outcome.OVERLAPPED, "the scan before it was still running")
        else:
            self.write_down(event.scheduled_run_time, Outcome.FAILED, f"it could not run: {event.exception}")

    def _scan(self) -> tuple[Outcome, int, str]:
        self.workspace.logs_path.mkdir(exist_ok=True)
        output_path = self.workspace.logs_path / "last-scan.txt"
        deadline = time.monotonic() + self.schedule.time_limit_hours * 3600
        with output_path.open("wb") as output:
            process = _start(self.command, output)
            while process.poll() is None:
                ended = self._stopping.wait(_POLL_SECONDS)
                if ended or time.monotonic() > deadline:
                    _end(process, self.gentle_seconds)
                    limit = f"it ran longer than {self.schedule.time_limit_hours:g} hours"
                    return Outcome.STOPPED, process.returncode, "the scheduler was ended" if ended else limit
        code = process.returncode
        if code == 0:
            return Outcome.FINISHED, code, "the scan is complete"
        return Outcome.FAILED, code, f"exit code {code}: {_last_words(output_path)}"


def _start(command: Sequence[str], output: BinaryIO) -> subprocess.Popen[bytes]:
    """Start a command as the leader of its own process group, so that it can be ended with all its children."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, creationflags=flags)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


def _end(process: subprocess.Popen[bytes], gentle_seconds: float) -> None:
    """Ask the group to end, give it time, then kill what is left of it."""
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(gentle_seconds)
    except subprocess.TimeoutExpired:
        log.warning("the scan did not end within %g seconds and is killed", gentle_seconds)
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], check=False, capture_output=True)  # noqa: S607
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            log.info("the scan ended with all its children")
    process.wait()


def _last_words(path: Path) -> str:
    """Return the last lines that a failed scan printed, on one line."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return plain(" ".join(line.strip() for line in lines[-4:]))[-500:].strip() or "it printed nothing"


def build_scheduler(watch: NightWatch) -> BackgroundScheduler:
    """Return a scheduler, not yet started, with the one nightly job; a night that was missed is made up for at once."""
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={
            "misfire_grace_time": int(watch.schedule.misfire_grace_hours * 3600),
            "coalesce": True,
            "max_instances": 1,
        },
    )
    at = watch.schedule.scan_time
    # One job for both: a catch-up that is still running at the planned time must not be joined by a second scan.
    catch_up = {"next_run_time": watch.now()} if watch.due() is not None else {}
    scheduler.add_job(watch.run, CronTrigger(hour=at.hour, minute=at.minute, timezone=UTC), id=JOB_ID, **catch_up)
    scheduler.add_listener(watch.on_event, EVENT_JOB_MISSED | EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
    return scheduler


def keep_watch(workspace: Workspace) -> None:
    """Scan the workspace every night until interrupted.

    Raises:
        CopycatchError: the configuration cannot be used, or another scheduler watches this workspace.
    """
    config = workspace.config()
    config.require_scannable(workspace.config_path)
    watch = NightWatch(
        workspace=workspace,
        schedule=config.schedule,
        command=[sys.executable, "-m", "copycatch", "scan", "--workspace", str(workspace.root)],
        finished=lambda: last_finished(workspace),
    )
    with WorkspaceLock(workspace.root / "schedule.lock", "A scheduler"):
        due = watch.due()
        scheduler = build_scheduler(watch)
        # Told, not thrown: an exception in the midst of `scheduler.start` would leave it neither running nor not.
        asked_to_end: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: asked_to_end.append(number))
        click.echo(f"Scanning every night at {config.schedule.scan_at} UTC; leave this window open, Ctrl+C ends it.")
        if due is not None:
            click.echo(f"No scan was finished since {moment(due)}: one starts now; it writes to logs/last-scan.txt.")
        click.echo(f"{watch.outlook()}.")
        try:
            scheduler.start()
            # In a thread of its own: apscheduler swallows an interrupt that comes while it hands over a job.
            while not asked_to_end:
                time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            pass
        finally:
            log.info("the scheduler ends")
            watch.stop()
            if scheduler.running:  # a signal may come before it is
                scheduler.shutdown(wait=True)


@click.command()
@click.option("--workspace", "folder", type=click.Path(path_type=Path), default=Path(), metavar="DIR")
def main(folder: Path) -> None:
    """Scan a workspace every night at the time its configuration names."""
    try:
        workspace = Workspace.open(folder)
        start_logging(workspace.logs_path, now=utc_now(), watched=False)
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # its own words for what is said better here
        keep_watch(workspace)
    except CopycatchError as error:
        click.echo(f"copycatch: {error.message}\n  {error.remedy}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
