"""A scan that is killed again and again ends where an undisturbed one ends."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from casebook.types import RunState
from copycatch.scan import run_scan
from fixtures.demo.server import DemoServer
from tests.casebook.comparing import comparable
from tests.copycatch.test_scan import demo_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from copycatch.workspace import Workspace

KILLS_WHILE_CRAWLING = 5
KILLS_WHILE_MATCHING = 5
PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def server(drawn_pictures: Path) -> Iterator[DemoServer]:
    with DemoServer(folder=drawn_pictures, delay_seconds=0.01) as running:
        yield running


def start(workspace: Workspace) -> subprocess.Popen[bytes]:
    """Start a scan as a person would, in a process group of its own."""
    group = {"start_new_session": True} if os.name == "posix" else {"creationflags": 0x200}
    return subprocess.Popen(
        [sys.executable, "-m", "copycatch", "scan", "--workspace", str(workspace.root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **group,  # type: ignore[arg-type]
    )


def kill_group(scan: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        os.killpg(scan.pid, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(scan.pid)], check=False, capture_output=True)
    scan.wait()


def examined(workspace: Workspace) -> int:
    with closing(sqlite3.connect(workspace.casebook_path, timeout=10)) as connection:
        return int(connection.execute("SELECT count(*) FROM examination").fetchone()[0])


def kill_when(workspace: Workspace, reached: Callable[[], bool], rng: random.Random) -> bool:
    """Start a scan and kill its whole group at a random moment after `reached`; False where it ended before that."""
    scan = start(workspace)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < give_up, "the scan does not get on"
        if scan.poll() is not None:
            return False
        time.sleep(0.005)
    time.sleep(rng.uniform(0, 0.05))
    alive = scan.poll() is None
    kill_group(scan)
    return alive


@pytest.mark.timeout(1800)  # twelve starts of a scan
def test_ten_kills_lose_nothing_and_repeat_almost_nothing(tmp_path: Path, server: DemoServer) -> None:
    rng = random.Random(20260301)
    calm = demo_workspace(tmp_path / "calm", server)
    run_scan(calm)
    undisturbed = Counter((hit.shop, hit.path) for hit in server.log)
    compared = examined(calm)

    disturbed = demo_workspace(tmp_path / "disturbed", server)
    begin = len(server.log)
    kills = 0
    for _ in range(KILLS_WHILE_CRAWLING):
        step = len(server.log) - begin + rng.randint(8, sum(undisturbed.values()) // (KILLS_WHILE_CRAWLING + 1))
        kills += kill_when(disturbed, lambda step=step: len(server.log) - begin >= step, rng)
    for part in range(KILLS_WHILE_MATCHING):
        step = rng.randint(part * compared // KILLS_WHILE_MATCHING, (part + 1) * compared // KILLS_WHILE_MATCHING - 1)
        kills += kill_when(disturbed, lambda step=step: crawl_over(disturbed) and examined(disturbed) >= step, rng)
    last = run_scan(disturbed)

    assert kills == KILLS_WHILE_CRAWLING + KILLS_WHILE_MATCHING
    assert last.resumed
    assert last.complete
    assert comparable(disturbed.casebook_path) == comparable(calm.casebook_path)
    repeated = Counter((hit.shop, hit.path) for hit in server.log[begin:])
    assert set(repeated) == set(undisturbed)
    assert {address: count for address, count in repeated.items() if count > 2 * undisturbed[address]} == {}
    with disturbed.casebook() as casebook:
        assert [run.state for run in casebook.runs(10)] == [RunState.FINISHED]
    blobs = {path.relative_to(calm.blobs_path) for path in calm.blobs_path.rglob("*") if path.is_file()}
    pictures = {name for name in blobs if (disturbed.blobs_path / name).exists()}
    assert len(pictures) > compared, "pictures and drawings are the same files"


def crawl_over(workspace: Workspace) -> bool:
    with closing(sqlite3.connect(workspace.casebook_path, timeout=10)) as connection:
        return bool(connection.execute("SELECT phase != 'crawl' FROM run ORDER BY run_seq DESC").fetchone()[0])


def test_a_crawl_whose_parent_is_killed_alone_stops_by_itself(tmp_path: Path, server: DemoServer) -> None:
    workspace = demo_workspace(tmp_path / "space", server)
    for path in workspace.references_path.iterdir():
        path.unlink()  # this is of the crawl alone; without references nothing is compared after it
    begin = len(server.log)
    scan = start(workspace)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while len(server.log) - begin < 5 and time.monotonic() < give_up:
        time.sleep(0.01)
    scan.kill()
    scan.wait()
    quiet_since, seen = time.monotonic(), len(server.log)
    while time.monotonic() - quiet_since < 2.0:
        assert time.monotonic() < give_up, "the crawl goes on without its parent"
        if len(server.log) != seen:
            quiet_since, seen = time.monotonic(), len(server.log)
        time.sleep(0.05)
    assert seen - begin < 100
    assert run_scan(workspace).resumed
