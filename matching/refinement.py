"""A finer alignment from the pictures themselves.

Few points place a picture roughly, and its far corners worse. Once it lies over the reference, every cell tells where
it really belongs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.cells import CELL, compare_cells, laid_over
from matching.geometry import distortion, mapped, outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.alignment import Alignment

REACH = 12
COVERED = 0.8
ALIKE = 0.6
FEWEST_CELLS, LEAST_AGREEING = 6, 0.4
TOLERANCE = 3.0
ENOUGH_FOR_TILT, AFFINE_ENOUGH = 12, 0.85
AT_REST = 0.5
ROUNDS = 4


def refined(picture: NDArray[np.uint8], reference: NDArray[np.uint8], alignment: Alignment) -> Alignment:
    """Return the alignment of a grey picture with a grey reference, moved to where most cells say that it belongs.

    1. Look for each cell of the reference within 12 pixels of where it should lie (block matching).
    2. Fit an affine transform to the cells that were found (correlation above 0.6) by RANSAC at 3 pixels, or a
       homography where it explains clearly more. Too few of them, or what no copy has, is refused.
    3. Again from there, until no corner of the frame moves by half a pixel; four times at most.
    """
    for _ in range(ROUNDS):
        finer = _moved(picture, reference, alignment)
        if finer is None:
            break
        rest = _farthest(alignment.transform, finer.transform, reference.shape) < AT_REST
        alignment = finer
        if rest:
            break
    return alignment


def _moved(picture: NDArray[np.uint8], reference: NDArray[np.uint8], alignment: Alignment) -> Alignment | None:
    cells = compare_cells(laid_over(picture, reference, alignment.transform), reach=REACH, covered=COVERED)
    found = cells.textured & (cells.correlation > ALIKE)
    if found.sum() < FEWEST_CELLS:
        return None
    here = (np.argwhere(found)[:, ::-1] * CELL + (CELL - 1) / 2).astype(np.float64)
    there = mapped(np.linalg.inv(alignment.transform), here + cells.slip[found])
    fitted = _fit(there.astype(np.float32), here.astype(np.float32))
    if fitted is None:
        return None
    transform, inside = fitted
    if inside.sum() < max(FEWEST_CELLS, LEAST_AGREEING * found.sum()):
        return None
    shape = distortion(transform, there[inside].mean(axis=0), (reference.shape[0], reference.shape[1]))
    if shape is None:
        return None
    return replace(alignment, transform=transform, stretch=shape[0], foreshortening=shape[1])


def _fit(
    source: NDArray[np.float32], target: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """Return a transform and which points it explains."""
    affine, mask = cv2.estimateAffine2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=TOLERANCE)
    if affine is None:
        return None
    inside = mask.ravel().astype(np.bool_)
    if len(source) >= ENOUGH_FOR_TILT and inside.mean() < AFFINE_ENOUGH:
        homography, mask = cv2.findHomography(source, target, cv2.RANSAC, TOLERANCE)
        if homography is not None and AFFINE_ENOUGH * mask.sum() > inside.sum():
            return np.asarray(homography, np.float64), mask.ravel().astype(np.bool_)
    return np.vstack((np.asarray(affine, np.float64), (0, 0, 1))), inside


def _farthest(before: NDArray[np.float64], after: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """Return by how many pixels of the reference the farthest corner of its frame moves from one transform to the
    other."""
    corners = outline(shape[1], shape[0])
    return float(np.hypot(*(mapped(after, mapped(np.linalg.inv(before), corners)) - corners).T).max())
