"""An operator's session in a real browser: by keyboard alone, on a phone, in two tabs at once, among hostile titles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from casebook.rulings import Reviewed
from copycatch.workspace import Workspace
from tests.review.browsing import browsing, candidate, needs_browser, other_case, picture, said
from tests.review.cases import HOSTILE, counts
from tests.review.serving import Site, served

pytestmark = needs_browser

READING = 500  # ms before the four sentences can be confirmed by the key
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@pytest.fixture
def site(space: Workspace) -> Iterator[Site]:
    with served(space) as running:
        yield running


def mode(page: Any) -> str:
    return str(page.locator(".viewer").get_attribute("data-mode"))


def test_a_whole_session_by_keyboard_alone(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/queue")
        picture(page, "queue")
        while page.evaluate("document.activeElement.textContent") != "Begin with the first case":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/case/**")
        first = candidate(page)
        picture(page, "case", whole=False)

        for key, name in (("b", "blink"), ("v", "over"), ("d", "difference"), ("m", "points"), ("s", "side")):
            page.keyboard.press(key)
            assert mode(page) == name
            picture(page, f"case-{name}", whole=False)
        page.keyboard.press("+")
        assert "zoomed" in str(page.locator(".viewer").get_attribute("class"))
        assert "matrix3d" in str(page.locator(".ours img").get_attribute("style"))
        page.keyboard.press("0")
        assert "zoomed" not in str(page.locator(".viewer").get_attribute("class"))
        page.keyboard.press("m")
        page.wait_for_function("document.querySelector('.points img').naturalWidth")
        page.keyboard.press("+")
        assert "matrix3d" in str(page.locator(".points img").get_attribute("style"))
        page.keyboard.press("s")
        page.keyboard.press("h")
        assert page.locator("#handoff").is_visible()
        picture(page, "hand-off", whole=False)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert page.locator("#help").is_visible()
        page.keyboard.press("Escape")

        page.keyboard.press("n")
        second = other_case(page, first)
        page.keyboard.press("z")
        assert other_case(page, second) == first
        said(page, "1 decision is undone")
        assert counts(space)[Reviewed.OPEN] == 21

        page.keyboard.press("i")
        page.keyboard.press("i")  # slipped
        assert candidate(page) == first
        assert page.locator("#questions[open]").count() == 1
        page.wait_for_timeout(READING)
        page.keyboard.press("i")
        second = other_case(page, first)
        said(page, "D-3: infringing")
        assert counts(space)[Reviewed.INFRINGING] == 1

        page.keyboard.press("j")
        third = other_case(page, second)
        page.keyboard.press("k")
        assert other_case(page, third) == second
        page.keyboard.press("u")
        other_case(page, second)
        said(page, ": unsure")
        page.reload()
        assert page.locator("#case").count() == 1
    assert counts(space)[Reviewed.UNSURE] == 1
    assert complaints == []


def test_each_key_of_a_ruling_decides_so(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/next")
        for key, words in (("l", "licensed"), ("o", "own shop"), ("p", "own photo"), ("n", "not a match")):
            before = candidate(page)
            page.keyboard.press(key)
            other_case(page, before)
            said(page, f": {words}")
    found = counts(space)
    assert all(
        found[state] for state in (Reviewed.LICENSED, Reviewed.OWN_SHOP, Reviewed.OWN_PHOTO, Reviewed.NOT_A_MATCH)
    )
    assert complaints == []


def test_one_verdict_settles_a_group_and_one_undo_takes_all_of_it_back(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/queue?seller=etsy:thief-1")
        page.get_by_role("link", name="Begin with the first case").click()
        page.wait_for_url("**/case/*?**")
        first = candidate(page)
        assert page.locator(".group li").count() == 3
        page.keyboard.press("g")
        picture(page, "group", whole=False)
        page.keyboard.press("u")
        page.wait_for_url("**/queue?**")
        assert page.get_by_text("No case here.").count() == 1
        assert counts(space)[Reviewed.UNSURE] == 3
        page.goto(f"/case/{first}")
        page.keyboard.press("z")
        said(page, "3 decisions are undone")
    assert counts(space)[Reviewed.OPEN] == 21
    assert complaints == []


def test_every_case_is_shown_and_decided_once_however_fast_the_keys_follow(space: Workspace, site: Site) -> None:
    shown: list[str] = []
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/next")
        while page.locator("#case").count():
            assert page.locator("#trouble").is_hidden(), page.locator("#trouble").inner_text()
            shown.append(candidate(page))
            page.keyboard.press("n")
            page.wait_for_function(
                "than => (document.getElementById('case')?.dataset.candidate ?? '') !== than", arg=shown[-1]
            )
        page.wait_for_url("**/queue")
        assert page.get_by_text("No case here.").count() == 1
    assert len(shown) == len(set(shown))
    assert counts(space)[Reviewed.NOT_A_MATCH] == 21
    assert complaints == []


def test_a_decision_is_kept_though_the_page_is_left_at_once(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, _):
        page.goto("/next")
        first = candidate(page)
        page.evaluate("""() => {
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
          location.assign("/works");
        }""")
        page.wait_for_url("**/works")
        for _ in range(100):
            if counts(space).get(Reviewed.NOT_A_MATCH):
                break
            page.wait_for_timeout(100)
    with space.casebook() as casebook:
        assert [each.ruling.value for each in casebook.decisions(first)] == ["not_a_match"]


def test_filters_stand_in_the_address_and_hold_from_case_to_case(site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/queue")
        page.get_by_label("Words").fill("Print 2-")
        page.get_by_role("button", name="Show").click()
        assert "q=Print+2-" in page.url
        assert page.locator(".queue li").count() == 4
        page.reload()
        assert page.locator(".queue li").count() == 4
        page.get_by_role("link", name="Begin with the first case").click()
        page.wait_for_url("**/case/*?**")
        for _ in range(3):
            before = candidate(page)
            assert "Print 2-" in page.locator("h1").inner_text()
            page.keyboard.press("j")
            other_case(page, before)
            assert "q=Print+2-" in page.url
        page.keyboard.press("j")
        page.wait_for_url("**/queue?**")
    assert complaints == []


def test_a_session_by_touch_at_the_width_of_a_phone(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=PHONE, has_touch=True, is_mobile=True) as (page, complaints):
        for path in ("/", "/queue", "/sellers", "/works", "/permissions"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            picture(page, f"phone{path.replace('/', '-').rstrip('-') or '-dashboard'}")
        page.goto("/queue")
        page.get_by_role("link", name="Begin with the first case").tap()
        page.wait_for_url("**/case/*")
        picture(page, "phone-case")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        first = candidate(page)
        page.get_by_role("button", name="Blink").tap()
        assert mode(page) == "blink"
        page.get_by_role("button", name="Not a match").tap()
        second = other_case(page, first)
        said(page, ": not a match")
        page.get_by_role("button", name="Undo").tap()
        assert other_case(page, second) == first
        page.locator(".group-switch").tap()
        page.get_by_role("button", name="Unsure").tap()
        other_case(page, first)
        said(page, ": unsure")
    assert counts(space)[Reviewed.UNSURE] >= 3
    assert complaints == []


def test_two_tabs_at_once_never_overwrite_one_another(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, _):
        assert page.context.browser is not None
        other = page.context.browser.new_page(base_url=site.url)
        page.goto("/next")
        other.goto("/next")
        first = candidate(page)
        assert candidate(other) == first
        page.keyboard.press("n")
        other_case(page, first)
        said(page, ": not a match")
        other.keyboard.press("u")
        other.wait_for_selector("#trouble:not([hidden])")
        assert "no longer as you saw it" in other.locator("#trouble").inner_text()
        other.wait_for_function("first => document.getElementById('case').dataset.candidate === first", arg=first)
        assert "not a match" in other.locator(".case-head").inner_text()
    with space.casebook() as casebook:
        assert [each.ruling.value for each in casebook.decisions(first)] == ["not_a_match"]


def test_everything_also_works_without_the_script(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE, java_script_enabled=False) as (page, _):
        page.goto("/queue")
        page.get_by_role("link", name="Begin with the first case").click()
        first = page.url
        page.get_by_role("button", name="Unsure").click()
        assert page.url != first
        assert "/case/" in page.url
        page.get_by_role("button", name="Undo").click()
        assert page.url.split("?")[0] == first.split("?")[0]
        page.get_by_role("button", name="Infringing").click()
        assert "nothing is infringing before" in page.locator("[role=alert]").inner_text()
        page.goto(first)
        page.locator("#questions summary").click()
        for box in page.locator("#questions [type=checkbox]").all():
            box.check()
        page.get_by_role("button", name="Decide: infringing").click()
        assert "/case/" in page.url
    assert counts(space)[Reviewed.INFRINGING] == 1


def test_hostile_titles_do_nothing_and_break_nothing(site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.goto("/queue")
        assert page.locator("main script, main img[src='x'], form[action*=evil]").count() == 0
        for name in HOSTILE:
            page.goto(f"/queue?q={name}")
            page.goto(f"/next?q=item/{name}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.locator("#case script, img[src='x'], form[action*=evil]").count() == 0
            assert page.title() != "owned"
            text = page.locator("main").inner_text()
            assert not set(text) & set("\x00\x07\u202e\u2066\u200f")
            page.goto(str(page.locator(".facts a[href^='/sellers/']").first.get_attribute("href")))
            assert page.locator("main script").count() == 0
            picture(page, f"hostile-{name}")
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out(space: Workspace, site: Site, scheme: str) -> None:
    """What axe-core calls serious or critical, on every page; titles of the pages are all different."""
    from axe_playwright_python.sync_playwright import Axe

    with space.casebook() as casebook:
        seller = str(casebook.seller_rows()[0]["seller_key"])
        work = str(casebook.work_rows()[0]["work_id"])
    pages = {
        "dashboard": "/", "queue-all": "/queue", "bench": "/next", "sellers": "/sellers",
        "seller": f"/sellers/{seller}", "works": "/works", "work": f"/works/{work}", "permissions": "/permissions",
        "decided": "/queue?reviewed=licensed", "problem": "/case/nothing",
    }  # fmt: skip
    found: list[str] = []
    titles = set()
    with browsing(site.url, viewport=WIDE, color_scheme=scheme) as (page, _):
        for name, path in pages.items():
            page.goto(path)
            page.wait_for_load_state("networkidle")
            picture(page, f"{name}-{scheme}")
            titles.add(page.title())
            violations = Axe().run(page).response["violations"]
            found += [
                f"{path}: {each['id']} {[node['target'] for node in each['nodes']][:3]}"
                for each in violations
                if each["impact"] in ("serious", "critical")
            ]
    assert found == []
    assert len(titles) == len(pages) - 1  # both queues are called so


def test_a_removed_licence_or_place_asks_again_from_the_browser_too(space: Workspace, site: Site) -> None:
    with browsing(site.url, viewport=WIDE) as (page, complaints):
        page.goto("/permissions")
        page.get_by_label("Where").fill("etsy:thief-1")
        page.get_by_role("button", name="Add the place").click()
        assert counts(space)[Reviewed.OWN_SHOP] == 3
        page.goto("/queue?reviewed=own_shop")
        assert "hidden by place P-1" in page.locator(".queue").inner_text()
        page.goto("/permissions")
        page.get_by_label("Where").fill("no place")
        page.get_by_role("button", name="Add the place").click()
        assert "is no seller and no shop's address" in page.locator("[role=alert]").inner_text()
        page.get_by_role("button", name="Take out P-1").click()
    assert counts(space)[Reviewed.OPEN] == 21
    assert all("422" in each for each in complaints)
