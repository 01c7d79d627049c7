"""Crops: a part of the picture, at its own aspect or another."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.copies.edits.edit import Edit, Edited
from benchmarks.copies.edits.truth import Truth, shift, size_of

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Others, Pixels, Rng

ASPECT_RANGE = 1.3


def cut(pixels: Pixels, left: int, top: int, right: int, bottom: int, *done: str) -> Edited:
    """Keep columns `left` to before `right` and rows `top` to before `bottom`."""
    part = np.ascontiguousarray(pixels[top:bottom, left:right])
    return Edited(pixels=part, truth=Truth.of(size_of(pixels), size_of(part), shift(-left, -top), *done))


def cropped(pixels: Pixels, rng: Rng, _others: Others, *, share: float) -> Edited:
    """Keep `share` of the area anywhere, at up to 1.3 times another aspect."""
    width, height = size_of(pixels)
    squeeze = float(np.clip(ASPECT_RANGE ** rng.uniform(-0.5, 0.5), math.sqrt(share), 1 / math.sqrt(share)))
    kept_width = round(width * math.sqrt(share) * squeeze)
    kept_height = round(height * math.sqrt(share) / squeeze)
    left = int(rng.integers(0, width - kept_width + 1))
    top = int(rng.integers(0, height - kept_height + 1))
    return cut(pixels, left, top, left + kept_width, top + kept_height)


def trimmed(pixels: Pixels, _rng: Rng, _others: Others) -> Edited:
    """Cut 5 % of the side off every edge."""
    width, height = size_of(pixels)
    across, down = round(width * 0.05), round(height * 0.05)
    return cut(pixels, across, down, width - across, height - down)


EDITS = (
    Edit(name="crop 5% off every edge", apply=trimmed),
    *(Edit(name=f"crop to {share:.0%}", apply=partial(cropped, share=share)) for share in (0.7, 0.5, 0.35, 0.2)),
)
