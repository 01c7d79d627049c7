"""What every marketplace file must prove: recorded pages of each kind, with the answers they must give."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from casebook.types import ListingState
from crawler.marketplaces import UnknownMarketplaceError, all_marketplaces, marketplace
from crawler.page import Page, Reading

PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
CASES = [(one.NAME, path) for one in all_marketplaces() for path in sorted((PAGES / one.NAME).glob("*.html"))]
NAMES = [one.NAME for one in all_marketplaces()]


def _recorded(path: Path) -> tuple[Page, dict[str, Any]]:
    wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return Page(url=wanted["url"], status=wanted["status"], body=path.read_bytes()), wanted


def _readings(name: str) -> dict[str, Reading]:
    return {path.stem: marketplace(name).read(_recorded(path)[0]) for path in sorted((PAGES / name).glob("*.html"))}


@pytest.mark.parametrize(("name", "path"), CASES, ids=[f"{name}-{path.stem}" for name, path in CASES])
def test_a_recorded_page_gives_its_answers(name: str, path: Path) -> None:
    page, wanted = _recorded(path)
    reading = marketplace(name).read(page)
    assert (reading.state, reading.layout, reading.gone) == (wanted["state"], wanted["layout"], wanted["gone"])
    assert list(reading.listing_urls) == wanted["listing_urls"]
    assert list(reading.page_urls) == wanted["page_urls"]
    assert reading.is_listing_page == (wanted["listing"] is not None)
    if reading.listing is None:
        assert wanted["listing"] is None
        return
    listing, answers = reading.listing, wanted["listing"]
    assert listing.marketplace == name
    assert (listing.listing_id, listing.url, listing.title) == (answers["listing_id"], answers["url"], answers["title"])
    assert listing.price is not None
    assert [listing.price.amount, listing.price.currency] == [Decimal(answers["price"][0]), answers["price"][1]]
    assert listing.seller is not None
    assert listing.seller.name == answers["seller"]
    assert [picture.url for picture in listing.gallery] == answers["gallery"]


@pytest.mark.parametrize("name", NAMES)
def test_every_layout_a_marketplace_reads_has_a_recorded_page(name: str) -> None:
    layouts = {reading.layout for reading in _readings(name).values() if reading.listing is not None}
    assert layouts == set(marketplace(name).SEEN)


@pytest.mark.parametrize("name", NAMES)
def test_a_marketplace_has_a_category_a_blocked_a_missing_an_empty_and_a_truncated_page(name: str) -> None:
    readings = _readings(name)
    assert readings["category"].listing_urls
    assert readings["blocked"].state is ListingState.BLOCKED
    assert readings["missing"].gone
    for kind in ("empty", "truncated", "category"):
        assert readings[kind].state is ListingState.UNKNOWN
        assert not readings[kind].gone


@pytest.mark.parametrize("name", NAMES)
def test_no_cut_of_a_recorded_page_is_ever_taken_for_a_removal(name: str) -> None:
    for path in sorted((PAGES / name).glob("live-*.html")):
        page, _ = _recorded(path)
        for end in range(0, len(page.body), max(1, len(page.body) // 25)):
            reading = marketplace(name).read(Page(url=page.url, status=200, body=page.body[:end]))
            assert not reading.gone
            assert reading.state is not ListingState.REMOVED


@pytest.mark.parametrize("name", NAMES)
def test_every_marketplace_is_described_in_the_documentation(name: str) -> None:
    text = (PAGES.parents[1] / "docs" / "marketplaces.md").read_text(encoding="utf-8")
    assert f"`{name}`" in text
    assert all(f"`{layout}`" in text for layout in marketplace(name).SEEN)


def test_an_unknown_marketplace_names_the_known_ones() -> None:
    with pytest.raises(UnknownMarketplaceError, match="generic"):
        marketplace("nowhere")
