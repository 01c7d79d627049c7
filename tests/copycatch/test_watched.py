"""The watched folder: each saved page is taken in once, when it is whole, and none can cost a scan."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from casebook.errors import CopycatchError
from copycatch import saved_pages
from copycatch.config import Config, CrawlLimits, ImportSettings, MatchSettings, Owner, Target
from copycatch.config_file import load_config
from copycatch.scan import no_progress
from copycatch.watched import Watched, take_in_watched, watched_problems
from copycatch.workspace import Workspace
from fixtures.demo.pictures import Studio
from tests.copycatch.test_commands import lines
from tests.crawler.saved_pages import PICTURES, URL, har, single_file, warc

if TYPE_CHECKING:
    from pathlib import Path

    from tests.copycatch.conftest import Run

KEY = "ebay:305512340001"
NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


def watching(folder: Path, named: str = "inbox") -> Workspace:
    config = Config(
        owner=Owner(name="Mara", contact_url="https://owner.example/about"),
        crawl=CrawlLimits(delay_seconds=0.0, timeout_seconds=2.0, allowed_private_hosts=("127.0.0.1:9",)),
        import_=ImportSettings(folder=named),
        match=MatchSettings(processes=1),
        targets=(Target(name="nobody", start=("http://127.0.0.1:9/",)),),
    )
    return Workspace.create(folder, config)


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    workspace = watching(tmp_path / "space")
    (workspace.root / "inbox").mkdir()
    return workspace


def saved(space: Workspace, name: str, data: bytes, *, age: float = 3600.0) -> Path:
    """Put a file into the watched folder that was last changed some seconds ago."""
    path = space.root / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    at = (NOW - timedelta(seconds=age)).timestamp()
    os.utime(path, (at, at))
    return path


def take_in(space: Workspace, now: datetime = NOW) -> Watched:
    with space.lock("A scan"), space.casebook() as casebook:
        found = take_in_watched(space, casebook, now=lambda: now, progress=no_progress)
    assert found is not None
    return found


def names(watched: Watched) -> list[str]:
    return [] if watched.imported is None else [read.path.name for read in watched.imported.files]


def test_the_key_is_read_back_and_is_off_by_default(space: Workspace, tmp_path: Path) -> None:
    assert load_config(space.config_path).import_.folder == "inbox"
    assert "[import]\n" in space.config_path.read_text("utf-8")
    off = watching(tmp_path / "off", "")
    with off.lock("A scan"), off.casebook() as casebook:
        assert take_in_watched(off, casebook, now=lambda: NOW, progress=no_progress) is None
    assert watched_problems(off) == []


def test_a_file_is_read_once_and_again_when_it_changed(space: Workspace) -> None:
    saved(space, "ebay/a.har", har({}))
    saved(space, "notes.txt", b"nothing")
    assert names(take_in(space)) == ["a.har"]
    assert names(take_in(space)) == []
    saved(space, "b.har", har({}))
    assert names(take_in(space)) == ["b.har"]
    saved(space, "b.har", har({}), age=1800)
    assert names(take_in(space)) == ["b.har"]
    with space.casebook() as casebook:
        assert casebook.listing(KEY) is not None


@pytest.mark.parametrize(("age", "waits"), [(10, 1), (59, 1), (61, 0), (-30, 1), (-3600, 0)])
def test_a_file_that_is_still_being_written_waits(age: float, waits: int, space: Workspace) -> None:
    saved(space, "a.har", har({}), age=age)
    watched = take_in(space)
    assert (watched.waiting, len(names(watched))) == (waits, 1 - waits)
    assert names(take_in(space, NOW + timedelta(minutes=3))) == ["a.har"] * waits


def test_a_page_waits_for_the_files_beside_it(space: Workspace) -> None:
    saved(space, "page.html", single_file({}))
    saved(space, "page_files/a.jpg", b"\xff\xd8\xff", age=5)
    assert take_in(space).waiting == 1
    assert names(take_in(space, NOW + timedelta(minutes=2))) == ["page.html"]


def test_what_cannot_be_read_is_told_until_it_is_mended_and_costs_no_other_file(space: Workspace) -> None:
    saved(space, "a.har", b"%PDF")
    saved(space, "b.warc.gz", warc({})[:-20])
    saved(space, "c.har", har({}))
    first = take_in(space)
    assert names(first) == ["a.har", "b.warc.gz", "c.har"]
    assert [problem.partition(":")[0] for problem in first.problems] == ["a.har", "b.warc.gz"]
    second = take_in(space)
    assert names(second) == ["a.har", "b.warc.gz"]  # nothing at all could be read of them: perhaps next time
    assert first.problems == second.problems == tuple(watched_problems(space))
    saved(space, "a.har", har({}), age=1800)
    (space.root / "inbox" / "b.warc.gz").unlink()
    assert take_in(space).problems == ()
    assert watched_problems(space) == []


def test_a_file_with_a_flaw_is_read_once_and_its_flaw_stays_told(space: Workspace) -> None:
    log = json.loads(har({PICTURES[0]: b"\xff\xd8\xff"}))
    log["log"]["entries"][1]["response"]["content"]["text"] = "*"
    saved(space, "a.har", json.dumps(log).encode())
    first = take_in(space)
    assert "cannot be decoded" in first.problems[0]
    second = take_in(space)
    assert (names(second), second.problems) == ([], first.problems)


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from copycatch import saved_pages
from copycatch.scan import no_progress
from copycatch.watched import take_in_watched
from copycatch.workspace import Workspace
def dies(path, url):
    if path.name == "b.har":
        os.kill(os.getpid(), signal.SIGKILL)
    return read(path, url)
read, saved_pages.exchanges = saved_pages.exchanges, dies
space = Workspace.open(Path(sys.argv[1]))
with space.lock("A scan"), space.casebook() as casebook:
    take_in_watched(space, casebook, now=lambda: datetime(2026, 11, 21, 2, 30, tzinfo=UTC), progress=no_progress)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills itself as POSIX does")
def test_after_a_kill_files_are_read_again_and_one_that_kills_twice_is_left_alone(space: Workspace) -> None:
    for name in ("a.har", "b.har", "c.har"):
        saved(space, name, har({}))

    def killed() -> int:
        return subprocess.run([sys.executable, "-c", KILLED, str(space.root)], check=False).returncode

    assert killed() == -signal.SIGKILL
    assert "the next scan tries again" in watched_problems(space)[0]
    assert killed() == -signal.SIGKILL
    assert "b.har: the program was ended while it was read; it is left alone" in watched_problems(space)[0]
    assert killed() == 0
    assert names(take_in(space)) == []
    saved(space, "b.har", har({}), age=1800)
    assert names(take_in(space)) == ["b.har"]
    assert watched_problems(space) == []


def test_a_full_disk_or_a_person_who_stops_the_scan_blames_no_file(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(space, "a.har", har({}))
    for trouble in (CopycatchError("the disk is full", remedy="free some"), KeyboardInterrupt()):

        def fails(path: Path, url: str | None, trouble: BaseException = trouble) -> None:
            raise trouble

        for _ in range(3):
            with monkeypatch.context() as patched:
                patched.setattr(saved_pages, "exchanges", fails)
                with pytest.raises(type(trouble)):
                    take_in(space)
    assert watched_problems(space) == []
    assert names(take_in(space)) == ["a.har"]


@pytest.mark.parametrize(
    "memory", [b"", b"[]", b"{", b'{"a.har": {}}', b'{"a.har": {"done": "yes"}}', b"[" * 100_000, b"\xff"]
)
def test_a_damaged_memory_begins_anew(memory: bytes, space: Workspace) -> None:
    saved(space, "a.har", har({}))
    space.watched_path.write_bytes(memory)
    assert names(take_in(space)) == ["a.har"]
    assert names(take_in(space)) == []


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("missing", "there is no folder"), (".", "holds copycatch's own files"), ("..", "holds copycatch's own files"),
        ("blobs", "holds copycatch's own files"), ("inbox/../reports/x", "holds copycatch's own files"),
        ("copycatch.toml", "there is no folder"), ("a\x00b", "cannot be read"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_watched_is_told_and_costs_nothing(named: str, told: str, tmp_path: Path) -> None:
    space = watching(tmp_path / "space", named)
    watched = take_in(space)
    assert watched.imported is None
    assert told in watched.problems[0]
    assert told in watched_problems(space)[0]


def test_a_scan_takes_in_what_was_saved_compares_it_and_tells_of_it(
    space: Workspace, drawn_pictures: Path, run: Run
) -> None:
    picture = Studio(drawn_pictures).picture("misty-ridge")
    (space.references_path / "misty-ridge.jpg").write_bytes(picture)
    saved(space, "a.har", har({PICTURES[0]: picture}))
    saved(space, "b.har", b"%PDF")
    scanned = run("scan", workspace=space)
    assert scanned.exit_code == 0, scanned.stderr
    assert "2 saved pages taken in from" in scanned.stdout
    assert "1 listing with 1 picture" in scanned.stdout
    assert "! b.har: " in scanned.stdout
    assert URL in scanned.stdout
    (record,) = lines(run("status", "--json", workspace=space).stdout)
    assert record["import"]["state"] == "finished"
    assert any("in the watched folder: b.har" in alarm for alarm in record["alarms"])
    with space.casebook() as casebook:
        assert [one.listing_key for one in casebook.candidates()] == [KEY]
