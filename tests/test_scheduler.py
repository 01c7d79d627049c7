"""The nightly clock, with an injected clock and a stand-in for the scan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.triggers.cron import CronTrigger

from casebook.errors import WorkspaceBusy
from casebook.lock import WorkspaceLock
from casebook.types import RunState, ScanRun
from copycatch.config import Config, ConfigError, Owner, Schedule, Target
from copycatch.config_template import render
from copycatch.nights import Night, Outcome, last_due, read_nights, record_night
from copycatch.workspace import Workspace
from scheduler import JOB_ID, NightWatch, build_scheduler, keep_watch, last_finished, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

NIGHT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
FINE = [sys.executable, "-c", "print('scanned')"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    targets = (Target(name="shop", start=("https://shop.example/",)),)
    return Workspace.create(tmp_path / "space", Config(owner=Owner(contact_url="https://a.example/"), targets=targets))


def watch_of(
    workspace: Workspace,
    command: Sequence[str] = FINE,
    *,
    now: datetime = NIGHT,
    finished: datetime | None = None,
    hours: float = 8.0,
    gentle_seconds: float = 5.0,
) -> NightWatch:
    return NightWatch(
        workspace=workspace,
        schedule=Schedule(time_limit_hours=hours),
        command=command,
        now=lambda: now,
        finished=lambda: finished,
        gentle_seconds=gentle_seconds,
    )


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NIGHT, NIGHT),
        (NIGHT - timedelta(seconds=1), NIGHT - timedelta(days=1)),
        (NIGHT + timedelta(hours=23), NIGHT),
    ],
)
def test_the_planned_time_is_the_newest_that_has_passed(now: datetime, expected: datetime) -> None:
    assert last_due(now, Schedule().scan_time) == expected


def test_a_night_that_went_well_is_written_down(workspace: Workspace) -> None:
    watch_of(workspace).run()
    (night,) = read_nights(workspace.nights_path)
    assert (night.planned_at, night.outcome, night.exit_code) == (NIGHT, Outcome.FINISHED, 0)
    assert (workspace.logs_path / "last-scan.txt").read_text(encoding="utf-8").strip() == "scanned"


def test_a_failed_scan_is_an_alarm_with_its_last_words(workspace: Workspace) -> None:
    watch_of(workspace, python("import sys; sys.exit('copycatch: the disk is full')")).run()
    (night,) = read_nights(workspace.nights_path)
    assert (night.outcome, night.exit_code) == (Outcome.FAILED, 1)
    assert "copycatch: the disk is full" in night.message


def test_a_second_scan_of_the_same_night_is_refused(workspace: Workspace) -> None:
    watch_of(workspace, finished=NIGHT + timedelta(hours=1), now=NIGHT + timedelta(hours=2)).run()
    assert read_nights(workspace.nights_path) == []


def test_a_scan_is_due_until_one_finished_after_the_planned_time(workspace: Workspace) -> None:
    assert watch_of(workspace).due() == NIGHT
    assert watch_of(workspace, finished=NIGHT - timedelta(minutes=1)).due() == NIGHT
    assert watch_of(workspace, finished=NIGHT).due() is None


def test_only_finished_runs_of_the_casebook_count_as_a_night(workspace: Workspace) -> None:
    assert last_finished(workspace) is None
    with workspace.casebook() as casebook:
        for number, state in enumerate((RunState.FINISHED, RunState.FAILED)):
            casebook.begin_run(ScanRun(run_id=f"r{number}", started_at=NIGHT, program="p", job="{}"))
            casebook.finish_run(f"r{number}", state, NIGHT + timedelta(hours=number), {})
        casebook.begin_run(ScanRun(run_id="r2", started_at=NIGHT, program="p", job="{}"))
    assert last_finished(workspace) == NIGHT


def test_a_scan_past_its_time_limit_is_asked_to_end(workspace: Workspace) -> None:
    code = """
    import signal, sys, time
    signal.signal(getattr(signal, "SIGBREAK", signal.SIGTERM), lambda *_: sys.exit("ended gently"))
    print("ready", flush=True)
    time.sleep(60)
    """
    watch_of(workspace, python(code), hours=2.0 / 3600).run()
    (night,) = read_nights(workspace.nights_path)
    assert (night.outcome, night.exit_code) == (Outcome.STOPPED, 1)
    assert "ran longer than" in night.message
    assert "ended gently" in (workspace.logs_path / "last-scan.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="reads process groups the POSIX way")
def test_a_scan_that_will_not_end_is_killed_with_its_children(workspace: Workspace, tmp_path: Path) -> None:
    code = f"""
    import signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", deaf])
    open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
    time.sleep(60)
    """
    watch_of(workspace, python(code), hours=2.0 / 3600, gentle_seconds=0.5).run()
    (night,) = read_nights(workspace.nights_path)
    assert (night.outcome, night.exit_code) == (Outcome.STOPPED, -9)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet collected by its parent counts as ended."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_ending_the_scheduler_ends_the_scan(workspace: Workspace) -> None:
    watch = watch_of(workspace, python("import time; time.sleep(60)"))
    thread = threading.Thread(target=watch.run)
    thread.start()
    watch.stop()
    thread.join(20)
    assert not thread.is_alive()
    (night,) = read_nights(workspace.nights_path)
    assert (night.outcome, night.message) == (Outcome.STOPPED, "the scheduler was ended")


def test_a_missed_an_overlapping_and_an_impossible_scan_are_alarms(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watch_of(workspace)
    watch.on_event(JobExecutionEvent(EVENT_JOB_MISSED, JOB_ID, "default", NIGHT))
    watch.on_event(JobSubmissionEvent(EVENT_JOB_MAX_INSTANCES, JOB_ID, "default", [NIGHT]))
    watch.on_event(JobExecutionEvent(EVENT_JOB_ERROR, JOB_ID, "default", NIGHT, exception=OSError("no python")))
    nights = read_nights(workspace.nights_path)
    assert [night.outcome for night in nights] == [Outcome.MISSED, Outcome.OVERLAPPED, Outcome.FAILED]
    assert "no python" in nights[2].message
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 3


def test_the_job_is_one_in_utc_with_grace_and_no_overlap(workspace: Workspace) -> None:
    built = build_scheduler(watch_of(workspace, finished=NIGHT))
    (job,) = built.get_jobs()
    assert job.id == JOB_ID
    assert not hasattr(job, "next_run_time")
    defaults = built._job_defaults
    assert defaults == {"misfire_grace_time": 6 * 3600, "coalesce": True, "max_instances": 1}


def test_a_missed_night_is_made_up_for_at_the_start_by_the_same_job(workspace: Workspace) -> None:
    now = NIGHT + timedelta(hours=9)
    (job,) = build_scheduler(watch_of(workspace, now=now)).get_jobs()
    assert job.next_run_time == now
    assert job.trigger.get_next_fire_time(now, now) == NIGHT + timedelta(days=1)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("year", [2026, 2027])
def test_no_clock_change_repeats_or_skips_a_night(workspace: Workspace, zone: str, year: int) -> None:
    (job,) = build_scheduler(watch_of(workspace, finished=NIGHT)).get_jobs()
    here = ZoneInfo(zone)
    at = datetime(year, 1, 1, tzinfo=here)
    fired: list[datetime] = []
    for _ in range(365):
        previous = fired[-1] if fired else None
        fired.append(job.trigger.get_next_fire_time(previous, at))
        at = fired[-1].astimezone(here) + timedelta(seconds=1)
    gaps = {later - earlier for earlier, later in pairwise(fired)}
    assert gaps == {timedelta(days=1)}
    local = CronTrigger(hour=2, minute=30, timezone=here)
    assert job.trigger.timezone != local.timezone


def test_the_real_clock_runs_a_due_scan_and_ends_when_asked(workspace: Workspace) -> None:
    watch = NightWatch(
        workspace=workspace, schedule=Schedule(), command=FINE, finished=lambda: None, gentle_seconds=1.0
    )  # fmt: skip
    built = build_scheduler(watch)
    thread = threading.Thread(target=built.start)
    thread.start()
    deadline = time.monotonic() + 20
    while not read_nights(workspace.nights_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    built.shutdown()
    thread.join(10)
    assert [night.outcome for night in read_nights(workspace.nights_path)] == [Outcome.FINISHED]


def test_the_next_scan_is_told_in_utc_and_on_this_machines_clock(workspace: Workspace) -> None:
    here = f"{NIGHT.astimezone():%H:%M}"
    watch = watch_of(workspace, now=NIGHT - timedelta(hours=1, minutes=51))
    assert watch.outlook() == f"Next scan 2026-11-21 02:30 UTC ({here} here), in 1 h 51 min"
    assert watch_of(workspace, now=NIGHT).outlook().startswith("Next scan 2026-11-22 02:30 UTC")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_ctrl_c_ends_the_scheduler_without_an_error_and_a_missed_night_is_announced(workspace: Workspace) -> None:
    own = Target(name="own", start=("http://127.0.0.1:9/",))  # a private address that is refused before it is asked
    config = Config(owner=Owner(contact_url="https://a.example/"), targets=(own,))
    workspace.config_path.write_text(render(config), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "copycatch", "schedule", "--workspace", str(workspace.root)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as output:
        said = []
        for line in output:
            said.append(line)
            if "scan starts" in line:
                process.send_signal(signal.SIGINT)
                break
        said += list(output)
    text = "".join(said)
    assert process.wait(30) == 0
    assert "one starts now" in text
    assert "Next scan " in text
    assert "apscheduler" not in text
    assert "level=error" not in text


def test_the_history_keeps_sixty_nights_and_survives_damage(workspace: Workspace) -> None:
    path = workspace.nights_path
    for number in range(70):
        at = NIGHT + timedelta(days=number)
        record_night(path, Night(planned_at=at, ended_at=at, outcome=Outcome.FINISHED, message="m", exit_code=0))
    nights = read_nights(path)
    assert len(nights) == 60
    assert nights[-1].planned_at == NIGHT + timedelta(days=69)
    for damage in ("[{", "{}", '[{"planned_at": 3}]', "[[1]]"):
        path.write_text(damage, encoding="utf-8")
        assert read_nights(path) == []


def test_a_second_scheduler_and_a_workspace_that_cannot_scan_are_refused(workspace: Workspace) -> None:
    with WorkspaceLock(workspace.root / "schedule.lock", "A scheduler"), pytest.raises(WorkspaceBusy):
        keep_watch(workspace)
    workspace.config_path.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="contact_url is empty"):
        keep_watch(workspace)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGTERM")
@pytest.mark.parametrize("command", [["-m", "scheduler"], ["-m", "copycatch", "schedule"]])
def test_the_scheduler_starts_both_ways_and_ends_on_sigterm_with_its_lock_freed(
    workspace: Workspace, command: list[str]
) -> None:
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id="r", started_at=utc_now(), program="p", job="{}"))
        casebook.finish_run("r", RunState.FINISHED, utc_now() + timedelta(days=1), {})
    process = subprocess.Popen(
        [sys.executable, *command, "--workspace", str(workspace.root)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    with process.stdout as output:
        first = next(line for line in output if b"Scanning" in line)
        assert first.decode().startswith("Scanning every night at 02:30 UTC")
        process.terminate()
        output.read()
    assert process.wait(30) == 0
    with WorkspaceLock(workspace.root / "schedule.lock", "A scheduler"):
        pass
