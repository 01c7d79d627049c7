"""Transforms between a picture and a reference, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from casebook.findings import Geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.views import ReferenceView

MAX_SCALE = 12.0
MAX_STRETCH = 2.5
MAX_FORESHORTENING = 3.0


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


def distortion(
    transform: NDArray[np.float64], middle: NDArray[np.floating], reference_shape: tuple[int, int]
) -> tuple[float, float] | None:
    """Return stretch and foreshortening, as in `alignment.Alignment`, of a homography from a picture to a reference of
    `reference_shape` (height, width), the stretch at a point of the picture; None where no copy looks like that."""
    determinant = float(np.linalg.det(transform))
    if not np.isfinite(determinant) or abs(determinant) < 1e-9:
        return None
    back = np.linalg.inv(transform)
    height, width = reference_shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    there = np.column_stack((corners, np.ones(4))) @ back.T
    # One sign at all corners: otherwise the horizon runs through the frame and it is folded over.
    if abs(np.sign(there[:, 2]).sum()) != 4:
        return None
    quad = (there[:, :2] / there[:, 2:]).astype(np.float32)
    if not cv2.isContourConvex(quad.reshape(-1, 1, 2)):
        return None
    scales = np.sqrt([abs(np.linalg.det(jacobian(back, corner))) for corner in corners])
    axes = np.linalg.svd(jacobian(transform, middle), compute_uv=False)
    if axes[1] <= 0 or not 1 / MAX_SCALE <= np.sqrt(axes[0] * axes[1]) <= MAX_SCALE:
        return None
    stretch, foreshortening = float(axes[0] / axes[1]), float(scales.max() / scales.min())
    return None if stretch > MAX_STRETCH or foreshortening > MAX_FORESHORTENING else (stretch, foreshortening)
