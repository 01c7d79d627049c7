from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from drawn import cloth, coordinates
from PIL import Image

from benchmarks.same_picture import Found, rows, table
from benchmarks.same_picture_files import CHANGED, SAVED, overlaid
from matching.decode import decode

IMAGE = Image.fromarray(cloth(360, 240, 1))


@pytest.mark.parametrize("name", SAVED)
def test_a_file_saved_anew_shows_the_whole_picture(name):
    pixels = decode(SAVED[name](IMAGE)).pixels
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_can_be_seen_and_is_the_same_each_time(name):
    changed = CHANGED[name](IMAGE, np.random.default_rng(3))
    assert overlaid(IMAGE, changed)
    assert np.array_equal(changed, CHANGED[name](IMAGE, np.random.default_rng(3)))


def test_a_change_that_nobody_can_see_does_not_count():
    white = Image.new("RGB", (200, 200), "white")
    assert not overlaid(white, CHANGED["mirrored"](white, np.random.default_rng(3)))
    assert not overlaid(IMAGE, IMAGE)


def test_the_next_frame_keeps_the_size_and_moves_no_farther_than_it_says():
    image = Image.fromarray(coordinates(400, 400))
    moved = CHANGED["next frame: camera moved by up to 1 %"](image, np.random.default_rng(3))
    middle = np.asarray(moved).astype(float)[150:250, 150:250, :2].mean(axis=(0, 1))
    assert moved.size == image.size
    assert np.abs(middle - 127.5).max() < 0.02 * 255


def test_the_table_gives_each_row_its_share_by_either_way():
    found = Counter([Found("cut", ours=False, phash=True)] * 3 + [Found("cut", ours=True, phash=True)])
    made = rows(found, ["cut", "never made"])
    assert made == [("cut", 4, 0.25, 1.0), ("never made", 0, 0.0, 0.0)]
    assert "| cut | 4 | 0.250 | 1.000 |" in table("changed", "wrong", made)


def test_a_share_that_is_nearly_nothing_is_not_told_as_nothing():
    assert "0.000002" in table("changed", "wrong", [("any", 500_000, 0.000002, 0.5)])
