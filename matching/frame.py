"""A reference's frame where a picture was laid over it: what lies just inside, and just outside?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.geometry import mapped, outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP = 4.0  # pixels between two points along the frame


def sides(width: int, height: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return top, right, bottom and left of a frame: points along it, (n, 2), and the unit vector (2,) out of it."""
    corners = outline(width, height)
    found = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = end - start
        length = float(np.hypot(*along))
        steps = max(1, int(length / STEP))
        points = start + along * ((np.arange(steps) + 0.5) / steps)[:, None]
        found.append((points, np.array([along[1], -along[0]]) / length))
    return found


def coarser_pixel(transform: NDArray[np.float64]) -> float:
    """Return how many pixels of the reference one pixel of picture or reference covers, whichever is coarser, where
    `transform` (3 × 3) maps the picture to the reference."""
    return max(1.0, 1 / float(np.sqrt(abs(np.linalg.det(np.linalg.inv(transform)[:2, :2])))))


def inside(picture: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points (n, 2) lie in a picture."""
    limit = np.array([picture.shape[1] - 1, picture.shape[0] - 1])
    return np.asarray(((points >= 0) & (points <= limit)).all(axis=1), np.bool_)


def seen(transform: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where points (n, 2) of the reference lie in the picture."""
    return mapped(np.linalg.inv(transform), points)


def levels(grey: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the grey levels (n,) at points (n, 2), interpolated."""
    x, y = points.astype(np.float32).T
    return np.asarray(cv2.remap(grey, x, y, cv2.INTER_LINEAR), np.float64).ravel()


def blurred(grey: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Return a picture without its noise."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.uint8)
