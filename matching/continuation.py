"""Does the scene go on where the reference's frame ends?

Whoever copies a picture has what is inside its frame. Where a picture shows more, it shows something else there: the
page, a border, another picture. Only who stood before the scene himself can show it going on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matching.frame import blurred, coarser_pixel, inside, levels, seen, sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

APART = 4.0  # pixels of the coarser picture, on either side of the frame
BLUR = 1.5
LEAST_SEEN = 0.25
LEAST_VARIED = 8.0
JUMP = 12.0


def continuation(picture: NDArray[np.uint8], reference: NDArray[np.uint8], transform: NDArray[np.float64]) -> float:
    """Return how well a grey picture goes on beyond a grey reference's frame, which `transform` (3 × 3) lays it over:
    the correlation, -1 to 1, of what lies just inside and just outside, or of what lies just inside on either side, if
    that is lower.

    0 where less than a quarter of the frame lies inside the picture, where the reference is too plain along its frame
    to tell, and where grey levels jump there by 12 or more.
    """
    soft = coarser_pixel(transform)
    height, width = reference.shape
    along = sides(width, height)
    points = np.concatenate([points for points, _ in along])
    outwards = np.concatenate([np.broadcast_to(out, points.shape) for points, out in along])
    inner, outer = points - APART * soft * outwards, points + APART * soft * outwards
    there = [seen(transform, each) for each in (inner, outer)]
    visible = np.logical_and(*(inside(picture, each) for each in there))
    if visible.mean() < LEAST_SEEN:
        return 0.0
    ours = levels(blurred(reference, BLUR * soft), inner[visible])
    if ours.std() < LEAST_VARIED:
        return 0.0
    calm = blurred(picture, BLUR)
    within, beyond = (levels(calm, each[visible]) for each in there)
    if np.median(np.abs(within - beyond)) >= JUMP or min(within.std(), beyond.std()) < 1:
        return 0.0
    # What was cut out and laid on another ground goes on as well, but it is not the reference's ground.
    return float(min(np.corrcoef(within, beyond)[0, 1], np.corrcoef(ours, within)[0, 1]))
