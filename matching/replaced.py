"""Does another print stand on the same ground?

What is laid over a copy brings its own ground along, or leaves most of what it covers in sight. Two prints of one
layout, such as quotes in one frame or sheets of icons, share their ground exactly, and in it other words or shapes
stand where the first ones stood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.cells import cell_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.cells import Cells, Laid

DISAGREES = 0.4
EDGE, CALM = 6.0, 3.0  # grey levels a pixel
SLACK = 3  # pixels
SAME = 10.0  # grey levels
LEAST_CALM, ALL_SAME = 0.15, 0.95
GONE, NEW = 0.1, 0.1


def replaced(laid: Laid, cells: Cells, curve: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    """Return the cells, bool (rows, columns), that hold something else on the reference's own ground; none without a
    tone `curve` (see `matching.tones`), which makes the reference's greys comparable with the picture's.

    1. Only textured cells count that correlate less than 0.4.
    2. A tenth of the reference's edges there has no edge of the picture within 3 pixels, and the other way round.
    3. Where neither side has an edge, which is a sixth of the cell at least, 95 % of the pixels differ by less than 10
       levels.
    """
    differing = cells.textured & (cells.correlation < DISAGREES)
    if curve is None or not differing.any():
        return np.zeros(laid.grid, np.bool_)
    theirs, shown = laid.whole.theirs, laid.whole.mask > 0
    ours = np.asarray(cv2.LUT(laid.whole.ours, curve), np.uint8)
    slopes = [_slope(side) for side in (ours, theirs)]
    calm = (slopes[0] < CALM) & (slopes[1] < CALM) & shown
    same = cell_shares(calm & (cv2.absdiff(ours, theirs) < SAME)) > ALL_SAME * cell_shares(calm)
    gone, new = (_missing(one, other, shown) for one, other in (slopes, reversed(slopes)))
    return np.asarray(differing & (cell_shares(calm) > LEAST_CALM) & same & (gone > GONE) & (new > NEW), np.bool_)


def _slope(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how steep a grey picture is, in levels a pixel: the sum of both directions."""
    across, down = (np.abs(cv2.Sobel(plane, cv2.CV_32F, *order, scale=1 / 8)) for order in ((1, 0), (0, 1)))
    return np.asarray(across + down, np.float32)


def _missing(slope: NDArray[np.float32], other: NDArray[np.float32], shown: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return which part of each cell's edges is none, or not half as steep, within 3 pixels on the other side."""
    edges = (slope > EDGE) & shown
    nearby = cv2.dilate(other, np.ones((2 * SLACK + 1, 2 * SLACK + 1)))
    return np.asarray(cell_shares(edges & (nearby < slope / 2)) / np.maximum(cell_shares(edges), 1e-6), np.float32)
