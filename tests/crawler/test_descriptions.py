"""Descriptions that a marketplace keeps apart from its listings' pages."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import PictureRole, Purpose, RunState
from crawler.descriptions import description_pictures
from crawler.job import Target
from crawler.page import Page
from crawler.targets import TargetStopped, TargetWatch
from tests.crawler.crawls import again, job_for, run
from tests.crawler.replay import NOWHERE, Answer, Authority, Internet
from tests.crawler.test_real_pages import PAGES as SAVED

PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
URL = "https://d.example/1"


def read(body: str, kind: str = "text/html; charset=utf-8") -> list[str]:
    page = Page(url=URL, status=200, headers=(("Content-Type", kind),), body=body.encode("utf-8", "replace"))
    return [picture.url for picture in description_pictures(page)]


@pytest.mark.parametrize(
    "body",
    [
        '<p>Hand-printed.</p><img src="//p.example/a.jpg"><img data-src="//p.example/b.jpg" src="/blank.gif">',
        'var desc=\'<p>It\\\'s printed by hand.</p><img src="//p.example/a.jpg">\\n<img src="//p.example/b.jpg">\';',
        r'var offer_details={"content":"<img src=\"https://p.example/a.jpg\"/><img src=\"https://p.example/b.jpg\"/>"};',
        '{"data": {"html": ["<img src=\'//p.example/a.jpg\'>", "<img src=\'//p.example/b.jpg\'>"]}}',
        '<table background="//p.example/a.jpg"><tr><td style="background: url(//p.example/b.jpg)"></td></tr></table>',
        "var desc = \"\\u003cimg src='//p.example/a.jpg'\\u003e\\u003cimg src='//p.example/b.jpg'\\u003e\"",
    ],
)
def test_pictures_are_found_in_html_in_scripts_and_in_answers(body: str) -> None:
    assert read(body) == ["https://p.example/a.jpg", "https://p.example/b.jpg"]


def test_a_description_holds_no_more_pictures_than_a_person_would_look_at() -> None:
    assert len(read("".join(f'<img src="//p.example/{number}.jpg">' for number in range(1000)))) == 300


@pytest.mark.skipif(not SAVED.is_dir(), reason="the saved pages are not here")
def test_the_saved_description_gives_its_four_pictures() -> None:
    page = Page(url=URL, status=200, body=(SAVED / "1688" / "description-813724060928.js.txt").read_bytes())
    assert [picture.url.split("/")[-1][:14] for picture in description_pictures(page)] == [
        "O1CN01Cc2Daz1z", "O1CN01ocdyvw1z", "O1CN01kiI74M1z", "O1CN01upPZxO1z",
    ]  # fmt: skip


@given(st.text(alphabet="var desc='\"\\u{}<img src=/.jpg>\ud800=[]", max_size=200))
def test_no_description_raises(body: str) -> None:
    for start in ("", "var desc='", 'var desc="\\', "var x={", "{"):
        assert all(url.startswith(("https://", "http://")) for url in read(start + body))


@pytest.fixture
def ebay(tmp_path: Path) -> tuple[str, bytes, dict[str, object]]:
    answers = json.loads((PAGES / "ebay" / "live-item-2025.answers.json").read_text(encoding="utf-8"))
    return answers["listing"]["url"], (PAGES / "ebay" / "live-item-2025.html").read_bytes(), answers


def crawled(
    folder: Path,
    ebay: tuple[str, bytes, dict[str, object]],
    described: list[Answer],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[list[list[str]], list[str]]:
    """Crawl an item once for each answer of its description; return the description's pictures that stand after each
    night, and the addresses asked for."""
    url, page, answers = ebay
    (folder / "authority").mkdir()
    nights = []

    def answer(asked: str) -> Answer:
        if asked == url:
            return Answer(page, headers={"Content-Type": "text/html"})
        if asked == answers["description_url"]:
            return described[len(nights)]
        if asked.endswith("robots.txt"):
            return NOWHERE
        return Answer(b"\xff\xd8\xff\xe0" + asked.encode(), headers={"Content-Type": "image/jpeg"})

    with Internet(answer, Authority(folder / "authority")) as internet:
        for variable, value in internet.environment().items():
            monkeypatch.setenv(variable, value)
        job = job_for(folder, url, limits={"use_environment_proxy": True, "allowed_private_hosts": ("127.0.0.1",)})
        job = dataclasses.replace(job, targets=(Target(name="shop", marketplace="ebay", start=(url,)),))
        for number in range(len(described)):
            with run(folder, again(job, f"night-{number}", fresh=True)) as casebook:
                (listing,) = casebook.known_listings("shop")
                shown = [one.url for one in listing.gallery if one.role is PictureRole.DESCRIPTION]
                seen = {sighting.url for sighting in casebook.sightings(listing.key)}
                assert set(shown) <= seen
                (row,) = casebook.coverage_rows(f"night-{number}")
                assert row["descriptions"] == 1
                casebook.finish_run(f"night-{number}", RunState.FINISHED, job.now(), {})
                nights.append(shown)
    return nights, internet.asked


def html(*pictures: str) -> Answer:
    body = "".join(f'<img src="https://shop.example/{name}.jpg">' for name in pictures)
    return Answer(body.encode(), headers={"Content-Type": "text/html"})


def test_a_crawl_takes_the_pictures_of_a_description_and_forgets_none_while_it_cannot_be_had(
    tmp_path: Path, ebay: tuple[str, bytes, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    nights, asked = crawled(
        tmp_path, ebay, [html("heron", "frame"), Answer(status=500), html("frame", "stall")], monkeypatch
    )
    first = ["https://shop.example/heron.jpg", "https://shop.example/frame.jpg"]
    assert nights == [first, first, ["https://shop.example/frame.jpg", "https://shop.example/stall.jpg"]]
    assert set(first) <= set(asked)


def test_a_refused_description_costs_no_listing(
    tmp_path: Path, ebay: tuple[str, bytes, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    nights, asked = crawled(tmp_path, ebay, [Answer(status=403)], monkeypatch)
    assert nights == [[]]
    assert [url for url in asked if "ebayimg" in url]


def test_descriptions_are_asked_for_no_more_once_they_are_kept_from_us() -> None:
    watch = TargetWatch([Target(name="shop")], {})
    watch.ask("shop", Purpose.DESCRIPTION)
    watch.stop_descriptions("shop", "refused")
    with pytest.raises(TargetStopped, match="refused"):
        watch.ask("shop", Purpose.DESCRIPTION)
    watch.ask("shop", Purpose.PAGE)
