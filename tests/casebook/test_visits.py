from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from casebook.types import ListingState, Money, PictureFound, Purpose, Seller, TaskState
from casebook.values import time_text
from tests.casebook.comparing import comparable
from tests.casebook.makers import (
    BLOCKED,
    LIVE,
    UNKNOWN,
    at,
    failed_picture_visit,
    fetch,
    gone_visit,
    listing,
    look_visit,
    page_visit,
    picture,
    picture_url,
    picture_visit,
    run,
    sha,
    task,
)

if TYPE_CHECKING:
    from datetime import datetime

    from casebook.casebook import Casebook
    from casebook.types import Visit


def record(casebook: Casebook, *visits: Visit) -> None:
    for visit in visits:
        casebook.record(visit)


def seen(casebook: Casebook, listing_id: str = "1") -> list[tuple[str, datetime, datetime]]:
    """What was seen in a listing: content, first and last time."""
    names = {sha(content): content for content in ("red", "green", "blue")}
    return [
        (names[sighting.picture_sha256], sighting.first_seen_at, sighting.last_seen_at)
        for sighting in casebook.sightings(f"shop:{listing_id}")
    ]


def test_a_visit_comes_back_as_it_was_recorded(casebook: Casebook) -> None:
    visit = page_visit(listing("1", "a", "b"), 1)
    record(casebook, visit)
    assert casebook.listing("shop:1") == visit.listings[0]
    assert casebook.known_listings("shop") == [visit.listings[0]]
    assert casebook.known_listings("other") == []
    assert casebook.looks("shop:1") == list(visit.looks)
    assert casebook.pending_tasks("night-1") == list(visit.discovered)
    assert casebook.stored_response(visit.task.url) == visit.fetches[0]


def test_recording_a_visit_twice_changes_nothing(casebook: Casebook) -> None:
    visits = page_visit(listing("1", "a"), 1), picture_visit("a", "red", 2), gone_visit("1", 3)
    record(casebook, *visits)
    before = comparable(casebook.path)
    record(casebook, *visits)
    assert comparable(casebook.path) == before


def test_a_visit_is_written_whole_or_not_at_all(casebook: Casebook) -> None:
    before = comparable(casebook.path)
    visit = page_visit(listing("1", "a"), 1)
    broken = replace(visit, discovered=(*visit.discovered, task("https://shop.example/next", night=9)))
    with pytest.raises(sqlite3.IntegrityError):
        record(casebook, broken)
    assert comparable(casebook.path) == before
    assert casebook.stored_response(visit.task.url) is None


def test_a_listing_without_the_look_that_read_it_is_refused(casebook: Casebook) -> None:
    with pytest.raises(ValueError, match="without the look"):
        record(casebook, replace(page_visit(listing("1"), 1), looks=()))


def test_half_a_surrogate_pair_does_not_lose_the_visit(casebook: Casebook) -> None:
    record(casebook, page_visit(listing("1", "a", title="Print \ud83d of \N{SNOWMAN}"), 1))
    found = casebook.listing("shop:1")
    assert found is not None
    assert found.title == "Print ? of \N{SNOWMAN}"


@pytest.mark.parametrize("state", [BLOCKED, ListingState.ERROR, UNKNOWN])
def test_a_page_that_cannot_be_read_keeps_what_was_known(casebook: Casebook, state: ListingState) -> None:
    item = listing("1", "a", "b")
    record(casebook, page_visit(item, 1), look_visit("1", state, 2, reason="a challenge page"))
    assert casebook.listing("shop:1") == replace(item, state=state, state_reason="a challenge page")


def test_a_readable_page_replaces_what_was_known(casebook: Casebook) -> None:
    sold = replace(
        listing("1", "b", "c", title="A new name", state=ListingState.SOLD_OUT),
        price=Money(amount=listing("1").price.amount * 2, currency=None),  # type: ignore[union-attr]
        seller=Seller(marketplace="shop", seller_id="8", name="Eight"),
    )
    record(casebook, page_visit(listing("1", "a", "b"), 1), page_visit(sold, 2))
    assert casebook.listing("shop:1") == sold


def test_a_page_without_price_and_seller_is_kept_as_it_is(casebook: Casebook) -> None:
    bare = replace(listing("1"), price=None, seller=None)
    record(casebook, page_visit(bare, 1))
    assert casebook.listing("shop:1") == bare


def test_a_seller_goes_by_the_newest_name(casebook: Casebook) -> None:
    renamed = replace(listing("2"), seller=Seller(marketplace="shop", seller_id="7", name="New Name"))
    record(casebook, page_visit(renamed, 5), page_visit(listing("1"), 1))
    (row,) = casebook._view("SELECT * FROM sellers")
    assert (row["name"], row["listings"], row["listings_live"]) == ("New Name", 2, 2)


def test_a_listing_belongs_to_the_target_that_found_it_first(casebook: Casebook) -> None:
    later = page_visit(listing("1"), 5)
    record(
        casebook,
        replace(later, task=replace(later.task, target="other")),
        page_visit(listing("1"), 1, url="https://shop.example/x"),
    )
    assert [item.listing_id for item in casebook.known_listings("shop")] == ["1"]
    assert casebook.known_listings("other") == []


def test_an_address_twice_in_a_gallery_is_one_place(casebook: Casebook) -> None:
    record(casebook, page_visit(listing("1", "a", "b", "a"), 1))
    found = casebook.listing("shop:1")
    assert found is not None
    assert [place.url for place in found.gallery] == [picture_url("a"), picture_url("b")]


@pytest.mark.parametrize("picture_first", [False, True])
def test_a_sighting_needs_the_page_and_the_picture_in_either_order(casebook: Casebook, picture_first: bool) -> None:
    visits = [page_visit(listing("1", "b", "a"), 1), picture_visit("a", "red", 2)]
    record(casebook, *(reversed(visits) if picture_first else visits))
    (sighting,) = casebook.sightings("shop:1")
    assert (sighting.picture_sha256, sighting.position, sighting.url) == (sha("red"), 1, picture_url("a"))
    assert (sighting.first_seen_at, sighting.last_seen_at) == (at(2), at(2))
    assert casebook.picture(sha("red")) == picture("red")
    assert casebook.picture(sha("blue")) is None


def test_one_picture_is_seen_in_every_listing_that_shows_it(casebook: Casebook) -> None:
    record(casebook, page_visit(listing("1", "a"), 1), picture_visit("a", "red", 2), page_visit(listing("2", "a"), 3))
    assert seen(casebook, "1") == [("red", at(2), at(2))]
    assert seen(casebook, "2") == [("red", at(3), at(3))]


def second_night(casebook: Casebook) -> None:
    """One night has seen red at `a`; the second begins."""
    record(casebook, page_visit(listing("1", "a"), 1), picture_visit("a", "red", 2))
    casebook.begin_run(run(2))


@pytest.mark.parametrize("picture_first", [False, True])
def test_a_picture_swapped_under_its_address_is_a_new_sighting_beside_the_old(
    casebook: Casebook, picture_first: bool
) -> None:
    second_night(casebook)
    visits = [page_visit(listing("1", "a"), 1, night=2), picture_visit("a", "blue", 2, night=2)]
    record(casebook, *(reversed(visits) if picture_first else visits))
    assert seen(casebook) == [("red", at(2), at(2)), ("blue", at(2, 2), at(2, 2))]


def test_a_trusted_picture_is_seen_again_without_asking_its_server(casebook: Casebook) -> None:
    second_night(casebook)
    record(casebook, page_visit(listing("1", "a"), 1, night=2, discover=False))
    record(casebook, page_visit(listing("2", "a"), 2, night=2, discover=False))
    assert seen(casebook) == [("red", at(2), at(1, 2))]
    assert seen(casebook, "2") == [("red", at(2, 2), at(2, 2))]


@pytest.mark.parametrize("found", [False, True])
def test_trust_does_not_put_off_the_next_check(casebook: Casebook, found: bool) -> None:
    second_night(casebook)
    trusted = PictureFound(url=picture_url("a"), picture=picture("red"), fetch_id=None, at=at(2, 2))
    visit = replace(picture_visit("a", "red", 2, night=2), fetches=(), picture=trusted if found else None)
    record(casebook, page_visit(listing("1", "a"), 1, night=2), visit)
    assert seen(casebook) == [("red", at(2), at(1, 2))]
    (address,) = casebook._view("SELECT checked_at FROM picture_url")
    assert address == {"checked_at": time_text(at(2))}


def test_a_picture_that_could_not_be_fetched_tonight_was_not_seen_tonight(casebook: Casebook) -> None:
    second_night(casebook)
    record(casebook, page_visit(listing("1", "a"), 1, night=2), failed_picture_visit("a", 2, night=2))
    assert seen(casebook) == [("red", at(2), at(2))]


def test_a_picture_no_longer_in_the_gallery_is_not_seen_again(casebook: Casebook) -> None:
    second_night(casebook)
    record(casebook, page_visit(listing("2", "a"), 1, night=2), picture_visit("a", "red", 2, night=2))
    record(casebook, page_visit(listing("1", "b"), 3, night=2))
    assert seen(casebook, "1") == [("red", at(2), at(2))]
    assert seen(casebook, "2") == [("red", at(1, 2), at(2, 2))]


def test_what_is_known_of_a_picture_is_not_lost_to_a_visit_that_knows_less(casebook: Casebook) -> None:
    known = replace(picture("red"), width=640, height=480, problem="truncated")
    visit = picture_visit("a", "red", 1)
    record(casebook, replace(visit, picture=replace(visit.picture, picture=known)))  # type: ignore[type-var]
    record(casebook, picture_visit("b", "red", 2))
    assert casebook.picture(sha("red")) == known


def test_only_a_whole_answer_is_a_stored_response(casebook: Casebook) -> None:
    url = "https://shop.example/"
    answers = [
        fetch(url, at(1)),
        fetch(url, at(2), body="newer"),
        fetch(url, at(3), status=304, body=None),
        fetch(url, at(4), status=500),
        fetch(url + "other", at(5)),
    ]
    assert casebook.stored_response(url) is None
    casebook.record(replace(page_visit(listing("1"), 1), fetches=(*page_visit(listing("1"), 1).fetches, *answers)))
    assert casebook.stored_response(url) == answers[1]


def test_robots_answers_count_for_their_run_only(casebook: Casebook) -> None:
    url = "https://shop.example/robots.txt"
    answers = [replace(fetch(url, at(minute)), purpose=Purpose.ROBOTS) for minute in (1, 2)]
    casebook.record(replace(page_visit(listing("1"), 1), fetches=(*page_visit(listing("1"), 1).fetches, *answers)))
    assert casebook.robots_answer(url, "night-1") == answers[1]
    assert casebook.robots_answer(url, "night-2") is None


def test_a_closed_task_keeps_its_state_and_note(casebook: Casebook) -> None:
    refused = replace(task("https://shop.example/private"), state=TaskState.REFUSED, note="robots.txt")
    casebook.add_tasks([replace(refused, state=TaskState.PENDING, note=None)])
    casebook.record(replace(look_visit("1", LIVE, 1), task=refused, looks=(), fetches=()))
    assert casebook.pending_tasks("night-1") == []
    assert casebook.task_counts("night-1") == {"shop": {TaskState.REFUSED: 1}}


def test_times_come_back_to_the_microsecond(casebook: Casebook) -> None:
    item = page_visit(listing("1"), 1)
    exact = replace(item.fetches[0], requested_at=at(1) + timedelta(microseconds=1))
    casebook.record(replace(item, fetches=(*item.fetches, exact)))
    assert casebook.stored_response(item.task.url) == exact
