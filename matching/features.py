"""ORB points spread over the whole picture.

OpenCV's ORB keeps the strongest points wherever they are, so one text banner takes them all and the rest of the
picture cannot be found again. Keeping the best few of every cell of a grid gives each part of the picture its say.
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
FAST_THRESHOLD = 5
CANDIDATES = 5000
DESCRIPTOR_BITS = 256


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


def detect(grey: NDArray[np.uint8], *, per_cell: int) -> Features:
    """Find ORB points in a uint8 (h, w) picture.

    1. Detect up to 3,000 FAST corners (threshold 5) over the ORB pyramid, ranked by Harris response.
    2. Keep the strongest `per_cell` of each cell of an 8 × 8 grid.
    3. Describe those.

    Source: Rublee et al., "ORB: an efficient alternative to SIFT or SURF", 2011; the grid is ours.
    """
    orb = cv2.ORB.create(CANDIDATES, fastThreshold=FAST_THRESHOLD)
    keypoints = orb.detect(grey, None)
    if keypoints:
        keypoints, descriptors = orb.compute(grey, _spread(keypoints, grey.shape, per_cell))
    if not keypoints:
        empty = np.empty(0, np.float32)
        return Features(
            points=np.empty((0, 2), np.float32), angles=empty, sizes=empty, descriptors=np.empty((0, 32), np.uint8)
        )
    return Features(
        points=np.asarray(cv2.KeyPoint.convert(keypoints), np.float32),
        angles=np.array([keypoint.angle for keypoint in keypoints], np.float32),
        sizes=np.array([keypoint.size for keypoint in keypoints], np.float32),
        descriptors=np.asarray(descriptors, np.uint8),
    )


def _spread(keypoints: Sequence[cv2.KeyPoint], shape: tuple[int, ...], per_cell: int) -> list[cv2.KeyPoint]:
    height, width = shape
    points = np.asarray(cv2.KeyPoint.convert(keypoints), np.float32)
    strength = np.array([keypoint.response for keypoint in keypoints], np.float32)
    column = np.minimum(points[:, 0] * GRID // width, GRID - 1)
    row = np.minimum(points[:, 1] * GRID // height, GRID - 1)
    cell = (row * GRID + column).astype(np.int64)
    order = np.lexsort((-strength, cell))
    ordered = cell[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return [keypoints[index] for index in np.sort(order[rank < per_cell])]
