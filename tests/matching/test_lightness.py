from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.views import lightness

Seeds = st.integers(min_value=0, max_value=2**31)


def pixels(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)


@given(seed=Seeds, turn=st.integers(min_value=1, max_value=179))
@settings(max_examples=50, deadline=None)
def test_turning_the_hues_leaves_the_lightness_as_it_was(seed: int, turn: int):
    hsv = cv2.cvtColor(pixels(seed), cv2.COLOR_RGB2HSV)
    before = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    hsv[..., 0] = (hsv[..., 0].astype(np.int64) + turn) % 180
    after = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    # Rounding to bytes on the way there and back.
    assert np.abs(lightness(before).astype(int) - lightness(after)).max() <= 2


@given(seed=Seeds)
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_channels_does_not_count(seed: int):
    picture = pixels(seed)
    assert np.array_equal(lightness(picture), lightness(np.ascontiguousarray(picture[..., ::-1])))


@pytest.mark.parametrize("tone", [0, 1, 127, 254, 255])
def test_a_grey_is_as_light_as_it_is(tone: int):
    assert (lightness(np.full((4, 5, 3), tone, np.uint8)) == tone).all()


def test_a_saturated_print_on_white_stands_out():
    white, red = (lightness(np.full((4, 5, 3), colour, np.uint8))[0, 0] for colour in ((255, 255, 255), (255, 0, 0)))
    assert int(white) - int(red) > 60
