"""What the queue says of what it shows, as it is sent, without a browser."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from parsel import Selector

from casebook.cases import CaseFilter
from casebook.rulings import Reviewed
from copycatch.workspace import Workspace
from tests.review.serving import Site, served

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site(space: Workspace) -> Iterator[Site]:
    with served(space) as running:
        yield running


def queue(site: Site, query: str) -> Selector:
    answer = site.ask(f"/queue{query}")
    assert answer.status == 200
    return Selector(answer.text)


def words(page: Selector, css: str) -> str:
    return " ".join(" ".join(page.css(f"{css} ::text").getall()).split())


@pytest.mark.parametrize(
    ("query", "lines", "told"),
    [
        ("", 13, "21 open cases in 13 groups"),
        ("?seller=etsy:thief-1", 1, "With this filter: 3 open cases in 1 group"),
        ("?seller=etsy:other-1", 1, "With this filter: 1 open case ."),
        ("?q=Print+2-", 4, "With this filter: 4 open cases ."),
        ("?q=no+such+words", 0, "No case here."),
    ],
)
def test_the_queue_tells_how_many_cases_it_shows_and_in_how_many_groups(
    site: Site, query: str, lines: int, told: str
) -> None:
    page = queue(site, query)
    assert told in words(page, "main")
    assert len(page.css(".queue li")) == lines


def test_each_state_is_counted_under_the_filter_that_is_set_and_keeps_it(space: Workspace, site: Site) -> None:
    with space.casebook() as casebook:
        case = casebook.cases(CaseFilter(seller_key="etsy:thief-1"), 1)[0]["candidate_id"]
    assert site.post("/decisions", {"candidate": case, "ruling": "not_a_match", "scope": "listing"}).status == 303
    chips = queue(site, "?q=Print+1-").css(".states a")
    counted = {" ".join(chip.css("::text").getall()).split()[0]: chip.css("b::text").get() for chip in chips}
    assert (counted["open"], counted["not"], counted["licensed"]) == ("3", "1", "0")
    decided = next(chip.attrib["href"] for chip in chips if "not a match" in str(chip.css("::text").get()))
    page = Selector(site.ask(decided).text)
    assert words(page, ".states [aria-current]") == "not a match 1"
    assert "With this filter: 1 case, not a match" in words(page, "main")
    assert len(page.css(".queue li")) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        CaseFilter(),
        CaseFilter(verdict="copy"),
        CaseFilter(marketplace="etsy"),
        CaseFilter(seller_key="etsy:thief-2"),
        CaseFilter(words="print"),
        CaseFilter(words="Other", verdict="possible"),
    ],
)
def test_a_count_is_that_of_the_cases_that_are_listed(matched: Workspace, wanted: CaseFilter) -> None:
    with matched.casebook() as casebook:
        listed = casebook.cases(wanted, 100)
        found = casebook.case_counts(wanted).get(Reviewed.OPEN)
        cases = sum(casebook.group_size(row) for row in listed) if wanted.groups else len(listed)
    assert (found.cases if found else 0) == cases
    assert not wanted.groups or (found is not None and found.groups == len(listed))


def test_cases_without_a_known_seller_are_a_group_each(space: Workspace) -> None:
    with sqlite3.connect(space.casebook_path) as raw:
        raw.execute("UPDATE settlement SET seller_key = NULL WHERE seller_key = 'etsy:thief-1'")
    with space.casebook() as casebook:
        assert casebook.case_counts(CaseFilter())[Reviewed.OPEN].groups == len(casebook.cases(CaseFilter(), 100)) == 15


def test_no_page_leads_to_a_queue_that_is_empty(space: Workspace, site: Site) -> None:
    with space.casebook() as casebook:
        row = casebook.cases(CaseFilter(seller_key="etsy:other-1"), 1)[0]
    seller, work = "/sellers/etsy:other-1", f"/works/{row['work_id']}"
    assert leads_to_the_queue(site, seller) == {"/queue", "/queue?seller=etsy%3Aother-1"}
    site.post("/permissions/places", {"kind": "own", "place": "etsy:other-1"})
    assert leads_to_the_queue(site, seller) == {"/queue"}
    assert "No case of this seller is open." in site.ask(seller).text
    site.post("/permissions/licences", {"licensee": "Everybody", "places": "*"})
    for path in (seller, work):
        assert leads_to_the_queue(site, path) == {"/queue"}
    assert leads_to_the_queue(site, "/") == {"/queue", "/queue?reviewed=licensed", "/queue?reviewed=own_shop"}


def leads_to_the_queue(site: Site, path: str) -> set[str]:
    return {link for link in Selector(site.ask(path).text).css("a::attr(href)").getall() if link.startswith("/queue")}
