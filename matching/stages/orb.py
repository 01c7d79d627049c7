"""Part of the picture, anywhere, at any size: ORB points, one transform, dense agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from casebook.types import Evidence, ReferenceKind, Verdict
from matching.agreement import Agreement, measure
from matching.alignment import Alignment, align
from matching.colours import compare_colours
from matching.edit_naming import name_edits
from matching.geometry import geometry_of
from matching.judgement import WEIGHTS, WORTH_A_LOOK, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from matching.judgement import Judgement
    from matching.stage import Context
    from matching.views import PictureView, ReferenceView

NAME = "orb"
VERSION = 3
MIRRORED = 1  # the place of the mirror image among a reference's variants
MIN_CELLS = 6
PARAMETERS: Mapping[str, float] = {"min_cells": MIN_CELLS, "worth_a_look": WORTH_A_LOOK, **WEIGHTS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Overlay:
    """One way in which the picture lies over the reference; `transform` is in working pixels, never mirrored."""

    mirrored: bool
    transform: NDArray[np.float64]
    alignment: Alignment
    agreement: Agreement


def examine(picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
    """Look for the reference, or part of it, anywhere in the picture.

    1. Align the picture with the reference and with its mirror image; keep the way with more agreeing cells.
    2. Judge where and how well the two agree; fewer than 6 textured cells tell nothing.
    """
    if not picture.readable or reference.reference.kind is ReferenceKind.WATERMARK:
        return None
    overlays = [overlay for overlay in _overlays(picture, reference) if overlay.agreement.cells >= MIN_CELLS]
    if not overlays:
        return None
    best = max(overlays, key=lambda overlay: overlay.agreement.agreeing_cells)
    agreement, alignment = best.agreement, best.alignment
    transform = np.linalg.inv(reference.to_working) @ best.transform @ picture.grey.to_working
    colours = compare_colours(picture, reference, transform, agreement)
    measures = {**agreement.measures, **colours.measures}
    judgement = judge(measures, reference.kind)
    verdict = judgement.verdict
    inliers = len(alignment.picture_points)
    geometry = geometry_of(
        transform, reference, inliers=inliers, shares=(agreement.reference_share, agreement.picture_share)
    )
    edits = () if verdict is Verdict.NONE else name_edits(picture, reference, geometry, agreement, colours)
    return Evidence(
        picture_sha256=picture.sha256,
        reference_sha256=reference.reference.sha256,
        stage=NAME,
        stage_version=VERSION,
        parameters=context.parameters(PARAMETERS),
        verdict=verdict,
        score=judgement.score,
        because=_because(best, judgement, verdict),
        mirrored=best.mirrored,
        measures=(
            ("inliers", float(inliers)),
            ("stretch", alignment.stretch),
            ("foreshortening", alignment.foreshortening),
            *measures.items(),
        ),
        geometry=geometry,
        relation=judgement.relation,
        edits=edits,
        log_odds=judgement.log_odds,
    )


def _overlays(picture: PictureView, reference: ReferenceView) -> list[_Overlay]:
    alignments = align(picture.features, reference.variants, reference.shape)
    if not alignments:
        return []
    found, ours = [], reference.grey().pixels
    for variant, alignment in alignments:
        mirrored, transform = variant == MIRRORED, alignment.transform
        if mirrored:
            transform = np.array([[-1, 0, reference.shape[1] - 1], [0, 1, 0], [0, 0, 1]]) @ transform
        agreement = measure(picture.grey.pixels, ours, transform)
        found.append(_Overlay(mirrored=mirrored, transform=transform, alignment=alignment, agreement=agreement))
    return found


def _because(overlay: _Overlay, judgement: Judgement, verdict: Verdict) -> str:
    agreement = overlay.agreement
    name = {
        Verdict.COPY: "Mirrored copy" if overlay.mirrored else "Copy",
        Verdict.POSSIBLE: f"Possibly a copy, or the {judgement.relation}",
        Verdict.NONE: "No copy",
    }[verdict]
    return (
        f"{name}: {len(overlay.alignment.picture_points)} points agree; "
        f"{round(100 * agreement.reference_share)} % of the reference is shown; "
        f"{round(100 * agreement.agreeing)} % of the overlapping texture agrees"
    )
