"""One stage's evidence as a record, as `candidates --json` and `compare --json` print it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casebook.edits import edit_record

if TYPE_CHECKING:
    from casebook.findings import Evidence


def evidence_record(found: Evidence) -> dict[str, Any]:
    """Return what one stage found, with its version, its settings and everything it measured, for JSON."""
    geometry = found.geometry
    return {
        "stage": found.stage,
        "stage_version": found.stage_version,
        "parameters": found.parameters,
        "verdict": found.verdict.value,
        "score": found.score,
        "because": found.because,
        "mirrored": found.mirrored,
        "relation": found.relation and found.relation.value,
        "edits": [edit_record(edit) for edit in found.edits],
        "log_odds": found.log_odds,
        "measures": dict(found.measures),
        "geometry": None
        if geometry is None
        else {
            "transform": list(geometry.transform),
            "inliers": geometry.inliers,
            "reference_share": geometry.reference_share,
            "picture_share": geometry.picture_share,
            "outline": list(geometry.outline),
            "agreed": list(geometry.agreed),
        },
    }
