"""Is the owner's mark on this picture?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matching.marks.search import candidates
from matching.marks.verify import Look

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from matching.marks.mark import Mark
    from matching.marks.scene import Scene
    from matching.marks.verify import Likeness

LEAST_LONELINESS = 5.2
GLANCES = 4
LEAST_PROMISE = 8.0
LOOKS = 2
CONVINCING = 20.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The best place for a mark on a picture, be it there or not.

    `to_file` (3 × 3) maps pixels of the scene that was searched to pixels of the mark's file. `strength` is the
    evidence times the mean of two agreements, that of all strokes and that of the weaker half of the parts (a round
    object agrees with the ring of a logo and with nothing inside it): it ranks all answers. `angle` is in degrees,
    clockwise, y pointing down. `parts` are the agreements of the mark's 16 parts, lowest first, `opacity` 0 to 1.
    """

    to_file: NDArray[np.float64]
    strength: float
    angle: float
    repeated: bool
    light: bool
    opacity: float
    loneliness: float
    evidence: float
    agreement: float
    parts: NDArray[np.float64]


def find(scene: Scene, mark: Mark) -> Found | None:
    """Find the place of a picture that most resembles a mark; None where nothing resembles it at all.

    1. Glance at the four best upright places, look closely at the two most promising, at none without much promise:
       a closer look makes it half as much again as a rule, and it takes 12 to say anything.
    2. Where they do not convince and the picture repeats itself, turn it to each of the likeliest angles of its rows,
       and do the same.
    3. Of all these return the strongest.
    """
    best: Found | None = None
    for found in _all(scene, mark):
        if best is None or found.strength > best.strength:
            best = found
        if best.strength >= CONVINCING:
            break
    return best


def _all(scene: Scene, mark: Mark) -> Iterator[Found]:
    yield from _at_one_angle(scene, mark, repeated=False)
    for turned in scene.in_rows:
        yield from _at_one_angle(turned, mark, repeated=True)


def _at_one_angle(scene: Scene, mark: Mark, *, repeated: bool) -> Iterator[Found]:
    looks = [Look(scene, mark, place) for place in candidates(scene, mark, most=GLANCES, least=LEAST_LONELINESS)]
    for one in sorted(looks, key=lambda one: -one.promise)[:LOOKS]:
        if one.promise < LEAST_PROMISE:
            break
        yield _found(one.likeness(), scene, mark, repeated=repeated)


def _found(likeness: Likeness, scene: Scene, mark: Mark, *, repeated: bool) -> Found:
    to_file = mark.to_file @ likeness.to_mark @ scene.from_picture
    weaker = float(likeness.parts[: len(likeness.parts) // 2].mean())
    return Found(
        to_file=to_file,
        strength=max(0.0, likeness.evidence * (likeness.agreement + weaker) / 2),
        angle=math.degrees(math.atan2(-to_file[1, 0], to_file[0, 0])),
        repeated=repeated,
        light=likeness.light,
        opacity=likeness.opacity,
        loneliness=likeness.loneliness,
        evidence=likeness.evidence,
        agreement=likeness.agreement,
        parts=likeness.parts,
    )
