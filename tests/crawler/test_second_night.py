"""The second night is cheap, and still notices what changed."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from casebook.casebook import Casebook
from casebook.types import ListingState, RunState
from tests.crawler.crawls import again, job_for, run
from tests.crawler.sites import Answer, Site, html, links, product


def jpeg(name: str) -> bytes:
    return b"\xff\xd8\xff\xe0" + name.encode() * 50


def with_etag(body: bytes) -> object:
    tag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'

    def answer(headers: Mapping[str, str]) -> Answer:
        if headers.get("If-None-Match") == tag:
            return Answer(status=304, headers={"ETag": tag})
        return Answer(body, headers={"ETag": tag, "Content-Type": "image/jpeg"})

    return answer


def shop() -> Site:
    token = itertools.count()
    site = Site()
    site.routes |= {
        "/": lambda headers: html(f'<a href="/p/1">Mug</a> <a href="/p/2">Vase</a> <i>{next(token)}</i>'),
        "/p/1": product("Mug", "/etag.jpg"),
        "/p/2": product("Vase", "/plain.jpg"),
        "/etag.jpg": with_etag(jpeg("etag")),
        "/plain.jpg": Answer(jpeg("plain"), headers={"Content-Type": "image/jpeg"}),
    }
    return site


def night(tmp_path: Path, site: Site, number: int, **changes: object) -> Casebook:
    job = again(job_for(tmp_path, site.url + "/", **changes), f"night-{number}")
    casebook = run(tmp_path, job)
    casebook.finish_run(job.run_id, RunState.FINISHED, job.now(), {})
    return casebook


def picture_bytes(site: Site) -> int:
    return sum(hit.sent for hit in site.hits if hit.path.endswith(".jpg"))


def test_known_pictures_are_revalidated_or_trusted_and_not_downloaded_again(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        assert picture_bytes(site) == len(jpeg("etag")) + len(jpeg("plain"))
        site.hits.clear()
        night(tmp_path, site, 2).close()
    assert picture_bytes(site) == 0
    assert site.paths("/etag.jpg") == ["/etag.jpg"]
    assert site.paths("/plain.jpg") == []


def test_a_picture_swapped_under_its_url_is_noticed(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        site.routes["/etag.jpg"] = with_etag(jpeg("swapped"))  # type: ignore[assignment]
        with night(tmp_path, site, 2) as casebook:
            seen = {
                sighting.picture_sha256
                for listing in casebook.known_listings("shop")
                for sighting in casebook.sightings(listing.key)
            }
    assert {hashlib.sha256(jpeg(name)).hexdigest() for name in ("etag", "plain", "swapped")} == seen


def test_a_picture_without_validators_is_fetched_again_when_its_trust_has_run_out(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        site.hits.clear()
        night(tmp_path, site, 2, clock_offset_seconds=timedelta(days=8).total_seconds()).close()
    assert site.paths("/plain.jpg") == ["/plain.jpg"]


def test_a_fresh_crawl_fetches_every_body_again(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        site.hits.clear()
        night(tmp_path, site, 2, fresh=True).close()
    assert picture_bytes(site) == len(jpeg("etag")) + len(jpeg("plain"))


def test_validators_are_never_sent_to_another_url(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        site.routes["/etag.jpg"] = Answer(status=302, headers={"Location": "/moved.jpg"})
        site.routes["/moved.jpg"] = Answer(jpeg("moved"))
        site.hits.clear()
        night(tmp_path, site, 2).close()
    moved = next(hit for hit in site.hits if hit.path == "/moved.jpg")
    assert "If-None-Match" not in moved.headers
    assert any("If-None-Match" in hit.headers for hit in site.hits if hit.path == "/etag.jpg")


def test_a_damaged_stored_body_is_fetched_whole(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        name = hashlib.sha256(jpeg("etag")).hexdigest()
        (tmp_path / "blobs" / name[:2] / name[2:]).unlink()
        site.hits.clear()
        night(tmp_path, site, 2).close()
    assert picture_bytes(site) == len(jpeg("etag"))


def test_an_unchanged_page_answered_with_304_is_still_read(tmp_path: Path) -> None:
    page = links("/p/1")
    with shop() as site:
        whole = Answer(page.body, headers={**page.headers, "ETag": '"x"'})
        site.routes["/"] = lambda headers: Answer(status=304) if headers.get("If-None-Match") else whole
        night(tmp_path, site, 1).close()
        del site.routes["/p/2"]
        site.hits.clear()
        night(tmp_path, site, 2).close()
    assert next(hit.status for hit in site.hits if hit.path == "/") == 304
    assert "/p/1" in site.paths()


def test_a_vanished_listing_is_unknown_first_and_removed_after_a_second_look(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        del site.routes["/p/2"]
        site.routes["/"] = links("/p/1")
        states = []
        for number, hours in ((2, 0.0), (3, 3.0), (4, 7.0)):
            with night(tmp_path, site, number, clock_offset_seconds=hours * 3600) as casebook:
                casebook.confirm_removals(f"night-{number}", datetime.now(UTC) + timedelta(hours=hours))
                states.append({listing.title: listing.state for listing in casebook.known_listings("shop")}["Vase"])
    assert states == [ListingState.UNKNOWN, ListingState.UNKNOWN, ListingState.REMOVED]


def test_nothing_is_called_removed_while_no_other_listing_of_the_site_is_readable(tmp_path: Path) -> None:
    with shop() as site:
        night(tmp_path, site, 1).close()
        for path in ("/p/1", "/p/2"):
            del site.routes[path]
        for number, hours in ((2, 0.0), (3, 7.0)):
            with night(tmp_path, site, number, clock_offset_seconds=hours * 3600) as casebook:
                assert casebook.confirm_removals(f"night-{number}", datetime.now(UTC) + timedelta(hours=hours)) == 0


def test_a_page_that_claims_anothers_address_neither_overwrites_that_one_nor_gets_lost(tmp_path: Path) -> None:
    with shop() as site:
        site.routes["/"] = links("/p/1", "/p/9")
        stranger = product("Stranger", "/9.jpg")
        site.routes["/p/9"] = replace(stranger, body=b'<link rel="canonical" href="/p/2">' + stranger.body)
        titles = []
        for number in (1, 2, 3):
            with night(tmp_path, site, number) as casebook:
                known = casebook.known_listings("shop")
                titles.append({urlsplit(one.url).path: one.title for one in known})
    assert titles[0]["/p/2"] == "Vase"  # the page that was claimed is asked, though nothing else leads to it
    assert titles[1] == titles[2] == {"/p/1": "Mug", "/p/2": "Vase", "/p/9": "Stranger"}
