"""Every page as axe-core and a narrow screen see it, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from copycatch.desk import WorkspaceDesk
from tests.copycatch.filled import STARTED, fill, make_workspace, picture_bytes
from tests.review.api.conftest import token_for
from tests.review.browsing import CHROMIUM, needs_browser
from tests.review.serving import Site, served

pytestmark = needs_browser

MISSING = "/no/such/page"
# Each page of review that can be opened without a form before it.
PAGES = (
    "/", "/queue", "/sellers", "/sellers/generic:s1", "/works", "/works/W-0001", "/permissions",
    "/start", "/works/add", "/targets", "/scan", MISSING,
)  # fmt: skip
# How many lines each word of a table takes that would stand in one.
LINES_OF_WORDS = """() => {
  const names = [...document.querySelectorAll("table bdi")].filter((name) => name.checkVisibility());
  return names.flatMap((name) => {
    const words = [...name.textContent.matchAll(/\\S+/g)].filter((word) => word[0].length < 14);
    return words.map((word) => {
      const range = new Range();
      range.setStart(name.firstChild, word.index);
      range.setEnd(name.firstChild, word.index + word[0].length);
      return range.getClientRects().length;
    });
  });
}"""
LONG = "A title that goes on and on without a space: " + "Ͳitle" * 2000


class LaterDesk(WorkspaceDesk):
    __slots__ = ()

    def now(self) -> datetime:
        return STARTED + timedelta(days=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = make_workspace(tmp_path_factory.mktemp("review") / "space")
    fill(made, title=LONG)
    (made.references_path / "heron.jpg").write_bytes(picture_bytes(5))
    with served(made, desk=LaterDesk(made)) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def opened(browser: Browser, site: Site, path: str, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page in a context of its own, and what its console complains of."""
    complaints: list[str] = []
    with browser.new_context(base_url=site.url, **options) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == (404 if path == MISSING else 200)
        yield page, complaints


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_serious_accessibility_violation(browser: Browser, site: Site, path: str) -> None:
    hold_to_axe(browser, site, path)


def test_the_page_that_asks_for_a_token_has_none_either_and_every_page_after_it_lets_her_out(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = make_workspace(tmp_path_factory.mktemp("locked") / "space")
    fill(made)
    token = token_for(made)
    with served(made, desk=LaterDesk(made), sign_in=True) as site:
        hold_to_axe(browser, site, "/sign-in")
        with opened(browser, site, "/queue", viewport={"width": 390, "height": 800}) as (page, complaints):
            assert page.get_by_role("button", name="Sign out").count() == 0
            page.get_by_label("Your token").fill(token)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/queue")
            assert page.get_by_role("heading", level=1).inner_text() == "Queue"
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            page.get_by_role("button", name="Sign out").click()
            page.wait_for_url("**/sign-in")
            page.goto("/queue")
            assert page.url.endswith("/sign-in?back=%2Fqueue")
        assert complaints == []


def hold_to_axe(browser: Browser, site: Site, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, site, path, color_scheme="light") as (page, _):
        light = Axe().run(page).response
        page.emulate_media(color_scheme="dark")
        dark = Axe().run(page).response
    found = [*light["violations"], *dark["violations"]]
    grave = [(each["id"], each["nodes"]) for each in found if each["impact"] in ("serious", "critical")]
    assert grave == []
    assert min(len(light["passes"]), len(dark["passes"])) > 10


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone_keeps_its_own_rules_and_is_reached_by_keyboard(
    browser: Browser, site: Site, path: str
) -> None:
    with opened(browser, site, path, viewport={"width": 390, "height": 800}) as (page, complaints):
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => Number(each.tagName[1]))")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later <= level + 1 for level, later in pairwise(levels))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the page"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
    assert [text for text in complaints if "status of 404" not in text] == []


@pytest.mark.parametrize("path", ["/sellers", "/works", "/works/add"])
def test_on_a_phone_a_table_of_names_is_no_wider_than_the_screen_and_breaks_no_word(
    browser: Browser, site: Site, path: str
) -> None:
    with opened(browser, site, path, viewport={"width": 390, "height": 800}) as (page, _):
        assert page.locator(".wide").evaluate("wide => wide.scrollWidth <= wide.clientWidth")
        lines = page.evaluate(LINES_OF_WORDS)
        assert lines
        assert set(lines) == {1}


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", ["copycatch"]),
        ("/queue", ["Queue"]),
        ("/next", ["Queue"]),
        ("/sellers/generic:s1", ["Sellers"]),
        ("/works", ["Works"]),
        ("/permissions", ["Licences"]),
        ("/start", ["Set up", "First steps"]),
        ("/works/add", ["Set up", "Add pictures"]),
        ("/targets", ["Set up", "Where to look"]),
        ("/scan", ["Set up", "Scan"]),
    ],
)
def test_the_menus_underline_where_one_is_and_nothing_else(
    browser: Browser, site: Site, path: str, marked: list[str]
) -> None:
    underlined = "link => getComputedStyle(link).borderBottomStyle !== 'none'"
    with opened(browser, site, path) as (page, _):
        links = page.locator(".top nav a, .setup a")
        assert [link.inner_text() for link in links.all() if link.evaluate(underlined)] == marked
        assert page.locator("nav [aria-current]:not(.states a)").all_inner_texts() == marked
        looks = (
            "links => links.map((link) => [getComputedStyle(link).textDecorationLine, getComputedStyle(link).color])"
        )
        assert len({tuple(look) for look in links.evaluate_all(looks)}) == 1


def test_a_script_in_a_title_does_not_run_in_a_browser(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = make_workspace(tmp_path_factory.mktemp("hostile") / "space")
    fill(made, title="<script>window.owned = 1</script><img src=x onerror='window.owned = 1'>\u202e\0")
    with served(made, desk=LaterDesk(made)) as site, opened(browser, site, "/") as (page, complaints):
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.owned") is None
        assert "<script>window.owned" in page.locator(".cards").inner_text()
    assert complaints == []
