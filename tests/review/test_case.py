"""What the page of a case asks and says, as it is sent, without a browser."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from casebook.cases import CaseFilter

if TYPE_CHECKING:
    from copycatch.workspace import Workspace
    from tests.review.serving import Site


def test_a_case_that_only_a_mark_matches_asks_about_the_mark(workspace: Workspace, site: Site) -> None:
    with workspace.casebook() as casebook:
        (case,) = casebook.cases(CaseFilter(), 10)
    path = f"/case/{case['candidate_id']}"
    assert "It is my very picture" in site.ask(path).text
    with sqlite3.connect(workspace.casebook_path) as raw:
        raw.execute("UPDATE reference SET kind = 'watermark'")
    asked = site.ask(path).text
    assert "It bears my own mark" in asked
    assert "It is my very picture" not in asked
