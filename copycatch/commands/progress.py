"""How far long work is, how fast it goes and how long it will take: a bar on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from copycatch.output import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copycatch.scan import Progress as Listener

log = logging.getLogger("copycatch.scan")

LOG_SECONDS = 15.0
WINDOW_SECONDS = 60.0
_PHASES = {
    "import": ("Reading saved pages", "files"),
    "crawl": ("Looking at pages and pictures", "addresses"),
    "prepare": ("Preparing references", "references"),
    "marks": ("Looking for your marks on references", "references"),
    "match": ("Comparing pictures", "pictures"),
    "show": ("Drawing matches", "pictures"),
}


@contextmanager
def progress_shown() -> Iterator[Listener]:
    """Give a listener that draws a bar on a terminal and writes a log line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield LogLines(time.monotonic)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}
        paces: dict[str, Pace] = {}

        def hear(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(_PHASES[phase][0], total=total, pace="")
                paces[phase] = Pace(time.monotonic)
            bar.update(tasks[phase], completed=done, total=total, pace=paces[phase].heard(phase, done, total))

        yield hear


class LogLines:
    """Logs how far a phase is: when it begins, and then at most every 15 seconds. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._phase = ""
        self._last = 0.0
        self._pace = Pace(clock)

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = self._clock()
        begins = phase != self._phase
        if begins:
            self._phase, self._pace = phase, Pace(self._clock)
        pace = self._pace.heard(phase, done, total)
        if begins or now - self._last >= LOG_SECONDS:
            self._last = now
            log.info("%s: %d of %d%s", _PHASES[phase][0], done, total, pace and f", {pace}")


class Pace:
    """How fast a phase went in the last minute. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heard: deque[tuple[float, int]] = deque()

    def heard(self, phase: str, done: int, total: int) -> str:
        """Take note of how far it is; return its rate and the time left in words, empty while nothing is known."""
        now = self._clock()
        while len(self._heard) > 1 and now - self._heard[1][0] >= WINDOW_SECONDS:
            self._heard.popleft()
        self._heard.append((now, done))
        begun, already = self._heard[0]
        if done <= already or now <= begun:
            return ""
        rate = (done - already) / (now - begun)
        left = timedelta(seconds=round((total - done) / rate))
        return f"{rate:.1f} {_PHASES[phase][1]}/s, {left} left"
