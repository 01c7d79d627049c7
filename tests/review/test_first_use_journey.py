"""First use in a real browser: from an empty folder to the first decisions, without a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from casebook.rulings import REQUIRED_ANSWERS, Ruling
from copycatch.config import Config, CrawlLimits, MatchSettings, Target
from copycatch.workspace import Workspace
from fixtures.demo.pictures import write_references
from fixtures.demo.server import DemoServer
from tests.review.browsing import browsing, needs_browser, picture
from tests.review.serving import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = needs_browser
SCAN_MILLISECONDS = 240_000
DROP = """([names, selector]) => {
    const dropped = new DataTransfer();
    for (const name of names) dropped.items.add(new File(["x"], name, {type: "image/jpeg"}));
    document.querySelector(selector).dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true}));
}"""


@pytest.fixture(scope="module")
def demo(drawn_pictures: Path) -> Iterator[DemoServer]:
    with DemoServer(folder=drawn_pictures) as running:
        yield running


def space(folder: Path, demo: DemoServer) -> Workspace:
    """An empty workspace that may visit the demo's first shop, which lies on loopback."""
    limits = CrawlLimits(delay_seconds=0.0, allowed_private_hosts=(urlsplit(demo.shops[0].url).netloc,))
    return Workspace.create(folder, Config(crawl=limits, match=MatchSettings(processes=1)))


def fill_in(page: Page, pictures: list[Path], demo: DemoServer) -> None:
    """Take the first two steps."""
    page.goto("/start")
    page.get_by_label("Your picture files").set_input_files([str(path) for path in pictures if path.suffix == ".jpg"])
    page.get_by_role("button", name="Add these pictures").click()
    page.get_by_text("Add more pictures, or your watermark").click()
    page.get_by_label("Your picture files").set_input_files([str(path) for path in pictures if path.suffix == ".png"])
    page.get_by_label("only my watermark or logo").check()
    page.get_by_label("Title of the work").fill("My mark")
    page.get_by_role("button", name="Add these pictures").click()
    page.get_by_label("Address of a shop").fill(demo.shops[0].url)
    page.get_by_role("button", name="Watch this place").click()
    page.get_by_label("Your name or your studio's").fill("Mara Lind")
    page.get_by_label("A web page where you can be reached").fill("https://owner.example/about")
    page.get_by_role("button", name="Save").click()


def test_an_artist_comes_from_an_empty_folder_over_a_scan_that_she_sees_run_to_her_first_decisions(
    tmp_path: Path, demo: DemoServer
) -> None:
    workspace = space(tmp_path / "space", demo)
    (tmp_path / "mine").mkdir()
    write_references(tmp_path / "mine", demo.studio)
    pictures = sorted(path for path in (tmp_path / "mine").iterdir() if path.suffix in (".jpg", ".png"))
    with served(workspace) as site, browsing(site.url) as (page, complaints):
        fill_in(page, pictures, demo)
        page.get_by_role("button", name="Scan now").click()
        page.get_by_role("button", name="Stop this scan").wait_for()
        page.evaluate("document.body.dataset.loaded = 'once'")
        page.get_by_role("heading", name="Looking at pages and pictures").wait_for(timeout=SCAN_MILLISECONDS)
        found = page.get_by_role("link", name="See what was found")
        found.wait_for(timeout=SCAN_MILLISECONDS)
        assert page.evaluate("document.body.dataset.loaded") == "once"  # refreshed in place, not loaded anew
        assert found.get_attribute("href") == "/queue"
        assert page.get_by_role("button", name="Scan again").is_visible()
        assert "robots.txt" in page.locator("#scan-misses").inner_text()
        page.get_by_role("link", name="Read the report").click()
        assert "Mara Lind" in page.locator("body").inner_text()
        page.go_back()
        page.get_by_role("link", name="See what was found").click()
        page.get_by_role("link", name="Begin with the first case").click()
        decide_two(page)
        assert complaints == []
    assert workspace.config().targets == (Target(name=urlsplit(demo.shops[0].url).netloc, start=(demo.shops[0].url,)),)
    with workspace.casebook() as casebook:
        assert len(casebook.candidates()) > 5
        assert len(casebook.works()) == len(pictures)
        first, second = casebook.decisions_since(0)
    assert (first.ruling, second.ruling) == (Ruling.INFRINGING, Ruling.NOT_A_MATCH)
    assert first.reviewer == second.reviewer == "Mara Lind"
    assert dict(first.answers) == dict(REQUIRED_ANSWERS)
    assert first.candidate_id != second.candidate_id


def decide_two(page: Page) -> None:
    """Call the first case infringing by mouse and the second one no match by key; both stay so."""
    shown = page.locator(".viewer img[src]").evaluate_all("images => images.map(each => each.decode())")
    assert len(shown) >= 2
    picture(page, "first-case")
    page.get_by_role("button", name="Infringing").click()
    for sentence in page.get_by_role("group", name="I have looked, and say:").get_by_role("checkbox").all():
        sentence.check()
    page.get_by_role("button", name="Decide: infringing").click()
    page.get_by_text("D-1: infringing").wait_for()
    page.keyboard.press("n")
    page.get_by_text("D-2: not a match").wait_for()
    picture(page, "first-decision")
    page.get_by_role("link", name="copycatch", exact=True).click()
    for _ in range(2):
        for told in ("1 infringing", "1 not a match"):
            assert page.get_by_role("link", name=told, exact=True).is_visible()
        page.reload()
    picture(page, "first-overview")


def test_without_a_script_every_step_works_by_loading_pages(tmp_path: Path, demo: DemoServer) -> None:
    workspace = space(tmp_path / "space", demo)
    (tmp_path / "mine").mkdir()
    write_references(tmp_path / "mine", demo.studio)
    pictures = sorted(path for path in (tmp_path / "mine").iterdir() if path.suffix in (".jpg", ".png"))
    with served(workspace) as site, browsing(site.url, java_script_enabled=False) as (page, _):
        fill_in(page, pictures, demo)
        page.get_by_role("button", name="Scan now").click()
        page.get_by_role("button", name="Stop this scan").click()
        for _ in range(200):
            page.goto("/scan")
            if page.get_by_role("button", name="Scan again").count():
                break
            page.wait_for_timeout(200)
        assert page.get_by_role("heading", name="The scan was stopped").is_visible()
        page.goto("/targets")
        page.get_by_role("button", name="Remove pages from").click()
        assert page.get_by_text("Nothing is watched yet.").is_visible()


def test_files_may_be_dropped_onto_the_form(tmp_path: Path, demo: DemoServer) -> None:
    with served(space(tmp_path / "space", demo)) as site, browsing(site.url) as (page, complaints):
        page.goto("/works/add")
        page.evaluate(DROP, [["a.jpg", "<b>.jpg"], "[data-drop]"])
        assert page.locator("[data-chosen]").inner_text() == "2 files: a.jpg, <b>.jpg"
        page.get_by_role("button", name="Add these pictures").click()
        assert "2 files were not taken" in page.locator(".result").inner_text()
        assert all("422" in complaint for complaint in complaints)


def test_no_page_of_first_use_shuts_out_people_who_read_by_ear_or_keyboard(tmp_path: Path, demo: DemoServer) -> None:
    from axe_playwright_python.sync_playwright import Axe

    workspace = space(tmp_path / "space", demo)
    with served(workspace) as site, browsing(site.url) as (page, _):
        for width, scheme in ((1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            for path in ("/start", "/works/add", "/targets", "/scan", "/report"):
                page.goto(path)
                _accessible(page, Axe())
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            page.goto("/start")
            page.get_by_label("Address of a shop").fill("heron")
            page.get_by_role("button", name="Watch this place").click()
            _accessible(page, Axe())
            wrong = page.locator("#place-marketplace")
            assert wrong.get_attribute("aria-invalid") == "true"
            assert page.locator("#" + (wrong.get_attribute("aria-describedby") or "")).is_visible()


def _accessible(page: Page, axe: Any) -> None:
    found = axe.run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert serious == [], [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious]
