from __future__ import annotations

import numpy as np
import pytest
from drawn_pictures import background, garment, photograph
from PIL import Image, ImageDraw

from matching.agreement import Agreement, measure
from matching.cells import compare_cells, distinctness, laid_over
from matching.tones import following, tone_curve

SAME = np.eye(3)


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"))


REFERENCE = grey(photograph(3))


def lettered(picture: np.ndarray, tone: int = 255) -> np.ndarray:
    """Lay rows of large text of one grey over a picture."""
    sheet = Image.fromarray(picture)
    draw = ImageDraw.Draw(sheet)
    for y in range(10, sheet.height, 60):
        draw.text((10, y), "BEST PRICE " * 6, fill=tone, font_size=34)
    return np.asarray(sheet)


@pytest.mark.parametrize(
    "curve",
    [
        lambda grey: 255 * (grey / 255) ** 1.8,
        lambda grey: 255 - grey,
        lambda grey: 60 + grey * 0.5,
    ],
    ids=["darker", "inverted", "fainter"],
)
def test_a_copy_follows_one_tone_curve_whatever_that_is(curve):
    copy = np.asarray(curve(REFERENCE.astype(float)), np.uint8)
    laid = laid_over(copy, REFERENCE, SAME)
    everywhere = np.ones(laid.grid, np.bool_)
    assert following(laid, everywhere, tone_curve(laid, everywhere)).mean() > 0.95


def test_between_the_letters_laid_over_it_a_copy_follows_and_another_garment_on_the_rug_does_not():
    copied = measure(lettered(REFERENCE), REFERENCE, SAME)
    other = measure(grey(garment(background(3), 77)), REFERENCE, SAME)
    assert copied.one_tone > 0.6
    assert other.one_tone < 0.3


def test_where_too_little_agrees_to_tell_a_tone_curve_nothing_follows():
    laid = laid_over(REFERENCE, REFERENCE, SAME)
    few = np.zeros(laid.grid, np.bool_)
    few[3, 3:5] = True
    assert tone_curve(laid, few) is None
    assert not following(laid, few, None).any()
    enough = few | np.roll(few, 1, axis=0)
    assert following(laid, enough, tone_curve(laid, enough)).any()


def test_a_picture_of_one_grey_follows_nothing():
    laid = laid_over(np.full_like(REFERENCE, 90), np.full_like(REFERENCE, 90), SAME)
    assert tone_curve(laid, np.ones(laid.grid, np.bool_)) is None


def test_text_on_a_plain_ground_is_not_held_against_what_agrees_and_a_changed_object_is():
    plain = np.full_like(REFERENCE, 240)
    plain[120:360, 200:440] = REFERENCE[120:360, 200:440]
    changed = plain.copy()
    changed[120:360, 200:440] = grey(photograph(4))[120:360, 200:440]
    around = lettered(plain, 20).copy()
    around[120:360, 200:440] = plain[120:360, 200:440]
    lettered_copy = measure(around, plain, SAME)
    assert lettered_copy.agreeing < 0.6
    assert lettered_copy.central > 0.95
    assert measure(changed, plain, SAME).central < 0.5


def test_the_cluster_is_the_largest_group_of_agreeing_cells_that_touch_as_far_as_they_are_distinct():
    agrees = np.zeros((6, 8), np.bool_)
    agrees[0, 0] = agrees[2:4, 3:5] = agrees[4, 5] = True
    nothing = np.zeros_like(agrees)
    agreement = Agreement(
        correlation=np.where(agrees, np.float32(0.9), np.float32(0.1)),
        textured=np.ones_like(agrees),
        plain=nothing,
        following=nothing.astype(np.float32),
        replaced_cells=0,
        distinct=np.where(np.arange(8) < 4, np.float32(1), np.float32(0.5)) * np.ones((6, 1), np.float32),
        reference_share=1.0,
        picture_share=1.0,
        outside_contrast=0.0,
        continuing=0.0,
    )
    assert agreement.agreeing_cells == 6
    assert agreement.cluster == 2 * 1 + 3 * 0.5
    assert agreement.distinctness == pytest.approx((3 * 1 + 3 * 0.5) / 6)
    assert agreement.likeness == pytest.approx((6 * 0.9 + 42 * 0.1) / 48)


def test_likeness_counts_textured_cells_and_no_correlation_as_less_than_none():
    inverted = measure(255 - REFERENCE, REFERENCE, SAME)
    assert inverted.likeness < 0.2
    assert measure(REFERENCE, REFERENCE, SAME).likeness > 0.99
    assert measure(REFERENCE, np.full_like(REFERENCE, 128), SAME).likeness < 0.1


def test_cells_are_plain_where_the_reference_has_no_texture():
    reference = REFERENCE.copy()
    reference[:, :320] = 200
    cells = compare_cells(laid_over(REFERENCE, reference, SAME), reach=3, covered=0.8)
    assert cells.plain[:, :9].all()
    assert not cells.plain[:, 11:].any()
    assert cells.textured[:, :9].all()


def test_a_straight_edge_is_not_distinct_and_letters_are():
    edge = np.full((96, 96), 230, np.uint8)
    edge[:, 16:48] = 40
    letters = lettered(np.full((96, 96), 230, np.uint8), 20)
    assert distinctness(laid_over(edge, edge, SAME))[1, 0] < 0.1
    assert distinctness(laid_over(letters, letters, SAME))[0, 1] > 0.9
