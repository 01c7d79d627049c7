"""Is the reference still there where its texture does not agree?

A copy may be lighter, harder or inverted, but what was one grey in the reference is one grey in the copy: between the
letters of a text that was laid over it, and around a badge. Another garment on the same rug follows no such curve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.cells import CELL, cell_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.cells import Laid

STEP = 16  # grey levels of the reference that share one point of the curve
FEWEST_CELLS, FEWEST_PIXELS, FEWEST_POINTS = 3, 50, 2
LEAST_TOLERANCE, SPREAD = 6.0, 1.5


def tone_curve(laid: Laid, agrees: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """Return the picture's grey for each grey of the reference, uint8 (256,), from the cells that agree (bool, rows ×
    columns); None where those are too few to tell.

    It is the picture's median for every sixteenth of the reference's greys, straight from one to the next.
    """
    if agrees.sum() < FEWEST_CELLS:
        return None
    inside = _area(laid, agrees)
    return _curve(laid.whole.ours[inside], laid.whole.theirs[inside])


def following(laid: Laid, agrees: NDArray[np.bool_], curve: NDArray[np.uint8] | None) -> NDArray[np.float32]:
    """Return which part of each cell's pixels, 0 to 1, follows the tone curve of the cells that agree (bool, rows ×
    columns); 0 everywhere where there is none.

    A pixel follows where it is off by less than 6 levels, or than 1.5 times the median of what those cells are off.
    """
    if curve is None:
        return np.zeros(laid.grid, np.float32)
    whole = laid.whole
    off = cv2.absdiff(whole.theirs, cv2.LUT(whole.ours, curve))
    tolerance = max(LEAST_TOLERANCE, SPREAD * float(np.median(off[_area(laid, agrees)])))
    return cell_shares((off < tolerance) & (whole.mask > 0))


def _area(laid: Laid, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of these cells that the picture covers."""
    return np.repeat(np.repeat(cells, CELL, axis=0), CELL, axis=1) & (laid.whole.mask > 0)


def _curve(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the curve from pixels (n,) of both."""
    together = np.bincount(ours.astype(np.int64) // STEP * 256 + theirs, minlength=256 // STEP * 256)
    counted = together.reshape(-1, 256).cumsum(axis=1)
    known = counted[:, -1] >= FEWEST_PIXELS
    if known.sum() < FEWEST_POINTS:
        return None
    medians = (counted >= counted[:, -1:] / 2).argmax(axis=1)
    middles = np.arange(len(counted)) * STEP + STEP / 2
    return np.asarray(np.interp(np.arange(256), middles[known], medians[known]).round(), np.uint8)
