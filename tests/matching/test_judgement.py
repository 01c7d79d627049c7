from __future__ import annotations

import pytest

from casebook.edits import Relation
from casebook.findings import Verdict, WorkKind
from matching.judgement import WORTH_A_LOOK, Judgement, judge


@pytest.mark.parametrize(
    ("relation", "log_odds", "much", "verdict"),
    [
        (Relation.SAME_PHOTOGRAPH, 0.1, False, Verdict.COPY),
        (Relation.SAME_ART, 9.0, True, Verdict.COPY),
        (Relation.SAME_SCENE, WORTH_A_LOOK, False, Verdict.POSSIBLE),
        (Relation.SAME_SCENE, WORTH_A_LOOK - 0.1, False, Verdict.NONE),
        (Relation.SAME_OBJECT, WORTH_A_LOOK - 9.0, True, Verdict.POSSIBLE),
    ],
)
def test_a_stage_says_what_relation_and_odds_say(relation: Relation, log_odds: float, much: bool, verdict: Verdict):
    assert Judgement(log_odds=log_odds, relation=relation, much=much).verdict is verdict


ALIKE = {
    "textured_cells": 200.0,
    "agreeing_cells": 180.0,
    "cluster": 170.0,
    "replaced_cells": 0.0,
    "distinctness": 0.9,
    "agreeing": 0.92,
    "likeness": 0.9,
    "closeness": 0.99,
    "unevenness": 0.8,
    "central": 0.95,
    "one_tone": 0.95,
    "reference_share": 0.9,
    "picture_share": 0.97,
    "contained": 0.97,
    "outside_contrast": 0.0,
    "continuing": 0.0,
    "colour_misfit": 0.0,
}


def test_much_that_agrees_closely_is_a_copy():
    assert judge(ALIKE, WorkKind.PHOTO).verdict is Verdict.COPY


@pytest.mark.parametrize(
    "beyond",
    [{"outside_contrast": 90.0}, {"contained": 1.0, "continuing": 0.9}],
    ids=["each shows more than the other", "the scene goes on beyond the reference's frame"],
)
def test_two_exposures_of_one_scene_are_no_copies_of_photographs_but_of_art(beyond: dict[str, float]):
    measures = {**ALIKE, **beyond}
    assert judge(measures, WorkKind.PHOTO).verdict is Verdict.POSSIBLE
    assert judge(measures, WorkKind.ARTWORK).verdict is Verdict.COPY


@pytest.mark.parametrize("kind", WorkKind)
def test_a_strip_that_two_pictures_share_proves_nothing_and_a_strip_of_one_with_a_plain_border_does(kind: WorkKind):
    strip = {**ALIKE, "reference_share": 0.2, "picture_share": 0.2, "contained": 0.2}
    assert judge({**strip, "outside_contrast": 100.0}, kind).verdict is Verdict.POSSIBLE
    assert judge(strip, kind).verdict is Verdict.COPY


def test_art_whose_signs_were_exchanged_is_another_print_and_a_photograph_with_other_words_a_copy():
    assert judge({**ALIKE, "replaced_cells": 5.0}, WorkKind.ARTWORK).verdict is Verdict.POSSIBLE
    assert judge({**ALIKE, "replaced_cells": 5.0}, WorkKind.PHOTO).verdict is Verdict.COPY
    assert judge({**ALIKE, "replaced_cells": 3.0}, WorkKind.ARTWORK).verdict is Verdict.COPY
    assert judge({**ALIKE, "agreeing_cells": 60.0, "replaced_cells": 2.0}, WorkKind.ARTWORK).verdict is Verdict.COPY


def test_little_that_agrees_only_roughly_proves_nothing_though_it_lies_in_the_middle():
    little = {**ALIKE, "agreeing_cells": 60.0, "agreeing": 0.3, "likeness": 0.35}
    assert judge(little, WorkKind.ARTWORK).verdict is Verdict.COPY
    assert judge({**little, "closeness": 0.75}, WorkKind.ARTWORK).verdict is Verdict.POSSIBLE
    assert judge({**ALIKE, "closeness": 0.75}, WorkKind.ARTWORK).verdict is Verdict.COPY


def test_a_tile_of_a_collage_is_a_copy_though_much_lies_beyond_its_frame():
    tile = {**ALIKE, "reference_share": 0.9, "picture_share": 0.28, "contained": 0.9, "outside_contrast": 150.0}
    assert judge(tile, WorkKind.PHOTO).verdict is Verdict.COPY
    assert judge({**tile, "continuing": 0.9}, WorkKind.PHOTO).verdict is Verdict.POSSIBLE


def test_what_a_reference_was_cropped_from_is_a_copy_of_it():
    whole = {**ALIKE, "contained": 1.0, "continuing": 0.95, "agreeing": 0.99}
    assert judge(whole, WorkKind.PHOTO).verdict is Verdict.COPY


def test_cells_that_agree_perfectly_here_and_roughly_there_speak_against_a_copy():
    assert judge({**ALIKE, "unevenness": 3.0}, WorkKind.PHOTO).log_odds < judge(ALIKE, WorkKind.PHOTO).log_odds


def test_what_agrees_only_around_the_middle_is_a_shared_scene():
    around = {
        **ALIKE,
        "agreeing": 0.6,
        "likeness": 0.6,
        "central": 0.5,
        "one_tone": 0.4,
        "cluster": 60.0,
        "closeness": 0.95,
    }
    assert judge(around, WorkKind.PHOTO).relation is Relation.SAME_SCENE


@pytest.mark.parametrize("kind", list(WorkKind))
def test_what_comes_to_less_than_five_distinct_cells_proves_nothing(kind: WorkKind):
    disc = {**ALIKE, "cluster": 4.9, "distinctness": 0.07}
    assert judge(ALIKE, kind).verdict is Verdict.COPY
    assert judge(disc, kind).verdict is Verdict.POSSIBLE
    assert judge(disc, kind).log_odds < 0 < judge({**disc, "cluster": 5.0}, kind).log_odds


@pytest.mark.parametrize("other", [{"one_tone": 0.4}, {"cluster": 20.0}])
def test_what_follows_no_tone_curve_and_cells_that_are_scattered_speak_against_a_copy(other: dict[str, float]):
    assert judge({**ALIKE, **other}, WorkKind.PHOTO).log_odds < judge(ALIKE, WorkKind.PHOTO).log_odds


def test_colours_that_differ_here_and_there_speak_against_a_photograph_and_not_against_art():
    mixed = {**ALIKE, "colour_misfit": 0.5}
    photo, art = WorkKind.PHOTO, WorkKind.ARTWORK
    assert judge(mixed, photo).log_odds < judge(ALIKE, photo).log_odds
    assert judge(mixed, art).log_odds == judge(ALIKE, art).log_odds
