"""robots.txt is obeyed in every corner, measured by the servers themselves."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import Purpose, TaskState
from crawler.robots import Parsed, plainly_spelled
from tests.crawler.crawls import job_for, run
from tests.crawler.sites import Answer, Site, links, product

ROBOTS = {"Content-Type": "text/plain"}


def test_twenty_requests_waiting_for_one_slow_robots_txt_all_obey_it(tmp_path: Path) -> None:
    disallowed = [f"/private/{number}" for number in range(20)]
    rules = Answer(b"User-agent: *\nDisallow: /private/\n", headers=ROBOTS, delay=1.0)
    with Site({"/robots.txt": rules, **dict.fromkeys(disallowed, links())}) as site:
        with run(tmp_path, job_for(tmp_path, *(site.url + path for path in disallowed))) as casebook:
            counts = casebook.task_counts("night-1")["shop"]
    assert site.paths("/private/") == []
    assert site.paths() == ["/robots.txt"]
    assert counts[TaskState.REFUSED] == 20


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_robots_txt_that_cannot_be_had_forbids_everything(tmp_path: Path, status: int) -> None:
    with Site({"/robots.txt": Answer(b"no", status), "/": links("/a"), "/a": links()}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/")).close()
    assert set(site.paths()) == {"/robots.txt"}


def test_an_unreachable_robots_txt_forbids_everything(tmp_path: Path) -> None:
    with Site() as gone:
        url = gone.url
    with run(tmp_path, job_for(tmp_path, url + "/")) as casebook:
        assert casebook.task_counts("night-1")["shop"][TaskState.REFUSED] == 1


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_site_without_robots_txt_may_be_crawled(tmp_path: Path, status: int) -> None:
    with Site({"/robots.txt": Answer(b"", status), "/": links("/a"), "/a": links()}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/")).close()
    assert site.paths() == ["/robots.txt", "/", "/a"]


def test_a_redirect_into_a_disallowed_area_is_not_followed(tmp_path: Path) -> None:
    routes = {
        "/robots.txt": Answer(b"User-agent: *\nDisallow: /private/\n", headers=ROBOTS),
        "/": Answer(status=302, headers={"Location": "/private/secret"}),
        "/private/secret": links(),
    }
    with Site(routes) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/")).close()
    assert site.paths() == ["/robots.txt", "/"]


@pytest.mark.parametrize(
    "path",
    ["/a/../private/x", "//private/x", "/./private/x", "/a/%2e%2e/private/x", "/%2e/private/x", "/a/..%2fprivate/x"],
)
def test_rules_are_not_sidestepped_by_spelling(path: str) -> None:
    rules = Parsed("User-agent: *\nDisallow: /private/\n")
    assert rules.why_not(f"http://shop.example{path}") is not None
    assert rules.why_not("http://shop.example/a/../public/x") is None


def test_a_picture_behind_a_misspelled_path_is_not_asked_for(tmp_path: Path) -> None:
    rules = Answer(b"User-agent: *\nDisallow: /private/\n", headers=ROBOTS)
    with Site({"/robots.txt": rules}) as site:
        site.routes["/p/1"] = product("Mug", f"{site.url}/a/../private/1.jpg", f"{site.url}//private/2.jpg")
        run(tmp_path, job_for(tmp_path, site.url + "/p/1")).close()
    assert site.paths() == ["/robots.txt", "/p/1"]


@given(st.text(alphabet="/.ab%2eEfF", max_size=30))
def test_the_plain_spelling_of_a_path_is_plain_already(path: str) -> None:
    once = plainly_spelled(f"http://shop.example/{path}")
    assert plainly_spelled(once) == once
    assert "/../" not in once
    assert "//" not in once.removeprefix("http://")


def test_a_crawl_delay_that_would_take_for_ever_closes_the_site_for_the_night(tmp_path: Path) -> None:
    rules = Answer(b"User-agent: *\nCrawl-delay: 86400\n", headers=ROBOTS)
    with Site({"/robots.txt": rules, "/": links()}) as site:
        with run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
            (short,) = casebook.shortfalls("night-1")
    assert site.paths() == ["/robots.txt"]
    assert (short.state, "86400" in short.why) == (TaskState.REFUSED, True)


def test_rules_for_our_own_name_win_over_the_rules_for_all(tmp_path: Path) -> None:
    rules = Answer(b"User-agent: *\nDisallow:\n\nUser-agent: copycatch\nDisallow: /\n", headers=ROBOTS)
    with Site({"/robots.txt": rules, "/": links()}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/")).close()
    assert site.paths() == ["/robots.txt"]


def test_pictures_of_another_origin_obey_the_robots_txt_of_that_origin(tmp_path: Path) -> None:
    cdn_rules = Answer(b"User-agent: *\nDisallow: /\n", headers=ROBOTS)
    with Site({"/robots.txt": cdn_rules, "/a.jpg": Answer(b"\xff\xd8\xff")}) as cdn, Site() as shop:
        shop.routes["/p/1"] = product("Blue mug", f"{cdn.url}/a.jpg")
        with run(tmp_path, job_for(tmp_path, shop.url + "/p/1")) as casebook:
            counts = casebook.task_counts("night-1")["shop"]
    assert cdn.paths() == ["/robots.txt"]
    assert counts[TaskState.REFUSED] == 1


def test_crawl_delay_spaces_all_requests_of_a_host(tmp_path: Path) -> None:
    rules = Answer(b"User-agent: *\nCrawl-delay: 0.5\n", headers=ROBOTS)
    pages = [f"/{name}" for name in "abcde"]
    with Site({"/robots.txt": rules, "/": links(*pages), **dict.fromkeys(pages, links())}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/")).close()
    times = [hit.at for hit in site.hits]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) == 7
    # The first byte of a request may reach the server some milliseconds late, and the next one in time.
    assert min(gaps) >= 0.45


def test_robots_txt_is_asked_for_once_a_run_and_kept_as_a_fetch(tmp_path: Path) -> None:
    pages = [f"/{name}" for name in "abcde"]
    with Site({"/": links(*pages), **dict.fromkeys(pages, links())}) as site:
        with run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
            kept = casebook.robots_answer(f"{site.url}/robots.txt", "night-1")
    assert site.paths("/robots.txt") == ["/robots.txt"]
    assert kept is not None
    assert kept.purpose is Purpose.ROBOTS
    assert kept.status == 404


def test_every_request_names_us_and_where_to_reach_the_owner(tmp_path: Path) -> None:
    with Site({"/": links("/a"), "/a": links()}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/")).close()
    assert {hit.headers["User-Agent"] for hit in site.hits} == {"copycatch/test (+https://owner.example/about)"}
    assert not any({"Cookie", "Referer"} & set(hit.headers) for hit in site.hits)
