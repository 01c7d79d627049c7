"""Part of the picture, anywhere, at any size: ORB points, one transform, dense agreement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from casebook.findings import Evidence, ReferenceKind, Verdict
from matching.agreement import Agreement, measure
from matching.alignment import Alignment, align
from matching.colours import compare_colours
from matching.edit_naming import name_edits
from matching.geometry import geometry_of
from matching.judgement import WEIGHTS, WORTH_A_LOOK, judge
from matching.refinement import refined
from matching.shown import shown_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from matching.judgement import Judgement
    from matching.stage import Context
    from matching.views import PictureView, ReferenceView

NAME = "orb"
VERSION = 9
MIRRORED = 1  # the place of the mirror image among a reference's variants
MIN_CELLS = 6
PARAMETERS: Mapping[str, float] = {"min_cells": MIN_CELLS, "worth_a_look": WORTH_A_LOOK, **WEIGHTS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Overlay:
    """One way in which the picture lies over the reference, turned back if mirrored."""

    mirrored: bool
    alignment: Alignment
    agreement: Agreement


def examine(picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
    """Look for the reference, or part of it, anywhere in the picture.

    1. Align the picture with the reference and with its mirror image by points, then finer, cell by cell.
    2. Keep the way with most agreeing cells.
    3. Judge where and how well the two agree; fewer than 6 textured cells tell nothing.
    """
    if not picture.readable or reference.reference.kind is ReferenceKind.WATERMARK:
        return None
    best = _overlay(picture, reference)
    if best is None or best.agreement.cells < MIN_CELLS:
        return None
    agreement, alignment = best.agreement, best.alignment
    transform = np.linalg.inv(reference.to_working) @ alignment.transform @ picture.grey.to_working
    colours = compare_colours(picture, reference, transform, agreement)
    measures = {**agreement.measures, **colours.measures}
    judgement = judge(measures, reference.kind)
    verdict = judgement.verdict
    inliers = len(alignment.picture_points)
    shown = shown_part(picture.grey.pixels, reference.shape, alignment.transform, agreement)
    geometry = replace(
        geometry_of(transform, reference, inliers=inliers, shares=(shown.share, agreement.picture_share)),
        agreed=_box(agreement.agrees & shown.cells),
    )
    edits = () if verdict is Verdict.NONE else name_edits(picture, reference, geometry, agreement, colours, shown.cells)
    return Evidence(
        picture_sha256=picture.sha256,
        reference_sha256=reference.reference.sha256,
        stage=NAME,
        stage_version=VERSION,
        parameters=context.parameters(PARAMETERS),
        verdict=verdict,
        score=judgement.score,
        because=_because(best, shown.share, judgement, verdict),
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


def _overlay(picture: PictureView, reference: ReferenceView) -> _Overlay | None:
    """Return the way with most agreeing cells."""
    alignments = align(picture.features, reference.variants, reference.shape)
    if not alignments:
        return None
    ours, theirs = reference.grey().pixels, picture.grey.pixels
    found = []
    for variant, alignment in alignments:
        mirrored = variant == MIRRORED
        finer = refined(theirs, ours, alignment.seen_in_mirror(ours.shape[1]) if mirrored else alignment)
        agreement = measure(theirs, ours, finer.transform)
        found.append(_Overlay(mirrored=mirrored, alignment=finer, agreement=agreement))
    return max(found, key=lambda overlay: overlay.agreement.agreeing_cells)


def _box(cells: NDArray[np.bool_]) -> tuple[float, ...]:
    """Return left, top, right and bottom of the box around these cells (rows, columns), as shares; empty for none."""
    found = np.argwhere(cells)
    if not len(found):
        return ()
    (top, left), (bottom, right) = found.min(axis=0), found.max(axis=0) + 1
    rows, columns = cells.shape
    return float(left / columns), float(top / rows), float(right / columns), float(bottom / rows)


def _because(overlay: _Overlay, share: float, judgement: Judgement, verdict: Verdict) -> str:
    agreement = overlay.agreement
    name = {
        Verdict.COPY: "Mirrored copy" if overlay.mirrored else "Copy",
        Verdict.POSSIBLE: f"Possibly a copy, or the {judgement.relation}",
        Verdict.NONE: "No copy",
    }[verdict]
    return (
        f"{name}: {len(overlay.alignment.picture_points)} points agree; "
        f"{round(100 * share)} % of the reference is shown; "
        f"{round(100 * agreement.agreeing)} % of the overlapping texture agrees"
    )
