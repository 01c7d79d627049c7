"""Slow per host, slower when asked, and gone when told to stay away."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casebook.types import TaskState
from crawler.pace import retry_after
from tests.crawler.crawls import job_for, run
from tests.crawler.sites import Answer, Site, html, links, product

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999999999.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_the_configured_delay_lies_between_any_two_requests_to_a_host(tmp_path: Path) -> None:
    pages = [f"/{name}" for name in "abcd"]
    with Site({"/": links(*pages), **dict.fromkeys(pages, links())}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/", limits={"delay_seconds": 0.4})).close()
    times = [hit.at for hit in site.hits]
    assert len(times) == 6
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.35


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_pauses_the_whole_host_and_then_the_page_is_fetched(tmp_path: Path, status: int) -> None:
    answers = iter([Answer(b"busy", status, {"Retry-After": "1"}), links()])
    pages = [f"/{name}" for name in "bcdef"]
    routes = {"/": links("/a", *pages), "/a": lambda headers: next(answers), **dict.fromkeys(pages, links())}
    with Site(routes) as site:
        with run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
            counts = casebook.task_counts("night-1")["shop"]
    busy = next(index for index, hit in enumerate(site.hits) if hit.path == "/a")
    assert site.hits[busy + 1].at - site.hits[busy].at >= 0.95
    assert site.paths("/a") == ["/a", "/a"]
    assert counts[TaskState.DONE] >= 7


def test_a_site_that_stays_busy_is_left_alone_for_the_night(tmp_path: Path) -> None:
    pages = [f"/{number}" for number in range(10)]
    busy = dict.fromkeys(pages, Answer(b"busy", 429))
    with Site({"/": links(*pages), **busy}) as site:
        job = job_for(tmp_path, site.url + "/", limits={"backoff_seconds": 0.05})
        with run(tmp_path, job) as casebook:
            counts = casebook.task_counts("night-1")["shop"]
    assert len(site.hits) == 2 + 4
    assert counts[TaskState.REFUSED] >= 6


def test_a_site_that_asks_for_a_very_long_pause_is_not_waited_for(tmp_path: Path) -> None:
    routes = {"/": links("/a", "/b", "/c"), "/a": Answer(b"later", 503, {"Retry-After": "86400"})}
    with Site(routes) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/", limits={"longest_pause_seconds": 0.5})).close()
    assert site.paths("/a") == ["/a"]


def test_a_block_page_stops_the_target(tmp_path: Path) -> None:
    block = html(
        '<div id="px-captcha"></div><script>window._pxAppId = "PX1"</script><p>Press and hold</p>',
        title="Access denied",
    )
    pages = [f"/{number}" for number in range(8)]
    with Site({"/": links("/wall", *pages), "/wall": block, **dict.fromkeys(pages, links())}) as site:
        job = job_for(tmp_path, site.url + "/", limits={"delay_seconds": 0.2})
        with run(tmp_path, job) as casebook:
            counts = casebook.task_counts("night-1")["shop"]
    assert site.paths("/wall") == ["/wall"]
    assert len(site.hits) <= 4
    assert counts[TaskState.REFUSED] >= 7


def test_one_page_that_is_always_busy_does_not_end_the_target(tmp_path: Path) -> None:
    pages = [f"/{number}" for number in range(6)]
    routes = {"/": links("/busy", *pages), "/busy": Answer(b"busy", 503), **dict.fromkeys(pages, links())}
    with Site(routes) as site:
        job = job_for(tmp_path, site.url + "/", limits={"backoff_seconds": 0.01})
        with run(tmp_path, job) as casebook:
            counts = casebook.task_counts("night-1")["shop"]
    assert set(site.paths()) == {"/robots.txt", "/", "/busy", *pages}
    assert TaskState.REFUSED not in counts


def test_the_page_budget_of_a_target_is_kept(tmp_path: Path) -> None:
    pages = [f"/{number}" for number in range(20)]
    with Site({"/": links(*pages), **dict.fromkeys(pages, links())}) as site:
        with run(tmp_path, job_for(tmp_path, site.url + "/", page_budget=5)) as casebook:
            (short,) = casebook.shortfalls("night-1")
    assert len(site.hits) == 1 + 5
    assert (short.why, short.tasks) == ("the page budget of 5 is used up", 16)


def test_links_are_followed_to_the_configured_depth_only(tmp_path: Path) -> None:
    with Site({f"/{depth}": links(f"/{depth + 1}") for depth in range(9)}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/0", limits={"depth_limit": 3})).close()
    assert site.paths() == ["/robots.txt", "/0", "/1", "/2", "/3"]


def test_a_crawl_over_its_time_limit_stops_and_the_next_one_goes_on_from_there(tmp_path: Path) -> None:
    pages = [f"/{number}" for number in range(30)]
    with Site({"/": links(*pages), **dict.fromkeys(pages, links())}) as site:
        job = job_for(tmp_path, site.url + "/", limits={"delay_seconds": 0.1, "hours_limit": 1.5 / 3600})
        run(tmp_path, job).close()
        asked = set(site.paths())
        assert 2 < len(asked) < 32
        with run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
            assert casebook.pending_tasks("night-1") == []
    assert site.paths().count("/robots.txt") == 1
    assert {path: site.paths().count(path) for path in pages} == dict.fromkeys(pages, 1)


def test_a_picture_server_that_asks_to_be_left_alone_ends_itself_and_not_the_target(tmp_path: Path) -> None:
    later = Answer(b"later", 429, {"Retry-After": "86400"})
    with Site({f"/{number}.jpg": later for number in range(4)}) as pictures:
        address = pictures.url.replace("127.0.0.1", "localhost")
        pages = {f"/p/{number}": product(f"Mug {number}", f"{address}/{number}.jpg") for number in range(4)}
        with Site({"/": links(*pages), **pages}) as site:
            with run(tmp_path, job_for(tmp_path, site.url + "/", limits={"longest_pause_seconds": 30.0})) as casebook:
                assert len(casebook.known_listings("shop")) == 4
                counts = casebook.task_counts("night-1")["shop"]
    assert len([path for path in pictures.paths() if path.endswith(".jpg")]) == 1
    assert counts.get(TaskState.PENDING, 0) == 0
