"""One pair of ORB points says turn, scale and place; which other pairs say the same?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK = 8.0  # pixels
SLACK_PER_PIXEL = 0.25
MOST_OCTAVES_APART, MOST_DEGREES_APART = 0.6, 32.0


def explained(
    here: NDArray[np.complexfloating],
    there: NDArray[np.complexfloating],
    turn: NDArray[np.floating],
    octaves: NDArray[np.floating],
    *,
    proposing: int | None = None,
    slack: NDArray[np.floating] | float = SLACK,
) -> NDArray[np.bool_]:
    """Return which of n pairs each of the first `proposing` (all by default) explains by its own similarity, bool
    (proposing, n).

    `here` and `there` are points as x + iy; `turn` in degrees and `octaves` of scale lead from there to here; `slack`
    is in pixels of here, one or one for each pair. ORB's angles are good to some 10°, so the farther a point lies from
    the pair that proposes, the more it may be off.
    """
    first = slice(proposing)
    similarity = 2**octaves * np.exp(1j * np.deg2rad(turn))
    arm = similarity[first, None] * (there - there[first, None])
    allowed = np.broadcast_to(slack, here.shape)[first, None] + SLACK_PER_PIXEL * np.abs(arm)
    placed = np.abs(here[first, None] + arm - here) < allowed
    alike = np.abs(octaves[first, None] - octaves) < MOST_OCTAVES_APART
    turned = np.abs((turn[first, None] - turn + 180) % 360 - 180) < MOST_DEGREES_APART
    return np.asarray(placed & alike & turned, np.bool_)
