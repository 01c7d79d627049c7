"""What every marketplace file must prove: recorded pages of each kind, with the answers they must give."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casebook.types import Listing, ListingState, PictureRole
from crawler.layouts import Seen
from crawler.marketplaces import Marketplace, UnknownMarketplaceError, all_marketplaces, marketplace, marketplace_of
from crawler.page import Page, Reading

PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
DOCS = (PAGES.parents[1] / "docs" / "marketplaces.md").read_text(encoding="utf-8")
ANSWERS = ".answers.json"
NAMES = [one.NAME for one in all_marketplaces()]
CASES = [(name, path) for name in NAMES for path in sorted((PAGES / name).iterdir()) if not path.name.endswith(ANSWERS)]
IDS = [f"{name}-{path.stem}" for name, path in CASES]
PROVEN = (ListingState.LIVE, ListingState.SOLD_OUT, ListingState.ENDED)


def _recorded(path: Path) -> tuple[Page, dict[str, Any]]:
    wanted = json.loads(path.with_name(path.stem + ANSWERS).read_text(encoding="utf-8"))
    return Page(
        url=wanted["url"],
        status=wanted.get("status", 200),
        body=path.read_bytes(),
        redirected_from=tuple(wanted.get("redirected_from", ())),
    ), wanted


def _readings(name: str) -> dict[str, Reading]:
    return {path.stem: marketplace(name).read(_recorded(path)[0]) for one, path in CASES if one == name}


def _told(listing: Listing) -> dict[str, Any]:
    """Return what a listing tells, in the words of the recorded answers."""
    price, seller = listing.price, listing.seller
    return {
        "listing_id": listing.listing_id,
        "url": listing.url,
        "title": listing.title,
        "state": listing.state.value,
        "price": price and [str(price.amount), price.currency],
        "seller": seller and seller.name,
        "seller_id": seller and seller.seller_id,
        "seller_url": seller and seller.url,
        "seller_badges": list(seller.badges) if seller else [],
        "seller_since": seller and seller.since,
        "sold_count": listing.sold_count,
        **{role.value: [picture.url for picture in listing.gallery if picture.role is role] for role in PictureRole},
    }


@pytest.mark.parametrize(("name", "path"), CASES, ids=IDS)
def test_a_recorded_page_gives_its_answers(name: str, path: Path) -> None:
    page, wanted = _recorded(path)
    reading = marketplace(name).read(page)
    assert (reading.state, reading.layout, reading.gone) == (wanted["state"], wanted["layout"], wanted["gone"])
    assert list(reading.listing_urls) == wanted.get("listing_urls", [])
    assert list(reading.page_urls) == wanted.get("page_urls", [])
    assert reading.description_url == wanted.get("description_url")
    shown = [*([reading.listing] if reading.listing else []), *reading.found]
    expected = [*([wanted["listing"]] if wanted.get("listing") else []), *wanted.get("found", ())]
    assert reading.is_listing_page == (wanted.get("listing") is not None)
    for listing, answers in zip(shown, expected, strict=True):
        assert listing.marketplace == marketplace(name).KEY  # Taobao and Tmall share their numbers
        told = _told(listing)
        assert {key: told[key] for key in answers} == answers


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_of_a_listing_names_its_id_title_state_price_seller_and_pictures(name: str) -> None:
    for _, path in (case for case in CASES if case[0] == name):
        listing = _recorded(path)[1].get("listing")
        if listing is not None:
            assert {"listing_id", "url", "title", "price", "seller", "gallery"} <= listing.keys(), path


@pytest.mark.parametrize("name", NAMES)
def test_every_layout_a_marketplace_reads_has_a_recorded_page(name: str) -> None:
    read = [reading for reading in _readings(name).values() if reading.listing or reading.found or reading.named]
    layouts = {reading.layout for reading in read}
    assert layouts == {layout.name for layout in marketplace(name).LAYOUTS}


@pytest.mark.parametrize("name", NAMES)
def test_a_marketplace_has_pages_of_every_kind(name: str) -> None:
    readings = _readings(name)
    assert readings["blocked"].state is ListingState.BLOCKED
    assert readings["missing"].gone
    for kind in ("empty", "truncated"):
        assert readings[kind].state in (ListingState.UNKNOWN, ListingState.ERROR)
        assert not readings[kind].gone
    if name == "generic":
        assert readings["category"].listing_urls
        return
    assert readings["unknown"].reason == "unknown layout"
    assert readings["removed"].gone
    assert any(kind.startswith("sold-out") for kind in readings)


@pytest.mark.parametrize("name", NAMES)
def test_no_cut_of_a_recorded_page_is_ever_taken_for_a_removal(name: str) -> None:
    for path in (path for one, path in CASES if one == name and not path.stem.startswith(("missing", "removed"))):
        page, _ = _recorded(path)
        for end in range(0, len(page.body), max(1, len(page.body) // 25)):
            reading = marketplace(name).read(Page(url=page.url, status=200, body=page.body[:end]))
            assert not reading.gone
            assert reading.state is not ListingState.REMOVED


@pytest.mark.parametrize(("name", "path"), CASES, ids=IDS)
def test_a_page_never_proves_another_listing_than_its_own(name: str, path: Path) -> None:
    page, wanted = _recorded(path)
    if wanted.get("listing") is None or name == "generic":  # a shop that we do not know has no listing numbers
        return
    other = Page(url=wanted["other_url"], status=200, body=page.body)
    assert marketplace(name).read(page).state in PROVEN
    assert marketplace(name).read(other).state is ListingState.UNKNOWN


@pytest.mark.parametrize(("name", "path"), CASES, ids=IDS)
def test_the_canonical_url_of_a_listing_is_its_own_canonical_url(name: str, path: Path) -> None:
    reading = marketplace(name).read(_recorded(path)[0])
    for listing in (*([reading.listing] if reading.listing else ()), *reading.found):
        assert marketplace(name).canonical_url(listing.url) == listing.url
        assert name == "generic" or marketplace(name).HOSTS is None or name == marketplace_of(listing.url).NAME


@pytest.mark.parametrize("name", NAMES)
def test_every_marketplace_and_layout_is_described_in_the_documentation(name: str) -> None:
    place: Marketplace = marketplace(name)
    for layout in place.LAYOUTS:
        assert f"| `{name}` | `{layout.name}` | {layout.seen.value} | {layout.known} |" in DOCS
    access = place.ACCESS
    ways = ", ".join(access.ways)
    known = " ".join(filter(None, (access.note, f"({access.source}; {access.checked_on})")))
    assert f"| `{name}` | {ways} | {access.search.value} | {access.listings.value} | {known} |" in DOCS


@pytest.mark.parametrize("name", NAMES)
def test_a_layout_reads_listings_or_results(name: str) -> None:
    for layout in marketplace(name).LAYOUTS:
        assert isinstance(layout.seen, Seen)
        assert name == "generic" or (layout.offer is None) != (layout.results is None)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("url", ["", "http://[x", "https://", "//x", "http://a:99999/itm/123456789012", "\x00", "a b"])
def test_an_address_that_is_none_is_no_listing_and_no_error(name: str, url: str) -> None:
    place = marketplace(name)
    assert place.listing_id(url) is None or "123456789012" in url
    assert place.canonical_url(url) is not None
    assert place.read(Page(url=url, status=200, body=b"<html><body>heron</body></html>")).listing is None
    marketplace_of(url)


def test_an_unknown_marketplace_names_the_known_ones() -> None:
    with pytest.raises(UnknownMarketplaceError, match="generic"):
        marketplace("nowhere")


def test_a_host_that_no_marketplace_names_is_read_as_an_independent_shop() -> None:
    assert marketplace_of("https://shop.example/p/1").NAME == "generic"
    assert marketplace_of("no address").NAME == "generic"


@pytest.mark.parametrize(("name", "path"), CASES, ids=IDS)
def test_entities_that_no_program_can_read_cost_nothing(name: str, path: Path) -> None:
    page, _ = _recorded(path)
    spoilt = replace(page, body=page.body.replace(b"e", b"&#" + b"9" * 5000 + b";", 3))
    assert marketplace(name).read(spoilt).state in ListingState
    for quote in (b'"', b">"):
        spoilt = replace(page, body=page.body.replace(quote + b"H", quote + b"&#" + b"9" * 5000 + b"; H"))
        assert marketplace(name).read(spoilt).state in ListingState
