"""The owner's references, prepared for comparing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from casebook.findings import ReferenceKind, WorkKind
from casebook.types import content_id
from matching.agreement import measure
from matching.decode import decode
from matching.marks.borne import with_marks_borne
from matching.marks.mark import Mark
from matching.stages.orb import MIN_CELLS
from matching.views import ReferenceView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casebook.findings import Reference

FEW_POINTS = 40


class ReferenceLibrary:
    """Every reference, with its mirror image inside; make it with `build`.

    `references` are those given, ordered by `reference_id`, with `problem` filled in; `problems` maps `reference_id`
    to the problem of those that cannot be compared or only badly. `views` are the distinct pictures that stages
    compare with. `key` names the set: the same references in any order give the same key.
    """

    def __init__(
        self, references: tuple[Reference, ...], views: tuple[ReferenceView, ...], problems: dict[str, str], key: str
    ) -> None:
        self.references = references
        self.views = views
        self.problems = problems
        self.key = key
        self._by_hash = {view.reference.sha256: view for view in views}

    @classmethod
    def build(cls, references: Iterable[tuple[Reference, WorkKind, bytes]]) -> ReferenceLibrary:
        """Prepare references from their files, one at a time, so that only what stages need stays in memory.

        A reference that cannot be decoded is a problem, not an error. A file given for several works is compared once
        (as art, where one of them is).
        """
        return cls.of((reference, kind, *prepare(reference, kind, data)) for reference, kind, data in references)

    @classmethod
    def of(cls, prepared: Iterable[tuple[Reference, WorkKind, ReferenceView | None, str | None]]) -> ReferenceLibrary:
        """Put references together that are prepared already: each with what `prepare` gave for it."""
        problems: dict[str, str] = {}
        views: dict[str, ReferenceView] = {}
        kept: dict[str, Reference] = {}
        given: list[tuple[Reference, WorkKind]] = []
        for reference, kind, view, problem in prepared:
            if problem:
                problems[reference.reference_id] = problem
            kept[reference.reference_id] = replace(reference, problem=problem)
            given.append((reference, kind))
            present = views.get(reference.sha256)
            if view is not None and (present is None or _preferred(view) < _preferred(present)):
                views[reference.sha256] = view
        return cls(
            references=tuple(kept[name] for name in sorted(kept)),
            views=tuple(views[name] for name in sorted(views)),
            problems=problems,
            key=library_key(given),
        )

    def view_of(self, sha256: str) -> ReferenceView | None:
        """Return the prepared reference with these bytes; None where there is none that can be compared."""
        return self._by_hash.get(sha256)

    def knowing_marks(self) -> ReferenceLibrary:
        """Return this library with the owner's marks found on her references, at about 50 ms a mark and reference."""
        return ReferenceLibrary(self.references, with_marks_borne(self.views), self.problems, self.key)


def library_key(references: Iterable[tuple[Reference, WorkKind]]) -> str:
    """Return the key that a library of these references has, without preparing them."""
    kinds = {(reference.reference_id, kind) for reference, kind in references}
    return content_id(*(part for pair in sorted(kinds) for part in pair))


def prepare(reference: Reference, kind: WorkKind, data: bytes) -> tuple[ReferenceView | None, str | None]:
    """Prepare one reference from its file: its view, None where it cannot be compared, and its problem in words."""
    raster = decode(data)
    if raster.pixels is None:
        return None, raster.problem
    view = ReferenceView.of(reference, kind, raster.pixels)
    if reference.kind is ReferenceKind.WATERMARK:
        mark, problem = Mark.read(data)
        return replace(view, mark=mark), problem
    return view, raster.problem or _plainness(view)


def _plainness(view: ReferenceView) -> str | None:
    """Say how little a reference can be told by, where it is too little."""
    points = len(view.variants[0])
    if points >= FEW_POINTS:
        return None
    if not view.phashes:
        return "too plain to be recognised in anything but the very same file"
    grey = view.grey().pixels
    if measure(grey, grey, np.eye(3)).cells >= MIN_CELLS:
        return None
    return f"only {points} points and little texture: as a rule its copies will be `possible` at most, never `copy`"


def _preferred(view: ReferenceView) -> tuple[bool, bool, str]:
    """Order the views of one file: pictures before watermarks, art before photographs."""
    watermark = view.reference.kind is ReferenceKind.WATERMARK
    return watermark, view.kind is not WorkKind.ARTWORK, view.reference.reference_id
