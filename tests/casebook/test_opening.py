from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from casebook.casebook import Casebook
from casebook.errors import CasebookError
from casebook.schema import APPLICATION_ID, SCHEMA_VERSION, migrations
from tests.casebook.makers import listing, page_visit, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import SmallDisk


def contents(folder: Path) -> dict[str, bytes]:
    """Return name -> bytes of the folder's files; of SQLite's shared memory only that it is there."""
    return {
        path.name: b"" if path.name.endswith("-shm") else path.read_bytes()
        for path in folder.iterdir()
        if path.is_file()
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A casebook with one run in it, closed."""
    with Casebook.open(tmp_path / "casebook.db", create=True) as casebook:
        casebook.begin_run(run(1))
    return tmp_path / "casebook.db"


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def refused(path: Path, words: str, *, create: bool = False) -> CasebookError:
    """Assert that the casebook is refused with these words and a remedy, and that its folder stays as it was."""
    before = contents(path.parent) if path.parent.is_dir() else None
    with pytest.raises(CasebookError, match=words) as caught:
        Casebook.open(path, create=create, busy_seconds=0.05)
    assert caught.value.remedy
    if before is not None:
        assert contents(path.parent) == before
    return caught.value


def test_an_opened_casebook_keeps_the_house_rules(path: Path, raw: sqlite3.Connection) -> None:
    pragmas = ("journal_mode", "application_id", "user_version")
    assert [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == ["wal", APPLICATION_ID, SCHEMA_VERSION]
    tables = raw.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    assert {name for name, strict in tables if not strict} == {"sqlite_schema", "_sqlite_migrations"}
    with Casebook.open(path) as casebook, pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        casebook.record(page_visit(listing("1"), 1, night=2))


def test_the_schema_number_counts_the_migrations(raw: sqlite3.Connection) -> None:
    applied = raw.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
    assert len(applied) == SCHEMA_VERSION
    assert f"[{', '.join(name for (name,) in applied)}]" in repr(migrations)


def test_opening_again_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    with Casebook.open(path) as casebook:
        assert casebook.last_run() == run(1)
    assert path.read_bytes() == before


@pytest.mark.parametrize("create", [False, True])
def test_a_missing_folder_is_named(tmp_path: Path, create: bool) -> None:
    refused(tmp_path / "nowhere" / "casebook.db", "folder .*nowhere does not exist", create=create)


def test_a_missing_casebook_is_not_made_by_chance(tmp_path: Path) -> None:
    assert "copycatch init" in refused(tmp_path / "casebook.db", "There is no casebook").remedy


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("content", [b"a diary", b"SQLite format 3\x00 cut short", b"\x00" * 5000])
def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path, content: bytes, create: bool) -> None:
    (tmp_path / "casebook.db").write_bytes(content)
    refused(tmp_path / "casebook.db", "not a casebook", create=create)


def test_an_empty_file_is_refused_but_can_be_set_up(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    path.touch()
    refused(path, "not a casebook: it is empty")
    with Casebook.open(path, create=True) as casebook:
        assert casebook.last_run() is None


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_the_database_of_another_program_is_refused(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "casebook.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE recipe (name TEXT)")
    refused(path, "another program", create=True)


def test_a_casebook_newer_than_the_program_is_refused(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    raw.close()
    assert "Update copycatch" in refused(path, "newer than this program").remedy


def test_a_newer_schema_that_only_the_log_knows_yet_is_refused(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    refused(path, "newer than this program")


def test_a_locked_casebook_is_refused_after_the_wait(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("PRAGMA locking_mode = EXCLUSIVE")
    raw.execute("BEGIN EXCLUSIVE")
    raw.execute("UPDATE run SET phase = 'match'")
    refused(path, "locked")


def test_a_locked_new_casebook_is_refused_after_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        refused(path, "locked", create=True)


def test_a_damaged_casebook_is_reported_and_kept(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    damaged = path.read_bytes()
    with pytest.raises(CasebookError, match="damaged") as caught, Casebook.open(path) as casebook:
        casebook.last_run()
    assert "backup" in caught.value.remedy
    assert path.read_bytes() == damaged


def test_a_folder_in_its_place_is_reported(tmp_path: Path) -> None:
    (tmp_path / "casebook.db").mkdir()
    refused(tmp_path / "casebook.db", "cannot be read")


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="the administrator may read every file")
def test_an_unreadable_casebook_is_reported(path: Path) -> None:
    path.chmod(0)
    with pytest.raises(CasebookError, match="cannot be read"):
        Casebook.open(path)


def test_a_full_disk_is_named_and_nothing_stored_is_lost(path: Path) -> None:
    with Casebook.open(path) as casebook:
        before = casebook.runs(9)
        pages = casebook._connection.execute("PRAGMA page_count").fetchone()[0]
        casebook._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(CasebookError, match="disk is full") as caught:
            casebook.record(page_visit(listing("1", title="long " * 10_000), 1))
        assert "Free some space" in caught.value.remedy
        assert casebook.runs(9) == before
        assert casebook.listing("shop:1") is None


def test_a_disk_too_full_to_read_a_casebook_is_named(small_disk: SmallDisk) -> None:
    path = small_disk.folder / "casebook.db"
    with Casebook.open(path, create=True) as casebook:
        casebook.begin_run(run(1))
    fill = small_disk.fill_up()
    with pytest.raises(CasebookError, match="disk is full"), Casebook.open(path) as casebook:
        casebook.last_run()
    fill.unlink()
    with Casebook.open(path) as casebook:
        assert casebook.last_run() == run(1)


def test_a_backup_is_a_whole_casebook(path: Path, tmp_path: Path) -> None:
    with Casebook.open(path) as casebook:
        casebook.backup(tmp_path / "backup.db")
        with pytest.raises(CasebookError, match="cannot be copied"):
            casebook.backup(tmp_path / "backup.db")
    with Casebook.open(tmp_path / "backup.db") as casebook:
        assert casebook.last_run() == run(1)


def test_a_program_that_opens_it_twice_keeps_its_locks_when_it_closes_one(path: Path) -> None:
    log = path.with_name("casebook.db-wal")
    other = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM run').fetchall(); c.close()"
    )
    with Casebook.open(path) as casebook:
        casebook.begin_run(run(2))
        with Casebook.open(path) as second:
            assert second.last_run() == run(2)
        subprocess.run([sys.executable, "-c", other, str(path)], check=True)
        assert log.exists()  # the other program was not the last one
        casebook.begin_run(run(3))
    assert not log.exists()
    with Casebook.open(path) as casebook:
        assert casebook.last_run() == run(3)


def test_processes_that_set_up_at_once_get_one_casebook(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    code = (
        "import sys, pathlib, casebook.casebook as c; c.Casebook.open(pathlib.Path(sys.argv[1]), create=True).close()"
    )
    makers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [maker.wait(60) for maker in makers] == [0, 0, 0]
    with Casebook.open(path) as casebook:
        assert casebook.runs(1) == []
