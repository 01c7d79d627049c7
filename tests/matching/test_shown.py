from __future__ import annotations

import numpy as np
import pytest
from drawn_pictures import SIZE, background, photograph
from PIL import ImageFilter

from matching.agreement import measure
from matching.shown import Shown, shown_part

WIDTH, HEIGHT = SIZE
ROOM = 100  # pixels around the reference


def grey(seed: int) -> np.ndarray:
    return np.asarray(photograph(seed).convert("L"))


def elsewhere() -> np.ndarray:
    """Another scene, a little out of focus, large enough to lay a reference into it."""
    scene = background(77).convert("L").filter(ImageFilter.GaussianBlur(4))
    scene = scene.resize((WIDTH + 2 * ROOM, HEIGHT + 2 * ROOM))
    return np.array(scene, np.uint8)


def shown(picture: np.ndarray, seed: int) -> Shown:
    transform = np.array([[1, 0, -ROOM], [0, 1, -ROOM], [0, 0, 1]], np.float64)
    return shown_part(picture, (HEIGHT, WIDTH), transform, measure(picture, grey(seed), transform))


def test_of_a_part_laid_into_another_scene_only_that_part_is_shown():
    scene = elsewhere()
    scene[ROOM + 128 : ROOM + 352, ROOM + 160 : ROOM + 480] = grey(3)[128:352, 160:480]
    part = shown(scene, 3)
    assert part.share == pytest.approx(7 * 10 / (15 * 20), abs=0.07)
    assert part.cells.mean() == pytest.approx(7 * 10 / (15 * 20), abs=0.07)


def test_a_tile_that_ends_before_the_reference_does_shows_less_of_it():
    scene = elsewhere()
    scene[ROOM : ROOM + HEIGHT, ROOM : ROOM + 448] = grey(4)[:, :448]
    assert shown(scene, 4).share == pytest.approx(0.7, abs=0.05)


def test_what_is_covered_along_a_visible_frame_is_shown_all_the_same():
    page = np.full((HEIGHT + 2 * ROOM, WIDTH + 2 * ROOM), 255, np.uint8)
    page[ROOM:-ROOM, ROOM:-ROOM] = grey(5)
    page[ROOM + 384 : -ROOM, ROOM:-ROOM] = np.asarray(background(6).convert("L"))[384:] // 2
    assert shown(page, 5).share == pytest.approx(1, abs=0.01)


def test_a_crop_shows_what_the_transform_says():
    transform = np.array([[1, 0, 64], [0, 1, 96], [0, 0, 1]], np.float64)
    crop = grey(8)[96:, 64:]
    part = shown_part(crop, (HEIGHT, WIDTH), transform, measure(crop, grey(8), transform))
    assert part.share == pytest.approx(576 * 384 / (WIDTH * HEIGHT), abs=0.01)
