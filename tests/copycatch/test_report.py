from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from casebook.claims import Claim, ClaimSource
from casebook.types import ListingState, Look, Purpose, RunState, ScanRun, Task, TaskState, Visit
from copycatch.report import ReportError, write_report
from tests.copycatch.filled import RUN_ID, SHOP, STARTED, fill

if TYPE_CHECKING:
    from copycatch.workspace import Workspace

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
RUN = ScanRun(run_id=RUN_ID, started_at=STARTED, program="p", job="{}")


class Parsed(HTMLParser):
    """Collects tags with their attributes, and the text outside of style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def report_of(workspace: Workspace) -> str:
    with workspace.casebook() as casebook:
        path = write_report(workspace, casebook, RUN_ID, now=lambda: NOW)
    assert path == workspace.reports_path / f"{RUN_ID}.html"
    return path.read_text(encoding="utf-8")


def test_the_report_loads_nothing_and_runs_nothing(filled: Workspace) -> None:
    page = Parsed(report_of(filled))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "iframe", "object", "embed", "link", "form", "base", "b onclick"}
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        if "src" in attributes:
            assert tag == "img"
            assert str(attributes["src"]).startswith("data:image/jpeg;base64,")
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 3
    assert all(image["alt"] for image in images)


def test_the_policy_of_the_report_allows_its_own_style_and_nothing_else(filled: Workspace) -> None:
    html = report_of(filled)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(a["content"] for t, a in Parsed(html).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'" in policy
    assert "http" not in style[1]


def test_hostile_titles_stay_text(filled: Workspace) -> None:
    html = report_of(filled)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "Heron &lt;at&gt; dawn" in html


def test_only_web_addresses_become_links_and_give_no_referrer(filled: Workspace) -> None:
    links = [attributes for tag, attributes in Parsed(report_of(filled)).tags if tag == "a"]
    outside = [link for link in links if not str(link["href"]).startswith("#")]
    assert [link["href"] for link in outside] == ["https://shop.example/item/1"]
    assert all("noreferrer" in str(link["rel"]) for link in outside)


def test_the_report_names_what_was_not_seen(filled: Workspace) -> None:
    text = Parsed(report_of(filled)).text
    assert "Finding nothing says nothing about these:" in text
    assert "untried : not visited in this scan" in text
    assert "shop: 1 page: robots.txt disallows this address: https://shop.example/private" in text
    assert "shop: 1 page: HTTP 500: https://shop.example/broken" in text


def test_a_candidate_is_told_with_its_facts_and_its_evidence(filled: Workspace) -> None:
    text = Parsed(report_of(filled)).text
    for part in (
        "1 copy, 0 possible", "1 new", "Copy", "Mirrored", "W-0001", "12.50 EUR", "@Seller <b>",
        "live: it can be bought", "Relation same photograph", "Edits cropped (62 % shown), mirrored",
        "By chance about 3 of 100,000 strangers' pictures would look this alike",
        "the hashes differ in 1 of 64 bits", "2026-11-21 02:31 UTC", "https://shop.example/1.jpg", "96 × 96 pixels",
    ):  # fmt: skip
        assert part in text, part


def test_whom_the_listings_file_names_is_told(workspace: Workspace) -> None:
    fill(workspace, claims=(Claim(source=ClaimSource.XMP, field="copyright", value="© Mara <Linden>"),))
    assert "The listing's file names © Mara <Linden> ." in Parsed(report_of(workspace)).text


def test_a_notice_that_the_listings_file_lacks_is_told(workspace: Workspace) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x013B] = "Mara <Linden>"
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif)
    fill(workspace, reference=out.getvalue())
    assert "file names" not in Parsed(report_of(workspace)).text
    workspace.blobs().put(out.getvalue())
    told = "Your file names creator Mara <Linden> ; the listing's file names nobody."
    assert told in Parsed(report_of(workspace)).text


def test_a_lost_drawing_is_named_instead_of_breaking_the_report(filled: Workspace) -> None:
    with filled.casebook() as casebook:
        (row,) = casebook.candidate_rows()
    filled.blobs().path(str(row["side_by_side"])).unlink()
    assert "no longer in the blob folder" in report_of(filled)


def test_an_empty_report_does_not_claim_safety_for_an_unfinished_scan(workspace: Workspace) -> None:
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id=RUN_ID, started_at=STARTED, program="p", job="{}"))
    text = Parsed(report_of(workspace)).text
    assert "No copy was found" not in text
    assert "Nothing could be seen, so nothing is known" in text
    assert "This scan is not complete." in text
    with workspace.casebook() as casebook:
        casebook.finish_run(RUN_ID, RunState.FINISHED, NOW, {})
    assert "This scan is not complete." not in Parsed(report_of(workspace)).text


def head_of(workspace: Workspace, *visits: Visit) -> str:
    """Return the heading of the report of a run with these visits and no candidate."""
    with workspace.casebook() as casebook:
        casebook.begin_run(RUN)
        casebook.add_tasks([replace(visit.task, state=TaskState.PENDING, note=None) for visit in visits])
        for visit in visits:
            casebook.record(visit)
        casebook.finish_run(RUN_ID, RunState.FINISHED, NOW, {})
    (head,) = re.findall("<h1>(.*)</h1>", report_of(workspace))
    return str(head)


def test_a_report_on_walls_alone_says_that_nothing_could_be_seen(workspace: Workspace) -> None:
    page = Task(run_id=RUN_ID, target="shop", purpose=Purpose.PAGE, url=f"{SHOP}item/1", state=TaskState.FAILED)
    assert head_of(workspace, Visit(task=replace(page, note="blocked: a wall"))).startswith("Nothing could be seen")


def test_a_report_on_listings_without_a_compared_picture_says_so(workspace: Workspace) -> None:
    page = Task(run_id=RUN_ID, target="shop", purpose=Purpose.PAGE, url=f"{SHOP}item/1", state=TaskState.DONE)
    assert head_of(workspace, Visit(task=replace(page, layout="json-ld"))).startswith("No picture was compared")


def test_a_report_of_an_unknown_run_is_refused(workspace: Workspace) -> None:
    with workspace.casebook() as casebook, pytest.raises(ReportError, match="there is no run x"):
        write_report(workspace, casebook, "x", now=lambda: NOW)


def test_the_same_casebook_gives_the_same_report(filled: Workspace) -> None:
    assert report_of(filled) == report_of(filled)


def test_a_title_in_another_script_is_kept(workspace: Workspace) -> None:
    fill(workspace, title="青い鷺", seller_url="https://shop.example/s1")
    html = report_of(workspace)
    assert "青い鷺" in html
    assert 'href="https://shop.example/s1"' in html


def test_a_state_that_this_scan_did_not_see_says_when_it_was_seen(filled: Workspace) -> None:
    later = replace(RUN, run_id="later", started_at=STARTED + timedelta(days=1))
    with filled.casebook() as casebook:
        casebook.begin_run(later)
        html = write_report(filled, casebook, "later", now=lambda: NOW).read_text(encoding="utf-8")
    assert "live, last seen 2026-11-21 02:31 UTC: it can be bought" in Parsed(html).text


def test_a_listing_that_looks_gone_stands_at_the_top_with_its_address(filled: Workspace) -> None:
    later = replace(RUN, run_id="later", started_at=STARTED + timedelta(days=1))
    page = Task(run_id="later", target="shop", purpose=Purpose.PAGE, url=f"{SHOP}item/1", state=TaskState.DONE)
    look = Look(
        listing_key="generic:1", run_id="later", at=later.started_at, state=ListingState.UNKNOWN,
        reason="HTTP 404", gone=True, fetch_id=None,
    )  # fmt: skip
    with filled.casebook() as casebook:
        casebook.begin_run(later)
        casebook.record(Visit(task=page, looks=(look,)))
        html = write_report(filled, casebook, "later", now=lambda: NOW).read_text(encoding="utf-8")
    changed = Parsed(html).text.split("What changed")[1].split("What was seen")[0]
    assert "looks gone, not yet confirmed: https://shop.example/item/1" in changed
    assert "looked gone at 2026-11-22 02:30 UTC, not yet confirmed: HTTP 404" in Parsed(html).text
    assert "What changed" not in report_of(filled)
