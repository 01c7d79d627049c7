"""A picture made ready to be searched for any number of marks, at any angle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.marks.field import edge_map
from matching.marks.lattice import angles

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDES = (480, 240, 120)
TURNED_SIDES = (240, 120)
IDENTITY = np.eye(3)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """The edges of a picture of `height` × `width` pixels, float32, in the corner of a square of `side`; `spectrum` is
    the packed Fourier transform of the quarters of that square, down and across, that the picture reaches into.
    `scale_x` and `scale_y` are its pixels per pixel of the scene."""

    side: int
    height: int
    width: int
    scale_x: float
    scale_y: float
    edges: NDArray[np.float32]
    spectrum: NDArray[np.float32]


class Scene:
    """A grey picture, uint8 (h, w), and its levels, at most `sides` pixels large. `from_picture` (3 × 3) maps the
    pixels of the picture that it was `turned` from to its own."""

    def __init__(
        self,
        grey: NDArray[np.uint8],
        sides: tuple[int, ...] = SIDES,
        from_picture: NDArray[np.float64] = IDENTITY,
    ) -> None:
        self.grey = grey
        self.sides = sides
        self.from_picture = from_picture

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        levels: list[Level] = []
        small = self.grey
        for side in self.sides:
            small = _within(small, side)
            levels.append(_level(small, side, self.grey.shape))
        return tuple(levels)

    @cached_property
    def in_rows(self) -> tuple[Scene, ...]:
        """The picture turned level to each of the angles at which rows of a pattern may run, if any."""
        return tuple(self._turned(angle) for angle in angles(*self.levels[:2]))

    def _turned(self, degrees: float) -> Scene:
        """Turn the picture so that what ran at `degrees` (clockwise, y pointing down) runs level; nothing is cut off.

        It has no first level: a mark that is repeated gives many chances, and there may be several angles to try.
        """
        height, width = self.grey.shape
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
        cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
        size = (round(width * cosine + height * sine), round(width * sine + height * cosine))
        turn[:, 2] += ((size[0] - width) / 2, (size[1] - height) / 2)
        # Repeated rims draw no edge where the picture ends.
        grey = cv2.warpAffine(self.grey, turn, size, borderMode=cv2.BORDER_REPLICATE)
        return Scene(np.asarray(grey, np.uint8), TURNED_SIDES, np.vstack((turn, (0, 0, 1))) @ self.from_picture)


def _within(grey: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a picture at most `side` pixels large."""
    height, width = grey.shape
    factor = side / max(height, width)
    if factor >= 1:
        return grey
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # Averaging over fractions of pixels takes ten times as long.
    how = cv2.INTER_AREA if factor <= 0.5 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)


def _level(small: NDArray[np.uint8], side: int, whole: tuple[int, ...]) -> Level:
    height, width = small.shape
    edges = np.zeros((side, side), np.float32)
    edges[:height, :width] = edge_map(small)
    return Level(
        side=side,
        height=height,
        width=width,
        scale_x=width / whole[1],
        scale_y=height / whole[0],
        edges=edges,
        spectrum=np.asarray(cv2.dft(edges[: _quarters(height, side), : _quarters(width, side)]), np.float32),
    )


def _quarters(length: int, side: int) -> int:
    """Return the fewest quarters of a side that hold a length, in pixels."""
    # Few sizes, because marks are transformed once for each.
    return -(-4 * length // side) * side // 4
