"""How much of the reference does the picture really show?

The transform only tells how far it could. A tile of a collage ends before that, and what is cut out comes without its
ground. Where the picture runs across the reference's frame as if nothing were there, and on this side of it differs
from the reference, it shows something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.frame import blurred, coarser_pixel, inside, levels, seen, sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.agreement import Agreement

ACROSS = (-12.0, -4.0, 4.0, 12.0)  # pixels of the coarser picture, outwards from the frame
BLUR = 1.5
LEAST_SEEN = 0.25
EDGE = 1.2
TOGETHER = 3
MUCH = 0.1
FINE, HALF = 8, 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """What a picture shows of a reference: `share` of its area, 0 to 1, and which `cells` of an agreement, bool (rows,
    columns)."""

    share: float
    cells: NDArray[np.bool_]


def shown_part(
    picture: NDArray[np.uint8], shape: tuple[int, int], transform: NDArray[np.float64], agreement: Agreement
) -> Shown:
    """Return which part of a reference of `shape` (height, width) a grey picture shows: the overlap, less what is
    something else. `agreement` says how well the two agree when `transform` (3 × 3) lays one over the other.

    1. A side of the reference's frame that lies inside the picture is no edge there if grey levels change hardly
       more across it than they do just inside and just outside of it.
    2. From those sides on, all cells count as something else until one agrees that is not alone in it.
    3. Where a tenth of the textured cells is something else, what is shown is the convex hull of the agreeing ones
       that are left, and every cell that is plain on both sides: nothing tells it apart.
    """
    agrees = agreement.agrees
    agrees &= cv2.filter2D(agrees.astype(np.float32), -1, np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT) >= TOGETHER
    reached = agreement.reached
    start = np.zeros_like(agrees)
    for edge, open_side in zip(_edges(start), _open_sides(picture, shape, transform), strict=True):
        edge[:] |= open_side
    other = _spread(start, reached & ~agrees)
    left = agrees & ~other
    if (other & agreement.textured).sum() < MUCH * agreement.cells or not left.any():
        return Shown(share=agreement.reference_share, cells=reached)
    hull = np.maximum(_hull(left), ~agreement.textured) * reached
    return Shown(share=agreement.reference_share * float(hull.sum() / reached.sum()), cells=hull >= HALF)


def _edges(cells: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], ...]:
    """Return views of the top row, right column, bottom row and left column."""
    return cells[0], cells[:, -1], cells[-1], cells[:, 0]


def _open_sides(picture: NDArray[np.uint8], shape: tuple[int, int], transform: NDArray[np.float64]) -> list[bool]:
    """Return for each side of the frame whether the picture runs across it as if nothing were there."""
    calm = blurred(picture, BLUR)
    soft = coarser_pixel(transform)
    found = []
    for points, outwards in sides(shape[1], shape[0]):
        there = [seen(transform, points + far * soft * outwards) for far in ACROSS]
        visible = np.logical_and.reduce([inside(picture, each) for each in there])
        if visible.mean() < LEAST_SEEN:
            found.append(False)
            continue
        lines = [levels(calm, each[visible]) for each in there]
        within, across, beyond = (float(np.abs(b - a).mean()) for a, b in pairwise(lines))
        found.append(across <= EDGE * max(within, beyond))
    return found


def _spread(start: NDArray[np.bool_], over: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells that are connected with those of the start, side by side, over given cells."""
    _, parts = cv2.connectedComponents(over.astype(np.uint8), connectivity=4)
    return over & np.isin(parts, parts[start & over])


def _hull(cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return which part of each cell lies in the convex hull of the given ones."""
    corners = np.concatenate([np.argwhere(cells)[:, ::-1] + corner for corner in ((0, 0), (0, 1), (1, 0), (1, 1))])
    rows, columns = cells.shape
    canvas = np.zeros((rows * FINE, columns * FINE), np.uint8)
    cv2.fillConvexPoly(canvas, cv2.convexHull(corners.astype(np.int32)) * FINE, 1)
    return np.asarray(canvas.reshape(rows, FINE, columns, FINE).mean(axis=(1, 3)), np.float64)
