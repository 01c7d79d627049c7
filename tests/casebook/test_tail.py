from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from casebook.number_sets import NumberSet
from casebook.tail import Resemblance, Tail
from tests.casebook.makers import at, listing, match, page_visit, picture, picture_visit, reference, sha, work

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from casebook.findings import Match


def found(content: str, name: str, *log_odds: float | None) -> Match:
    """A match on two pieces of evidence with these log-odds."""
    known = match(content, name)
    evidence = tuple(replace(each, log_odds=odds) for each, odds in zip(known.evidence, log_odds, strict=True))
    return replace(known, evidence=evidence)


def examine(casebook: Casebook, content: str, *matches: Match, matcher: str = "matcher") -> None:
    casebook.record(page_visit(listing(content, content), 1))
    casebook.record(picture_visit(content, content, 2))
    held = NumberSet.of(casebook.reference_numbers().values())
    casebook.record_examination(picture(content), matcher, held, [(each, None) for each in matches], at(10))


@pytest.fixture
def watching(casebook: Casebook) -> Casebook:
    casebook.sync_works([work("tree"), work("sea")], [reference("tree"), reference("sea")])
    return casebook


def test_a_casebook_without_examinations_has_an_empty_tail(watching: Casebook) -> None:
    assert watching.tail("matcher", -5.0, 0.0) == Tail(references=2)


def test_every_picture_counts_once_by_its_highest_log_odds(watching: Casebook) -> None:
    examine(watching, "red", found("red", "tree", -4.0, -9.0), found("red", "sea", -2.0, None))
    examine(watching, "blue", found("blue", "tree", -5.0, None))
    examine(watching, "green", found("green", "tree", -5.1, -6.0))
    examine(watching, "white", found("white", "tree", 0.0, -3.0))
    examine(watching, "black")
    assert watching.tail("matcher", -5.0, 0.0) == Tail(pictures=4, reached=2, excess=3.0, suspected=1, references=2)


def test_what_another_matcher_or_a_reference_that_is_gone_says_does_not_count(watching: Casebook) -> None:
    examine(watching, "red", found("red", "tree", -4.0, None), found("red", "sea", -2.0, None))
    examine(watching, "blue", found("blue", "tree", -1.0, None), matcher="older matcher")
    watching.sync_works([work("tree")], [reference("tree")])
    assert watching.tail("matcher", -5.0, 0.0) == Tail(pictures=1, reached=1, excess=1.0, references=1)


def test_what_was_learnt_is_kept_with_what_was_learnt_before(watching: Casebook) -> None:
    assert watching.last_tail() is None
    first, second = Tail(pictures=5, reached=1, excess=0.5, references=2), Tail(pictures=9, references=2)
    for minutes, tail in ((1, first), (2, first), (3, second)):
        watching.keep_tail(tail, at(minutes))
        assert watching.last_tail() == tail
    assert [row["pictures"] for row in watching._view("SELECT * FROM tail ORDER BY at")] == [5, 9]


def test_each_reference_counts_the_pictures_that_resemble_it(watching: Casebook) -> None:
    examine(watching, "red", found("red", "tree", -4.0, -9.0), found("red", "sea", 2.0, None))
    examine(watching, "blue", found("blue", "tree", -1.0, 1.0), found("blue", "sea", -5.1, None))
    examine(watching, "green", found("green", "tree", -2.0, None))
    assert sorted(watching.resemblances("matcher", -5.0, 0.0), key=lambda each: each.reached) == [
        Resemblance(reference_sha256=sha("reference sea"), reached=0, suspected=1),
        Resemblance(reference_sha256=sha("reference tree"), reached=2, suspected=1),
    ]
    assert watching.resemblances("older matcher", -5.0, 0.0) == []
