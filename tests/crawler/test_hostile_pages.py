"""A whole crawl over pages that no reader gets through."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import crawler
from casebook.casebook import Casebook
from casebook.types import Purpose, ScanRun, Task
from crawler.job import Target
from crawler.targets import TargetStopped, TargetWatch
from tests.crawler.crawls import job_for, run
from tests.crawler.reading_tricks import MONSTROUS, PATIENCE_SECONDS, ends
from tests.crawler.sites import Answer, Site, product

if TYPE_CHECKING:
    from crawler.job import CrawlJob

HTML = {"Content-Type": "text/html"}
GOOD = b"""<html><head><meta property="og:type" content="product"><meta property="og:title" content="Mug">
<meta property="og:image" content="/mug.jpg"></head><body><h1>Mug</h1></body></html>"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")


def ended(job: CrawlJob) -> dict[str, list[str]]:
    """Return the state and note of each task by the last part of its address."""
    with closing(sqlite3.connect(job.casebook)) as connection:
        return {url.rpartition("/")[2]: rest for url, *rest in connection.execute("SELECT url, state, note FROM task")}


def test_a_monstrous_page_is_lost_alone(tmp_path: Path) -> None:
    names = ["bad-1", "good-1", "bad-2", "good-2"]
    routes = {f"/{name}": Answer(GOOD if name.startswith("good") else MONSTROUS, 200, HTML) for name in names}
    with Site(routes) as site:
        job = job_for(tmp_path, *(f"{site.url}/{name}" for name in names), limits={"reading_seconds": 1.0})
        with run(tmp_path, job) as casebook:
            assert [listing.title for listing in casebook.known_listings("shop")] == ["Mug", "Mug"]
    tasks = ended(job)
    assert [tasks[name] for name in names if name.startswith("bad")] == [
        ["failed", "could not be read within 1 seconds"]
    ] * 2
    assert [tasks[name][0] for name in names if name.startswith("good")] == ["done"] * 2


def test_the_third_monstrous_page_ends_the_night_of_its_target_alone() -> None:
    watch = TargetWatch([Target(name="shop"), Target(name="other")], {})
    for _ in range(2):
        watch.harmed("shop", "could not be read within 20 seconds")
    watch.ask("shop", Purpose.PAGE)
    watch.harmed("shop", "could not be read within 20 seconds")
    with pytest.raises(TargetStopped, match="3 of its pages could not be read within 20 seconds"):
        watch.ask("shop", Purpose.PAGE)
    watch.ask("other", Purpose.PAGE)


def test_of_leads_monstrous_pages_end_the_night_of_their_own_site() -> None:
    watch = TargetWatch([Target(name="leads", leads=True)], {})
    for number in range(3):
        watch.harmed("leads", "could not be read within 20 seconds", f"https://bad.example/{number}")
    assert watch.is_stopped("leads", "https://bad.example/4")
    assert not watch.is_stopped("leads", "https://good.example/1")


@LINUX
def test_a_crawl_that_is_killed_over_a_monstrous_page_leaves_no_process_behind(tmp_path: Path) -> None:
    with Site({"/bad": Answer(MONSTROUS, 200, HTML)}) as site:
        job = job_for(tmp_path, f"{site.url}/bad", limits={"reading_seconds": 20.0})
        with Casebook.open(tmp_path / "casebook.db", create=True) as casebook:
            casebook.begin_run(ScanRun(run_id=job.run_id, started_at=job.now(), program="test", job=job.to_json()))
            casebook.add_tasks([Task(run_id=job.run_id, target="shop", purpose=Purpose.PAGE, url=f"{site.url}/bad")])
        (tmp_path / "job.json").write_text(job.to_json(), encoding="utf-8")
        crawl = subprocess.Popen(
            [sys.executable, "-m", "crawler", str(tmp_path / "job.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with crawl:
            reading = child_of(crawl)
            crawl.kill()
    assert ends(reading)


def child_of(program: subprocess.Popen[bytes]) -> int:
    """Return the first process that a program starts."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        for children in Path(f"/proc/{program.pid}/task").glob("*/children"):
            for child in children.read_text(encoding="ascii").split():
                return int(child)
        time.sleep(0.02)
    raise AssertionError("it starts none")


def test_no_file_of_the_folder_we_stand_in_is_run_as_a_part_of_the_crawler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for name in ("lxml", "scrapy", "pickle"):
        (downloads / f"{name}.py").write_text("open('taken', 'w').close()\nraise SystemExit(7)\n")
    monkeypatch.chdir(downloads)
    monkeypatch.setattr(sys, "path", [str(Path(crawler.__file__).parents[1]), *sys.path])
    with Site({"/": product("Mug")}) as site, run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
        assert [one.title for one in casebook.known_listings("shop")] == ["Mug"]
    assert not (downloads / "taken").exists()
