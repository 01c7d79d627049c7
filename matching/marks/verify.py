"""A closer look at a place where a mark may lie: exactly where, how surely, how opaque."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.marks.field import edge_map, gradient, soft
from matching.marks.mark import PAD, PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.marks.mark import Mark, Shape
    from matching.marks.scene import Scene
    from matching.marks.search import Candidate

SIZES = (56, 80, 112, 160, 224, 320)
LARGEST_AREA = 16_000
ENLARGED = 1.5
SLACK = 0.05
COARSE_STEP, FINE_STEP = 0.035, 0.0075
NOISE = 1.0
GROUND = 31


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likeness:
    """How well a place of a picture shows a mark.

    `to_mark` (3 × 3) maps pixels of the scene to pixels of `Mark.planes`. `evidence` is the correlation of the edges
    with the mark, which grows with the square root of the strokes' length; `agreement` the mean cosine between the
    picture's and the mark's gradient over the strokes, 1 at most; `parts` the same for each of the mark's 16 parts,
    lowest first. `opacity`, 0 to 1, supposes a mark of pure white or black.
    """

    to_mark: NDArray[np.float64]
    loneliness: float
    light: bool
    evidence: float
    agreement: float
    parts: NDArray[np.float64]
    opacity: float


class Look:
    """A candidate seen closely: `promise` is the evidence as it stands, `likeness` lays the mark over exactly."""

    def __init__(self, scene: Scene, mark: Mark, candidate: Candidate) -> None:
        self._candidate = candidate
        self._shape = mark.shape(candidate.tone, _size(candidate.size, mark))
        self._sight = _Sight(scene.grey, self._shape, candidate, max(mark.extent))
        self._first = self._sight.fit(1.0)

    @property
    def promise(self) -> float:
        return self._first[0]

    def likeness(self) -> Likeness:
        """Lay the mark over the picture as exactly as possible, and compare stroke by stroke.

        1. Bring the picture to the pixels of the mark, taken at about its own size on the picture, as if the mark were
           3.5 % smaller, as large, 3.5 % larger than the candidate says; then at the best size between and beside it.
        2. Each time correlate the picture's edges with the mark within a slack of 5 %; the highest peak gives size and
           place.
        3. There, compare the direction of the two gradients along the strokes, for each of the mark's parts: another
           mark of the same style agrees in some of its parts only.
        4. Opacity: contrast across the strokes over what pure white or black would have on the ground around them.
        """
        fits = [self._sight.fit(1 - COARSE_STEP), self._first, self._sight.fit(1 + COARSE_STEP)]
        peaks = np.array([fit[0] for fit in fits], np.float32)
        middle = 1 + (_between(peaks, int(peaks.argmax())) - 1) * COARSE_STEP
        fits += [self._sight.fit(middle + step) for step in (-FINE_STEP, 0.0, FINE_STEP)]
        evidence, to_shape = max(fits, key=lambda fit: fit[0])
        shape, light = self._shape, self._candidate.light
        patch = soft(self._sight.warped(to_shape, shape.plane.shape))
        parts, agreement, opacity = _compare(patch, shape, light=light)
        move = (shape.factor - 1) / 2 + PAD
        from_mark = np.array([[shape.factor, 0, move], [0, shape.factor, move], [0, 0, 1]])
        return Likeness(
            to_mark=np.linalg.inv(from_mark) @ to_shape,
            loneliness=self._candidate.loneliness,
            light=light,
            evidence=evidence,
            agreement=agreement,
            parts=np.sort(parts),
            opacity=opacity,
        )


def _size(size: float, mark: Mark) -> int:
    """Return at which size to look: about the mark's own, and no larger than needed: a line of text needs most."""
    height, width = mark.extent
    square = max(height, width) ** 2 / (height * width)
    fitting = (fixed for fixed in SIZES if fixed <= ENLARGED * size and fixed**2 <= LARGEST_AREA * square)
    return max(fitting, default=SIZES[0])


class _Sight:
    """A scene seen in the pixels of a shape, around one candidate."""

    def __init__(self, grey: NDArray[np.uint8], shape: Shape, candidate: Candidate, extent: int) -> None:
        self._shape = shape
        self._candidate = candidate
        self._factor = shape.factor * extent / candidate.size
        self._margin = 2 + int(np.ceil(SLACK * max(shape.plane.shape)))
        rim = candidate.size * 2 * SLACK + (self._margin + PAD + 4) / self._factor
        self._left, self._top = max(0, int(candidate.x - rim)), max(0, int(candidate.y - rim))
        height, width = (side / self._factor for side in shape.plane.shape)
        cut = grey[self._top : int(candidate.y + height + rim) + 1, self._left : int(candidate.x + width + rim) + 1]
        # Warping alone would alias where it shrinks.
        shrink = max(0.0, 1 / self._factor - 1)
        self._cut = cv2.GaussianBlur(cut, (0, 0), 0.5 * shrink) if shrink > 0.1 else cut

    def fit(self, size: float) -> tuple[float, NDArray[np.float64]]:
        """Suppose the mark to be `size` times as large: return the peak and the matrix from scene to shape."""
        factor, margin = self._factor / size, self._margin
        middle = [side / 2 for side in self._shape.plane.shape]
        # Sizes change around the middle of the mark, which the candidate knows best.
        centre_x = self._candidate.x + (middle[1] - PAD) / self._factor - 0.5
        centre_y = self._candidate.y + (middle[0] - PAD) / self._factor - 0.5
        move_x, move_y = middle[1] - 0.5 - factor * centre_x, middle[0] - 0.5 - factor * centre_y
        around = np.array([[factor, 0, move_x + margin], [0, factor, move_y + margin], [0, 0, 1]])
        height, width = self._shape.plane.shape
        seen = edge_map(self.warped(around, (height + 2 * margin, width + 2 * margin)))
        signed = cv2.matchTemplate(seen, self._shape.plane, cv2.TM_CCORR)
        peaks = np.asarray(signed if self._candidate.light else -signed, np.float32)
        _, peak, _, (x, y) = cv2.minMaxLoc(peaks)
        shift = np.array([[1, 0, -_between(peaks[y], x)], [0, 1, -_between(peaks[:, x], y)], [0, 0, 1]])
        return float(peak), shift @ around

    def warped(self, matrix: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return the scene in a frame of `shape` (h, w), `matrix` being from scene to frame."""
        cut = matrix @ np.array([[1, 0, self._left], [0, 1, self._top], [0, 0, 1]])
        return np.asarray(
            cv2.warpAffine(self._cut, cut[:2], (shape[1], shape[0]), borderMode=cv2.BORDER_REPLICATE), np.uint8
        )


def _between(values: NDArray[np.float32], place: int) -> float:
    """Return where the parabola through a peak and its two neighbours has its top."""
    if not 0 < place < len(values) - 1:
        return float(place)
    before, top, after = (float(value) for value in values[place - 1 : place + 2])
    bend = before - 2 * top + after
    return place + (0.5 * (before - after) / bend if bend < 0 else 0.0)


def _compare(patch: NDArray[np.float32], shape: Shape, *, light: bool) -> tuple[NDArray[np.float64], float, float]:
    """Return the agreement of the parts, that of all strokes, and the opacity."""
    across, down = (plane[shape.rows, shape.columns] for plane in gradient(patch))
    strength = np.hypot(shape.across, shape.down)
    along = (across * shape.across + down * shape.down) / np.maximum(strength, 1e-6) * (1 if light else -1)
    cosine = along / (np.hypot(across, down) + NOISE)
    weights = np.maximum(np.bincount(shape.part, strength, PARTS), 1e-6)
    parts = np.bincount(shape.part, strength * cosine, PARTS) / weights
    contrast = np.bincount(shape.part, strength * along, PARTS) / np.maximum(
        np.bincount(shape.part, strength**2, PARTS), 1e-6
    )
    ground = cv2.blur(patch, (GROUND, GROUND))[shape.rows, shape.columns]
    level = np.bincount(shape.part, strength * ground, PARTS) / weights
    # The ground is blurred together with the mark itself, so half of the contrast is taken off again.
    level = level - contrast / 2 if light else level + contrast / 2
    room = np.maximum(255 - level if light else level, 16)
    opacity = float(np.clip(np.median(contrast / room), 0, 1))
    return parts, float((strength * cosine).sum() / max(float(strength.sum()), 1e-6)), opacity
