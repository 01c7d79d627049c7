"""Every exchange is written down as it came over the wire."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from casebook.blobs import Blobs
from casebook.casebook import Casebook
from casebook.errors import CopycatchError
from casebook.types import Fetch, TaskState
from tests.crawler.crawls import job_for, run
from tests.crawler.sites import Answer, Site, html, links

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def fetches(casebook: Casebook) -> list[Fetch]:
    return casebook.fetches("night-1")


def test_each_redirect_hop_is_a_fetch_of_its_own(tmp_path: Path) -> None:
    routes = {
        "/": Answer(b"this way", 301, {"Location": "/second"}),
        "/second": Answer(status=302, headers={"Location": "/third"}),
        "/third": links(),
    }
    with Site(routes) as site, run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
        found = {fetch.url.removeprefix(site.url): fetch for fetch in fetches(casebook)}
    assert {path: fetch.status for path, fetch in found.items()} == {
        "/robots.txt": 404,
        "/": 301,
        "/second": 302,
        "/third": 200,
    }
    assert found["/"].header("location") == "/second"
    assert found["/"].body_sha256 == hashlib.sha256(b"this way").hexdigest()
    assert found["/third"].server_address == "127.0.0.1"
    assert found["/third"].protocol == "HTTP/1.1"


def test_a_compressed_body_is_kept_compressed_and_read_decompressed(tmp_path: Path) -> None:
    page = links("/next")
    wire = gzip.compress(page.body)
    zipped = Answer(wire, headers={**page.headers, "Content-Encoding": "gzip"})
    with Site({"/": zipped, "/next": links()}) as site, run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
        kept = next(fetch for fetch in fetches(casebook) if fetch.url == site.url + "/")
    assert kept.body_sha256 is not None
    assert Blobs(tmp_path / "blobs").get(kept.body_sha256) == wire
    assert "/next" in site.paths()


def test_the_request_headers_are_those_the_server_saw(tmp_path: Path) -> None:
    with Site({"/": links()}) as site, run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
        kept = next(fetch for fetch in fetches(casebook) if fetch.url == site.url + "/")
        seen = next(hit.headers for hit in site.hits if hit.path == "/")
    written = dict(kept.request_headers)
    assert written["Host"] == seen["Host"]
    assert written["User-Agent"] == seen["User-Agent"]
    assert written["Accept-Encoding"] == seen["Accept-Encoding"]


def test_an_exchange_without_an_answer_is_kept_with_its_reason(tmp_path: Path) -> None:
    late = Answer(b"late", delay=3.0)
    with Site({"/": late}) as site:
        job = job_for(tmp_path, site.url + "/", limits={"timeout_seconds": 0.5})
        with run(tmp_path, job) as casebook:
            kept = [fetch for fetch in fetches(casebook) if fetch.url == site.url + "/"]
            counts = casebook.task_counts("night-1")["shop"]
    assert len(kept) == 3, "the request and its two retries"
    assert all(fetch.status is None and "Timeout" in str(fetch.error) for fetch in kept)
    assert counts[TaskState.FAILED] == 1


def test_a_body_beyond_the_limit_is_not_kept(tmp_path: Path) -> None:
    with Site({"/": html("x" * 5000)}) as site:
        job = job_for(tmp_path, site.url + "/", limits={"page_bytes_limit": 1000})
        with run(tmp_path, job) as casebook:
            kept = [fetch for fetch in fetches(casebook) if fetch.url == site.url + "/"]
            counts = casebook.task_counts("night-1")["shop"]
    assert all(fetch.body_sha256 is None for fetch in kept)
    assert counts.get(TaskState.DONE, 0) == 1, "only robots.txt was had"


def test_a_page_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    with Site({"/": Answer(bomb, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})}) as site:
        job = job_for(tmp_path, site.url + "/", limits={"page_bytes_limit": 1_000_000})
        with run(tmp_path, job) as casebook:
            counts = casebook.task_counts("night-1")["shop"]
    assert counts[TaskState.REFUSED] == 1


def test_a_blob_folder_that_cannot_be_written_ends_the_crawl_with_a_remedy_and_loses_nothing(tmp_path: Path) -> None:
    pages = [f"/{number}" for number in range(20)]
    with Site({"/": links(*pages), **dict.fromkeys(pages, links())}) as site:
        job = job_for(tmp_path, site.url + "/")
        (tmp_path / "blobs").write_text("in the way")
        with pytest.raises(CopycatchError, match="cannot be written") as failed:
            run(tmp_path, job)
        assert failed.value.remedy
        (tmp_path / "blobs").unlink()
        with run(tmp_path, job) as casebook:
            assert casebook.pending_tasks("night-1") == []
    assert set(pages) <= set(site.paths())


def test_an_address_too_long_to_be_asked_for_is_refused_with_a_reason(tmp_path: Path) -> None:
    with Site({"/": links()}) as site:
        job = job_for(tmp_path, site.url + "/", f"{site.url}/{'a' * 3000}", f"{site.url}/{'b' * 9000}")
        with run(tmp_path, job) as casebook:
            assert casebook.pending_tasks("night-1") == []
            (short,) = casebook.shortfalls("night-1")
    assert (short.state, "longer than" in short.why) == (TaskState.REFUSED, True)
    assert f"/{'a' * 3000}" in site.paths()


def test_tokens_in_addresses_do_not_reach_the_crawl_log(tmp_path: Path) -> None:
    with Site({"/?api_key=SECRET123": Answer(b"late", delay=3.0)}) as site:
        run(tmp_path, job_for(tmp_path, site.url + "/?api_key=SECRET123", limits={"timeout_seconds": 0.5})).close()
    logs = "".join(path.read_text() for path in (tmp_path / "logs").iterdir())
    assert logs
    assert "SECRET123" not in logs
