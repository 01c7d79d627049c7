"""Does the scene go on where the reference's frame ends?

Whoever copies a picture has what is inside its frame. Where a picture shows more, it shows something else there: the
page, a border, another picture. Only who stood before the scene himself can show it going on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.geometry import mapped, outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

APART = 4.0  # pixels of the coarser picture, on either side of the frame
STEP = 4.0
BLUR = 1.5
LEAST_SEEN = 0.25
LEAST_VARIED = 8.0
JUMP = 12.0


def continuation(picture: NDArray[np.uint8], reference: NDArray[np.uint8], transform: NDArray[np.float64]) -> float:
    """Return how well a grey picture goes on beyond a grey reference's frame, which `transform` (3 × 3) lays it over:
    the correlation, -1 to 1, of what lies just inside and just outside, or of what lies just inside on either side, if
    that is lower.

    0 where less than a quarter of the frame lies inside the picture, where the reference is too plain along its frame
    to tell, and where grey levels jump there by 12 or more.
    """
    soft = max(1.0, 1 / float(np.sqrt(abs(np.linalg.det(np.linalg.inv(transform)[:2, :2])))))
    height, width = reference.shape
    border, outwards = _frame(width, height)
    inner, outer = border - APART * soft * outwards, border + APART * soft * outwards
    there = [mapped(np.linalg.inv(transform), points) for points in (inner, outer)]
    limit = np.array([picture.shape[1] - 1, picture.shape[0] - 1])
    seen = np.logical_and.reduce([((points >= 0) & (points <= limit)).all(axis=1) for points in there])
    if seen.mean() < LEAST_SEEN:
        return 0.0
    ours = _levels(reference, inner[seen], BLUR * soft)
    if ours.std() < LEAST_VARIED:
        return 0.0
    inside, outside = (_levels(picture, points[seen], BLUR) for points in there)
    if np.median(np.abs(inside - outside)) >= JUMP or min(inside.std(), outside.std()) < 1:
        return 0.0
    # What was cut out and laid on another ground goes on as well, but it is not the reference's ground.
    return float(min(np.corrcoef(inside, outside)[0, 1], np.corrcoef(ours, inside)[0, 1]))


def _frame(width: int, height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points along the frame, (n, 2), and the unit vector out of it at each."""
    corners = outline(width, height)
    points, outwards = [], []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = end - start
        length = float(np.hypot(*along))
        steps = max(1, int(length / STEP))
        points.append(start + along * ((np.arange(steps) + 0.5) / steps)[:, None])
        outwards.append(np.tile((along[1] / length, -along[0] / length), (steps, 1)))
    return np.concatenate(points), np.concatenate(outwards)


def _levels(grey: NDArray[np.uint8], points: NDArray[np.float64], blur: float) -> NDArray[np.float64]:
    x, y = points.astype(np.float32).T
    return np.asarray(cv2.remap(cv2.GaussianBlur(grey, (0, 0), blur), x, y, cv2.INTER_LINEAR), np.float64).ravel()
