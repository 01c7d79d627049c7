"""Several processes, one casebook; and processes that die."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from casebook.casebook import Casebook
from tests.casebook.comparing import comparable
from tests.casebook.makers import listing, page_visit, run

if TYPE_CHECKING:
    from pathlib import Path

DIE_IN_THE_MIDDLE = """
import sys, time
from pathlib import Path
from casebook.casebook import Casebook
from tests.casebook.makers import listing, page_visit

def stop(self, task):
    print("everything but the task is written", flush=True)
    time.sleep(60)

Casebook._close_task = stop
with Casebook.open(Path(sys.argv[1])) as casebook:
    casebook.record(page_visit(listing("1", "a", "b"), 1))
"""

WRITE_MUCH = """
import sys
from pathlib import Path
from casebook.casebook import Casebook
from tests.casebook.makers import listing, page_visit

with Casebook.open(Path(sys.argv[1])) as casebook:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(100):
        casebook.record(page_visit(listing(f"{sys.argv[2]}-{number}", "shared", str(number)), number))
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_process_killed_in_the_middle_of_a_visit_leaves_nothing_of_it(casebook: Casebook) -> None:
    before = comparable(casebook.path)
    with start(DIE_IN_THE_MIDDLE, str(casebook.path)) as process:
        assert said(process) == "everything but the task is written\n"
        process.kill()
    assert comparable(casebook.path) == before
    casebook.record(page_visit(listing("1", "a", "b"), 1))
    assert casebook.listing("shop:1") == listing("1", "a", "b")


def test_two_processes_write_at_once_without_getting_in_each_others_way(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    with Casebook.open(path, create=True) as casebook:
        casebook.begin_run(run(1))
    with start(WRITE_MUCH, str(path), "a") as one, start(WRITE_MUCH, str(path), "b") as other:
        assert (said(one), said(other)) == ("ready\n", "ready\n")
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert (one.wait(60), other.wait(60)) == (0, 0)
    with Casebook.open(path) as casebook:
        assert len(casebook.known_listings("shop")) == 200
