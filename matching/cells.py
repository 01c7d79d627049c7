"""The grid of cells in which two pictures are compared once one is laid over the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL = 32
TEXTURE = 4.5
BLUR = 1.0
DISTINCT = 0.25
MIDDLE = 0.22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """A picture laid over a reference: both grey uint8 in the reference's frame and equally soft; `mask` uint8 of the
    same shape is 1 where the picture lies. Beyond it `theirs` is the reference itself."""

    ours: NDArray[np.uint8]
    theirs: NDArray[np.uint8]
    mask: NDArray[np.uint8]

    @property
    def grid(self) -> tuple[int, int]:
        """The number of rows and columns of whole cells."""
        return self.ours.shape[0] // CELL, self.ours.shape[1] // CELL

    @property
    def whole(self) -> Laid:
        """The same without what is less than a cell at the right and at the bottom."""
        rows, columns = self.grid
        inside = np.s_[: rows * CELL, : columns * CELL]
        return Laid(ours=self.ours[inside], theirs=self.theirs[inside], mask=self.mask[inside])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Cells of 32 × 32 pixels of the reference's working copy, each compared with the picture laid over it.

    `correlation` is float32 (rows, columns), -1 to 1, NaN where the picture does not reach; `textured` is bool of that
    shape: a cell without texture on either side agrees with anything and counts nowhere; in those of `plain`, bool too,
    the reference has none. `slip` int16 (rows, columns, 2) tells how far, in pixels as x, y, the picture lies beside
    where it was laid.
    """

    correlation: NDArray[np.float32]
    textured: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    slip: NDArray[np.int16]


def laid_over(picture: NDArray[np.uint8], reference: NDArray[np.uint8], transform: NDArray[np.float64]) -> Laid:
    """Lay a grey uint8 picture over another by `transform` (3 × 3), both brought to the coarser one's sharpness: a
    picture that is larger is averaged down before warping, a reference that is larger is blurred."""
    scale = float(np.sqrt(abs(np.linalg.det(transform[:2, :2]))))
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
    return Laid(ours=soft, theirs=np.asarray(warped, np.uint8), mask=np.asarray(mask, np.uint8))


def compare_cells(laid: Laid, *, reach: int, covered: float) -> Cells:
    """Correlate what lies in each cell.

    1. Take the cells of which the picture covers at least the share `covered`; those without texture on both sides
       (standard deviation below 4.5 grey levels) have no correlation to speak of.
    2. Correlate cell by cell, each with its own mean and contrast, so that recolouring and exposure do not count, at
       the best place within `reach` pixels in either direction.
    """
    rows, columns = laid.grid
    correlation = np.full((rows, columns), np.nan, np.float32)
    slip = np.zeros((rows, columns, 2), np.int16)
    if not correlation.size:
        nowhere = np.zeros((rows, columns), np.bool_)
        return Cells(correlation=correlation, textured=nowhere, plain=nowhere, slip=slip)
    reached = cell_figures(laid.mask)[0] >= covered
    deviation = [cell_figures(side)[1] for side in (laid.ours, laid.theirs)]
    textured = reached & (np.maximum(*deviation) > TEXTURE)
    correlation[reached] = 0.0
    # Below one grey level of deviation the coefficient is noise over noise.
    varied = (deviation[0] >= 1) & (cv2.dilate(deviation[1], np.ones((3, 3))) >= 1)
    for row, column in np.argwhere(textured & varied):
        y, x = row * CELL, column * CELL
        top, left = max(0, y - reach), max(0, x - reach)
        around = laid.theirs[top : y + CELL + reach, left : x + CELL + reach]
        likeness = cv2.matchTemplate(around, laid.ours[y : y + CELL, x : x + CELL], cv2.TM_CCOEFF_NORMED)
        _, highest, _, place = cv2.minMaxLoc(likeness)
        correlation[row, column] = highest
        slip[row, column] = place[0] - (x - left), place[1] - (y - top)
    return Cells(correlation=correlation, textured=textured, plain=deviation[0] <= TEXTURE, slip=slip)


def distinctness(laid: Laid) -> NDArray[np.float32]:
    """Return how well each cell fixes its own place, float32 (rows, columns), 0 to 1: 0 for a straight edge, which
    looks the same all along, 1 where edges run in all directions, as in text and in most photographs.

    That is the ratio of the eigenvalues of the structure tensor (Förstner and Gülch 1987), on the side where it is
    smaller; from a quarter on a cell is distinct.
    """
    rows, columns = laid.grid
    distinct = np.ones((rows, columns), np.float32)
    if not distinct.size:
        return distinct
    for plane in (laid.whole.ours, laid.whole.theirs):
        across, down = (cv2.Sobel(plane, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
        xx, xy, yy = (
            cv2.resize(product, (columns, rows), interpolation=cv2.INTER_AREA)
            for product in (across * across, across * down, down * down)
        )
        half, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        distinct = np.minimum(distinct, np.clip((half - apart) / (half + apart + 1e-6) / DISTINCT, 0, 1))
    return np.asarray(distinct, np.float32)


def in_the_middle(value: NDArray[np.generic], among: NDArray[np.bool_]) -> float:
    """Return the mean of a figure of some cells, both (rows, columns), weighed by how near the middle they are; 0 where
    there are none."""
    rows, columns = among.shape
    y, x = (np.arange(rows) + 0.5) / max(1, rows) - 0.5, (np.arange(columns) + 0.5) / max(1, columns) - 0.5
    weight = np.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / (2 * MIDDLE**2)) * among
    whole = float(weight.sum())
    return float((weight * value).sum()) / whole if whole else 0.0


def cell_shares(plane: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return which part of each whole cell's pixels is true, float32 (rows, columns), 0 to 1."""
    return cell_figures(plane.view(np.uint8))[0]


def cell_figures(plane: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean and the standard deviation of each whole cell, float32 (rows, columns)."""
    rows, columns = plane.shape[0] // CELL, plane.shape[1] // CELL
    values = plane[: rows * CELL, : columns * CELL].astype(np.float32)
    mean, square = (cv2.resize(each, (columns, rows), interpolation=cv2.INTER_AREA) for each in (values, values**2))
    return np.asarray(mean, np.float32), np.sqrt(np.maximum(0, square - mean**2), dtype=np.float32)
