from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pictures import background

from matching.alignment import align
from matching.features import CLOSE, REFERENCE, detect, detect_both


def patched() -> np.ndarray:
    """A plain sheet with texture in one small place."""
    sheet = np.full((480, 640), 200, np.uint8)
    sheet[60:150, 400:490] = np.asarray(background(5).convert("L"))[:90, :90]
    return sheet


def turned(sheet: np.ndarray, degrees: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the sheet turned and scaled about its middle, and the matrix that takes it back."""
    height, width = sheet.shape
    there = np.vstack((cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale), (0, 0, 1)))
    return cv2.warpAffine(sheet, there[:2], (width, height), borderValue=200), np.linalg.inv(there)


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (11, 1), (0, 0.7), (90, 0.6)])
def test_points_that_lie_close_together_still_place_the_whole_picture(degrees: float, scale: float):
    picture, back = turned(patched(), degrees, scale)
    [(variant, alignment), *_] = align(detect(picture, CLOSE), detect_both(patched(), REFERENCE), (480, 640))
    corners = np.array([[[400, 60], [490, 60], [490, 150], [400, 150]]], np.float64)
    seen = cv2.perspectiveTransform(corners, np.linalg.inv(back))
    off = np.linalg.norm(cv2.perspectiveTransform(seen, alignment.transform) - corners, axis=2)
    assert variant == 0
    assert off.max() < 4


def test_a_mirrored_picture_lies_over_the_mirror_image():
    sheet = np.asarray(background(6).convert("L"))
    found = align(detect(np.ascontiguousarray(sheet[:, ::-1]), CLOSE), detect_both(sheet, REFERENCE), sheet.shape)
    assert [variant for variant, _ in found] == [1]
    assert found[0][1].transform[:2, :2] == pytest.approx(np.eye(2), abs=0.01)
    assert np.abs(found[0][1].transform[:2, 2]).max() < 2


@pytest.mark.parametrize("plain", [np.zeros((480, 640), np.uint8), np.full((40, 40), 9, np.uint8)])
def test_what_has_no_points_lies_nowhere(plain: np.ndarray):
    variants = detect_both(patched(), REFERENCE)
    assert align(detect(plain, CLOSE), variants, (480, 640)) == []
    assert align(detect(patched(), CLOSE), detect_both(plain, REFERENCE), plain.shape) == []
