"""What a whole scan is for, under real host names: a copy comes out, a removal is proven, a wall ends a target, and
`status` tells what was not looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casebook.types import TaskState
from copycatch.commands.status import status_record
from crawler.marketplaces import marketplace
from fixtures.demo.pictures import Studio
from tests.crawler.replay import Answer, Authority
from tests.crawler.replay_scans import TARGET, counted, known, scanned, watching
from tests.crawler.replay_table import FIXTURES, TABLES, Table, table

COPIES = {
    "ebay": ("ebay:305512340001", "https://i.ebayimg.com/images/g/bbbAAOSwHeron002/s-l1600.jpg"),
    "alibaba": ("alibaba:1600777000102", "https://s.alicdn.com/@sc04/kf/Hotter0000000001.png"),
}
WALLED = [name for name in TABLES if table(name).wall]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("name", COPIES)
def test_a_listing_that_shows_a_work_comes_out_and_status_tells_what_was_not_looked_at(
    name: str,
    authority: Authority,
    tmp_path: Path,
    drawn_pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served, (key, url), studio = table(name), COPIES[name], Studio(drawn_pictures)
    workspace = watching(tmp_path / "space", name, served)
    (workspace.references_path / "misty-ridge.jpg").write_bytes(studio.picture("misty-ridge"))
    copy = Answer(studio.picture("misty-ridge/cropped"), headers={"Content-Type": "image/jpeg"})
    summary, asked = scanned(workspace, served, authority, monkeypatch, others={url: copy})
    with workspace.casebook() as casebook:
        told = status_record(workspace, casebook)
    (candidate,) = summary.new
    (match,) = candidate.matches
    (row,) = told["coverage"]
    (sentence,) = told["not_crawled"]
    assert (candidate.listing_key, match.verdict.value, summary.removed) == (key, "copy", 0)
    assert counted(row) == {**served.row, "pictures_compared": served.row["pictures_done"]}
    assert (row["target"], row["marketplace"], told["copies"], told["possible"]) == (TARGET, name, 1, 0)
    assert sentence.startswith(f"{TARGET}: its searches are not crawled: its robots.txt is not known to allow searches")
    for words in served.target["searches"]:
        assert marketplace(name).search_url(words, 1) not in asked


def test_a_listing_that_is_gone_is_removed_after_two_looks_six_hours_apart_while_another_is_live(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, gone, live = table("ebay"), "ebay:305512340002", "ebay:305512340001"
    workspace = watching(tmp_path / "space", "ebay", served)
    removed = Answer((FIXTURES / "pages" / "ebay" / "removed.html").read_bytes(), 404, {"Content-Type": "text/html"})
    others = {"https://www.ebay.com/itm/305512340002": removed}  # its card is still there
    states, counts = [], []
    for hours, changed in ((0, {}), (24, others), (27, others), (31, others)):
        summary, _ = scanned(workspace, served, authority, monkeypatch, others=changed, hours=hours)
        with workspace.casebook() as casebook:
            listings = known(casebook)
            (row,) = casebook.coverage_rows(summary.run_id)
        states.append((listings[gone].state, listings[live].state))
        counts.append(row["listings_gone"])
    assert states == [("sold_out", "live"), ("unknown", "live"), ("unknown", "live"), ("removed", "live")]
    assert counts == [1, 2, 2, 2]
    assert listings[gone].pictures == served.listings[gone].pictures


@pytest.mark.parametrize("name", WALLED)
def test_a_wall_in_the_midst_ends_the_target_and_costs_nothing_that_was_read(
    name: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = table(name)
    workspace = watching(tmp_path / "space", name, served, delay_seconds=0.3)
    summary, _ = scanned(workspace, served, authority, monkeypatch, others=wall(name, served))
    with workspace.casebook() as casebook:
        listings = known(casebook)
        (row,) = casebook.coverage_rows(summary.run_id)
        reasons = {one.why for one in casebook.shortfalls(summary.run_id) if one.state is TaskState.REFUSED}
    assert listings[served.wall["blocked"]].state == "blocked"
    assert {listings[key].state for key in served.wall["kept"]} <= {"live", "sold_out", "ended", "unknown"}
    assert (row["pages_blocked"], row["listings_blocked"], row["pages_pending"]) == (1, 1, 0)
    assert row["pages_refused"] > served.row.get("pages_refused", 0)
    assert any("the site does not want us" in reason for reason in reasons)


def wall(name: str, served: Table) -> dict[str, Answer]:
    """Return the marketplace's recorded wall, at its own address where it has one, in the place of a listing's page."""
    told = json.loads((FIXTURES / "pages" / name / "blocked.answers.json").read_text(encoding="utf-8"))
    (path,) = (FIXTURES / "pages" / name).glob("blocked.[!a]*")
    answer = Answer(path.read_bytes(), told.get("status", 200), {"Content-Type": "text/html"})
    if marketplace(name).listing_id(told["url"]) is None:
        return {served.wall["at"]: Answer(status=302, headers={"Location": told["url"]}), told["url"]: answer}
    return {served.wall["at"]: answer}
