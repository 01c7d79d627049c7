"""Do the colours agree where the structure does?

A copy's colours are the reference's, or all changed in one way by a filter or another light. Another photograph of a
like thing, or the next flavour in the same carton, differs in colour here and agrees there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.cells import CELL, in_the_middle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.agreement import Agreement
    from matching.views import PictureView, ReferenceView

TINTED, TINTED_HERE = 5.0, 12.0
DARKENED = 7.0
FEWEST_CELLS = 4
STIFFNESS = 42.0
OUTLYING = 12.0
MISFIT = 30.0
ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """What became of a reference's colours: `changed` says that they are others on the whole, `misfit` which part of
    the cells, 0 to 1, has colours that no one change of all colours explains, with the middle of the reference weighing
    most."""

    changed: bool
    misfit: float

    @property
    def measures(self) -> dict[str, float]:
        """The figure that the judgement follows from, by name."""
        return {"colour_misfit": self.misfit}


def compare_colours(
    picture: PictureView, reference: ReferenceView, transform: NDArray[np.float64], agreement: Agreement
) -> Colours:
    """Compare colours in the cells whose structure agrees; `transform` (3 × 3) maps pixels of the picture's file to
    pixels of the reference's.

    1. Lay the picture over the reference's small colour copy and take each cell's mean colour on both sides.
    2. They are changed where the median difference in a*b*, or that of the farthest 15 %, or in lightness is plain.
    3. Fit the one affine change of all RGB colours that explains most cells, held near no change at all since few
       cells say little; those farther than 30 levels from it do not fit. Plain cells beside agreeing ones, such as the
       coloured panel behind a print, are asked as well.
    """
    agreeing = agreement.agrees
    if int(agreeing.sum()) < FEWEST_CELLS:
        return Colours(changed=False, misfit=0.0)
    height, width = reference.colours.shape[:2]
    laid = picture.colours_through(reference.to_colours @ transform, (width, height))
    ours, theirs = (_cell_means(plane, agreement, reference.shape) for plane in (reference.colours, laid))
    beside = cv2.dilate(agreeing.astype(np.uint8), np.ones((3, 3))) > 0
    asked = agreeing | (beside & agreement.reached & ~agreement.textured)
    off = np.linalg.norm(_with_one(ours) @ _change(ours[agreeing], theirs[agreeing]) - theirs, axis=2)
    return Colours(
        changed=_changed(ours[agreeing], theirs[agreeing]),
        misfit=in_the_middle(off > MISFIT, asked),
    )


def _cell_means(plane: NDArray[np.uint8], agreement: Agreement, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the mean colour of each cell, float32 (rows, columns, 3), of a small copy of a frame of `shape`."""
    rows, columns = agreement.textured.shape
    # The grid leaves out less than a cell at the right and at the bottom of the working copy.
    covered = (round(plane.shape[1] * columns * CELL / shape[1]), round(plane.shape[0] * rows * CELL / shape[0]))
    cropped = plane[: max(1, covered[1]), : max(1, covered[0])].astype(np.float32)
    return np.asarray(cv2.resize(cropped, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _changed(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> bool:
    lab = [cv2.cvtColor(side[None] / 255, cv2.COLOR_RGB2LAB)[0].astype(np.float64) for side in (ours, theirs)]
    difference = lab[1] - lab[0]
    tint = np.hypot(difference[:, 1], difference[:, 2])
    darker = abs(float(np.median(difference[:, 0])))
    return bool(np.median(tint) > TINTED or np.percentile(tint, 85) > TINTED_HERE or darker > DARKENED)


def _change(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the affine change, (4, 3), from our colours, (n, 3), to theirs that explains most of them.

    Iteratively reweighted least squares with Cauchy weights (Holland and Welsch 1977) and a ridge towards the identity.
    """
    terms = _with_one(ours)
    stiff = STIFFNESS * np.eye(4)[:, :3]
    ridge = np.diag([STIFFNESS, STIFFNESS, STIFFNESS, 0.1])
    weight = np.ones(len(ours))
    change = np.eye(4)[:, :3]
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        change = np.linalg.lstsq(np.vstack((terms * root, ridge)), np.vstack((theirs * root, stiff)), rcond=None)[0]
        weight = 1 / (1 + (np.linalg.norm(terms @ change - theirs, axis=1) / OUTLYING) ** 2)
    return np.asarray(change, np.float64)


def _with_one(colours: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return colours, (..., 3), each followed by a one."""
    return np.concatenate((colours, np.ones((*colours.shape[:-1], 1))), axis=-1)
