from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.casebook.makers import (
    BLOCKED,
    LIVE,
    REMOVED,
    UNKNOWN,
    at,
    gone_visit,
    listing,
    look_visit,
    page_visit,
    run,
)

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from casebook.types import ListingState, Visit


def nights(casebook: Casebook, *visits_by_night: list[Visit]) -> int:
    """Record a first night on which listing 1 is live, then these nights; return what the last one confirms."""
    casebook.record(page_visit(listing("1"), 1))
    casebook.record(page_visit(listing("2"), 1))
    confirmed = casebook.confirm_removals("night-1", at(60))
    for night, visits in enumerate(visits_by_night, start=2):
        casebook.begin_run(run(night))
        for visit in visits:
            casebook.record(visit)
        confirmed = casebook.confirm_removals(f"night-{night}", at(60, night))
    return confirmed


def state(casebook: Casebook) -> tuple[ListingState, str]:
    found = casebook.listing("shop:1")
    assert found is not None
    return found.state, found.state_reason


def canary(night: int) -> Visit:
    return page_visit(listing("2"), 5, night)


def test_one_look_that_finds_it_gone_makes_it_unknown(casebook: Casebook) -> None:
    assert nights(casebook, [gone_visit("1", 1, 2), canary(2)]) == 0
    assert state(casebook) == (UNKNOWN, "looked gone at 2026-03-02T02:01:00.000000Z, not yet confirmed: 404 Not Found")


def test_two_looks_and_a_canary_make_it_removed(casebook: Casebook) -> None:
    assert nights(casebook, [gone_visit("1", 1, 2)], [gone_visit("1", 1, 3), canary(3)]) == 1
    assert state(casebook) == (
        REMOVED,
        (
            "gone at 2026-03-02T02:01:00.000000Z and again at 2026-03-03T02:01:00.000000Z, "
            "while shop:2 on the same host was readable"
        ),
    )


def test_it_stays_removed_while_it_stays_gone(casebook: Casebook) -> None:
    gone = [[gone_visit("1", 1, 2)], [gone_visit("1", 1, 3), canary(3)]]
    assert nights(casebook, *gone, [gone_visit("1", 1, 4)]) == 0
    assert state(casebook)[0] is REMOVED


def test_without_a_canary_nothing_is_removed(casebook: Casebook) -> None:
    elsewhere = replace(listing("3"), url="https://elsewhere.example/3")
    last = [gone_visit("1", 1, 3), gone_visit("2", 2, 3), page_visit(elsewhere, 3, 3)]
    assert nights(casebook, [gone_visit("1", 1, 2)], last) == 0
    assert state(casebook)[0] is UNKNOWN


def test_a_listing_is_not_its_own_canary(casebook: Casebook) -> None:
    last = [page_visit(listing("1"), 1, 3), gone_visit("1", 5, 3), gone_visit("1", 500, 3)]
    assert nights(casebook, [], last) == 0
    assert state(casebook)[0] is UNKNOWN


@pytest.mark.parametrize(("minutes", "confirmed"), [(359, 0), (360, 1)])
def test_the_second_look_must_come_long_enough_after_the_first(
    casebook: Casebook, minutes: int, confirmed: int
) -> None:
    assert nights(casebook, [gone_visit("1", 1, 2), gone_visit("1", 1 + minutes, 2), canary(2)]) == confirmed


def test_the_wait_can_be_chosen(casebook: Casebook) -> None:
    nights(casebook, [gone_visit("1", 1, 2), gone_visit("1", 11, 2), canary(2)])
    assert casebook.confirm_removals("night-2", at(60, 2), wait=timedelta(minutes=10)) == 1


def test_a_readable_look_between_the_two_starts_the_proof_anew(casebook: Casebook) -> None:
    between = [gone_visit("1", 1, 2)], [page_visit(listing("1"), 1, 3)], [gone_visit("1", 1, 4), canary(4)]
    assert nights(casebook, *between) == 0
    assert state(casebook)[0] is UNKNOWN


def test_a_blocked_look_between_the_two_does_not_weaken_the_proof(casebook: Casebook) -> None:
    between = [gone_visit("1", 1, 2)], [look_visit("1", BLOCKED, 1, 3)], [gone_visit("1", 1, 4), canary(4)]
    assert nights(casebook, *between) == 1
    assert state(casebook)[0] is REMOVED


def test_a_later_look_that_is_not_gone_keeps_it_from_being_removed(casebook: Casebook) -> None:
    last = [gone_visit("1", 1, 3), look_visit("1", BLOCKED, 2, 3, reason="captcha"), canary(3)]
    assert nights(casebook, [gone_visit("1", 1, 2)], last) == 0
    assert state(casebook) == (BLOCKED, "captcha")


def test_a_listing_that_comes_back_is_live_again_and_needs_a_new_proof(casebook: Casebook) -> None:
    removed = [[gone_visit("1", 1, 2)], [gone_visit("1", 1, 3), canary(3)]]
    nights(casebook, *removed, [page_visit(listing("1"), 1, 4)])
    assert state(casebook)[0] is LIVE
    casebook.begin_run(run(5))
    casebook.record(gone_visit("1", 1, 5))
    casebook.record(canary(5))
    assert casebook.confirm_removals("night-5", at(60, 5)) == 0
    assert state(casebook)[0] is UNKNOWN


def test_confirming_twice_confirms_once(casebook: Casebook) -> None:
    nights(casebook, [gone_visit("1", 1, 2)], [gone_visit("1", 1, 3), canary(3)])
    assert casebook.confirm_removals("night-3", at(99, 3)) == 0
