"""What was done to a reference on its way into a picture, told from the geometry, the agreement and the colours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from casebook.edits import Edit, EditKind
from matching.geometry import jacobian, mapped, outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from casebook.findings import Geometry
    from matching.agreement import Agreement
    from matching.colours import Colours
    from matching.views import PictureView, ReferenceView

WHOLE = 0.97
SAME_SCALE, SAME_ASPECT = 0.02, 0.03
STRAIGHT = 2.0  # degrees
FLAT = 1.06  # largest over smallest local scale
HIDDEN = 0.04
FILLS = 0.95
DRAWN, ALL_DRAWN, FLAT_DEVIATION = 0.2, 0.9, 1.0
DEVIATION_SIDE = 9  # pixels
AT_EDGE = 0.03
MOST_OF_A_TILE = 0.62


def name_edits(
    picture: PictureView,
    reference: ReferenceView,
    geometry: Geometry,
    agreement: Agreement,
    colours: Colours,
    shown: NDArray[np.bool_],
) -> tuple[Edit, ...]:
    """Name the edits of a match, in the order of `EditKind`; `shown` are the cells of the agreement that show the
    reference at all.

    1. Scale, crop, mirror, turn and perspective follow from the transform at the middle of the overlap.
    2. Recoloured is what has other colours where the structure agrees.
    3. Texture that disagrees in what is shown is covered; but in a plain rim of the reference, where the picture goes
       on beyond it, that is the edge of a border.
    4. Where the picture goes on beyond the reference: a drawn surround, much of it perfectly flat, is a frame; any
       other is a photograph, in which a share that touches two edges is a collage tile and any other an inset. The
       empty corners that a turn or a tilt leaves are neither.
    """
    if picture.sha256 == reference.reference.sha256:
        return (Edit(kind=EditKind.EXACT_FILE),)
    shape = list(_shape_edits(picture, reference, geometry))
    tilted = any(edit.kind is EditKind.PERSPECTIVE for edit in shape)
    edits = [
        Edit(kind=EditKind.RE_ENCODED),
        *shape,
        *([Edit(kind=EditKind.RECOLOURED)] if colours.changed else []),
        *_cover_edits(agreement, shown, surrounded=geometry.picture_share < FILLS),
        *_surround_edits(picture, reference, geometry, tilted=tilted),
    ]
    order = list(EditKind)
    return tuple(sorted(edits, key=lambda edit: order.index(edit.kind)))


def _shape_edits(picture: PictureView, reference: ReferenceView, geometry: Geometry) -> Iterator[Edit]:
    onto = np.linalg.inv(np.reshape(geometry.transform, (3, 3)))
    corners = outline(reference.width, reference.height)
    shown = _overlap(mapped(onto, corners), picture)
    middle = mapped(np.linalg.inv(onto), shown.mean(axis=0, keepdims=True))[0]
    local = jacobian(onto, middle)
    large, small = np.linalg.svd(local, compute_uv=False)
    scale = math.sqrt(large * small)
    if abs(scale - 1) > SAME_SCALE or large / small > 1 + SAME_ASPECT:
        yield Edit(kind=EditKind.SCALED, amount=scale)
    if geometry.reference_share < WHOLE:
        yield Edit(kind=EditKind.CROPPED, amount=geometry.reference_share)
    if np.linalg.det(local) < 0:
        yield Edit(kind=EditKind.MIRRORED)
        local = local @ np.diag([-1.0, 1.0])
    degrees = math.degrees(math.atan2(local[1, 0] - local[0, 1], local[0, 0] + local[1, 1]))
    if abs(degrees) > STRAIGHT:
        yield Edit(kind=EditKind.TURNED, amount=degrees)
    scales = [math.sqrt(abs(np.linalg.det(jacobian(onto, corner)))) for corner in corners]
    if max(scales) / min(scales) > FLAT:
        yield Edit(kind=EditKind.PERSPECTIVE)


def _cover_edits(agreement: Agreement, shown: NDArray[np.bool_], *, surrounded: bool) -> Iterator[Edit]:
    counted = shown & ~(surrounded & _rim(agreement.plain))
    hidden = 1 - float((agreement.agrees & counted).sum()) / max(1, int((agreement.textured & counted).sum()))
    if hidden > HIDDEN:
        yield Edit(kind=EditKind.COVERED, amount=hidden)


def _rim(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return those of the cells (rows, columns) that lie at the border of the grid."""
    rim = cells.copy()
    rim[1:-1, 1:-1] = False
    return rim


def _surround_edits(
    picture: PictureView, reference: ReferenceView, geometry: Geometry, *, tilted: bool
) -> Iterator[Edit]:
    if geometry.picture_share >= FILLS:
        return
    onto = picture.grey.to_working @ np.linalg.inv(np.reshape(geometry.transform, (3, 3)))
    quad = mapped(onto, outline(reference.width, reference.height))
    grey = picture.grey.pixels
    height, width = grey.shape
    inside = cv2.fillPoly(np.zeros_like(grey), [np.clip(np.round(quad), -30_000, 30_000).astype(np.int32)], 1)
    outside = cv2.dilate(inside, np.ones((DEVIATION_SIDE, DEVIATION_SIDE), np.uint8)) == 0
    left, top = quad.min(axis=0) / (width, height)
    right, bottom = quad.max(axis=0) / (width, height)
    at_left, at_right, at_top, at_bottom = left < AT_EDGE, right > 1 - AT_EDGE, top < AT_EDGE, bottom > 1 - AT_EDGE
    if not outside.any() or (at_left and at_right and at_top and at_bottom):
        return
    drawn = float((_deviation(grey)[outside] < FLAT_DEVIATION).mean())
    if drawn > DRAWN:
        if not tilted or drawn < ALL_DRAWN:
            yield Edit(kind=EditKind.FRAMED)
    elif (at_left or at_right) and (at_top or at_bottom) and geometry.picture_share < MOST_OF_A_TILE:
        yield Edit(kind=EditKind.COLLAGE_TILE)
    else:
        yield Edit(kind=EditKind.INSET)


def _deviation(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the standard deviation in a square around each pixel."""
    values, square = grey.astype(np.float32), (DEVIATION_SIDE, DEVIATION_SIDE)
    mean = cv2.blur(values, square)
    return np.asarray(np.sqrt(np.maximum(0, cv2.blur(values * values, square) - mean * mean)), np.float32)


def _overlap(quad: NDArray[np.float64], picture: PictureView) -> NDArray[np.float64]:
    height, width = picture.size
    area, overlap = cv2.intersectConvexConvex(outline(width, height).astype(np.float32), quad.astype(np.float32))
    return overlap.reshape(-1, 2).astype(np.float64) if area > 0 and overlap is not None else quad
