"""What is true about an edited picture: where the reference lies in it, and what was done.

Coordinates are pixels, x to the right and y down, pixel centres at whole numbers: a picture of width w reaches from
-0.5 to w - 0.5. Polygons are float64 (n, 2) and convex.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Size = tuple[int, int]

FULL_SHARE = 0.97
SAME_SCALE = 0.02
SAME_ASPECT = 0.03
STRAIGHT = 2.0


def shift(x: float, y: float) -> NDArray[np.float64]:
    """Return the matrix that moves a point by (x, y) pixels."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def scaling(x: float, y: float) -> NDArray[np.float64]:
    """Return the matrix of resizing a picture by these factors; its outer edges stay edges."""
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]], np.float64)


def frame(width: float, height: float) -> NDArray[np.float64]:
    """Return the outline of a picture."""
    return np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])


def box(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    """Return the outline of the pixels from column `left` to before `right`, row `top` to before `bottom`."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64) - 0.5


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of a square matrix."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def moved(matrix: NDArray[np.float64], polygon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a 3 × 3 matrix to points (n, 2)."""
    points = np.column_stack([polygon, np.ones(len(polygon))]) @ matrix.T
    return np.asarray(points[:, :2] / points[:, 2:], np.float64)


def area(polygon: NDArray[np.float64]) -> float:
    """Return the area of a polygon, whichever way round it runs."""
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2 if len(polygon) else 0.0


def overlap(polygon: NDArray[np.float64], clip: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a convex polygon inside another (Sutherland and Hodgman 1974); maybe empty."""
    corners = clip if _runs_clockwise(clip) else clip[::-1]
    return reduce(_cut, zip(corners, np.roll(corners, -1, axis=0), strict=True), polygon)


def _runs_clockwise(polygon: NDArray[np.float64]) -> bool:
    x, y = polygon.T
    return bool(x @ np.roll(y, -1) - y @ np.roll(x, -1) > 0)


def _cut(polygon: NDArray[np.float64], edge: tuple[NDArray[np.float64], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Keep what lies on the inner side of one edge of a polygon that runs clockwise on the screen."""
    start, end = edge
    along = end - start
    side = [float(along[0] * (y - start[1]) - along[1] * (x - start[0])) for x, y in polygon]
    kept: list[NDArray[np.float64]] = []
    for place, (point, here) in enumerate(zip(polygon, side, strict=True)):
        before = side[place - 1]
        if here * before < 0:
            kept.append(polygon[place - 1] + (point - polygon[place - 1]) * before / (before - here))
        if here >= 0:
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def jacobian(matrix: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 2 × 2 derivative of a projective map at a point."""
    x, y, w = matrix @ np.append(point, 1.0)
    return np.asarray((matrix[:2, :2] - np.outer([x / w, y / w], matrix[2, :2])) / w, np.float64)


def turn_of(derivative: NDArray[np.float64]) -> float:
    """Return by how many degrees, counter-clockwise, a 2 × 2 map turns after mirroring left to right if it mirrors.

    The rotation nearest to the map counts, in [-180, 180).
    """
    if np.linalg.det(derivative) < 0:
        derivative = derivative @ np.diag([-1.0, 1.0])
    turned = math.degrees(math.atan2(derivative[0, 1] - derivative[1, 0], derivative[0, 0] + derivative[1, 1]))
    return (turned + 180) % 360 - 180


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """Where a reference lies in an edited picture.

    `transform` maps pixels of the edited picture to pixels of the reference. `window` is the convex part of the edited
    picture that shows the reference; what covers it there does not count. `reference` and `picture` are (width,
    height). Where `projective` is false the transform is only the nearest one. `done` holds the names that geometry
    does not tell.
    """

    transform: NDArray[np.float64]
    window: NDArray[np.float64]
    reference: Size
    picture: Size
    projective: bool = True
    done: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        reference: Size,
        picture: Size,
        forward: NDArray[np.float64],
        *done: str,
        window: NDArray[np.float64] | None = None,
        projective: bool = True,
    ) -> Truth:
        """Describe one edit by the matrix from reference to picture, and the window where it is less than both."""
        shown = overlap(moved(forward, frame(*reference)), frame(*picture))
        return cls(
            transform=inverse(forward),
            window=shown if window is None else overlap(shown, window),
            reference=reference,
            picture=picture,
            projective=projective,
            done=frozenset(done),
        )

    def then(self, later: Truth) -> Truth:
        """Compose with the truth of an edit that was applied to this one's picture."""
        return Truth(
            transform=self.transform @ later.transform,
            window=overlap(moved(inverse(later.transform), self.window), later.window),
            reference=self.reference,
            picture=later.picture,
            projective=self.projective and later.projective,
            done=self.done | later.done,
        )

    @property
    def reference_share(self) -> float:
        """The part of the reference's area that is shown."""
        return area(moved(self.transform, self.window)) / (self.reference[0] * self.reference[1])

    @property
    def picture_share(self) -> float:
        """The part of the edited picture's area that shows the reference."""
        return area(self.window) / (self.picture[0] * self.picture[1])

    @property
    def mirrored(self) -> bool:
        return bool(np.linalg.det(self._derivative) < 0)

    @property
    def angle(self) -> float:
        """By how many degrees, counter-clockwise, the picture is turned against the (mirrored) reference."""
        return turn_of(self._derivative)

    @property
    def edits(self) -> frozenset[str]:
        """The names a matcher should report: what was done, and what the geometry says."""
        stretch = np.linalg.svd(self._derivative, compute_uv=False)
        scaled = abs(math.sqrt(stretch[0] * stretch[1]) - 1) > SAME_SCALE or stretch[0] / stretch[1] > 1 + SAME_ASPECT
        derived = {
            "scaled": scaled,
            "cropped": self.reference_share < FULL_SHARE,
            "mirrored": self.mirrored,
            "turned": abs(self.angle) > STRAIGHT,
        }
        return self.done | {name for name, holds in derived.items() if holds}

    @property
    def _derivative(self) -> NDArray[np.float64]:
        centre = moved(self.transform, self.window).mean(axis=0)
        return jacobian(inverse(self.transform), centre)

    def record(self) -> dict[str, Any]:
        """Return what is stored and scored, as JSON values."""
        return {
            "transform": [round(float(value), 9) for value in self.transform.ravel()] if self.projective else None,
            "window": [[round(float(x), 3), round(float(y), 3)] for x, y in self.window],
            "reference_size": list(self.reference),
            "reference_share": round(self.reference_share, 6),
            "picture_share": round(self.picture_share, 6),
            "angle": round(self.angle, 4),
            "mirrored": self.mirrored,
            "edits": sorted(self.edits),
        }


def size_of(pixels: NDArray[np.uint8]) -> Size:
    """Return (width, height) of pixels (h, w, 3)."""
    return pixels.shape[1], pixels.shape[0]


def composed(truths: Sequence[Truth]) -> Truth:
    """Compose the truths of edits applied one after the other."""
    return reduce(Truth.then, truths)
