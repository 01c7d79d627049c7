"""ORB points spread over the whole picture and over its scales.

OpenCV's ORB keeps the strongest points wherever they are, so one text banner takes them all and the rest of the
picture cannot be found again. Keeping the best few of every cell of a grid gives each part of the picture its say;
doing so per band of the pyramid lets a picture be found again when it comes back small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# One thread: the sums of parallel reductions depend on the split, and engines above spread pictures over cores anyway.
cv2.setNumThreads(1)

GRID = 8
EDGE = 20  # pixels along the border without points: as far as the patch of a turned point reaches (31 in OpenCV)
DESCRIPTOR_BITS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to look for points: up to `candidates` FAST corners over `levels` scales, each `step` smaller than the one
    before; of those the strongest `per_cell` of each grid cell, counted for each band of levels by itself. `bands`
    holds (last level, points per cell). Corners are ranked by Harris response, or by the quicker FAST score."""

    candidates: int
    threshold: int
    step: float
    levels: int
    harris: bool
    bands: tuple[tuple[int, int], ...]


# Quick, for every crawled picture; patient, for those that may match; and for references, once.
SCAN = Recipe(candidates=2500, threshold=8, step=1.5, levels=5, harris=False, bands=((1, 7), (2, 5), (4, 5)))
CLOSE = Recipe(candidates=8000, threshold=5, step=1.2, levels=10, harris=True, bands=((1, 12), (4, 10), (7, 8), (9, 6)))
REFERENCE = Recipe(
    candidates=6000, threshold=5, step=1.2, levels=10, harris=True, bands=((1, 5), (4, 4), (7, 4), (9, 4))
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """ORB points: `points` float32 (n, 2) as x, y; `angles` float32 (n,) in degrees; `sizes` float32 (n,), the
    diameter of the patch; `descriptors` uint8 (n, 32). Positions and sizes are in pixels of the grey that was given."""

    points: NDArray[np.float32]
    angles: NDArray[np.float32]
    sizes: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def joined(cls, parts: Sequence[Features]) -> Features:
        """Return all points of several sets, in order."""
        return cls(
            points=np.concatenate([np.empty((0, 2), np.float32), *(part.points for part in parts)]),
            angles=np.concatenate([np.empty(0, np.float32), *(part.angles for part in parts)]),
            sizes=np.concatenate([np.empty(0, np.float32), *(part.sizes for part in parts)]),
            descriptors=np.concatenate([np.empty((0, 32), np.uint8), *(part.descriptors for part in parts)]),
        )


def detect(grey: NDArray[np.uint8], recipe: Recipe) -> Features:
    """Find ORB points in a uint8 (h, w) picture.

    1. Detect FAST corners over the ORB pyramid and rank them.
    2. Keep the strongest of each cell of an 8 × 8 grid, band by band.
    3. Describe those.

    Source: Rublee et al., "ORB: an efficient alternative to SIFT or SURF", 2011; the grid and the bands are ours.
    """
    orb = _orb(recipe)
    return _described(orb, grey, _found(orb, grey, recipe))


def detect_both(grey: NDArray[np.uint8], recipe: Recipe) -> tuple[Features, Features]:
    """Find the points of a picture, and the same points in its mirror image, in the pixels of that."""
    orb = _orb(recipe)
    keypoints = _found(orb, grey, recipe)
    right = grey.shape[1] - 1
    reflected = [
        cv2.KeyPoint(right - k.pt[0], k.pt[1], k.size, (180 - k.angle) % 360, k.response, k.octave) for k in keypoints
    ]
    return _described(orb, grey, keypoints), _described(orb, np.ascontiguousarray(grey[:, ::-1]), reflected)


def _found(orb: cv2.ORB, grey: NDArray[np.uint8], recipe: Recipe) -> list[cv2.KeyPoint]:
    # So thin a picture has no points, and its pyramid would end in levels without pixels.
    return _spread(orb.detect(grey, None), grey.shape, recipe) if min(grey.shape) > 2 * EDGE else []


def _orb(recipe: Recipe) -> cv2.ORB:
    return cv2.ORB.create(
        recipe.candidates,
        scaleFactor=recipe.step,
        nlevels=recipe.levels,
        fastThreshold=recipe.threshold,
        edgeThreshold=EDGE,
        scoreType=cv2.ORB_HARRIS_SCORE if recipe.harris else cv2.ORB_FAST_SCORE,
    )


def _described(orb: cv2.ORB, grey: NDArray[np.uint8], keypoints: list[cv2.KeyPoint]) -> Features:
    kept, descriptors = orb.compute(grey, keypoints) if keypoints else ((), None)
    if not kept:
        return Features.joined(())
    return Features(
        points=np.asarray(cv2.KeyPoint.convert(kept), np.float32),
        angles=np.array([keypoint.angle for keypoint in kept], np.float32),
        sizes=np.array([keypoint.size for keypoint in kept], np.float32),
        descriptors=np.asarray(descriptors, np.uint8),
    )


def _spread(keypoints: Sequence[cv2.KeyPoint], shape: tuple[int, ...], recipe: Recipe) -> list[cv2.KeyPoint]:
    if not keypoints:
        return []
    height, width = shape
    points = np.asarray(cv2.KeyPoint.convert(keypoints), np.float32)
    strength = np.array([keypoint.response for keypoint in keypoints], np.float32)
    octave = np.array([keypoint.octave for keypoint in keypoints])
    last, quota = np.array(recipe.bands).T
    band = np.searchsorted(last, octave)
    column = np.minimum(points[:, 0] * GRID // width, GRID - 1)
    row = np.minimum(points[:, 1] * GRID // height, GRID - 1)
    cell = ((row * GRID + column) * len(last) + band).astype(np.int64)
    order = np.lexsort((-strength, cell))
    ordered = cell[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return [keypoints[index] for index in np.sort(order[rank < quota[band[order]]])]
