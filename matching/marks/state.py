"""What became of the mark on a copy: still there, cropped off, painted over, or blurred."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.geometry import jacobian, mapped, outline
from matching.marks.field import gradient, soft

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 256
LEAST_SHOWN = 0.5
LEAST_SIDE = 36.0
SLACK = 0.06
LEAST_SLACK = 3
BLURS = (0.0, 1.0, 1.5, 2.5, 4.0, 6.0, 9.0, 13.0)
LEAST_AGREEMENT = 0.6
LEAST_AROUND = 0.6
SHARPER = 0.05
FLAT = 0.1
TEXTURED = 4.0


class MarkState(StrEnum):
    """What a copy shows where its reference carries the owner's mark."""

    STILL_THERE = "still there"
    CROPPED_OFF = "cropped off"
    PAINTED_OVER = "painted over"
    BLURRED = "blurred"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRegion:
    """Where the mark lies on a reference: an upright rectangle; `left` and `top` are its first pixels."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def where(cls, to_mark: NDArray[np.float64], extent: tuple[int, int]) -> MarkRegion:
        """Return where a reference shows a mark of `extent` (height, width), `to_mark` (3 × 3) being the transform from
        the reference's pixels to the mark's."""
        seen = mapped(np.linalg.inv(to_mark), outline(extent[1], extent[0])) + 0.5
        (left, top), (right, bottom) = seen.min(axis=0), seen.max(axis=0)
        return cls(left=float(left), top=float(top), width=float(right - left), height=float(bottom - top))


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFinding:
    """`shown` is the part of the mark's rectangle that lies inside the picture's frame, `agreement` the correlation of
    the two gradient fields there, `blurred_agreement` the best one with the mark blurred, `around` that of what
    surrounds it; 0 where nothing was compared."""

    state: MarkState
    because: str
    shown: float
    agreement: float = 0.0
    blurred_agreement: float = 0.0
    around: float = 0.0


def mark_state(
    picture_grey: NDArray[np.uint8],
    reference_grey: NDArray[np.uint8],
    transform: NDArray[np.float64],
    mark_region: MarkRegion,
) -> MarkFinding:
    """Tell what became of a mark on a picture that copies a reference.

    `picture_grey` and `reference_grey` are uint8 (h, w), `transform` (3 × 3) maps pixels of the picture to pixels of
    the reference.

    1. Less than half of the mark's rectangle inside the picture's frame: cropped off. Shown smaller than 36 pixels:
       unclear.
    2. Lay the picture over the reference around the mark, the mark at most 256 pixels large; where the picture is the
       coarser one, make the reference as soft. Correlate the two gradient fields in the mark's rectangle, wherever they
       agree best within a slack of 6 %, and again with the reference blurred more and more.
    3. Do the same with the surroundings, or with the whole reference where those are flat or covered as well: a copy
       may be blurred everywhere, which is no blurred mark.
    4. At the softness of the rest the mark reaches 0.6, and hardly more when blurred further: still there. It does when
       blurred further: blurred. It agrees not half as well as the rest, which reaches 0.6, so that nothing is only
       displaced: painted over. Else unclear.
    """
    sight = _Sight(picture_grey, reference_grey, transform, mark_region)
    shown = sight.shown
    if shown < LEAST_SHOWN:
        return _finding(MarkState.CROPPED_OFF, shown)
    if sight.side < LEAST_SIDE:
        return _finding(MarkState.UNCLEAR, shown)
    rest, textured = sight.agreements(sight.around)
    if not textured or rest.max() < LEAST_AROUND:
        rest, textured = sight.agreements(sight.everywhere)
    soft_as_the_rest = int(rest.argmax()) if textured else 0
    mark, _ = sight.agreements(sight.mark)
    there = float(mark[: soft_as_the_rest + 1].max())
    blurred = float(mark[soft_as_the_rest + 1 :].max(initial=0))
    around = float(rest.max()) if textured else 0.0
    if max(there, blurred) >= LEAST_AGREEMENT:
        state = MarkState.BLURRED if blurred > there + SHARPER else MarkState.STILL_THERE
    else:
        lost = around >= LEAST_AROUND and there <= around / 2
        state = MarkState.PAINTED_OVER if lost else MarkState.UNCLEAR
    return _finding(state, shown, there, blurred, around)


class _Sight:
    """Picture and reference in one frame, in which the mark measures at most 256 pixels.

    `mark`, `around` and `everywhere` are boxes (left, top, right, bottom) in that frame; `side` is how many pixels of
    the picture the mark's longer side takes.
    """

    def __init__(
        self,
        picture: NDArray[np.uint8],
        reference: NDArray[np.uint8],
        transform: NDArray[np.float64],
        region: MarkRegion,
    ) -> None:
        self._picture, self._reference, self._transform, self._region = picture, reference, transform, region
        self._factor = min(1.0, LARGEST / max(region.width, region.height, 1))
        width, height = (max(1, round(side * self._factor)) for side in (region.width, region.height))
        beside = round(max(min(width, height), max(width, height) / 4))
        self.mark = (0, 0, width, height)
        self.around = (-beside, -beside, width + beside, height + beside)
        left, top = (round(-start * self._factor) for start in (region.left, region.top))
        rows, columns = (round(side * self._factor) for side in reference.shape)
        self.everywhere = (left, top, left + columns, top + rows)
        onto = np.linalg.inv(self._frame(self.mark) @ transform)
        # How many pixels of the picture one pixel of the frame takes, where the mark lies.
        self._finer = math.sqrt(abs(float(np.linalg.det(jacobian(onto, np.array([width / 2, height / 2]))))))
        self.side = max(width, height) * self._finer

    @property
    def shown(self) -> float:
        return float(self._inside(self.mark, 0).mean())

    def agreements(self, box: tuple[int, int, int, int]) -> tuple[NDArray[np.float64], bool]:
        """Return the agreement inside a box, without the mark where it is larger than that, for each of `BLURS`; and
        whether there is texture that could agree."""
        slack = max(LEAST_SLACK, round(SLACK * max(self.mark[2:])))
        theirs = _field(self._seen(self._picture, self._frame(box, slack) @ self._transform, self._finer, box, slack))
        inside = self._inside(box, 0)
        if box != self.mark:
            left, top = max(0, -box[0]), max(0, -box[1])
            inside[top : top + self.mark[3], left : left + self.mark[2]] = False
        plain = self._seen(self._reference, self._frame(box), 1 / self._factor, box, 0)
        # A smaller copy is softer than its reference everywhere, and that is no blurred mark.
        plain = _blurred(plain, 0.5 / self._finer if self._finer < 1 else 0.0)
        fields = [_field(_blurred(plain, sigma)) for sigma in BLURS]
        if not inside.any():
            return np.zeros(len(BLURS)), False
        y, x = _best_shift(fields[1], theirs, inside)
        there = theirs[y : y + inside.shape[0], x : x + inside.shape[1]]
        textured = float(np.square(fields[0][inside]).sum(axis=1).mean()) >= TEXTURED
        return np.array([_agreement(field[inside], there[inside]) for field in fields]), textured

    def _frame(self, box: tuple[int, int, int, int], slack: int = 0) -> NDArray[np.float64]:
        """Return the matrix from reference pixels to those of a box with a rim of `slack` pixels."""
        factor, region = self._factor, self._region
        move = (factor - 1) / 2 + slack
        across, down = move - factor * region.left - box[0], move - factor * region.top - box[1]
        return np.array([[factor, 0, across], [0, factor, down], [0, 0, 1]])

    def _inside(self, box: tuple[int, int, int, int], slack: int) -> NDArray[np.bool_]:
        """Return where both frames are shown in a box."""
        picture = _warped(np.ones_like(self._picture), self._frame(box, slack) @ self._transform, _size(box, slack))
        reference = _warped(np.ones_like(self._reference), self._frame(box, slack), _size(box, slack))
        return (picture > 0) & (reference > 0)

    def _seen(
        self,
        grey: NDArray[np.uint8],
        matrix: NDArray[np.float64],
        finer: float,
        box: tuple[int, int, int, int],
        slack: int,
    ) -> NDArray[np.float32]:
        """Return a picture through a matrix, in a box; `finer` is how many of its pixels one of the box takes."""
        smooth = cv2.GaussianBlur(grey, (0, 0), 0.5 * (finer - 1)) if finer > 1.1 else grey
        return soft(cv2.warpPerspective(smooth, matrix, _size(box, slack), borderMode=cv2.BORDER_REPLICATE))


def _size(box: tuple[int, int, int, int], slack: int) -> tuple[int, int]:
    return box[2] - box[0] + 2 * slack, box[3] - box[1] + 2 * slack


def _warped(mask: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_NEAREST), np.uint8)


def _blurred(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32) if sigma else plane


def _field(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the gradient, (h, w, 2)."""
    return np.dstack(gradient(plane))


def _best_shift(ours: NDArray[np.float32], theirs: NDArray[np.float32], inside: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the row and column of the larger field `theirs` at which `ours` agrees with it best, where `inside`."""
    mask = np.dstack([inside.astype(np.float32)] * 2)
    peaks = cv2.matchTemplate(theirs, ours, cv2.TM_CCORR_NORMED, mask=mask)
    peaks = np.where(np.isfinite(peaks), peaks, -1)
    row, column = np.unravel_index(int(peaks.argmax()), peaks.shape)
    return int(row), int(column)


def _agreement(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """Correlate two gradients, (n, 2) each."""
    power = float(np.square(ours).sum()) * float(np.square(theirs).sum())
    # Where a picture has become flat, what is left of it is noise.
    return float((ours * theirs).sum()) / max(math.sqrt(power), FLAT * len(ours), 1e-9)


def _finding(
    state: MarkState, shown: float, there: float = 0.0, blurred: float = 0.0, around: float = 0.0
) -> MarkFinding:
    because = {
        MarkState.STILL_THERE: f"The owner's mark is still there: its place agrees to {max(there, blurred):.0%}",
        MarkState.CROPPED_OFF: f"The owner's mark was cropped off: {shown:.0%} of its place is shown",
        MarkState.PAINTED_OVER: f"The owner's mark was painted over: its place agrees to {max(0.0, there):.0%} only",
        MarkState.BLURRED: f"The owner's mark was blurred: its place agrees to {blurred:.0%} with the blurred mark",
        MarkState.UNCLEAR: "Whether the owner's mark is still there cannot be told",
    }[state]
    return MarkFinding(
        state=state,
        because=because.replace("%", " %"),
        shown=shown,
        agreement=there,
        blurred_agreement=blurred,
        around=around,
    )
