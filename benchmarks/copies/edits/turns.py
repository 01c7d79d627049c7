"""Mirrors and turns."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.copies.edits.edit import Edit, Edited
from benchmarks.copies.edits.truth import Truth, moved, shift, size_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.copies.edits.edit import Others, Pixels, Rng


def mirrored(pixels: Pixels, _rng: Rng, _others: Others) -> Edited:
    """Mirror left to right."""
    width, height = size_of(pixels)
    matrix = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], np.float64)
    return Edited(
        pixels=np.ascontiguousarray(pixels[:, ::-1]), truth=Truth.of((width, height), (width, height), matrix)
    )


def quarter_turned(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Turn by 90° to the left or to the right."""
    left = bool(rng.random() < 0.5)
    width, height = size_of(pixels)
    rows = [[0, 1, 0], [-1, 0, width - 1]] if left else [[0, -1, height - 1], [1, 0, 0]]
    matrix = np.array([*rows, [0, 0, 1]], np.float64)
    out = np.ascontiguousarray(np.rot90(pixels, 1 if left else 3))
    return Edited(pixels=out, truth=Truth.of((width, height), (height, width), matrix))


def turned(pixels: Pixels, rng: Rng, _others: Others, *, least: float, most: float) -> Edited:
    """Turn by `least` to `most` degrees either way: corners filled with one colour, or cut off by a crop inside."""
    angle = float(rng.uniform(least, most)) * float(rng.choice([-1, 1]))
    width, height = size_of(pixels)
    if rng.random() < 0.5:
        size = _grown(width, height, angle)
    else:
        size = _inscribed(width, height, angle)
    matrix = _about_centres((width, height), size, angle)
    fill = tuple(int(value) for value in (rng.integers(0, 256, 3) if rng.random() < 0.3 else (255, 255, 255)))
    out = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderValue=fill)
    return Edited(pixels=np.asarray(out, np.uint8), truth=Truth.of((width, height), size, matrix))


def _about_centres(before: tuple[int, int], after: tuple[int, int], angle: float) -> NDArray[np.float64]:
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float64)
    there = shift((after[0] - 1) / 2, (after[1] - 1) / 2)
    return np.asarray(there @ turn @ shift(-(before[0] - 1) / 2, -(before[1] - 1) / 2), np.float64)


def _grown(width: int, height: int, angle: float) -> tuple[int, int]:
    corners = moved(_about_centres((1, 1), (1, 1), angle), np.array([[width, height], [width, -height]], np.float64))
    across, down = np.abs(corners).max(axis=0)
    return math.ceil(across), math.ceil(down)


def _inscribed(width: int, height: int, angle: float) -> tuple[int, int]:
    """Return the largest picture of the same aspect inside the turned one."""
    cos, sin = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    factor = min(width / (width * cos + height * sin), height / (width * sin + height * cos))
    return math.floor(width * factor), math.floor(height * factor)


EDITS = (
    Edit(name="mirrored", apply=mirrored),
    Edit(name="turned 4 degrees", apply=partial(turned, least=4.0, most=4.0)),
    Edit(name="turned 4-18 degrees", apply=partial(turned, least=4.0, most=18.0)),
    Edit(name="turned 90 degrees", apply=quarter_turned),
)
