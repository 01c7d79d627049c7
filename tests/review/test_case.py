"""What the page of a case asks and says, as it is sent, without a browser."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from parsel import Selector

from casebook.cases import CaseFilter

if TYPE_CHECKING:
    from copycatch.workspace import Workspace
    from tests.review.serving import Site


def the_case(workspace: Workspace) -> str:
    with workspace.casebook() as casebook:
        (case,) = casebook.cases(CaseFilter(), 10)
    return str(case["candidate_id"])


def test_a_case_that_only_a_mark_matches_asks_about_the_mark(workspace: Workspace, site: Site) -> None:
    path = f"/case/{the_case(workspace)}"
    assert "It is my very picture" in site.ask(path).text
    with sqlite3.connect(workspace.casebook_path) as raw:
        raw.execute("UPDATE reference SET kind = 'watermark'")
    asked = site.ask(path).text
    assert "It bears my own mark" in asked
    assert "It is my very picture" not in asked


def test_the_owners_picture_stands_left_of_what_was_found_as_in_the_report(workspace: Workspace, site: Site) -> None:
    shown = Selector(site.ask(f"/case/{the_case(workspace)}").text)
    assert shown.css(".viewer > .pane::attr(class)").getall()[:2] == ["pane ours", "pane found"]


def test_what_could_not_be_decided_without_a_script_leads_back_to_its_case(workspace: Workspace, site: Site) -> None:
    case = the_case(workspace)
    fields = {"candidate": case, "ruling": "infringing", "query": "verdict=copy&q=a b"}
    refused = site.post("/decisions", fields)
    assert refused.status == 422
    back = Selector(refused.text).css("main a.button::attr(href)").get()
    assert back == f"/case/{case}?verdict=copy&q=a b"
    hostile = site.post("/decisions", {**fields, "candidate": '//evil.example/?"><b>'})
    assert (
        Selector(hostile.text).css("main a.button::attr(href)").get("").startswith("/case/%2F%2Fevil.example%2F%3F%22")
    )
