"""Where a mark may lie: every place of a picture at every size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.marks.mark import PAD

if TYPE_CHECKING:
    from matching.marks.mark import Mark
    from matching.marks.scene import Level, Scene

STEP = 1.08
SAME_SIZE = 1.12
SAME_PLACE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place where a mark may lie: its left upper corner and long side in pixels of the scene. `loneliness` is the
    height of the correlation peak over the deviation of its surroundings; `light` says that it is lighter than the
    ground there."""

    tone: int
    size: float
    x: float
    y: float
    loneliness: float
    light: bool


def candidates(scene: Scene, mark: Mark, *, most: int, least: float) -> list[Candidate]:
    """Return up to `most` places with a loneliness of at least `least`, best first.

    1. Correlate the edges with the mark in steps of 8 %: at the picture's first level from the smallest legible size to
       twice the size at which the mark is clear; at the next level, where that is half of the picture more, from the
       clear size to twice that; at the last until the mark fills the picture. Large marks need no detail.
    2. Of every size keep the strongest light and the strongest dark place.
    3. Drop those beside a stronger one.
    """
    found = [
        candidate
        for place, level in enumerate(scene.levels)
        for size in _sizes(mark, scene.sides, place)
        for tone in range(len(mark.planes))
        for candidate in _strongest(level, mark, tone, size)
        if candidate.loneliness >= least
    ]
    kept: list[Candidate] = []
    for candidate in sorted(found, key=lambda candidate: -candidate.loneliness):
        if len(kept) < most and not any(_beside(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def _sizes(mark: Mark, sides: tuple[int, ...], place: int) -> list[int]:
    first = mark.smallest if place == 0 else mark.clear
    last = sides[place] if place == len(sides) - 1 else min(2 * mark.clear, sides[place])
    steps = math.ceil(math.log(max(last / first, 1), STEP)) + 1
    return [min(round(first * STEP**step), last) for step in range(steps)]


def _strongest(level: Level, mark: Mark, tone: int, size: int) -> list[Candidate]:
    height, width = mark.shape(tone, size).plane.shape
    rows, columns = level.height - height + 2 * PAD + 1, level.width - width + 2 * PAD + 1
    if rows < 1 or columns < 1:
        return []
    product = cv2.mulSpectrums(level.spectrum, mark.spectrum(tone, size, level.spectrum.shape), 0, conjB=True)
    everywhere = np.asarray(cv2.idft(product, flags=cv2.DFT_SCALE), np.float32)
    # Every fourth row says enough; numpy's sum, unlike cv2.norm, is the same wherever the array lies in memory.
    spread = float(np.sqrt(np.square(everywhere[::4]).mean() * everywhere.size / (level.height * level.width)))
    if spread == 0:
        return []
    low, high, lowest, highest = cv2.minMaxLoc(everywhere[:rows, :columns])
    return [
        Candidate(
            tone=tone,
            size=size / level.scale_x,
            x=place[0] / level.scale_x,
            y=place[1] / level.scale_y,
            loneliness=float(abs(peak) / spread),
            light=peak > 0,
        )
        for peak, place in ((high, highest), (low, lowest))
    ]


def _beside(candidate: Candidate, other: Candidate) -> bool:
    near = max(abs(candidate.x - other.x), abs(candidate.y - other.y)) < SAME_PLACE * other.size
    return near and max(candidate.size / other.size, other.size / candidate.size) < SAME_SIZE
