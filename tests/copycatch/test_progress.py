"""Who waits is told how far it is, how fast it goes and how long it will take."""

from __future__ import annotations

import logging
import sys

import pytest

from copycatch.commands.progress import LogLines, Pace, progress_shown


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_the_pace_is_that_of_the_last_minute() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.heard("match", 50, 1000) == "", "what an earlier run did tells nothing of this one"
    told = []
    for seconds, done in ((10, 60), (20, 70), (80, 370), (140, 670), (200, 970)):
        clock.seconds = 100.0 + seconds
        told.append(pace.heard("match", done, 1000))
    assert told[0] == "1.0 pictures/s, 0:15:40 left"
    assert told[-1] == "5.0 pictures/s, 0:00:06 left"


def test_a_total_that_grows_moves_the_end_away() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.heard("crawl", 0, 1)
    clock.seconds += 10
    assert pace.heard("crawl", 10, 20) == "1.0 addresses/s, 0:00:10 left"
    assert pace.heard("crawl", 10, 120) == "1.0 addresses/s, 0:01:50 left"


def test_log_lines_come_at_the_begin_of_a_phase_and_then_every_quarter_of_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    lines = LogLines(clock)
    with caplog.at_level(logging.INFO):
        for seconds in range(31):
            clock.seconds = 100.0 + seconds
            lines("prepare", seconds, 60)
        lines("match", 1, 8)
    assert caplog.messages == [
        "Preparing references: 0 of 60",
        "Preparing references: 15 of 60, 1.0 references/s, 0:00:45 left",
        "Preparing references: 30 of 60, 1.0 references/s, 0:00:30 left",
        "Comparing pictures: 1 of 8",
    ]


def test_a_terminal_gets_a_bar_with_the_pace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")
    with progress_shown() as hear:
        hear("match", 1, 8)
        hear("match", 4, 8)
    shown = capsys.readouterr().err
    assert "Comparing pictures" in shown
    assert "4/8" in shown
    assert "pictures/s" in shown
