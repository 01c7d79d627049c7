"""What is decided in a browser, and what is not: the four sentences, the last decision, the name it bears."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from casebook.rulings import Reviewed
from copycatch.workspace import Workspace
from tests.review.browsing import browsing, candidate, needs_browser, other_case, picture, said
from tests.review.cases import counts
from tests.review.serving import Site, served

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

pytestmark = needs_browser

WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
READING = 500  # ms before the four sentences can be confirmed by the key


@pytest.fixture
def site(space: Workspace) -> Iterator[Site]:
    with served(space) as running:
        yield running


def test_who_confirms_some_of_the_four_sentences_only_decides_nothing(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/next")
        first = candidate(page)
        page.get_by_role("button", name="Infringing").click()
        boxes = page.locator("#questions [name=confirmed]")
        boxes.nth(0).check()
        boxes.nth(1).check()
        page.wait_for_timeout(READING)
        page.get_by_role("button", name="Decide: infringing").click()
        said(page, "2 of the 4 sentences are not confirmed")
        page.keyboard.press("i")
        assert [boxes.nth(place).is_checked() for place in range(4)] == [True, True, False, False]
        assert candidate(page) == first
        boxes.nth(2).check()
        boxes.nth(3).check()
        page.get_by_role("button", name="Decide: infringing").click()
        other_case(page, first)
        said(page, ": infringing")
    assert counts(space)[Reviewed.INFRINGING] == 1
    assert complaints == []


def test_the_mouse_confirms_nothing_by_a_second_click(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, _):
        page.goto("/next")
        for _ in range(3):
            page.locator(".rulings").get_by_role("button", name="Infringing").click()
            page.wait_for_timeout(READING)
        assert page.locator("#questions [name=confirmed]:checked").count() == 0
    assert counts(space)[Reviewed.OPEN] == 21


def test_what_was_decided_last_is_undone_from_the_queue_too(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/next?q=Print 2-3")
        first = candidate(page)
        page.keyboard.press("n")
        page.wait_for_url("**/queue?**")
        assert "not a match, Print 2-3" in page.locator(".last").inner_text()
        page.keyboard.press("z")
        page.wait_for_url("**/case/**")
        assert candidate(page) == first
        page.goto("/queue")
        assert page.locator(".last").count() == 0
    assert counts(space)[Reviewed.OPEN] == 21
    assert complaints == []


def test_who_was_not_named_is_asked_before_anything_is_lost(space: Workspace, site: Site) -> None:
    space.config_path.write_text(space.config_path.read_text().replace('name = "A. Maker"', 'name = ""'))
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/next?seller=etsy:thief-1")
        page.keyboard.press("g")
        page.keyboard.press("u")
        assert "write your name" in page.locator("#trouble").inner_text()
        page.keyboard.type("Ana")
        page.keyboard.press("Enter")
        page.keyboard.press("u")
        page.wait_for_url("**/queue?**")
    assert complaints == []
    with space.casebook() as casebook:
        assert [each.reviewer for each in casebook.decisions_since(0)] == ["Ana"] * 3


def test_reviews_of_two_workspaces_on_one_machine_keep_a_name_each(
    space: Workspace, site: Site, tmp_path: Path
) -> None:
    other = Workspace.open(Path(shutil.copytree(space.root, tmp_path / "other")))
    with served(other) as elsewhere, browsing(site.url, viewport=WIDE, java_script_enabled=False) as (page, _):
        page.goto("/next")
        page.get_by_label("You decide as").fill("Ana")
        page.get_by_role("button", name="Change").click()
        assert page.get_by_label("You decide as").input_value() == "Ana"
        page.goto(f"{elsewhere.url}/next")
        assert page.get_by_label("You decide as").input_value() != "Ana"


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_unfolds_of_a_case_stays_in_its_column(site: Site, viewport: ViewportSize) -> None:
    with browsing(site.url, viewport=viewport) as (page, _):
        page.goto("/next")
        for summary in page.locator(".decide summary").all():
            summary.click()
        ends = "each => each.getBoundingClientRect().right"
        column = page.locator(".decide").evaluate(ends)
        assert all(each.evaluate(ends) <= column for each in page.locator(".decide :is(select, input, textarea)").all())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_is_handed_over_is_read_from_its_top_and_its_hashes_are_whole(site: Site, viewport: ViewportSize) -> None:
    with browsing(site.url, viewport=viewport) as (page, complaints):
        page.goto("/next")
        row = page.locator("#handoff")
        for _ in range(2):
            page.keyboard.press("h")
            assert row.evaluate("row => row.scrollTop") == 0
            assert page.evaluate("document.activeElement.textContent") == "What is handed over"
            page.keyboard.press("End")
            page.wait_for_function("() => document.getElementById('handoff').scrollTop > 0")
            page.keyboard.press("Escape")
        page.keyboard.press("h")
        assert row.evaluate(
            "row => [row, ...row.querySelectorAll('*')].every(each => each.scrollWidth <= row.clientWidth)"
        )
        for name in ("picture_sha256", "reference_sha256"):
            digits = row.locator("div", has_text=name).locator("bdi")
            digits.evaluate("digits => getSelection().selectAllChildren(digits)")
            assert re.fullmatch("[0-9a-f]{64}", page.evaluate("getSelection().toString()"))
        picture(page, f"hand-off-{viewport['width']}", whole=False)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert page.evaluate("document.activeElement.textContent") == "Keys"
        picture(page, f"keys-{viewport['width']}", whole=False)
    assert complaints == []
