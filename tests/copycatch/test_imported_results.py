"""Pages of results that a person saved: their cards come in, with the pictures that the browser showed."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from copycatch.importing import run_import
from crawler.marketplaces import marketplace_of
from fixtures.demo.pictures import Studio
from tests.crawler.saved_pages import har, mhtml, wacz, warc

if TYPE_CHECKING:
    from collections.abc import Callable

    from copycatch.workspace import Workspace

FIXTURES = Path(__file__).parents[2] / "fixtures/pages"
# A page, and what its browser shows of each picture: another size of the address in the answers, as (pattern, text).
SHOWN_AS = {
    "ebay/results-s-card": (r"s-l1600\.(webp|jpg)$", r"s-l225.\1"),
    "ebay/results-s-item": (r"s-l1600\.jpg$", "s-l140.webp"),
    "aliexpress/results-init-data": (r"$", "_480x480q75.jpg_.avif"),
    "amazon/results-search": (r"\.jpg$", "._AC_UL320_.jpg"),
    "alibaba/results-search": (r"$", "_220x220.jpg"),
    "1688/results-search-cards": (r"$", "_460x460q100.jpg_.webp"),
    "made-in-china/results-products": (r"/2f0j00", "/202f0j00"),
    "taobao/results-search-cards": (r"$", "_460x460q90.jpg_.webp"),
    "shein/results-search": (r"\.jpg$", "_thumbnail_405x552.jpg"),
}
FORMS = {"page.har": har, "page.mhtml": mhtml, "page.warc.gz": warc, "page.wacz": wacz}
STUDIO_NAMES = ("misty-ridge", "soap-stack-1", "soap-stack-2", "misty-ridge/cropped")


@pytest.fixture(scope="module")
def pictures(drawn_pictures: Path) -> list[bytes]:
    studio = Studio(drawn_pictures)
    return [studio.picture(name) for name in STUDIO_NAMES]


def answers(name: str) -> dict[str, list[str]]:
    """Return the gallery of each card by the listing's key."""
    told = json.loads((FIXTURES / f"{name}.answers.json").read_text("utf-8"))
    place = marketplace_of(told["url"])
    return {f"{place.KEY}:{card['listing_id']}": card["gallery"] for card in told["found"]}


def page_of(name: str) -> tuple[str, bytes]:
    told = json.loads((FIXTURES / f"{name}.answers.json").read_text("utf-8"))
    return told["url"], (FIXTURES / f"{name}.html").read_bytes()


def imported(space: Workspace, path: Path) -> dict[str, list[str]]:
    """Import a file; return the pictures seen in each listing by their bytes' hash."""
    done = run_import(space, [path], compare=False)
    assert (done.missing, done.undecodable) == (0, 0)
    with space.casebook() as casebook:
        keys = {card.key for read in done.files for page in read.pages for card in page.reading.found}
        return {key: [one.picture_sha256 for one in casebook.sightings(key)] for key in sorted(keys)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SHOWN_AS)
def test_every_card_brings_its_pictures_from_another_size_of_the_same_server(
    name: str, form: str, workspace: Workspace, pictures: list[bytes], tmp_path: Path
) -> None:
    cards, (url, page), (pattern, text) = answers(name), page_of(name), SHOWN_AS[name]
    urls = list(dict.fromkeys(one for gallery in cards.values() for one in gallery))
    assert cards
    assert urls
    shown = {re.sub(pattern, text, one): pictures[place % len(pictures)] for place, one in enumerate(urls)}
    assert not set(shown) & set(urls)
    (tmp_path / form).write_bytes(FORMS[form](shown, url=url, page=page))
    found = imported(workspace, tmp_path / form)
    assert {key: len(seen) for key, seen in found.items()} == {key: len(gallery) for key, gallery in cards.items()}


def in_one_piece(url: str, page: bytes, picture: bytes) -> bytes:
    """A page as SingleFile saves it: each picture of a card stands in it."""
    inside = b"data:image/jpeg;base64," + base64.b64encode(picture)
    page = re.sub(rb"\ssrcset=\"[^\"]*\"", b"", page)
    page = re.sub(rb"(<img[^>]*?\ssrc=\")(?!data:)[^\"]*(?:/images/|ibank/)[^\"]*\"", rb"\1" + inside + b'"', page)
    note = (
        f"<!--\n Page saved with SingleFile \n url: {url} \n saved date: Mon Nov 02 2026 09:30:00 GMT+0000 (UTC)\n-->"
    )
    return re.sub(rb"(?i)^(<!doctype html>)?", lambda found: found[0] + note.encode(), page, count=1)


def with_note(url: str, page: bytes, picture: bytes) -> bytes:
    """A page as a browser saves its HTML alone: no picture lies in it."""
    del picture
    note = f"<!-- saved from url=(0030){url} -->"
    return re.sub(rb"(?i)^(<!doctype html>)?", lambda found: found[0] + note.encode(), page, count=1)


@pytest.mark.parametrize("name", ["ebay/results-s-card", "amazon/results-search", "1688/results-search-cards"])
@pytest.mark.parametrize("form", [in_one_piece, with_note])
def test_a_page_of_results_saved_as_html_brings_its_cards_and_what_pictures_it_holds(
    name: str,
    form: Callable[[str, bytes, bytes], bytes],
    workspace: Workspace,
    pictures: list[bytes],
    tmp_path: Path,
) -> None:
    url, page = page_of(name)
    (tmp_path / "page.html").write_bytes(form(url, page, pictures[0]))
    done = run_import(workspace, [tmp_path / "page.html"], compare=False)
    (found,) = done.files[0].pages
    assert found.url == url
    assert {card.key for card in found.reading.found} == set(answers(name))
    assert (done.pictures > 0) == (form is in_one_piece)
