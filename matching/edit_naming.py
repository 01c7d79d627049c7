"""What was done to a reference on its way into a picture, told from the geometry, the agreement and the colours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from casebook.edits import Edit, EditKind
from matching.agreement import AGREES, CELL
from matching.geometry import jacobian, mapped, outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from casebook.types import Geometry
    from matching.agreement import Agreement
    from matching.views import PictureView, ReferenceView

WHOLE = 0.97
SAME_SCALE, SAME_ASPECT = 0.02, 0.03
STRAIGHT = 2.0  # degrees
FLAT = 1.06  # largest over smallest local scale
HIDDEN = 0.04
FILLS = 0.95
BUSY, BUSY_DEVIATION = 0.45, 8.0
AT_EDGE = 0.03
MOST_OF_A_TILE = 0.62
TINTED, TINTED_HERE = 5.0, 12.0
DARKENED = 18.0


def name_edits(
    picture: PictureView, reference: ReferenceView, geometry: Geometry, agreement: Agreement
) -> tuple[Edit, ...]:
    """Name the edits of a match, in the order of `EditKind`.

    1. Scale, crop, mirror, turn and perspective follow from the transform at the middle of the overlap.
    2. Colours are compared where the structure agrees.
    3. Texture that disagrees inside the overlap is covered.
    4. Where the picture goes on beyond the reference: a plain surround is a frame, a busy one another picture; a share
       that touches two edges of it is a collage tile, any other an inset.
    """
    if picture.sha256 == reference.reference.sha256:
        return (Edit(kind=EditKind.EXACT_FILE),)
    edits = [
        Edit(kind=EditKind.RE_ENCODED),
        *_shape_edits(picture, reference, geometry),
        *_colour_edits(picture, reference, geometry, agreement),
        *_cover_edits(agreement),
        *_surround_edits(picture, reference, geometry),
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


def _colour_edits(
    picture: PictureView, reference: ReferenceView, geometry: Geometry, agreement: Agreement
) -> Iterator[Edit]:
    ours = reference.colours
    height, width = ours.shape[:2]
    shrink = np.array([[width / reference.width, 0, 0], [0, height / reference.height, 0], [0, 0, 1]])
    theirs = picture.colours_through(shrink @ np.reshape(geometry.transform, (3, 3)), (width, height))
    agrees = (agreement.textured & (agreement.correlation > AGREES)).astype(np.uint8)
    if not agrees.any():
        return
    # The grid of cells leaves out less than a cell at the right and at the bottom of the working copy.
    rows, columns = (
        max(1, round(size * cells * CELL / side))
        for size, cells, side in zip((height, width), agrees.shape, reference.shape, strict=True)
    )
    mask = cv2.resize(agrees, (columns, rows), interpolation=cv2.INTER_NEAREST) > 0
    lab = [cv2.cvtColor(side, cv2.COLOR_RGB2LAB)[:rows, :columns][mask].astype(np.float64) for side in (ours, theirs)]
    difference = lab[1] - lab[0]
    tint = np.hypot(difference[:, 1], difference[:, 2])
    darker = abs(float(np.median(difference[:, 0])))
    if np.median(tint) > TINTED or np.percentile(tint, 85) > TINTED_HERE or darker > DARKENED:
        yield Edit(kind=EditKind.RECOLOURED)


def _cover_edits(agreement: Agreement) -> Iterator[Edit]:
    hidden = 1 - agreement.agreeing
    if hidden > HIDDEN:
        yield Edit(kind=EditKind.COVERED, amount=hidden)


def _surround_edits(picture: PictureView, reference: ReferenceView, geometry: Geometry) -> Iterator[Edit]:
    if geometry.picture_share >= FILLS:
        return
    onto = picture.grey.to_working @ np.linalg.inv(np.reshape(geometry.transform, (3, 3)))
    quad = mapped(onto, outline(reference.width, reference.height))
    grey = picture.grey.pixels
    height, width = grey.shape
    outside = cv2.fillPoly(np.ones_like(grey), [np.clip(np.round(quad), -30_000, 30_000).astype(np.int32)], 0) > 0
    if not outside.any():
        return
    busy = float((_deviation(grey)[outside] > BUSY_DEVIATION).mean())
    left, top = quad.min(axis=0) / (width, height)
    right, bottom = quad.max(axis=0) / (width, height)
    across, down = (left < AT_EDGE) + (right > 1 - AT_EDGE), (top < AT_EDGE) + (bottom > 1 - AT_EDGE)
    if busy < BUSY:
        yield Edit(kind=EditKind.FRAMED)
    elif across and down and geometry.picture_share < MOST_OF_A_TILE:
        yield Edit(kind=EditKind.COLLAGE_TILE)
    else:
        yield Edit(kind=EditKind.INSET)


def _deviation(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the standard deviation around each pixel, in a square of 9 pixels."""
    values = grey.astype(np.float32)
    mean = cv2.blur(values, (9, 9))
    return np.asarray(np.sqrt(np.maximum(0, cv2.blur(values * values, (9, 9)) - mean * mean)), np.float32)


def _overlap(quad: NDArray[np.float64], picture: PictureView) -> NDArray[np.float64]:
    height, width = picture.size
    area, overlap = cv2.intersectConvexConvex(outline(width, height).astype(np.float32), quad.astype(np.float32))
    return overlap.reshape(-1, 2).astype(np.float64) if area > 0 and overlap is not None else quad
