"""A casebook made by version 0.1.0 opens, keeps what it knows, and goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from casebook.casebook import Casebook
from casebook.number_sets import NumberSet
from casebook.schema import SCHEMA_VERSION
from casebook.types import Purpose
from casebook.values import time_text
from matching.stage import Context
from matching.verdicts import decided
from tests.casebook.makers import at

SQL = (Path(__file__).parent / "casebook_0_1_0.sql").read_text(encoding="utf-8")


@pytest.fixture
def updated(tmp_path: Path) -> Iterator[Casebook]:
    with closing(sqlite3.connect(tmp_path / "casebook.db")) as connection:
        connection.executescript(SQL)
    with Casebook.open(tmp_path / "casebook.db") as casebook:
        yield casebook


def schema(casebook: Casebook) -> set[tuple[str, str, str]]:
    """Return kind, name and words of every table, index and view; the layout of the text does not matter."""
    rows = casebook._view("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {(str(row["type"]), str(row["name"]), " ".join(str(row["sql"]).split())) for row in rows}


def test_an_updated_casebook_has_the_tables_and_views_of_a_new_one(updated: Casebook, tmp_path: Path) -> None:
    with Casebook.open(tmp_path / "new.db", create=True) as new:
        assert schema(updated) == schema(new)
    (row,) = updated._view("PRAGMA user_version")
    assert row["user_version"] == SCHEMA_VERSION


def test_candidates_and_drawings_survive_the_update(updated: Casebook) -> None:
    (row,) = updated.candidate_rows()
    assert (row["listing_title"], row["verdict"], row["reference_path"]) == ("A print of a heron", "copy", "heron.jpg")
    assert updated.rendering(str(row["picture_sha256"]), str(row["reference_sha256"])) is not None


def test_after_the_update_each_picture_is_compared_once_more(updated: Casebook) -> None:
    works, references = updated.works(), updated.references()
    updated.sync_works(works, references)
    (backlog,) = updated.backlogs("matcher")
    (found,) = updated.backlog_pictures(backlog, "matcher")
    updated.record_examination(found, "matcher", backlog.references, [], at(0, 500))
    assert updated.backlogs("matcher") == []
    assert updated.candidate_rows() == []


def test_an_old_match_whose_reference_left_the_folder_goes_with_the_first_new_examinations(updated: Casebook) -> None:
    (match,) = updated._view("SELECT picture_sha256 FROM match")
    found = updated.picture(str(match["picture_sha256"]))
    assert found is not None
    updated.sync_works(updated.works(), [])
    for minutes in (0, 1):
        updated.record_examination(found, "matcher", NumberSet.of([1]), [], at(minutes, 500))
        (row,) = updated._view("SELECT superseded_at FROM match")
        assert row["superseded_at"] == time_text(at(0, 500))


def test_a_match_from_before_the_update_tells_no_relation_and_no_edits(updated: Casebook) -> None:
    (row,) = updated.candidate_rows()
    assert (row["relation"], row["edits"], row["expected_false_alarms"]) == (None, None, None)
    (match,) = updated.candidates()[0].matches
    assert (match.relation, match.edits, match.expected_false_alarms) == (None, (), None)
    assert {(found.relation, found.edits, found.log_odds) for found in match.evidence} == {(None, (), None)}
    updated.refresh_candidates(at(0, 500), partial(decided, context=Context(libraries={})))
    assert updated.candidates()[0].matches == (match,)


def test_what_an_interrupted_scan_had_left_is_still_to_do_after_the_update(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "casebook.db")) as connection:
        connection.executescript(SQL)
        (run_id,) = connection.execute("SELECT run_id FROM run LIMIT 1").fetchone()
        connection.executemany(
            "INSERT INTO task (run_id, target, purpose, url, depth, listing_key, fallbacks, state, note)"
            " VALUES (?, 'shop', ?, ?, 3, 'shop:1', '[\"https://shop.example/small.jpg\"]', ?, 'a note')",
            [
                (run_id, "picture", "https://shop.example/big.jpg", "pending"),
                (run_id, "page", "https://shop.example/p/1", "done"),
                (run_id, "page", "https://shop.example/p/2", "pending"),
            ],
        )
        connection.commit()
    with Casebook.open(tmp_path / "casebook.db") as updated:
        waiting = {task.url: task for task in updated.pending_tasks(run_id)}
        assert {"https://shop.example/big.jpg", "https://shop.example/p/2"} <= set(waiting)
        picture = waiting["https://shop.example/big.jpg"]
        assert (picture.depth, picture.listing_key, picture.note) == (3, "shop:1", "a note")
        assert picture.fallbacks == ("https://shop.example/small.jpg",)
        updated.add_tasks([replace(picture, purpose=Purpose.PAGE)])
        purposes = [task.purpose for task in updated.pending_tasks(run_id) if task.url == picture.url]
        assert purposes == [Purpose.PICTURE, Purpose.PAGE]
