"""Edits that make the picture a part of something larger, or look at it aslant."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.copies.edits import lettering
from benchmarks.copies.edits.edit import Edit, Edited, resized, stretched, whole
from benchmarks.copies.edits.truth import Truth, box, inverse, scaling, shift, size_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.copies.edits.edit import Others, Pixels, Rng

TILE = 400


def collage_tile(pixels: Pixels, rng: Rng, others: Others) -> Edited:
    """Make it one tile of a 2 × 2 collage of 400-px tiles; every tile is filled, what sticks out is cut off."""
    gap = int(rng.integers(0, 13))
    side = 2 * TILE + gap
    canvas = np.full((side, side, 3), lettering.colour(rng) if rng.random() < 0.5 else 255, np.uint8)
    place = int(rng.integers(4))
    for tile in range(4):
        left, top = (tile % 2) * (TILE + gap), (tile // 2) * (TILE + gap)
        shown = pixels if tile == place else others[int(rng.integers(len(others)))]
        canvas[top : top + TILE, left : left + TILE], matrix = _filling(shown, TILE, TILE)
        if tile == place:
            forward, window = shift(left, top) @ matrix, box(left, top, left + TILE, top + TILE)
    return Edited(pixels=canvas, truth=Truth.of(size_of(pixels), (side, side), forward, "collage tile", window=window))


def _filling(pixels: Pixels, width: int, height: int) -> tuple[Pixels, NDArray[np.float64]]:
    """Scale a picture until it fills width × height, cut off the rest evenly; return the matrix too."""
    across, down = size_of(pixels)
    factor = max(width / across, height / down)
    wide, high = max(width, round(across * factor)), max(height, round(down * factor))
    left, top = (wide - width) // 2, (high - height) // 2
    part = resized(pixels, wide, high)[top : top + height, left : left + width]
    return part, shift(-left, -top) @ scaling(wide / across, high / down)


def inset(pixels: Pixels, rng: Rng, others: Others, *, least: float, most: float) -> Edited:
    """Paste it whole on another photograph of 800 px, filling `least` to `most` of the area."""
    ground = others[int(rng.integers(len(others)))]
    width, height = size_of(ground)
    wide, high = round(width * 800 / max(width, height)), round(height * 800 / max(width, height))
    canvas = resized(ground, wide, high)
    share = float(rng.uniform(least, most))
    across, down = size_of(pixels)
    factor = math.sqrt(share * wide * high / (across * down))
    # A long picture on a wide photograph cannot fill the share: the photograph is stretched around it.
    grow = max(1.0, across * factor / wide, down * factor / high)
    if grow > 1:
        wide, high = _room(wide, high, across * factor, down * factor)
        canvas = _filling(ground, wide, high)[0].copy()
    inner = stretched(pixels, min(wide, round(across * factor)), min(high, round(down * factor)))
    x = int(rng.integers(0, wide - inner.pixels.shape[1] + 1))
    y = int(rng.integers(0, high - inner.pixels.shape[0] + 1))
    canvas[y : y + inner.pixels.shape[0], x : x + inner.pixels.shape[1]] = inner.pixels
    forward = shift(x, y) @ inverse(inner.truth.transform)
    return Edited(pixels=canvas, truth=Truth.of((across, down), (wide, high), forward, "inset"))


def _room(wide: int, high: int, across: float, down: float) -> tuple[int, int]:
    """Return a frame of the same area that the inset fits into."""
    area = wide * high
    if across > wide:
        return math.ceil(across), max(math.ceil(down), round(area / math.ceil(across)))
    return max(math.ceil(across), round(area / math.ceil(down))), math.ceil(down)


def perspective(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Look at it aslant: every corner moves inwards by up to 16 % of the sides, at least two of them by 8 %."""
    width, height = size_of(pixels)
    reach = rng.uniform(0.0, 0.16, (4, 2))
    steep = rng.permutation(4)[:2]
    reach[steep] = rng.uniform(0.08, 0.16, (2, 2))
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * reach * [width, height]
    forward = quad_matrix(whole(pixels), whole(pixels) + inwards)
    fill = tuple(int(value) for value in rng.integers(120, 256, 3))
    out = cv2.warpPerspective(pixels, forward, (width, height), flags=cv2.INTER_CUBIC, borderValue=fill)
    truth = Truth.of((width, height), (width, height), forward, "perspective")
    return Edited(pixels=np.asarray(out, np.uint8), truth=truth)


def quad_matrix(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 3 × 3 matrix that takes four points to four others."""
    matrix = cv2.getPerspectiveTransform(before.astype(np.float32), after.astype(np.float32))
    return np.asarray(matrix, np.float64)


def aspect_changed(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Stretch or squeeze the width to 0.65–0.85 or 1.2–1.5 of what it was."""
    width, height = size_of(pixels)
    factor = float(rng.uniform(0.65, 0.85) if rng.random() < 0.5 else rng.uniform(1.2, 1.5))
    return stretched(pixels, round(width * factor), height)


EDITS = (
    Edit(name="collage tile", apply=collage_tile),
    Edit(name="inset 35-55%", apply=partial(inset, least=0.35, most=0.55)),
    Edit(name="inset 10%", apply=partial(inset, least=0.1, most=0.1)),
    Edit(name="perspective 16%", apply=perspective),
    Edit(name="aspect 0.65-1.5", apply=aspect_changed),
)
