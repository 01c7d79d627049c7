"""What a running scan tells of itself, and how it is asked to stop."""

from __future__ import annotations

import json
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from copycatch.config import ConfigError
from copycatch.live import ScanState, Told, ask_to_stop, read_live
from copycatch.scan import no_progress, run_scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copycatch.workspace import Workspace

SECONDS = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "scan.json"


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_reader_hears_what_a_scan_tells_while_it_runs_and_at_its_end(path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    with Told(path, lambda *told: heard.append(told)) as told:
        assert read_live(path).phase == "begin"  # type: ignore[union-attr]
        told.begins("run-1")
        told("crawl", 3, 10)
        assert eventually(lambda: (live := read_live(path)) is not None and (live.phase, live.done) == ("crawl", 3))
        live = read_live(path)
        assert live is not None
        assert (live.state, live.run_id, live.total) == (ScanState.RUNNING, "run-1", 10)
        told.ends(complete=True, candidates=4, new=2)
    live = read_live(path)
    assert live is not None
    assert (live.state, live.complete, live.candidates, live.new) == (ScanState.FINISHED, True, 4, 2)
    assert heard == [("crawl", 3, 10)]


def test_a_scan_that_fails_leaves_its_message_and_remedy(path: Path) -> None:
    with pytest.raises(ConfigError), Told(path, no_progress):
        raise ConfigError("there is no target", remedy="Add one.")
    live = read_live(path)
    assert live is not None
    assert (live.state, live.message, live.remedy) == (ScanState.FAILED, "there is no target", "Add one.")


def test_a_scan_that_was_killed_counts_as_failed_after_half_a_minute(path: Path) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    with Told(path, no_progress, now=lambda: begun):
        still = read_live(path, now=lambda: begun + timedelta(seconds=29))
        lost = read_live(path, now=lambda: begun + timedelta(seconds=31))
    assert still is not None
    assert still.state is ScanState.RUNNING
    assert lost is not None
    assert lost.state is ScanState.FAILED
    assert "killed" in lost.message
    assert "goes on" in lost.remedy


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", '{"state": "running"}', '{"started_at": 3, "told_at": "x", "state": "?"}', "\0",
               '{"started_at": "2026-01-01", "told_at": "2026-01-01", "state": "running"}']
)  # fmt: skip
def test_a_damaged_file_is_not_heeded(path: Path, damage: str) -> None:
    path.parent.mkdir()
    path.write_text(damage, encoding="utf-8")
    assert read_live(path) is None


def test_before_the_first_scan_there_is_nothing_to_tell(path: Path) -> None:
    assert read_live(path) is None


def test_who_is_asked_to_stop_ends_as_on_a_signal_and_says_so(path: Path) -> None:
    def ended(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, ended)
    try:
        with pytest.raises(SystemExit), Told(path, no_progress):
            _ask_and_wait(path)
    finally:
        signal.signal(signal.SIGTERM, before)
    live = read_live(path)
    assert live is not None
    assert (live.state, live.stopping) == (ScanState.STOPPED, False)


def _ask_and_wait(path: Path) -> None:
    ask_to_stop(path)
    assert read_live(path).stopping  # type: ignore[union-attr]
    threading.Event().wait(SECONDS)


def test_a_wish_to_stop_is_not_kept_for_the_next_scan(path: Path) -> None:
    path.parent.mkdir()
    ask_to_stop(path)
    with Told(path, no_progress):
        time.sleep(1.5)
    assert read_live(path).state is ScanState.FINISHED  # type: ignore[union-attr]


def test_where_nothing_can_be_written_the_scan_goes_on(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("no folder", encoding="utf-8")
    with Told(tmp_path / "logs" / "scan.json", no_progress) as told:
        told("crawl", 1, 2)
    assert read_live(tmp_path / "logs" / "scan.json") is None


def test_a_scan_that_comes_second_leaves_the_word_of_the_first_alone(workspace: Workspace) -> None:
    with workspace.lock("A scan"), Told(workspace.live_path, no_progress) as told:
        told.begins("first")
        assert eventually(lambda: json.loads(workspace.live_path.read_text())["run_id"] == "first")
        with pytest.raises(Exception, match="already running"):
            run_scan(workspace)
        live = read_live(workspace.live_path)
        assert live is not None
        assert (live.run_id, live.state) == ("first", ScanState.RUNNING)
