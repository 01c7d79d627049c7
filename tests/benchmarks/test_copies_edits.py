import io

import cv2
import numpy as np
import pytest
from drawn import cloth, coordinates
from PIL import Image

from benchmarks.copies.dressing import DRESSINGS
from benchmarks.copies.edits import CATALOGUE, Edit, finish
from benchmarks.copies.edits.edit import Edited, Pixels, in_turn
from benchmarks.copies.edits.marks import marked, place
from benchmarks.copies.edits.masks import object_mask
from benchmarks.copies.edits.truth import moved

NAMED = {edit.name: edit for edit in CATALOGUE}
OTHERS = [cloth(360, 240, seed) for seed in (1, 2, 3)]
MOVING = (
    "square pad", "border 20%", "frame with text", "phone screenshot", "crop 5% off every edge", "crop to 70%",
    "crop to 50%", "crop to 35%", "crop to 20%", "mirrored", "turned 4 degrees", "turned 4-18 degrees",
    "turned 90 degrees", "watermark cropped", "collage tile", "inset 35-55%", "inset 10%", "perspective 16%",
    "aspect 0.65-1.5",
)  # fmt: skip
CHAINS = (
    ("crop to 50%", "mirrored", "turned 4-18 degrees", "frame with text"),
    ("turned 90 degrees", "perspective 16%", "inset 35-55%"),
    ("collage tile", "crop to 70%", "mirrored", "phone screenshot"),
)


def _places_told(edited: Edited, width: int, height: int) -> np.ndarray:
    """Return, for pixels in the window, how far the colour's place in the reference is from the truth's (pixels)."""
    mask = np.zeros(edited.pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.rint(edited.truth.window).astype(np.int32), 1)
    mask = cv2.erode(np.pad(mask, 1), np.ones((7, 7), np.uint8))[1:-1, 1:-1]
    y, x = np.nonzero(mask)
    told = edited.pixels[y, x, :2] / 255 * [width - 1, height - 1]
    return np.linalg.norm(told - moved(edited.truth.transform, np.column_stack([x, y]).astype(np.float64)), axis=1)


def _edited(name: str, pixels: Pixels, seed: int) -> Edited:
    return NAMED[name].apply(pixels, np.random.default_rng(seed), OTHERS)


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("size", [(300, 200), (200, 320)])
def test_the_transform_says_where_every_pixel_came_from(name: str, size: tuple[int, int]) -> None:
    for seed in range(3):
        distance = _places_told(_edited(name, coordinates(*size), seed), *size)
        assert len(distance) > 200
        assert np.percentile(distance, 95) < 3


@pytest.mark.parametrize("names", CHAINS)
def test_the_transform_of_a_chain_says_where_every_pixel_came_from(names: tuple[str, ...]) -> None:
    for seed in range(3):
        edits = [NAMED[name] for name in names]
        edited = in_turn(coordinates(300, 200), np.random.default_rng(seed), OTHERS, edits)
        assert np.percentile(_places_told(edited, 300, 200), 95) < 4


@pytest.mark.parametrize("name", [name for name in MOVING if name != "phone screenshot"])
def test_outside_the_window_nothing_of_the_reference_is_left(name: str) -> None:
    magenta = np.full((200, 300, 3), (255, 0, 255), np.uint8)
    others = [np.zeros((240, 360, 3), np.uint8)]
    edited = NAMED[name].apply(magenta, np.random.default_rng(5), others)
    shown = np.all(np.abs(edited.pixels.astype(int) - (255, 0, 255)) < 3, axis=2).mean()
    assert shown == pytest.approx(edited.truth.picture_share, abs=0.015)


@pytest.mark.parametrize("name", ["printed on a pillow", "printed on a phone case"])
def test_art_printed_on_something_lies_where_the_truth_says(name: str) -> None:
    art = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (400, 500, 3), np.uint8), (0, 0), 6)
    art = cv2.normalize(art, None, 0, 255, cv2.NORM_MINMAX)
    edited = NAMED[name].apply(art, np.random.default_rng(1), OTHERS)
    expected = cv2.warpPerspective(art, np.linalg.inv(edited.truth.transform), (900, 900))
    mask = np.zeros((900, 900), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(edited.truth.window).astype(np.int32), 1)
    inside = cv2.erode(mask, np.ones((61, 61), np.uint8)).astype(bool)
    inside[:450] = False  # the camera hole of a phone case is up there
    assert np.corrcoef(_detail(expected)[inside], _detail(edited.pixels)[inside])[0, 1] > 0.6


def _detail(pixels: Pixels) -> np.ndarray:
    """Return what is left of the grey picture without its broad light and shade."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 2)
    return grey - cv2.GaussianBlur(grey, (0, 0), 15)


@pytest.mark.parametrize(("name", "share"), [("crop to 70%", 0.7), ("crop to 35%", 0.35), ("crop to 20%", 0.2)])
def test_a_crop_keeps_the_share_in_its_name(name: str, share: float) -> None:
    for seed in range(5):
        assert _edited(name, coordinates(300, 200), seed).truth.reference_share == pytest.approx(share, abs=0.01)


def test_insets_fill_the_share_in_their_name_even_where_the_photograph_is_long() -> None:
    for size in ((300, 200), (120, 420), (420, 120)):
        for seed in range(4):
            large = _edited("inset 35-55%", coordinates(*size), seed).truth
            assert 0.34 <= large.picture_share <= 0.56
            assert large.reference_share == pytest.approx(1)
            small = _edited("inset 10%", coordinates(*size), seed).truth
            assert small.picture_share == pytest.approx(0.1, abs=0.01)


def test_a_turn_is_named_by_its_degrees() -> None:
    for seed in range(5):
        assert abs(_edited("turned 4 degrees", coordinates(300, 200), seed).truth.angle) == pytest.approx(4)


def test_the_hard_chain_is_named_by_all_its_edits() -> None:
    truth = _edited("chain: crop mirror turn recolour text", cloth(300, 200, 9), 1).truth
    assert truth.edits >= {"cropped", "mirrored", "turned", "recoloured", "covered"}


def test_a_recoloured_object_leaves_the_background_as_it_was() -> None:
    picture = cloth(300, 200, 4)
    edited = _edited("object recoloured", picture, 2)
    assert np.array_equal(edited.pixels[:10], picture[:10])
    assert np.abs(edited.pixels[60:140, 80:220].astype(int) - picture[60:140, 80:220]).mean() > 20


def test_the_object_on_white_is_found() -> None:
    mask = object_mask(cloth(320, 240, 6))
    assert mask[100, 150]
    assert not mask[5, 5]


def test_a_painted_over_mark_is_gone_and_the_rest_is_kept() -> None:
    plain = cloth(300, 240, 7)
    picture = marked(plain)
    left, top, right, bottom = place(picture)
    assert not np.array_equal(picture, plain)
    assert np.array_equal(picture[:top], plain[:top])
    edited = _edited("watermark painted over", picture, 1)
    assert not np.array_equal(edited.pixels[top:bottom, left:right], picture[top:bottom, left:right])
    assert np.array_equal(edited.pixels[:top], picture[:top])


@pytest.mark.parametrize("edit", CATALOGUE, ids=lambda edit: edit.name)
def test_every_edit_gives_a_jpeg_of_its_size_the_same_again_for_the_same_seed(edit: Edit) -> None:
    picture = marked(cloth(320, 240, 8))
    files = []
    for _ in range(2):
        rng = np.random.default_rng(11)
        files.append(finish(edit.apply(picture, rng, OTHERS), edit.output, rng))
    (first, truth), (second, _) = files
    assert first == second
    with Image.open(io.BytesIO(first)) as image:
        assert image.size == truth.picture
        if edit.output.sides:
            assert edit.output.sides[0] <= max(image.size) <= edit.output.sides[1]
    assert "re-encoded" in truth.edits
    assert 0 < truth.reference_share <= 1.001
    assert 0 < truth.picture_share <= 1.001


def test_there_are_at_least_thirty_edits_and_no_name_twice() -> None:
    assert len(NAMED) == len(CATALOGUE) >= 30


def test_negatives_wear_what_copies_wear() -> None:
    assert {dress.name for dress in DRESSINGS} >= {
        "badges and banner", "frame with text", "phone screenshot", "collage tile", "tiled seller text", "inset 35-55%",
    }  # fmt: skip
