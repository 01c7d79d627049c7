"""What became of the mark on a copy: still there, cropped off, painted over, or blurred."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.geometry import outline
from matching.marks.field import gradient, soft

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 256
LEAST_SHOWN = 0.5
BLURS = (1.5, 2.5, 4.0, 6.0, 9.0, 13.0)
LEAST_AGREEMENT = 0.6
SHARPER = 0.05
FLAT = 0.1


class MarkState(StrEnum):
    """What a copy shows where its reference carries the owner's mark."""

    STILL_THERE = "still there"
    CROPPED_OFF = "cropped off"
    PAINTED_OVER = "painted over"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRegion:
    """Where the mark lies on a reference: an upright rectangle; `left` and `top` are its first pixels."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def where(cls, to_file: NDArray[np.float64], width: int, height: int) -> MarkRegion:
        """Return where a reference shows a mark's file of `width` × `height` pixels, `to_file` (3 × 3) being the
        transform from the reference to that file, as the watermark stage gives it for the reference's own picture."""
        corners = outline(width, height).reshape(1, -1, 2)
        seen = cv2.perspectiveTransform(corners, np.linalg.inv(to_file))[0] + 0.5
        (left, top), (right, bottom) = seen.min(axis=0), seen.max(axis=0)
        return cls(left=float(left), top=float(top), width=float(right - left), height=float(bottom - top))


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFinding:
    """`shown` is the part of the mark's rectangle that lies inside the picture's frame, `agreement` the correlation of
    the two gradient fields there, `blurred_agreement` the best one with the reference blurred; both 0 where it was
    cropped off."""

    state: MarkState
    because: str
    shown: float
    agreement: float
    blurred_agreement: float


def mark_state(
    picture_grey: NDArray[np.uint8],
    reference_grey: NDArray[np.uint8],
    transform: NDArray[np.float64],
    mark_region: MarkRegion,
) -> MarkFinding:
    """Tell what became of a mark on a picture that copies a reference.

    `picture_grey` and `reference_grey` are uint8 (h, w), `transform` (3 × 3) maps pixels of the picture to pixels of
    the reference.

    1. Lay the picture over the mark's rectangle of the reference, at most 256 pixels large; where the picture is the
       coarser one, make the reference as soft.
    2. Less than half of the rectangle inside the picture's frame: cropped off.
    3. Correlate the two gradient fields there; then again with the reference blurred more and more.
    4. Neither reaches 0.6: painted over. The blurred reference fits better by 0.05: blurred. Else still there.
    """
    frame = _frame(mark_region)
    size = (round(mark_region.width * frame[0, 0]), round(mark_region.height * frame[1, 1]))
    size = (max(1, size[0]), max(1, size[1]))
    theirs = _seen(picture_grey, frame @ transform, size)
    ours = _seen(reference_grey, frame, size)
    # A smaller copy is softer than its reference everywhere, and that is no blurred mark.
    coarser = _scale(frame @ transform)
    if coarser > 1:
        ours = _blurred(ours, 0.5 * coarser)
    inside = cv2.warpPerspective(np.ones_like(picture_grey), frame @ transform, size, flags=cv2.INTER_NEAREST) > 0
    shown = float(inside.mean())
    if shown < LEAST_SHOWN:
        return _finding(MarkState.CROPPED_OFF, shown, 0.0, 0.0)
    there = _agreement(ours, theirs, inside)
    blurred = max(_agreement(_blurred(ours, sigma), theirs, inside) for sigma in BLURS)
    if max(there, blurred) < LEAST_AGREEMENT:
        state = MarkState.PAINTED_OVER
    else:
        state = MarkState.BLURRED if blurred > there + SHARPER else MarkState.STILL_THERE
    return _finding(state, shown, there, blurred)


def _frame(region: MarkRegion) -> NDArray[np.float64]:
    """Return the matrix from reference pixels to those of the rectangle, seen at 256 pixels at most."""
    factor = min(1.0, LARGEST / max(region.width, region.height, 1))
    move = (factor - 1) / 2
    return np.array([[factor, 0, move - factor * region.left], [0, factor, move - factor * region.top], [0, 0, 1]])


def _seen(grey: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a picture through a matrix, in a frame of `size` (width, height)."""
    shrink = 1 / max(_scale(matrix), 1e-6) - 1
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.5 * shrink) if shrink > 0.1 else grey
    return soft(cv2.warpPerspective(smooth, matrix, size, borderMode=cv2.BORDER_REPLICATE))


def _scale(matrix: NDArray[np.float64]) -> float:
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))


def _blurred(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def _agreement(ours: NDArray[np.float32], theirs: NDArray[np.float32], inside: NDArray[np.bool_]) -> float:
    """Correlate two gradient fields inside the picture's frame."""
    (a_x, a_y), (b_x, b_y) = gradient(ours), gradient(theirs)
    product = float((a_x * b_x + a_y * b_y)[inside].sum())
    power = float((a_x**2 + a_y**2)[inside].sum()) * float((b_x**2 + b_y**2)[inside].sum())
    # Where a picture has become flat, what is left of it is noise.
    return product / max(float(np.sqrt(power)), FLAT * float(inside.sum()))


def _finding(state: MarkState, shown: float, there: float, blurred: float) -> MarkFinding:
    because = {
        MarkState.STILL_THERE: f"The owner's mark is still there: its place agrees to {there:.0%}",
        MarkState.CROPPED_OFF: f"The owner's mark was cropped off: {shown:.0%} of its place is shown",
        MarkState.PAINTED_OVER: f"The owner's mark was painted over: its place agrees to {max(0.0, there):.0%} only",
        MarkState.BLURRED: f"The owner's mark was blurred: its place agrees to {blurred:.0%} with the blurred mark",
    }[state]
    return MarkFinding(
        state=state, because=because.replace("%", " %"), shown=shown, agreement=there, blurred_agreement=blurred
    )
