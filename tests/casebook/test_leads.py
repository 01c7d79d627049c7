"""Leads: each address once, wherever it came from, with what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebook.casebook import Casebook
from casebook.leads import Added, Tip
from casebook.types import ListingState, TaskState, Visit
from tests.casebook.makers import at, listing, page_visit, task

URL = "https://shop.example/1"
BY_HAND = Tip(source="person", told_at=at(0), note="a customer's tip")


def test_an_address_is_one_lead_with_every_tip_that_named_it(casebook: Casebook) -> None:
    searched = Tip(
        source="tineye", told_at=at(5), work_id="W-1", score=61.5, picture_url="https://a.example/1.jpg", title="Heron"
    )
    assert casebook.add_lead(URL, None, BY_HAND) is Added.NEW
    assert casebook.add_lead(URL, None, searched) is Added.KNOWN
    assert casebook.add_lead(URL, None, replace(BY_HAND, told_at=at(9))) is Added.KNOWN
    (lead,) = casebook.leads()
    assert (lead.url, lead.added_at, lead.tips) == (URL, at(0), (BY_HAND, searched))
    assert (lead.listing_key, lead.visited_at, lead.listing_state, lead.candidates) == (None, None, None, ())


def test_a_removed_lead_comes_back_when_a_person_names_it_and_not_by_an_image_search(casebook: Casebook) -> None:
    casebook.add_lead(URL, None, BY_HAND)
    (lead,) = casebook.leads()
    assert casebook.remove_lead("L-nothing", at(1)) is None
    assert casebook.remove_lead(lead.lead_id, at(1)) == URL
    assert casebook.leads() == []
    assert casebook.add_lead(URL, None, Tip(source="tineye", told_at=at(2))) is Added.REMOVED
    assert casebook.leads() == []
    assert casebook.add_lead(URL, None, Tip(source="person", told_at=at(3))) is Added.BACK
    assert [tip.told_at for tip in casebook.leads()[0].tips] == [at(0), at(2), at(3)]


def test_the_listing_that_is_read_at_a_lead_settles_it(casebook: Casebook) -> None:
    shown = listing("1")
    casebook.add_lead(shown.url, None, BY_HAND)
    casebook.record(replace(page_visit(shown, 5), task=task(shown.url, state=TaskState.DONE)))
    (lead,) = casebook.leads()
    assert (lead.listing_key, lead.listing_state, lead.last_seen_at) == (shown.key, ListingState.LIVE, at(5))
    assert (lead.visited_at, lead.visit_state) == (at(5), TaskState.DONE)


def test_a_lead_to_a_listing_that_is_known_knows_it_at_once(casebook: Casebook) -> None:
    shown = listing("1")
    casebook.record(page_visit(shown, 5))
    casebook.add_lead(shown.url, None, BY_HAND)
    assert casebook.leads()[0].listing_key == shown.key


def test_a_visit_that_shows_no_listing_is_noted_and_an_older_one_changes_nothing(casebook: Casebook) -> None:
    casebook.add_lead(URL, None, BY_HAND)
    casebook.record(Visit(task=replace(task(URL, state=TaskState.REFUSED), note="robots.txt disallows this address")))
    (lead,) = casebook.leads()
    assert (lead.visit_state, lead.visit_note) == (TaskState.REFUSED, "robots.txt disallows this address")
    assert lead.visited_at == at(0)  # nothing was asked, so that of the run stands in
    casebook.settle_lead(URL, None, TaskState.DONE, "not a listing page", at(9))
    casebook.settle_lead(URL, "shop:1", TaskState.FAILED, "HTTP 500", at(8))
    (lead,) = casebook.leads()
    assert (lead.visit_note, lead.visited_at, lead.listing_key) == ("not a listing page", at(9), "shop:1")


@pytest.mark.parametrize("state", [TaskState.DONE, TaskState.FAILED])
def test_a_visit_to_another_address_settles_no_lead(casebook: Casebook, state: TaskState) -> None:
    casebook.add_lead(URL, None, BY_HAND)
    casebook.record(Visit(task=task(f"{URL}2", state=state)))
    assert casebook.leads()[0].visited_at is None


def test_works_that_an_image_search_was_asked_for_are_known_for_as_long_as_asked(casebook: Casebook) -> None:
    casebook.add_search("tineye", "W-1", "ab" * 32, at(0), pages=3)
    casebook.add_search("tineye", "W-2", "ab" * 32, at(9), pages=0, problem="the image is too simple")
    assert casebook.searched_works("tineye", at(0)) == {"W-1", "W-2"}
    assert casebook.searched_works("tineye", at(1)) == {"W-2"}
    assert casebook.searched_works("google-vision", at(0)) == set()
