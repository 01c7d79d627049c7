from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from casebook.number_sets import NumberSet

NUMBERS = st.sets(st.integers(0, 40))


def test_a_run_of_neighbours_is_named_by_its_ends() -> None:
    assert str(NumberSet.of([3, 1, 2, 7, 9, 10])) == "1-3,7,9-10"
    assert str(NumberSet()) == ""


@given(NUMBERS)
def test_a_set_comes_back_from_its_text(numbers: set[int]) -> None:
    kept = NumberSet.of(numbers)
    assert NumberSet.parse(str(kept)) == kept
    assert list(kept) == sorted(numbers)
    assert len(kept) == len(numbers)


@given(NUMBERS, NUMBERS)
def test_sets_are_joined_taken_away_and_searched_as_sets_are(one: set[int], other: set[int]) -> None:
    assert NumberSet.of(one) | NumberSet.of(other) == NumberSet.of(one | other)
    assert NumberSet.of(one) - NumberSet.of(other) == NumberSet.of(one - other)
    assert {number for number in range(-1, 42) if number in NumberSet.of(one)} == one
