from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pictures import SIZE, photograph

from matching.alignment import Alignment
from matching.geometry import mapped, outline
from matching.refinement import refined

CORNERS = outline(*SIZE)
SHAPE = (SIZE[1], SIZE[0])


def grey(seed: int) -> np.ndarray:
    return np.asarray(photograph(seed).convert("L"))


def aligned(transform: np.ndarray) -> Alignment:
    nowhere = np.empty((0, 2), np.float32)
    return Alignment(
        transform=transform, picture_points=nowhere, reference_points=nowhere, stretch=1.0, foreshortening=1.0
    )


def disturbed(transform: np.ndarray, seed: int) -> np.ndarray:
    """Move three corners of what a transform gives by about 8 pixels."""
    rng = np.random.default_rng(seed)
    corners = CORNERS[:3].astype(np.float32)
    moved = corners + rng.uniform(-8, 8, (3, 2)).astype(np.float32)
    return np.vstack((cv2.getAffineTransform(corners, moved), (0, 0, 1))) @ transform


def farthest(picture_to_reference: np.ndarray, truth: np.ndarray) -> float:
    return float(np.hypot(*(mapped(picture_to_reference, mapped(np.linalg.inv(truth), CORNERS)) - CORNERS).T).max())


@pytest.mark.parametrize("seed", range(4))
def test_a_rough_alignment_is_brought_to_the_pixel(seed: int):
    turned = np.vstack((cv2.getRotationMatrix2D((320, 240), 7, 0.8), (0, 0, 1)))
    picture = cv2.warpAffine(grey(seed), turned[:2], SIZE)
    truth = np.linalg.inv(turned)
    rough = disturbed(truth, seed)
    assert farthest(rough, truth) > 4
    assert farthest(refined(picture, grey(seed), aligned(rough)).transform, truth) < 1


def test_a_tilt_that_few_points_did_not_show_is_found():
    quad = np.array([[40, 30], [600, 0], [560, 470], [20, 420]], np.float32)
    tilted = cv2.getPerspectiveTransform(CORNERS.astype(np.float32), quad)
    picture = cv2.warpPerspective(grey(5), tilted, SIZE)
    truth = np.linalg.inv(tilted)
    flat = np.vstack((cv2.estimateAffine2D(quad, CORNERS.astype(np.float32))[0], (0, 0, 1)))
    assert farthest(flat, truth) > 15
    finer = refined(picture, grey(5), aligned(flat))
    assert farthest(finer.transform, truth) < 1.5
    assert finer.foreshortening > 1.02


def test_what_agrees_nowhere_stays_where_it_was_laid():
    rough = aligned(np.eye(3))
    assert refined(grey(6), grey(7), rough) is rough


def test_a_picture_of_one_colour_stays_where_it_was_laid():
    rough = aligned(np.eye(3))
    assert refined(np.full(SHAPE, 90, np.uint8), grey(6), rough) is rough
