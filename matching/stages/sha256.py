"""The same file, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.edits import Edit, EditKind, Relation
from casebook.findings import Evidence, Geometry, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matching.stage import Context
    from matching.views import PictureView, ReferenceView

NAME = "sha256"
VERSION = 2
CERTAIN = 50.0
PARAMETERS: Mapping[str, float] = {}

_IDENTITY = Geometry(
    transform=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), inliers=0, reference_share=1.0, picture_share=1.0
)


def examine(picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
    """Compare the SHA-256 of the two files."""
    if picture.sha256 != reference.reference.sha256:
        return None
    return Evidence(
        picture_sha256=picture.sha256,
        reference_sha256=reference.reference.sha256,
        stage=NAME,
        stage_version=VERSION,
        parameters=context.parameters(PARAMETERS),
        verdict=Verdict.COPY,
        score=1.0,
        because="Exact file: the same bytes as the reference",
        geometry=_IDENTITY,
        relation=Relation.SAME_PHOTOGRAPH,
        edits=(Edit(kind=EditKind.EXACT_FILE),),
        log_odds=CERTAIN,
    )
