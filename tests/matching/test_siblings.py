from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from casebook.edits import Edit, EditKind, Relation
from casebook.findings import Evidence, Geometry, Match, Verdict
from matching.siblings import settled

LEFT, RIGHT, WHOLE = (0, 0, 50, 0, 50, 99, 0, 99), (50, 0, 99, 0, 99, 99, 50, 99), (0, 0, 99, 0, 99, 99, 0, 99)


def match(name: str, log_odds: float | None, outline: tuple[float, ...], agreeing: float = 0.9) -> Match:
    geometry = Geometry(
        transform=(1, 0, 0, 0, 1, 0, 0, 0, 1), inliers=9, reference_share=1, picture_share=1, outline=outline
    )
    evidence = Evidence(
        picture_sha256="picture",
        reference_sha256=name,
        stage="orb",
        stage_version=1,
        parameters="{}",
        verdict=Verdict.COPY,
        score=0.9,
        because="Copy",
        measures=(("agreeing", agreeing),),
        geometry=geometry,
        log_odds=log_odds,
    )
    return Match(
        picture_sha256="picture",
        reference_sha256=name,
        verdict=Verdict.COPY,
        score=0.9,
        because="Copy",
        evidence=(evidence,),
    )


def told(*matches: Match, same: Callable[[str, str], bool] | None = None) -> dict[str, tuple[Verdict, Relation | None]]:
    return {item.reference_sha256: (item.verdict, item.relation) for item in settled(matches, same)}


def never(one: str, other: str) -> bool:
    return one == other


def always(one: str, other: str) -> bool:
    return True


def test_the_likeliest_reference_keeps_a_part_and_its_sibling_is_only_possible():
    found = told(match("carton a", 6.0, WHOLE), match("carton b", 3.0, WHOLE, agreeing=0.5))
    assert found == {"carton a": (Verdict.COPY, None), "carton b": (Verdict.POSSIBLE, Relation.SAME_SCENE)}


def test_a_match_that_comes_to_nothing_explains_no_other():
    nothing = replace(match("stranger", 3.0, WHOLE, agreeing=0.5), verdict=Verdict.NONE)
    assert told(nothing, match("mine", 1.0, WHOLE, agreeing=0.5), same=never)["mine"] == (Verdict.COPY, None)


def test_a_sibling_of_which_most_agrees_is_a_colour_variant():
    found = told(match("red", 6.0, WHOLE), match("blue", 3.0, WHOLE, agreeing=0.95))
    assert found["blue"] == (Verdict.POSSIBLE, Relation.COLOUR_VARIANT)


def test_the_same_scene_that_nobody_would_look_at_is_nothing_beside_what_explains_the_picture():
    fern, variant = match("fern", -6.0, WHOLE, agreeing=0.45), match("variant", -6.0, WHOLE, agreeing=0.8)
    found = told(match("mountains", 6.0, WHOLE), fern, variant)
    assert found["fern"][0] is Verdict.NONE
    assert found["variant"] == (Verdict.POSSIBLE, Relation.COLOUR_VARIANT)
    assert told(fern)["fern"][0] is Verdict.COPY


def test_two_works_in_two_halves_of_a_collage_both_stay():
    found = told(match("left", 6.0, LEFT), match("right", 2.0, RIGHT))
    assert {verdict for verdict, _ in found.values()} == {Verdict.COPY}


def test_duplicates_in_the_library_both_stay():
    found = told(match("file", 6.0, WHOLE), match("same picture, other file", 5.9, WHOLE))
    assert {verdict for verdict, _ in found.values()} == {Verdict.COPY}


def test_a_mark_that_nobody_weighed_stays_beside_the_work():
    found = told(match("work", 6.0, WHOLE), match("mark", None, WHOLE))
    assert found["mark"][0] is Verdict.COPY


def test_the_outcome_does_not_depend_on_the_order():
    matches = [match("a", 6.0, WHOLE), match("b", 3.0, LEFT), match("c", 2.0, RIGHT)]
    assert settled(matches) == settled(matches[::-1])


def test_two_references_that_explain_a_picture_equally_little_are_both_only_like_it():
    flavours = match("apple", 3.0, WHOLE, agreeing=0.8), match("orange", 2.5, WHOLE, agreeing=0.7)
    assert told(*flavours, same=never) == {
        "apple": (Verdict.POSSIBLE, Relation.COLOUR_VARIANT),
        "orange": (Verdict.POSSIBLE, Relation.SAME_SCENE),
    }


@pytest.mark.parametrize("same", [None, always])
def test_one_shot_saved_twice_does_not_compete_with_itself(same):
    found = told(match("large", 3.0, WHOLE, agreeing=0.8), match("small", 2.5, WHOLE, agreeing=0.7), same=same)
    assert {verdict for verdict, _ in found.values()} == {Verdict.COPY}


def test_a_reference_that_explains_nearly_all_of_a_picture_keeps_it():
    found = told(match("apple", 3.0, WHOLE, agreeing=0.97), match("orange", 2.5, WHOLE, agreeing=0.7), same=never)
    assert found["apple"] == (Verdict.COPY, None)


def test_two_references_that_explain_two_parts_equally_little_both_stay():
    found = told(match("left", 3.0, LEFT, agreeing=0.8), match("right", 2.5, RIGHT, agreeing=0.8), same=never)
    assert {verdict for verdict, _ in found.values()} == {Verdict.COPY}


REMOVED = (Edit(kind=EditKind.RE_ENCODED), Edit(kind=EditKind.WATERMARK_REMOVED, how="painted over"))


def test_no_mark_was_removed_from_what_the_unmarked_original_explains_as_well():
    marked, unmarked = replace(match("marked", 5.0, WHOLE), edits=REMOVED), match("unmarked", 5.5, WHOLE)
    found = {item.reference_sha256: item for item in settled((marked, unmarked), always)}
    assert found["marked"].verdict is Verdict.COPY
    assert found["marked"].edits == REMOVED[:1]
    assert "may never have been there" in found["marked"].because


@pytest.mark.parametrize(
    "other",
    [match("elsewhere", 5.5, RIGHT), match("less likely", 3.5, LEFT), replace(match("it", 5.5, LEFT), edits=REMOVED)],
)
def test_a_removed_mark_stays_told_where_no_other_reference_explains_the_part_as_well(other):
    found = {
        item.reference_sha256: item for item in settled((replace(match("marked", 5.0, LEFT), edits=REMOVED), other))
    }
    assert found["marked"].edits == REMOVED


def test_nothing_is_said_to_have_been_done_to_a_sibling():
    sibling = replace(match("sibling", 2.0, WHOLE), edits=(Edit(kind=EditKind.RE_ENCODED),))
    found = {item.reference_sha256: item for item in settled((match("copied", 6.0, WHOLE), sibling))}
    assert found["sibling"].edits == ()
