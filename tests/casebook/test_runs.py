from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from casebook.casebook import Casebook
from casebook.number_sets import NumberSet
from casebook.types import Purpose, RunState, TaskState, Visit
from tests.casebook.makers import (
    BLOCKED,
    at,
    fetch,
    listing,
    look_visit,
    page_visit,
    picture,
    picture_url,
    picture_visit,
    run,
    task,
)  # fmt: skip


def test_a_run_is_unfinished_until_it_is_finished(casebook: Casebook) -> None:
    assert casebook.unfinished_run() == casebook.last_run() == run(1)
    casebook.set_phase("night-1", "match")
    assert casebook.unfinished_run() == replace(run(1), phase="match")
    casebook.finish_run("night-1", RunState.FINISHED, at(30), {"pages": 3, "pictures": 5})
    assert casebook.unfinished_run() is None
    assert casebook.last_run() == replace(
        run(1),
        phase="match",
        state=RunState.FINISHED,
        finished_at=at(30),
        stats=(("pages", 3), ("pictures", 5)),
    )


def test_runs_come_newest_first(casebook: Casebook) -> None:
    casebook.finish_run("night-1", RunState.FAILED, at(1), {})
    casebook.begin_run(run(2))
    casebook.begin_run(run(3))
    assert [found.run_id for found in casebook.runs(2)] == ["night-3", "night-2"]
    unfinished = casebook.unfinished_run()
    assert unfinished is not None
    assert unfinished.run_id == "night-3"


def test_a_time_without_zone_is_refused(casebook: Casebook) -> None:
    with pytest.raises(ValueError, match="time without zone"):
        casebook.begin_run(replace(run(2), started_at=at(0).replace(tzinfo=None)))


def test_the_frontier_is_worked_off_in_the_order_it_was_found(casebook: Casebook) -> None:
    tasks = [replace(task(f"https://shop.example/{n}"), depth=n, fallbacks=("https://b.example/",)) for n in (3, 1, 2)]
    casebook.add_tasks(tasks)
    assert casebook.pending_tasks("night-1") == tasks
    assert casebook.pending_tasks("night-2") == []


def test_a_url_stands_once_in_a_run_with_the_shortest_way_to_it(casebook: Casebook) -> None:
    known = replace(task("https://shop.example/"), depth=2)
    casebook.add_tasks([known, replace(known, target="other", depth=5), replace(known, target="other", depth=1)])
    assert casebook.pending_tasks("night-1") == [replace(known, depth=1)]


def test_finding_a_url_again_does_not_open_its_task_again(casebook: Casebook) -> None:
    casebook.record(page_visit(listing("1"), 1))
    casebook.add_tasks([task(listing("1").url)])
    assert casebook.pending_tasks("night-1") == []


def test_tasks_are_counted_by_target_and_state(casebook: Casebook) -> None:
    casebook.record(page_visit(listing("1", "a", "b"), 1))
    casebook.add_tasks([replace(task("https://other.example/"), target="other")])
    assert casebook.task_counts("night-1") == {
        "shop": {TaskState.DONE: 1, TaskState.PENDING: 2},
        "other": {TaskState.PENDING: 1},
    }


def test_dropping_the_frontier_keeps_what_it_covered(casebook: Casebook) -> None:
    casebook.record(page_visit(listing("1", "a", "b"), 1))
    casebook.record(look_visit("1", BLOCKED, 2))
    casebook.record(
        replace(
            look_visit("1", BLOCKED, 3),
            task=replace(task("https://shop.example/"), state=TaskState.FAILED, note="blocked: 403"),
        )
    )
    casebook.add_tasks([task("https://shop.example/robots.txt", Purpose.ROBOTS)])
    (before,) = casebook.coverage_rows()
    counts = {name: count for name, count in before.items() if isinstance(count, int) and count}
    assert counts == {
        "pages": 2,
        "pages_tried": 2,
        "pages_done": 1,
        "pages_failed": 1,
        "pages_blocked": 1,
        "pictures": 2,
        "pictures_pending": 2,
        "listings": 1,
        "listings_blocked": 1,
    }
    casebook.begin_run(run(2))
    casebook.add_tasks([task(picture_url("a"), Purpose.PICTURE, night=2)])
    casebook.drop_frontier("night-2")
    assert casebook.pending_tasks("night-1") == []
    assert len(casebook.pending_tasks("night-2")) == 1
    assert casebook.coverage_rows("night-1") == [before]
    both = casebook.coverage_rows()
    assert [row["run_id"] for row in both] == ["night-2", "night-1"]
    assert casebook.newest_coverage(5) == [[row] for row in both]
    assert casebook.newest_coverage(1) == [both[:1]]


def test_a_night_is_told_by_what_it_read_compared_and_left_of_its_budget(tmp_path: Path) -> None:
    job = json.dumps({"targets": [{"name": "shop", "marketplace": "ebay", "page_budget": 5}, "no target"]})
    with Casebook.open(tmp_path / "other.db", create=True) as casebook:
        casebook.begin_run(replace(run(1), job=job))
        visit = page_visit(listing("1", "a", "b"), 1)
        casebook.record(replace(visit, task=replace(visit.task, layout="item 2025")))
        casebook.record(Visit(task=task("https://shop.example/about", state=TaskState.DONE)))
        casebook.record(
            Visit(task=replace(task("https://shop.example/2", state=TaskState.DONE), note="unknown layout"))
        )
        frame = task("https://desc.example/1", Purpose.DESCRIPTION, state=TaskState.DONE)
        casebook.record(Visit(task=replace(frame, listing_key="shop:1", layout="description")))
        for name in "ab":
            casebook.record(picture_visit(name, f"bytes of {name}", 2))
        casebook.record_examination(picture("bytes of a"), "key", NumberSet(), [], at(3))
        (row,) = casebook.coverage_rows()
        told = {name: row[name] for name in (
            "marketplace", "pages", "pages_tried", "pages_parsed", "pages_unknown_layout", "pages_left_in_budget",
            "descriptions", "descriptions_done", "pictures_done", "pictures_compared",
        )}  # fmt: skip
        assert list(told.values()) == ["ebay", 3, 3, 1, 1, 2, 1, 1, 2, 1]
        casebook.begin_run(run(2))
        casebook.drop_frontier("night-2")
        assert casebook.coverage_rows("night-1") == [row]


@pytest.mark.parametrize("job", ["", "not JSON", "[]", '{"targets": 5}', '{"targets": [[1], null]}'])
def test_a_run_whose_job_tells_nothing_has_its_coverage_all_the_same(tmp_path: Path, job: str) -> None:
    with Casebook.open(tmp_path / "other.db", create=True) as casebook:
        casebook.begin_run(replace(run(1), job=job))
        casebook.record(page_visit(listing("1"), 1))
        (row,) = casebook.coverage_rows()
        assert (row["pages"], row["marketplace"], row["pages_left_in_budget"]) == (1, None, None)


def test_what_a_run_did_not_get_is_told_with_its_reasons(casebook: Casebook) -> None:
    casebook.add_tasks([task(f"https://shop.example/{name}") for name in "abcd"])
    for name, state, note in (
        ("a", TaskState.REFUSED, "robots.txt disallows this address"),
        ("b", TaskState.REFUSED, "robots.txt disallows this address"),
        ("c", TaskState.FAILED, "HTTP 500"),
        ("d", TaskState.DONE, "read"),
    ):
        casebook.record(Visit(task=replace(task(f"https://shop.example/{name}", state=state), note=note)))
    found = [(short.state, short.why, short.tasks, short.example) for short in casebook.shortfalls("night-1")]
    assert found == [
        (TaskState.REFUSED, "robots.txt disallows this address", 2, "https://shop.example/a"),
        (TaskState.FAILED, "HTTP 500", 1, "https://shop.example/c"),
    ]


def test_pages_tried_are_counted_without_pictures_and_without_what_was_refused(casebook: Casebook) -> None:
    for name, purpose, state in (
        ("a", Purpose.PAGE, TaskState.DONE),
        ("b", Purpose.SITEMAP, TaskState.FAILED),
        ("c", Purpose.PAGE, TaskState.REFUSED),
        ("d", Purpose.PICTURE, TaskState.DONE),
        ("e", Purpose.PAGE, TaskState.PENDING),
    ):
        casebook.record(Visit(task=task(f"https://shop.example/{name}", purpose, state=state)))
    (tried,) = casebook.pages_tried("night-1").values()
    assert tried == 2
    assert casebook.pages_planned("night-1") == {"shop": 4}
    assert {url for _, url, _ in casebook.tasks_known("night-1")} == {
        f"https://shop.example/{name}" for name in "abcde"
    }


def test_the_exchanges_of_a_run_come_in_the_order_they_were_begun(casebook: Casebook) -> None:
    later, earlier = fetch("https://shop.example/b", at(2)), fetch("https://shop.example/a", at(1))
    visit = Visit(task=task("https://shop.example/b", state=TaskState.DONE), fetches=(later, earlier))
    casebook.record(visit)
    assert casebook.fetches("night-1") == [earlier, later]
    assert casebook.fetches("night-2") == []


def test_an_address_of_the_configuration_that_is_a_known_listing_is_looked_at_as_one(casebook: Casebook) -> None:
    address = "https://shop.example/p/1"
    casebook.add_tasks([task(address), replace(task(address), listing_key="shop:1"), task(address)])
    (waiting,) = casebook.pending_tasks("night-1")
    assert waiting.listing_key == "shop:1"
