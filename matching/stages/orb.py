"""Part of the picture, anywhere, at any size: ORB points, one homography, dense agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from casebook.types import Evidence, Geometry, ReferenceKind, Verdict, WorkKind
from matching.agreement import Agreement, measure
from matching.alignment import Alignment, align

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from matching.stage import Context
    from matching.views import PictureView, ReferenceView

NAME = "orb"
VERSION = 1
MIN_CELLS = 12
CONTAINED = 0.992
CLEAR_AGREEING = 0.97
CLEAR_CLOSENESS = 0.9
COVERED_AGREEING = 0.45
COVERED_CLOSENESS = 0.99
RIGID_INLIERS = 15
COVERED_AREA = 0.25
PLAIN_SHARE = 0.4
PLAIN_CLOSENESS = 0.995
TILE_PICTURE_SHARE = 0.55
TILE_AGREEING = 0.5
TILE_CLOSENESS = 0.975
RIGID = 1.03
POSSIBLE_AGREEING = 0.4
POSSIBLE_CELLS = 20
PARAMETERS: Mapping[str, float] = {
    "min_cells": MIN_CELLS,
    "contained": CONTAINED,
    "clear_agreeing": CLEAR_AGREEING,
    "clear_closeness": CLEAR_CLOSENESS,
    "covered_agreeing": COVERED_AGREEING,
    "covered_closeness": COVERED_CLOSENESS,
    "rigid_inliers": RIGID_INLIERS,
    "covered_area": COVERED_AREA,
    "plain_share": PLAIN_SHARE,
    "plain_closeness": PLAIN_CLOSENESS,
    "tile_picture_share": TILE_PICTURE_SHARE,
    "tile_agreeing": TILE_AGREEING,
    "tile_closeness": TILE_CLOSENESS,
    "rigid": RIGID,
    "possible_agreeing": POSSIBLE_AGREEING,
    "possible_cells": POSSIBLE_CELLS,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Overlay:
    """One way in which the picture lies over the reference; `transform` is in working pixels, never mirrored."""

    mirrored: bool
    transform: NDArray[np.float64]
    alignment: Alignment
    agreement: Agreement

    @property
    def agreeing_cells(self) -> float:
        return self.agreement.agreeing * self.agreement.cells


def examine(picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
    """Look for the reference, or part of it, anywhere in the picture.

    1. Align the picture with the reference and with its mirror image; keep the way with more agreeing cells.
    2. Decide by where the agreement lies (see `_verdict`).
    """
    if not picture.readable or reference.reference.kind is ReferenceKind.WATERMARK:
        return None
    overlays = _overlays(picture, reference)
    if not overlays:
        return None
    best = max(overlays, key=lambda overlay: overlay.agreeing_cells)
    verdict = _verdict(best, reference.kind)
    ours = reference.to_working
    transform = np.linalg.inv(ours) @ best.transform @ picture.grey.to_working
    agreement = best.agreement
    inliers = len(best.alignment.picture_points)
    return Evidence(
        picture_sha256=picture.sha256,
        reference_sha256=reference.reference.sha256,
        stage=NAME,
        stage_version=VERSION,
        parameters=context.parameters(PARAMETERS),
        verdict=verdict,
        score=agreement.agreeing * agreement.closeness,
        because=_because(best, verdict),
        mirrored=best.mirrored,
        measures=(
            ("inliers", float(inliers)),
            ("textured_cells", float(agreement.cells)),
            ("plain_cells", float(agreement.plain_cells)),
            ("agreeing", agreement.agreeing),
            ("closeness", agreement.closeness),
            ("stretch", best.alignment.stretch),
            ("foreshortening", best.alignment.foreshortening),
        ),
        geometry=Geometry(
            transform=tuple(float(value) for value in (transform / transform[2, 2]).ravel()),
            inliers=inliers,
            reference_share=agreement.reference_share,
            picture_share=agreement.picture_share,
        ),
    )


def _overlays(picture: PictureView, reference: ReferenceView) -> list[_Overlay]:
    found = []
    for mirrored, features in zip((False, True), reference.variants, strict=True):
        alignment = align(picture.features, features, reference.shape)
        if alignment is None:
            continue
        transform = alignment.transform
        if mirrored:
            transform = np.array([[-1, 0, reference.shape[1] - 1], [0, 1, 0], [0, 0, 1]]) @ transform
        agreement = measure(picture.grey.pixels, reference.grey().pixels, transform)
        found.append(_Overlay(mirrored=mirrored, transform=transform, alignment=alignment, agreement=agreement))
    return found


def _verdict(overlay: _Overlay, kind: WorkKind) -> Verdict:
    """Tell a copy from another photograph with the same background.

    A copy shows no more of the scene than the reference does: its frame lies inside the reference's, or the reference
    lies whole inside it. Two photographs from nearly the same place reach over each other's edges.

    - *clear*: contained, and 97 % of the overlapping texture agrees;
    - *covered* by badges or text: contained, neither stretched nor tilted, and what does agree, 45 % of the texture and
      a quarter of the area or more, does so nearly perfectly (median correlation 0.99), as one file does with itself
      and two photographs do not. Goods on plain white share outlines with their whole family, so they need 0.995;
    - *tile* of a collage: a cut piece on a larger sheet, so not contained; small on its sheet, the rest of which
      disagrees.

    Art is protected wherever it is printed or photographed, so for it clear agreement is enough without containment.
    """
    agreement = overlay.agreement
    if agreement.cells >= MIN_CELLS:
        contained = max(agreement.reference_share, agreement.picture_share) >= CONTAINED
        clear = agreement.agreeing >= CLEAR_AGREEING and agreement.closeness >= CLEAR_CLOSENESS
        if clear and (contained or kind is WorkKind.ARTWORK):
            return Verdict.COPY
        if _rigid(overlay.alignment) and ((contained and _covered(agreement)) or _tile(agreement)):
            return Verdict.COPY
    if overlay.agreeing_cells >= POSSIBLE_CELLS and agreement.agreeing >= POSSIBLE_AGREEING:
        return Verdict.POSSIBLE
    return Verdict.NONE


def _rigid(alignment: Alignment) -> bool:
    upright = max(alignment.stretch, alignment.foreshortening) <= RIGID
    return upright and len(alignment.picture_points) >= RIGID_INLIERS


def _covered(agreement: Agreement) -> bool:
    overlap = agreement.cells + agreement.plain_cells
    closeness = PLAIN_CLOSENESS if agreement.plain_cells > PLAIN_SHARE * overlap else COVERED_CLOSENESS
    return (
        agreement.agreeing >= COVERED_AGREEING
        and agreement.agreeing * agreement.cells >= COVERED_AREA * overlap
        and agreement.closeness >= closeness
    )


def _tile(agreement: Agreement) -> bool:
    return (
        agreement.picture_share <= TILE_PICTURE_SHARE
        and agreement.agreeing >= TILE_AGREEING
        and agreement.closeness >= TILE_CLOSENESS
    )


def _because(overlay: _Overlay, verdict: Verdict) -> str:
    agreement = overlay.agreement
    name = {
        Verdict.COPY: "Mirrored copy" if overlay.mirrored else "Copy",
        Verdict.POSSIBLE: "Possibly a copy, or another photograph of the same scene",
        Verdict.NONE: "No copy",
    }[verdict]
    return (
        f"{name}: {len(overlay.alignment.picture_points)} points agree; "
        f"{round(100 * agreement.reference_share)} % of the reference is shown; "
        f"{round(100 * agreement.agreeing)} % of the overlapping texture agrees"
    )
