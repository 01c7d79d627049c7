"""Dense agreement: once aligned, do the two pictures show the same thing, cell by cell?

Points say where two pictures touch; a rug touches every garment photographed on it. What lies between the points
tells the copied photograph from the shared background.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL = 32
STEP = 2
TEXTURE = 6.0
AGREES = 0.6
INSIDE = 0.8
BLUR = 1.0
SHIFTS = tuple((dy, dx) for dy in (-STEP, 0, STEP) for dx in (-STEP, 0, STEP))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement:
    """`cells` counts the textured cells of the overlap and `plain_cells` the others, `agreeing` is the share of the
    textured ones whose normalised correlation exceeds 0.6, `closeness` the median correlation of those. Shares are
    parts of the area, 0 to 1."""

    cells: int
    plain_cells: int
    agreeing: float
    closeness: float
    reference_share: float
    picture_share: float


def measure(picture: NDArray[np.uint8], reference: NDArray[np.uint8], transform: NDArray[np.float64]) -> Agreement:
    """Compare two grey uint8 pictures after laying the first over the second by `transform` (3 × 3).

    1. Bring both to the coarser one's sharpness: a picture that is larger is averaged down before warping, a
       reference that is larger is blurred.
    2. Warp the picture into the reference's frame.
    3. Take the 32 × 32 pixel cells of the reference that the picture covers; drop those without texture on both sides
       (standard deviation below 6 grey levels), as they agree with anything.
    4. Correlate cell by cell, each with its own mean and contrast, so that recolouring and exposure do not count. Each
       cell may slip by 2 pixels in either direction: that is how well few points place the far corner of a picture.
    """
    scale = float(np.sqrt(abs(np.linalg.det(transform[:2, :2]))))
    sharp, warped, mask = _common_frame(picture, reference, transform, scale)
    ours, covered = _normalised(_cells(sharp)), _cells(mask).mean(axis=1) >= INSIDE
    correlation = np.full(len(covered), -1.0, np.float32)
    for shift in SHIFTS:
        theirs = _normalised(_cells(np.roll(warped, shift, axis=(0, 1))))
        correlation = np.maximum(correlation, (ours[0] * theirs[0]).mean(axis=1))
    still = _cells(warped).std(axis=1)
    textured = covered & (np.maximum(ours[1], still) > TEXTURE)
    values = correlation[textured]
    agreeing = values[values > AGREES]
    reference_share, picture_share = shares(picture.shape, reference.shape, transform)
    return Agreement(
        cells=len(values),
        plain_cells=int((covered & ~textured).sum()),
        agreeing=len(agreeing) / len(values) if len(values) else 0.0,
        closeness=float(np.median(agreeing)) if len(agreeing) else 0.0,
        reference_share=reference_share,
        picture_share=picture_share,
    )


def shares(
    picture_shape: tuple[int, ...], reference_shape: tuple[int, ...], transform: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the overlap's part of the reference's area and of the picture's area."""
    height, width = picture_shape[:2]
    reference_height, reference_width = reference_shape[:2]
    # Seen in the picture: there the frame of the reference is known to be convex (see `alignment`).
    frame = outline(reference_width, reference_height)
    quad = cv2.perspectiveTransform(frame.reshape(1, -1, 2), np.linalg.inv(transform))[0].astype(np.float32)
    area, overlap = cv2.intersectConvexConvex(outline(width, height).astype(np.float32), quad)
    if area <= 0 or overlap is None:
        return 0.0, 0.0
    shown = cv2.perspectiveTransform(overlap.reshape(1, -1, 2).astype(np.float64), transform)[0]
    reference_share = cv2.contourArea(shown.astype(np.float32)) / (reference_width * reference_height)
    return min(1.0, float(reference_share)), min(1.0, float(area) / (width * height))


def outline(width: int, height: int) -> NDArray[np.float64]:
    """Return the outer edge of a picture, half a pixel outside the centres of its border pixels."""
    right, bottom = width - 0.5, height - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])


def _common_frame(
    picture: NDArray[np.uint8], reference: NDArray[np.uint8], transform: NDArray[np.float64], scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return reference and warped picture, equally soft, and a mask that is 1 where the picture lies."""
    sigma = BLUR * max(1.0, scale / 2)
    soft = np.asarray(cv2.GaussianBlur(reference, (0, 0), sigma), np.uint8)
    # Blurred before warping where it shrinks, since warping alone would alias; after it where it grows.
    if scale < 1:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), BLUR / scale), np.uint8)
    size = (reference.shape[1], reference.shape[0])
    # Outside the picture the reference shows through: a black rim would be an edge that nobody photographed.
    warped = cv2.warpPerspective(picture, transform, size, dst=soft.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    if scale >= 1:
        warped = cv2.GaussianBlur(warped, (0, 0), BLUR)
    mask = cv2.warpPerspective(np.ones_like(picture), transform, size, flags=cv2.INTER_NEAREST)
    return soft, np.asarray(warped, np.uint8), np.asarray(mask, np.uint8)


def _normalised(cells: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the cells with mean 0 and deviation 1 (of at least one grey level), and their deviations."""
    deviation = cells.std(axis=1)
    return (cells - cells.mean(axis=1, keepdims=True)) / np.maximum(deviation, 1.0)[:, None], deviation


def _cells(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the whole cells of a plane as float32 (cells, 1024)."""
    rows, columns = plane.shape[0] // CELL, plane.shape[1] // CELL
    blocks = plane[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL).swapaxes(1, 2)
    return blocks.reshape(rows * columns, CELL * CELL).astype(np.float32)
