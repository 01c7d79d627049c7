"""The owner's marks on her own references: where they lie, and what a copy says became of them (17 U.S.C. 1202)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from casebook.edits import Edit, EditKind
from casebook.findings import Verdict
from matching.marks.finder import find
from matching.marks.scene import Scene
from matching.marks.state import MarkRegion, MarkState, mark_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from casebook.findings import Evidence
    from matching.marks.mark import Mark
    from matching.views import PictureView, ReferenceView

VERSION = 1  # rises with every change of what is found on a reference or said of a copy
SURE = 12.0
REMOVED = frozenset({MarkState.CROPPED_OFF, MarkState.PAINTED_OVER, MarkState.BLURRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BorneMark:
    """A mark, by the SHA-256 of its file, and where a reference bears it, in pixels of the reference's working copy."""

    mark_sha256: str
    region: MarkRegion


def find_borne(view: ReferenceView, marks: Sequence[tuple[str, Mark]]) -> tuple[BorneMark, ...]:
    """Return where a reference bears which of the owner's marks, each given with its SHA-256.

    Of a mark that is repeated only the clearest place is returned; marks too faint to be sure of are left out.
    """
    scene = Scene(view.grey().pixels)
    return tuple(
        BorneMark(mark_sha256=sha256, region=MarkRegion.where(np.linalg.inv(mark.to_file) @ found.to_file, mark.extent))
        for sha256, mark in marks
        if (found := find(scene, mark)) is not None and found.strength >= SURE
    )


def with_marks_borne(views: Sequence[ReferenceView]) -> tuple[ReferenceView, ...]:
    """Return views that know which marks among them they bear."""
    marks = [(view.reference.sha256, view.mark) for view in views if view.mark is not None]
    return tuple(
        replace(view, marks=find_borne(view, marks)) if marks and view.mark is None else view for view in views
    )


def with_mark_states(found: Evidence, picture: PictureView, reference: ReferenceView) -> Evidence:
    """Add to a finding what became of the marks that the reference bears: a sentence for each, and the edit `watermark
    removed` where one was cropped off, painted over or blurred.

    Only of a copy can that be said, and of a file that is the reference's own it goes without saying.
    """
    geometry = found.geometry
    if found.verdict is not Verdict.COPY or geometry is None or not reference.marks:
        return found
    if found.picture_sha256 == found.reference_sha256:
        return found
    onto = reference.to_working @ np.reshape(geometry.transform, (3, 3)) @ np.linalg.inv(picture.grey.to_working)
    ours = reference.grey().pixels
    findings = [mark_state(picture.grey.pixels, ours, onto, borne.region) for borne in reference.marks]
    removed = dict.fromkeys(each.state for each in findings if each.state in REMOVED)
    return replace(
        found,
        parameters=_with_marks(found.parameters, reference.marks),
        because=". ".join(dict.fromkeys((found.because, *(each.because for each in findings)))),
        edits=(*found.edits, *(Edit(kind=EditKind.WATERMARK_REMOVED, how=state.value) for state in removed)),
    )


def _with_marks(parameters: str, marks: Iterable[BorneMark]) -> str:
    """Return an evidence's parameters with the marks it depends on as well."""
    told = {"version": VERSION, "borne": [asdict(mark) for mark in marks]}
    return json.dumps({**json.loads(parameters), "marks": told}, sort_keys=True)
