"""What the page of licences and places says after something was added."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from casebook.rulings import Reviewed
from tests.review.cases import counts
from tests.review.serving import Site, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copycatch.workspace import Workspace

LICENCES = b"licensee,works,places,starts,ends,note\nAna,,etsy:thief-1,,,\nBen,,etsy:other-2,,,\n"


@pytest.fixture
def site(space: Workspace) -> Iterator[Site]:
    with served(space) as running:
        yield running


def told(site: Site, kind: str, fields: object) -> str:
    answer = site.post(f"/permissions/{kind}", fields)  # type: ignore[arg-type]
    assert answer.status == 200
    return html.unescape(answer.text.partition('role="status">')[2].partition("<")[0])


def test_an_import_in_the_browser_tells_what_it_added_and_how_many_candidates_that_hides(
    space: Workspace, site: Site
) -> None:
    file = [("file", ("licences.csv", LICENCES))]
    assert told(site, "licences", file) == "2 licences added: L-1, L-2. 4 candidates are hidden by them now."
    assert counts(space)[Reviewed.LICENSED] == 4
    assert told(site, "licences", file) == "0 licences added; 2 known already."
    more = [("file", ("licences.csv", LICENCES + b"Eve,,etsy:nobody,,,\n"))]
    assert told(site, "licences", more) == "1 licence added: L-3; 2 known already. No candidate is hidden by it now."


def test_what_a_form_added_is_told_in_the_same_words(site: Site) -> None:
    place = {"kind": "own", "place": "etsy:other-1"}
    assert told(site, "places", place) == "1 place added: P-1. 1 candidate is hidden by it now."
