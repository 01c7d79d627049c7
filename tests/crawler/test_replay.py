"""Whole crawls of every marketplace under its real host names, answered from the recorded pages on loopback.

Each site's robots.txt disallows what the real one is not known to allow, so that no test passes on a permission that
is not there.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from casebook.types import ListingState, TaskState
from copycatch.ways import search_urls
from crawler.job import CrawlJob, Target
from crawler.layouts import Permission, Way
from crawler.marketplaces import all_marketplaces, marketplace
from tests.crawler.crawls import job_for, run
from tests.crawler.replay import NOWHERE, Answer, Authority, Internet
from tests.crawler.replay_table import jpeg

PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
CRAWLED = [one.NAME for one in all_marketplaces() if one.NAME != "generic" and Way.NIGHTLY in one.ACCESS.ways]

DESCRIBED = "https://pictures.example/described.jpg"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def recorded(name: str) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Yield the recorded pages that show one listing, each listing once: its address, its page and its answers."""
    seen = set()
    for path in sorted((PAGES / name).glob("*.answers.json")):
        answers = json.loads(path.read_text(encoding="utf-8"))
        listing = answers.get("listing")
        if listing is None or listing["listing_id"] in seen:
            continue
        (page,) = [one for one in path.parent.glob(path.name.removesuffix(".answers.json") + ".*") if one != path]
        if marketplace(name).canonical_url(answers["url"]) == listing["url"]:
            seen.add(listing["listing_id"])
            yield listing["url"], page, answers


def robots(name: str, url: str) -> Answer:
    """Return the robots.txt of a page's host: searches are disallowed where they are not known to be allowed."""
    place = marketplace(name)
    search = place.search_url("heron", 1)
    if search is None or place.ACCESS.search is Permission.ALLOWED or urlsplit(search).netloc != urlsplit(url).netloc:
        return Answer(b"User-agent: *\nDisallow:\n", headers={"Content-Type": "text/plain"})
    rule = f"User-agent: *\nDisallow: {urlsplit(search).path}\n"
    return Answer(rule.encode(), headers={"Content-Type": "text/plain"})


def scanned(name: str, folder: Path, urls: list[str], *, delay_seconds: float = 0.0) -> CrawlJob:
    limits = {"use_environment_proxy": True, "allowed_private_hosts": ("127.0.0.1",), "delay_seconds": delay_seconds}
    job = job_for(folder, *urls, limits=limits)
    return dataclasses.replace(job, targets=(Target(name="shop", marketplace=name, start=tuple(urls)),))


@pytest.mark.parametrize("name", CRAWLED)
def test_a_scan_goes_from_listing_pages_to_every_picture(
    name: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {url: (page.read_bytes(), answers) for url, page, answers in recorded(name)}
    described = {answers["description_url"] for _, answers in pages.values() if "description_url" in answers}
    pictures = {
        url
        for _, answers in pages.values()
        for role in ("gallery", "variant", "description")
        for url in answers["listing"].get(role, ())
    } | {DESCRIBED for _ in described}

    def answer(url: str) -> Answer:
        if url in pages:
            return Answer(pages[url][0], pages[url][1].get("status", 200), {"Content-Type": "text/html"})
        if urlsplit(url).path == "/robots.txt":
            return robots(name, url)
        if url in described:
            return Answer(f'<p>By hand.</p><img src="{DESCRIBED}">'.encode(), headers={"Content-Type": "text/html"})
        return Answer(jpeg(url), headers={"Content-Type": "image/jpeg"}) if url in pictures else NOWHERE

    assert pages
    with Internet(answer, authority) as internet:
        for variable, value in internet.environment().items():
            monkeypatch.setenv(variable, value)
        with run(tmp_path, scanned(name, tmp_path, list(pages))) as casebook:
            listings = {listing.url: listing for listing in casebook.known_listings("shop")}
            (row,) = casebook.coverage_rows("night-1")
            counts = casebook.task_counts("night-1")["shop"]
            shortfalls = casebook.shortfalls("night-1")
    for url, (_, answers) in pages.items():
        wanted = answers["listing"]
        assert (listings[url].listing_id, listings[url].title) == (wanted["listing_id"], wanted["title"])
        assert listings[url].state.value == wanted.get("state", answers["state"])
    assert shortfalls == []
    assert pictures <= set(internet.asked)
    assert row["listings"] >= len(pages)
    assert row["pages_done"] >= len(pages)
    assert row["pictures_done"] >= len(pictures)
    assert counts.get(TaskState.PENDING, 0) == 0
    assert not [url for url in internet.asked if urlsplit(url).hostname in ("127.0.0.1", "localhost")]


@pytest.mark.parametrize("name", CRAWLED)
def test_a_search_is_asked_for_only_where_it_is_known_to_be_allowed(name: str) -> None:
    target = Target(name="shop", marketplace=name, searches=("heron print",))
    allowed = marketplace(name).ACCESS.search is Permission.ALLOWED
    assert [words for words, _ in search_urls(target)] == (["heron print"] if allowed else [])


@pytest.mark.parametrize("name", CRAWLED)
def test_a_wall_ends_the_target_for_the_night(
    name: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [url for url, _, _ in recorded(name)][:1]
    wall = next((PAGES / name).glob("blocked.[!a]*")).read_bytes()
    told = json.loads((PAGES / name / "blocked.answers.json").read_text(encoding="utf-8"))

    def answer(url: str) -> Answer:
        if urlsplit(url).path == "/robots.txt":
            return robots(name, url)
        if (
            url != told["url"] and marketplace(name).listing_id(told["url"]) is None
        ):  # a wall with an address of its own
            return Answer(status=302, headers={"Location": told["url"]})
        return Answer(wall, told.get("status", 200), {"Content-Type": "text/html"})

    with Internet(answer, authority) as internet:
        for variable, value in internet.environment().items():
            monkeypatch.setenv(variable, value)
        addresses = [*urls, *(f"{urls[0]}?x={number}" for number in range(5))]
        job = scanned(name, tmp_path, addresses, delay_seconds=0.3)  # time enough to read the wall on a busy machine
        with run(tmp_path, job) as casebook:
            (row,) = casebook.coverage_rows("night-1")
            states = {listing.state for listing in casebook.known_listings("shop")}
    assert row["pages_blocked"] >= 1
    assert row["pages_refused"] >= 2  # the others were under way already
    assert states <= {ListingState.BLOCKED}
