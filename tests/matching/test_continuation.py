from __future__ import annotations

import numpy as np
import pytest
from drawn_pictures import background, photograph
from PIL import Image, ImageFilter

from matching.continuation import continuation

# Real scenes change over centimetres, not from pixel to pixel.
SCENE = np.asarray(photograph(21).convert("L").filter(ImageFilter.GaussianBlur(10)))
LEFT, TOP, WIDTH, HEIGHT = 120, 90, 380, 260
REFERENCE = np.ascontiguousarray(SCENE[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH])
TO_REFERENCE = np.array([[1.0, 0, -LEFT], [0, 1, -TOP], [0, 0, 1]])


def pasted(sheet: np.ndarray) -> np.ndarray:
    """The reference on a sheet of the scene's size, where it lies in the scene."""
    copy = sheet.copy()
    copy[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = REFERENCE
    return copy


def test_a_scene_goes_on_beyond_the_frame_of_a_photograph_from_nearer():
    assert continuation(SCENE, REFERENCE, TO_REFERENCE) > 0.7


@pytest.mark.parametrize("scale", [0.75, 2.0])
def test_it_goes_on_at_any_scale(scale: float):
    height, width = SCENE.shape
    picture = np.asarray(Image.fromarray(SCENE).resize((int(width * scale), int(height * scale))))
    assert continuation(picture, REFERENCE, TO_REFERENCE @ np.diag([1 / scale, 1 / scale, 1])) > 0.7


@pytest.mark.parametrize(
    "sheet",
    [
        np.asarray(background(99).convert("L").filter(ImageFilter.GaussianBlur(10))),
        np.full_like(SCENE, 255),
        np.full_like(SCENE, int(SCENE.mean())),
    ],
    ids=["another picture", "white", "a grey of its own"],
)
def test_around_a_copy_on_another_sheet_nothing_goes_on(sheet: np.ndarray):
    assert continuation(pasted(sheet), REFERENCE, TO_REFERENCE) < 0.5


def test_white_around_a_packshot_on_white_tells_nothing():
    packshot = np.full((HEIGHT, WIDTH), 255, np.uint8)
    packshot[60:200, 100:280] = REFERENCE[60:200, 100:280]
    sheet = np.full_like(SCENE, 255)
    sheet[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = packshot
    assert continuation(sheet, packshot, TO_REFERENCE) == 0.0


def test_a_frame_outside_the_picture_tells_nothing():
    inside = np.ascontiguousarray(REFERENCE[40:-40, 40:-40])
    assert continuation(inside, REFERENCE, np.array([[1.0, 0, 40], [0, 1, 40], [0, 0, 1]])) == 0.0


def test_a_thing_cut_out_and_laid_on_another_ground_does_not_go_on():
    ground = np.asarray(background(99).convert("L").filter(ImageFilter.GaussianBlur(10)))
    sheet = ground.copy()
    sheet[TOP + 60 : TOP + 200, LEFT + 80 : LEFT + 300] = REFERENCE[60:200, 80:300]
    assert continuation(sheet, REFERENCE, TO_REFERENCE) < 0.5
