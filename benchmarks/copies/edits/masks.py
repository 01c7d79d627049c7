"""Where is the object? Good enough to cut it out as a seller's app does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.copies.edits.edit import Pixels

WHITE = 244
WHITE_RIM = 0.6
LEAST, MOST = 0.08, 0.92
WORKING_SIDE = 320


def object_mask(pixels: Pixels) -> NDArray[np.bool_]:
    """Return the object as bool (h, w).

    1. Where most of the rim is white, the object is all that is not white and joined to the rim.
    2. Else GrabCut (Rother et al. 2004) from a rectangle 8 % inside the frame, at 320 px.
    3. A result of less than 8 % or more than 92 % of the area is a failure: an ellipse in the middle instead.
    """
    white = pixels.min(axis=2) >= WHITE
    rim = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
    mask = _not_white(white) if rim.mean() > WHITE_RIM else _grab_cut(pixels)
    return mask if LEAST < mask.mean() < MOST else _ellipse(mask.shape)


def _not_white(white: NDArray[np.bool_]) -> NDArray[np.bool_]:
    padded = np.pad(white.astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return np.asarray(padded[1:-1, 1:-1] != 2, np.bool_)


def _grab_cut(pixels: Pixels) -> NDArray[np.bool_]:
    height, width = pixels.shape[:2]
    factor = min(1.0, WORKING_SIDE / max(height, width))
    small = cv2.resize(pixels, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    down, across = small.shape[:2]
    rectangle = (round(across * 0.08), round(down * 0.08), round(across * 0.84), round(down * 0.84))
    labels = np.zeros((down, across), np.uint8)
    # GrabCut draws its first clusters from OpenCV's own generator, which every process shares.
    cv2.setRNGSeed(0)
    cv2.grabCut(small, labels, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), iterCount=3, mode=cv2.GC_INIT_WITH_RECT)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    return cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR).astype(bool)


def _ellipse(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    y, x = np.ogrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.asarray((x / 0.75) ** 2 + (y / 0.85) ** 2 <= 1, np.bool_)
