"""Dense agreement: once aligned, do the two pictures show the same thing, cell by cell?

Points say where two pictures touch; a rug touches every garment photographed on it. What lies between the points
tells the copied photograph from the shared background.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from matching.cells import compare_cells, distinctness, in_the_middle, laid_over
from matching.continuation import continuation
from matching.geometry import outline
from matching.replaced import replaced
from matching.tones import following, tone_curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 3
AGREES = 0.6
STRONGLY = 0.95
INSIDE = 0.8
FRAME_SLACK = 1.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement:
    """How two pictures agree where they overlap, in cells of 32 × 32 pixels of the reference's working copy.

    `correlation` is float32 (rows, columns), NaN where the picture does not reach; `textured` is bool of that shape: a
    cell without texture on either side agrees with anything and counts nowhere; in those of `plain` the reference has
    none. Of that shape too, 0 to 1, float32, are `following`, the part of each cell that follows one tone curve (see
    `matching.tones`), and `distinct`, how well each cell fixes its own place (see `matching.cells`).
    `replaced_cells` is how many hold something else on the same ground (see `matching.replaced`).
    `reference_share` and `picture_share` are the overlap's parts of the two areas, 0 to 1. `outside_contrast` is the
    range of grey levels, 0 to 255, in the part of the picture beyond the reference's frame: near 0 for a plain border,
    and where there is no such part. `continuing` says how well the picture goes on beyond that frame, -1 to 1 (see
    `matching.continuation`).
    """

    correlation: NDArray[np.float32]
    textured: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    following: NDArray[np.float32]
    distinct: NDArray[np.float32]
    replaced_cells: int
    reference_share: float
    picture_share: float
    outside_contrast: float
    continuing: float

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Which cells the picture covers."""
        return ~np.isnan(self.correlation)

    @property
    def cells(self) -> int:
        """The number of textured cells."""
        return int(self.textured.sum())

    @property
    def agreeing_cells(self) -> int:
        return int(self.agrees.sum())

    @property
    def agreeing(self) -> float:
        """The share of the textured cells whose correlation exceeds 0.6."""
        return self.agreeing_cells / max(1, self.cells)

    @property
    def strong_cells(self) -> int:
        """The number of cells whose correlation exceeds 0.95."""
        return int((self.textured & (self.correlation > STRONGLY)).sum())

    @property
    def closeness(self) -> float:
        """The median correlation of the cells that agree."""
        return float(np.median(self.correlation[self.agrees])) if self.agreeing_cells else 0.0

    @property
    def likeness(self) -> float:
        """The mean correlation of the textured cells, each counted as 0 at least."""
        return float(np.clip(self.correlation[self.textured], 0, None).mean()) if self.cells else 0.0

    @property
    def unevenness(self) -> float:
        """How differently the agreeing cells agree: the interquartile range of -ln(1.002 - correlation)."""
        if not self.agreeing_cells:
            return 0.0
        return float(np.subtract(*np.percentile(-np.log(1.002 - self.correlation[self.agrees]), (75, 25))))

    @property
    def central(self) -> float:
        """The agreeing share with the middle of the reference weighing most: there, as a rule, is the object. Texture
        where the reference has none, such as a seller's text on white, is left out."""
        return in_the_middle(self.agrees, self.textured & ~(self.plain & ~self.agrees))

    @property
    def one_tone(self) -> float:
        """The part of the textured cells that follows one tone curve, with the middle of the reference weighing
        most."""
        return in_the_middle(self.following, self.textured)

    @property
    def cluster(self) -> float:
        """The size of the largest group of agreeing cells that touch, each counted as far as it is distinct."""
        if not self.agreeing_cells:
            return 0.0
        _, group, figures, _ = cv2.connectedComponentsWithStats(self.agrees.astype(np.uint8), connectivity=8)
        largest = 1 + int(figures[1:, cv2.CC_STAT_AREA].argmax())
        return float(self.distinct[group == largest].sum())

    @property
    def distinctness(self) -> float:
        """How distinct the agreeing cells are on average, 0 to 1."""
        return float(self.distinct[self.agrees].mean()) if self.agreeing_cells else 0.0

    @property
    def measures(self) -> dict[str, float]:
        """The figures that the judgement follows from, by name."""
        return {
            "textured_cells": float(self.cells),
            "agreeing_cells": float(self.agreeing_cells),
            "strong_cells": float(self.strong_cells),
            "replaced_cells": float(self.replaced_cells),
            "cluster": self.cluster,
            "distinctness": self.distinctness,
            "agreeing": self.agreeing,
            "likeness": self.likeness,
            "closeness": self.closeness,
            "unevenness": self.unevenness,
            "central": self.central,
            "one_tone": self.one_tone,
            "reference_share": self.reference_share,
            "picture_share": self.picture_share,
            "contained": self.contained,
            "outside_contrast": self.outside_contrast,
            "continuing": self.continuing,
        }

    @property
    def contained(self) -> float:
        """How nearly one picture lies inside the other's frame, 0 to 1."""
        return max(self.reference_share, self.picture_share)

    @property
    def agrees(self) -> NDArray[np.bool_]:
        """Which cells agree: textured, and their correlation exceeds 0.6."""
        return self.textured & (self.correlation > AGREES)


def measure(picture: NDArray[np.uint8], reference: NDArray[np.uint8], transform: NDArray[np.float64]) -> Agreement:
    """Compare two grey uint8 pictures after laying the first over the second by `transform` (3 × 3).

    Cell by cell, those that the picture covers to four fifths at least. Each may slip by 3 pixels in either direction:
    so far does a print on a cushion bend, and no transform follows that. The farther a cell may look, the more finds
    something like itself by chance.
    """
    laid = laid_over(picture, reference, transform)
    cells = compare_cells(laid, reach=REACH, covered=INSIDE)
    agrees = cells.textured & (cells.correlation > AGREES)
    curve = tone_curve(laid, agrees)
    reference_share, picture_share = shares(picture.shape, reference.shape, transform)
    return Agreement(
        correlation=cells.correlation,
        textured=cells.textured,
        plain=cells.plain,
        distinct=distinctness(laid),
        following=following(laid, agrees, curve),
        replaced_cells=int(replaced(laid, cells, curve).sum()),
        reference_share=reference_share,
        picture_share=picture_share,
        outside_contrast=_outside_contrast(picture, reference.shape, transform),
        continuing=continuation(picture, reference, transform),
    )


def _outside_contrast(
    picture: NDArray[np.uint8], reference_shape: tuple[int, ...], transform: NDArray[np.float64]
) -> float:
    """Return the range from the 5th to the 95th percentile of the grey levels beyond the reference's frame."""
    height, width = reference_shape[:2]
    frame = outline(width, height) + FRAME_SLACK * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    quad = cv2.perspectiveTransform(frame.reshape(1, -1, 2), np.linalg.inv(transform))[0]
    inside = cv2.fillPoly(np.zeros_like(picture), [np.clip(np.round(quad), -30_000, 30_000).astype(np.int32)], 1)
    beyond = picture[inside == 0]
    return float(np.subtract(*np.percentile(beyond, (95, 5)))) if len(beyond) else 0.0


def shares(
    picture_shape: tuple[int, ...], reference_shape: tuple[int, ...], transform: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the overlap's part of the reference's area and of the picture's area."""
    height, width = picture_shape[:2]
    reference_height, reference_width = reference_shape[:2]
    # Seen in the picture: there the frame of the reference is known to be convex (see `alignment`).
    frame = outline(reference_width, reference_height)
    quad = cv2.perspectiveTransform(frame.reshape(1, -1, 2), np.linalg.inv(transform))[0].astype(np.float32)
    area, overlap = cv2.intersectConvexConvex(outline(width, height).astype(np.float32), quad)
    if area <= 0 or overlap is None:
        return 0.0, 0.0
    shown = cv2.perspectiveTransform(overlap.reshape(1, -1, 2).astype(np.float64), transform)[0]
    reference_share = cv2.contourArea(shown.astype(np.float32)) / (reference_width * reference_height)
    return min(1.0, float(reference_share)), min(1.0, float(area) / (width * height))
