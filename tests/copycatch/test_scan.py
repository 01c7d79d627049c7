"""Whole scans of the demo marketplace, compared with the truth about it."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from casebook.errors import CopycatchError
from casebook.findings import Verdict
from casebook.types import ListingState
from copycatch.config import Config, CrawlLimits, MatchSettings, Owner, Target
from copycatch.coverage import run_alarms
from copycatch.scan import ScanSummary, run_match, run_scan
from copycatch.workspace import Workspace
from fixtures.demo.pictures import write_references
from fixtures.demo.server import DemoServer
from fixtures.demo.truth import expected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def demo_workspace(folder: Path, server: DemoServer) -> Workspace:
    """A workspace that watches the three running shops."""
    hosts = tuple(urlsplit(shop.url).netloc for shop in server.shops)
    config = Config(
        owner=Owner(name="Mara", contact_url="https://owner.example/about"),
        crawl=CrawlLimits(delay_seconds=0.0, allowed_private_hosts=hosts),
        match=MatchSettings(processes=2),
        targets=tuple(Target(name=shop.name, start=(shop.url,)) for shop in server.shops),
    )
    workspace = Workspace.create(folder, config)
    write_references(workspace.references_path, server.studio)
    return workspace


@pytest.fixture(scope="module")
def server(drawn_pictures: Path) -> Iterator[DemoServer]:
    with DemoServer(folder=drawn_pictures) as running:
        yield running


class Nights:
    """Two nights in one workspace: what each ended with, and what the shops were asked for."""

    def __init__(self, folder: Path, server: DemoServer):
        self.server = server
        self.workspace = demo_workspace(folder / "space", server)
        self.summaries: list[ScanSummary] = []
        self.hits = []
        for night in (1, 2):
            server.night = night
            before = len(server.log)
            self.half_written = self.workspace.blobs_path / "ab" / "incoming-killed"
            self.half_written.parent.mkdir(exist_ok=True)
            self.half_written.write_bytes(b"half a pict")
            os.utime(self.half_written, (0, 0))
            self.summaries.append(run_scan(self.workspace))
            self.hits.append(server.log[before:])
        server.night = 1


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory, server: DemoServer) -> Nights:
    return Nights(tmp_path_factory.mktemp("nights"), server)


def found(nights: Nights, verdicts: set[Verdict]) -> set[tuple[str, str]]:
    """(listing URL path, work id) of every candidate with one of these verdicts."""
    with nights.workspace.casebook() as casebook:
        urls = {
            listing.key: listing.url for shop in nights.server.shops for listing in casebook.known_listings(shop.name)
        }
        return {
            (path_of(urls[candidate.listing_key]), candidate.work_id) for candidate in casebook.candidates(verdicts)
        }


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def test_every_listing_of_the_shops_is_stored_exactly_once(nights: Nights) -> None:
    with nights.workspace.casebook() as casebook:
        titles = Counter(
            listing.title for shop in nights.server.shops for listing in casebook.known_listings(shop.name)
        )
    assert titles == Counter(listing.title for listing in expected(1))


def test_every_planted_copy_is_a_candidate(nights: Nights) -> None:
    planted = {(listing.path, work) for listing in expected(1) for work in listing.work_ids}
    assert planted <= found(nights, {Verdict.COPY, Verdict.POSSIBLE})


def test_nothing_but_a_planted_copy_is_called_a_copy(nights: Nights) -> None:
    planted = {(listing.path, work) for listing in expected(1) for work in listing.work_ids}
    assert found(nights, {Verdict.COPY}) <= planted


def test_the_disallowed_area_was_never_asked_for(nights: Nights) -> None:
    assert not [hit.path for night in nights.hits for hit in night if hit.path.startswith("/private")]


def test_the_second_night_downloads_no_picture_body_again(nights: Nights) -> None:
    first, second = (sum(hit.bytes_sent for hit in hits if hit.picture) for hits in nights.hits)
    assert first > 1_000_000
    assert second == 0


def test_each_page_is_asked_for_once_a_night(nights: Nights) -> None:
    for hits in nights.hits:
        times = Counter((hit.shop, hit.path) for hit in hits)
        assert {address for address, count in times.items() if count > 1} == set()


def test_the_listing_that_vanished_is_no_longer_called_live(nights: Nights) -> None:
    gone = {listing.title for listing in expected(2) if listing.state == "gone"}
    with nights.workspace.casebook() as casebook:
        states = {
            listing.title: listing.state
            for shop in nights.server.shops
            for listing in casebook.known_listings(shop.name)
            if listing.title in gone
        }
    assert gone
    assert set(states.values()) == {ListingState.UNKNOWN}


def test_a_second_night_finds_nothing_new_and_keeps_every_candidate(nights: Nights) -> None:
    first, second = nights.summaries
    assert len(first.new) == len(first.candidates) > 0
    assert second.new == ()
    assert {each.candidate_id for each in second.candidates} == {each.candidate_id for each in first.candidates}
    assert second.compared.pictures == 0


def test_matching_again_without_crawling_changes_nothing(nights: Nights) -> None:
    before = found(nights, {Verdict.COPY, Verdict.POSSIBLE})
    asked = len(nights.server.log)
    run_match(nights.workspace)
    assert found(nights, {Verdict.COPY, Verdict.POSSIBLE}) == before
    assert len(nights.server.log) == asked


def test_what_a_killed_writer_left_half_written_is_swept_away(nights: Nights) -> None:
    assert not nights.half_written.exists()


def test_the_report_stands_alone(nights: Nights) -> None:
    report = nights.summaries[-1].report.read_text(encoding="utf-8")
    assert 'src="http' not in report
    assert report.count("data:image/jpeg;base64,") >= len(nights.summaries[-1].candidates)


def test_a_second_scan_at_the_same_time_is_refused(nights: Nights) -> None:
    with nights.workspace.lock("A test"), pytest.raises(CopycatchError, match="already running") as refused:
        run_scan(nights.workspace)
    assert refused.value.remedy


def test_a_new_reference_is_matched_against_pictures_already_stored(tmp_path: Path, server: DemoServer) -> None:
    workspace = demo_workspace(tmp_path / "space", server)
    hidden = {}
    for path in sorted(workspace.references_path.iterdir()):
        hidden[path.name] = path.read_bytes()
        path.unlink()
    blind = run_scan(workspace)
    assert blind.candidates == ()
    with workspace.casebook() as casebook:
        assert any("Nothing is watched" in alarm for alarm in run_alarms(casebook, blind.run_id))
    for name, data in hidden.items():
        (workspace.references_path / name).write_bytes(data)
    asked = len(server.log)
    assert run_match(workspace).pictures > 0
    with workspace.casebook() as casebook:
        assert len(casebook.candidates({Verdict.COPY})) > 10
    assert len(server.log) == asked
