"""Every page as axe-core and a narrow screen see it, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from copycatch.desk import WorkspaceDesk
from tests.copycatch.filled import STARTED, fill, make_workspace
from tests.review.browsing import browsing, needs_browser
from tests.review.serving import Site, served

pytestmark = needs_browser

MISSING = "/no/such/page"
# Each page of review that can be opened without a form before it.
PAGES = ("/", "/start", "/works/add", "/targets", "/scan", MISSING)
LONG = "A title that goes on and on without a space: " + "Ͳitle" * 2000


class LaterDesk(WorkspaceDesk):
    __slots__ = ()

    def now(self) -> datetime:
        return STARTED + timedelta(days=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = make_workspace(tmp_path_factory.mktemp("review") / "space")
    fill(made, title=LONG)
    with served(made, desk=LaterDesk(made)) as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_serious_accessibility_violation(site: Site, path: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with browsing(site.url, color_scheme=scheme) as (page, _):
        opened = page.goto(path)
        assert opened is not None
        assert opened.status == (404 if path == MISSING else 200)
        results = Axe().run(page)
    grave = [found for found in results.response["violations"] if found["impact"] in ("serious", "critical")]
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in grave] == []
    assert len(results.response["passes"]) > 10


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_as_wide_as_a_phone(site: Site, path: str) -> None:
    with browsing(site.url, viewport={"width": 390, "height": 800}) as (page, _):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", PAGES)
def test_nothing_in_a_page_breaks_its_own_rules(site: Site, path: str) -> None:
    with browsing(site.url) as (page, complaints):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert [text for text in complaints if "status of 404" not in text] == []


@pytest.mark.parametrize("path", PAGES)
def test_the_keyboard_comes_to_the_page_first_and_headings_stand_in_order(site: Site, path: str) -> None:
    with browsing(site.url) as (page, _):
        page.goto(path)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the page"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= level + 1 for level, later in pairwise(levels))


def test_a_script_in_a_title_does_not_run_in_a_browser(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = make_workspace(tmp_path_factory.mktemp("hostile") / "space")
    fill(made, title="<script>window.owned = 1</script><img src=x onerror='window.owned = 1'>\u202e\0")
    with served(made, desk=LaterDesk(made)) as site, browsing(site.url) as (page, complaints):
        page.goto("/")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.owned") is None
        assert "<script>window.owned" in page.locator(".cards").inner_text()
    assert complaints == []
