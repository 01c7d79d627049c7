"""A scan that a page starts: it runs on its own, tells how far it is, stops when asked, and says why it failed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from casebook.errors import WorkspaceBusy
from casebook.types import ScanRun
from copycatch.config import Config, ConfigError, CrawlLimits, MatchSettings, Owner, Target
from copycatch.live import LiveScan, ScanState, Told, read_live, utc_now
from copycatch.scan import no_progress
from copycatch.scan_start import ScanStarter
from copycatch.workspace import Workspace
from fixtures.demo.pictures import write_references
from fixtures.demo.server import DemoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 240.0


@pytest.fixture(scope="module")
def server(drawn_pictures: Path) -> Iterator[DemoServer]:
    with DemoServer(folder=drawn_pictures) as running:
        yield running


def space(folder: Path, server: DemoServer, *, delay_seconds: float = 0.0) -> Workspace:
    """A workspace that watches the demo's first shop."""
    url = server.shops[0].url
    limits = CrawlLimits(delay_seconds=delay_seconds, allowed_private_hosts=(urlsplit(url).netloc,))
    config = Config(
        owner=Owner(name="Mara", contact_url="https://owner.example/about"),
        crawl=limits,
        match=MatchSettings(processes=1),
        targets=(Target(name="shop", start=(url,)),),
    )
    workspace = Workspace.create(folder, config)
    write_references(workspace.references_path, server.studio)
    return workspace


def waited(starter: ScanStarter, condition: Callable[[LiveScan], bool]) -> LiveScan:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        live = starter.live()
        assert live is not None
        if condition(live):
            return live
        time.sleep(0.1)
    raise AssertionError(starter.live())


def over(live: LiveScan) -> bool:
    return live.state is not ScanState.RUNNING


def test_a_started_scan_is_seen_to_run_and_to_end(tmp_path: Path, server: DemoServer) -> None:
    starter = ScanStarter(space(tmp_path / "space", server))
    assert starter.view() is None
    starter.start()
    phases, hosts = set(), set()
    with pytest.raises(WorkspaceBusy, match="already running"):
        starter.start()

    def ended(live: LiveScan) -> bool:
        phases.add(live.phase)
        view = starter.view()
        if view is not None and view.looking_at is not None:
            hosts.add(urlsplit(view.looking_at).hostname)
        return over(live)

    live = waited(starter, ended)
    assert (live.state, live.complete) == (ScanState.FINISHED, True)
    assert live.candidates == live.new > 0
    assert "crawl" in phases
    assert hosts == {"127.0.0.1"}
    view = starter.view()
    assert view is not None
    assert view.live == live
    # What the shop's robots.txt forbids was not looked at, and that is told.
    assert any("robots.txt" in sentence for sentence in view.not_seen)


def test_a_scan_that_is_asked_to_stop_ends_and_the_next_goes_on(tmp_path: Path, server: DemoServer) -> None:
    workspace = space(tmp_path / "space", server, delay_seconds=5.0)
    starter = ScanStarter(workspace)
    starter.start()
    waited(starter, lambda live: live.phase == "crawl")
    ScanStarter(workspace).stop()  # whoever asks, such as a page that was loaded anew
    live = waited(starter, over)
    assert live.state is ScanState.STOPPED
    starter._child.wait(SECONDS)  # type: ignore[union-attr]
    with workspace.lock("A scan"), workspace.casebook() as casebook:
        assert casebook.unfinished_run() is not None


def test_a_scan_that_is_stopped_before_it_tells_anything_ends_too(tmp_path: Path, server: DemoServer) -> None:
    starter = ScanStarter(space(tmp_path / "space", server, delay_seconds=5.0))
    starter.start()
    starter.stop()
    assert waited(starter, over).state is ScanState.STOPPED
    starter.start()
    waited(starter, lambda live: live.phase == "crawl")
    starter.stop()
    assert waited(starter, over).state is ScanState.STOPPED


def test_a_scan_that_is_killed_is_told_at_once(tmp_path: Path, server: DemoServer) -> None:
    starter = ScanStarter(space(tmp_path / "space", server, delay_seconds=5.0))
    starter.start()
    waited(starter, lambda live: live.phase == "crawl")
    starter._child.kill()  # type: ignore[union-attr]
    live = waited(starter, over)
    assert live.state is ScanState.FAILED
    assert "killed" in live.message


def test_what_no_scan_looks_at_is_told_with_the_scan(tmp_path: Path) -> None:
    searched = Target(name="amazon", marketplace="amazon", searches=("heron print",))
    workspace = Workspace.create(tmp_path / "space", Config(targets=(searched,)))
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id="r", started_at=utc_now(), program="copycatch test", job="{}"))
    told = Told(workspace.live_path, no_progress)
    told.begins("r")
    with told:
        view = ScanStarter(workspace).view()
    assert view is not None
    assert "amazon: its searches are not crawled" in " ".join(view.not_seen)


def test_what_cannot_be_scanned_is_told_before_anything_starts(tmp_path: Path) -> None:
    starter = ScanStarter(Workspace.create(tmp_path / "space", Config()))
    with pytest.raises(ConfigError, match="contact_url is empty"):
        starter.start()
    assert starter.live() is None


def test_a_scan_that_could_not_begin_says_why_in_the_words_of_the_command_line(
    tmp_path: Path, server: DemoServer
) -> None:
    workspace = space(tmp_path / "space", server)
    starter = ScanStarter(workspace)
    with workspace.lock("A match"):
        starter.start()
        live = waited(starter, over)
    assert live.state is ScanState.FAILED
    assert "A scan or match is already running" in live.message
    assert live.remedy.startswith("Wait until it has ended")


def test_of_two_scans_that_begin_at_once_the_one_that_lost_shows_the_other(tmp_path: Path, server: DemoServer) -> None:
    workspace = space(tmp_path / "space", server)
    starter = ScanStarter(workspace)
    with workspace.lock("A scan"):
        starter.start()
        with Told(workspace.live_path, no_progress):
            starter._child.wait(SECONDS)  # type: ignore[union-attr]
            live = starter.live()
    assert live is not None
    assert (live.state, live.message) == (ScanState.RUNNING, "")


def test_a_scan_that_somebody_else_started_is_seen_and_not_joined(tmp_path: Path, server: DemoServer) -> None:
    workspace = space(tmp_path / "space", server)
    starter = ScanStarter(workspace)
    with Told(workspace.live_path, no_progress):
        assert starter.live() == read_live(workspace.live_path)
        with pytest.raises(WorkspaceBusy):
            starter.start()
