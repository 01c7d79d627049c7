"""The angle of a mark that is repeated over a whole picture, found without knowing the mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.marks.scene import Level

Angle = TypeVar("Angle", float, "NDArray[np.float64]")

SHORTEST = 24
SMOOTH = 1.5
PEAKS = 6
PAIRED = 4
LEAST = 8.0
LEAST_PEAKS = 2
APART = 10
LEAST_OVERLAP = 0.1
SAME_ANGLE = 1.5
LEVEL = 1.0
MOST = 3
MOST_BEYOND = 2
BY_CHANCE = 0.6745


def angles(near: Level, wide: Level) -> list[float]:
    """Return up to five angles, -45° to 45° (clockwise, y pointing down), at which rows of a pattern may run.

    1. Correlate the picture's edges with themselves. What is repeated, at whatever angle, makes peaks at the steps of
       its lattice; divide by the root of the overlap, so that chance alone is equally high everywhere.
    2. Take the six highest peaks that stand out at least eightfold, where there are two or more, with the sums and
       differences of the first four: in staggered rows the step along a row is the difference of two slanting ones.
    3. Rows run along one of these steps, or across it: take the three angles with most weight, those within
       1.5° together.
    4. Level `near` lies on a circle of its own size, where a step beyond half of it is taken for another: for steps of
       a quarter and more do the same with the coarser level `wide`, laid on a square twice as large, and take two.
    5. Level rows are left out: the upright search has seen those.
    """
    found = _rows(_steps(near, _on_square(near, near.side), SHORTEST))[:MOST]
    beyond = _rows(_steps(wide, _on_square(wide, 2 * wide.side), wide.side // 4))[:MOST_BEYOND]
    found += [turn for turn in beyond if all(_between(turn, other) >= SAME_ANGLE for other in found)]
    return [turn for turn in found if abs(turn) >= LEVEL]


def _rows(peaks: list[tuple[NDArray[np.float64], float]]) -> list[float]:
    """Return the angles along and across the steps, those with most weight first."""
    if len(peaks) < LEAST_PEAKS:
        return []
    steps = list(peaks)
    for place, (first, weight) in enumerate(peaks[:PAIRED]):
        for second, other in peaks[place + 1 : PAIRED]:
            steps += [(first + second, min(weight, other)), (first - second, min(weight, other))]
    turns = np.array([(np.degrees(np.arctan2(step[1], step[0])) + 45) % 90 - 45 for step, _ in steps])
    weights = np.array([weight for _, weight in steps])
    lengths = np.array([np.hypot(*step) for step, _ in steps])
    support = ((_between(turns[:, None], turns[None, :]) < SAME_ANGLE) * weights[None, :]).sum(axis=1)
    found: list[float] = []
    for place in np.lexsort((-lengths, -support)):
        turn = float(turns[place])
        if all(_between(turn, other) >= SAME_ANGLE for other in found):
            found.append(turn)
    return found


def _between(turn: Angle, other: Angle) -> Angle:
    """Return by how many degrees two angles of rows differ, where a quarter turn is no difference."""
    return abs((turn - other + 45) % 90 - 45)


def _on_square(level: Level, side: int) -> NDArray[np.float32]:
    """Return the spectrum of a level on a square. On one twice as large it meets itself only as far as it reaches."""
    sheet = np.zeros((side, side), np.float32)
    sheet[: level.side, : level.side] = level.edges
    return np.asarray(cv2.dft(sheet), np.float32)


def _steps(level: Level, spectrum: NDArray[np.float32], shortest: int) -> list[tuple[NDArray[np.float64], float]]:
    """Return steps (x, y) of at least `shortest` pixels of the level, the most outstanding first, each with how much
    it stands out."""
    side = len(spectrum)
    itself = cv2.idft(cv2.mulSpectrums(spectrum, spectrum, 0, conjB=True), flags=cv2.DFT_SCALE)
    reach = side // 2
    # A step and its opposite are the same: the lower half says everything.
    half = np.roll(itself[:reach], reach, axis=1)
    down, across = np.arange(reach)[:, None], np.arange(-reach, reach)[None, :]
    high, wide = _overlap(level.height, side, down), _overlap(level.width, side, across)
    chance = np.asarray(cv2.GaussianBlur(half, (0, 0), SMOOTH), np.float32)
    chance /= np.sqrt(np.maximum(high, 1))
    chance /= np.sqrt(np.maximum(wide, 1))
    spread = float(np.median(np.abs(chance[::2, ::2][(high[::2] > 0) & (wide[:, ::2] > 0)]))) / BY_CHANCE
    chance[(down**2 + across**2 < shortest**2) | ((down == 0) & (across < 0))] = 0
    chance[(high < LEAST_OVERLAP * level.height) | (wide < LEAST_OVERLAP * level.width)] = 0
    found: list[tuple[NDArray[np.float64], float]] = []
    while len(found) < PEAKS and spread > 0:
        _, highest, _, (x, y) = cv2.minMaxLoc(chance)
        if highest < LEAST * spread:
            break
        found.append((np.array([x - reach, y], np.float64) + _offset(chance, x, y), highest / spread))
        chance[max(0, y - APART) : y + APART + 1, max(0, x - APART) : x + APART + 1] = 0
    return found


def _overlap(length: int, side: int, step: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return how many pixels meet when a line of `length` is laid over itself on a circle of `side`."""
    apart = np.abs(step)
    return np.asarray(np.maximum(length - apart, 0) + np.maximum(length - side + apart, 0), np.float32)


def _offset(plane: NDArray[np.float32], x: int, y: int) -> NDArray[np.float64]:
    """Return how far beside the whole pixel the top of a peak lies: its centre of gravity within 3 × 3 pixels."""
    near = plane[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].astype(np.float64)
    if near.shape != (3, 3):
        return np.zeros(2)
    near = np.maximum(near - near.min(), 0)
    total = max(float(near.sum()), 1e-9)
    return np.array([(near[:, 2] - near[:, 0]).sum() / total, (near[2] - near[0]).sum() / total])
