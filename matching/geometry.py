"""Transforms between a picture and a reference, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from casebook.types import Geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.views import ReferenceView


def geometry_of(
    transform: NDArray[np.float64], reference: ReferenceView, *, inliers: int, shares: tuple[float, float]
) -> Geometry:
    """Describe a 3 × 3 transform from picture pixels to reference pixels; `shares` are those of reference and
    picture."""
    corners = mapped(np.linalg.inv(transform), outline(reference.width, reference.height))
    return Geometry(
        transform=tuple(float(value) for value in (transform / transform[2, 2]).ravel()),
        inliers=inliers,
        reference_share=shares[0],
        picture_share=shares[1],
        outline=tuple(float(value) for value in corners.ravel()),
    )


def outline(width: int, height: int) -> NDArray[np.float64]:
    """Return the outer edge of a picture, (4, 2), half a pixel outside the centres of its border pixels."""
    right, bottom = width - 0.5, height - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])


def mapped(transform: NDArray[np.floating], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a homography to points (n, 2)."""
    return np.asarray(cv2.perspectiveTransform(points.reshape(1, -1, 2).astype(np.float64), transform)[0], np.float64)


def jacobian(transform: NDArray[np.floating], point: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the 2 × 2 derivative of a homography at a point."""
    x, y, w = transform @ np.array([point[0], point[1], 1.0])
    return np.asarray((transform[:2, :2] - np.outer((x / w, y / w), transform[2, :2])) / w, np.float64)
