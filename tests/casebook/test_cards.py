"""Cards on pages of results beside the listings' own pages, and what else marketplaces tell."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from casebook.casebook import Casebook
from casebook.listings import Health, LayoutRead
from casebook.types import GalleryPicture, Listing, ListingState, PictureRole, RunKind, Seller, Visit
from tests.casebook.makers import (
    BLOCKED,
    LIVE,
    UNKNOWN,
    gone_visit,
    listing,
    look_visit,
    page_visit,
    picture_url,
    run,
)

CARD = replace(
    listing("1", "small", title="A print …"), partial=True, layout="cards", state_reason="a page of results shows it"
)
WHOLE = listing("1", "front", "back", title="A print of a heron")


def card_visit(minutes: float, item: Listing = CARD) -> Visit:
    visit = page_visit(item, minutes, url=f"https://shop.example/search?at={minutes}")
    return replace(visit, looks=tuple(replace(look, partial=True, search="heron print") for look in visit.looks))


@pytest.fixture
def casebook(tmp_path: Path) -> Casebook:
    book = Casebook.open(tmp_path / "casebook.db", create=True)
    book.begin_run(run(1))
    return book


def test_a_listing_known_by_its_card_alone_is_what_the_card_shows(casebook: Casebook) -> None:
    casebook.record(card_visit(1))
    assert casebook.listing("shop:1") == replace(CARD, partial=False)


def test_a_card_never_outweighs_the_listings_own_page_in_whatever_order_they_come(tmp_path: Path) -> None:
    visits = [card_visit(1), page_visit(WHOLE, 2), card_visit(3, replace(CARD, title="Another title"))]
    for number, order in enumerate(permutations(visits)):
        with Casebook.open(tmp_path / f"{number}.db", create=True) as book:
            book.begin_run(run(1))
            for visit in order:
                book.record(visit)
            assert book.listing("shop:1") == WHOLE
            (row,) = book._view("SELECT search, layout FROM listing")
            assert (row["search"], row["layout"]) == ("heron print", "json-ld")


def test_a_card_brings_no_listing_back_whose_own_page_was_gone(casebook: Casebook) -> None:
    casebook.record(page_visit(WHOLE, 1))
    casebook.record(gone_visit("1", 2))
    casebook.record(card_visit(3))
    found = casebook.listing("shop:1")
    assert found is not None
    assert found.state is UNKNOWN
    assert "looked gone" in found.state_reason


def test_roles_of_pictures_badges_and_sold_counts_come_back_as_they_were(casebook: Casebook) -> None:
    item = replace(
        WHOLE,
        sold_count=45,
        seller=Seller(marketplace="shop", seller_id="7", name="Seven", badges=("Verified", "Top rated"), since="8 yrs"),
        gallery=(
            *WHOLE.gallery,
            GalleryPicture(url=picture_url("blue"), role=PictureRole.VARIANT),
            GalleryPicture(url=picture_url("long"), role=PictureRole.DESCRIPTION),
        ),
    )
    casebook.record(page_visit(item, 1))
    assert casebook.listing("shop:1") == item


def test_the_health_of_a_target_counts_what_could_be_read_of_what_was_answered(casebook: Casebook) -> None:
    first = page_visit(WHOLE, 1)
    casebook.record(replace(first, looks=tuple(replace(look, pictures=2) for look in first.looks)))
    for name in ("2", "3", "4", "5"):
        casebook.record(page_visit(listing(name, "x"), 1))
    casebook.record(look_visit("2", ListingState.UNKNOWN, 5))
    casebook.record(look_visit("3", BLOCKED, 5))
    casebook.record(look_visit("4", ListingState.ERROR, 5))
    casebook.record(gone_visit("5", 5))
    casebook.record(card_visit(9))
    assert casebook.health("night-1") == {"shop": Health(looks=6, looks_read=5, pictures=2)}


def test_the_layouts_that_listings_were_read_by_are_counted(casebook: Casebook) -> None:
    casebook.record(page_visit(WHOLE, 1))
    casebook.record(card_visit(2, replace(listing("2", "small"), partial=True, layout="cards", state=LIVE)))
    assert casebook.layouts_read("night-1") == [
        LayoutRead(target="shop", marketplace="shop", layout="cards", listings=1),
        LayoutRead(target="shop", marketplace="shop", layout="json-ld", listings=1),
    ]


def test_an_older_import_does_not_take_a_listing_away_from_the_target_that_visits_it(casebook: Casebook) -> None:
    casebook.record(page_visit(WHOLE, 10))
    casebook.begin_run(replace(run(2), kind=RunKind.IMPORT))
    imported = page_visit(WHOLE, 5)
    looks = tuple(replace(look, run_id="night-2") for look in imported.looks)
    task = replace(imported.task, run_id="night-2", target="import")
    fetches = tuple(replace(fetch, run_id="night-2") for fetch in imported.fetches)
    casebook.record(replace(imported, task=task, fetches=fetches, looks=looks))
    assert [listing.key for listing in casebook.known_listings("shop")] == ["shop:1"]
