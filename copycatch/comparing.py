"""Compare every picture of the casebook that was not compared yet with the owner's references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.types import Rendering
from copycatch.engine import Engine, Job
from copycatch.works import read_library
from matching.library import ReferenceLibrary
from matching.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from copycatch.works import Problem
    from copycatch.workspace import Workspace
    from matching.overlays import Drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How many pictures were compared this time, and what was wrong with references."""

    pictures: int
    problems: tuple[Problem, ...]


def compare_pictures(
    workspace: Workspace,
    casebook: Casebook,
    *,
    processes: int,
    now: Callable[[], datetime],
    progress: Callable[[int, int], None],
) -> Compared:
    """Bring matches and candidates up to date with the pictures and the references.

    Each picture is one transaction, and a picture already compared with these references by this matcher is not
    compared again, so a kill costs at most the pictures under way.
    """
    library = read_library(workspace)
    casebook.sync_works(library.works, library.references)
    kinds = {work.work_id: work.kind for work in library.works}
    read = {reference.reference_id: library.readers[reference.reference_id]() for reference in library.references}
    references = ReferenceLibrary.build(
        (reference, kinds[reference.work_id], read[reference.reference_id]) for reference in library.references
    )
    matcher_key = Matcher(references).key
    pictures = casebook.pictures_to_examine(references.key, matcher_key)
    if pictures:
        blobs = workspace.blobs()
        job = Job(
            library=references,
            blobs=workspace.blobs_path,
            references={reference.sha256: read[reference.reference_id] for reference in library.references},
        )
        for done, examined in enumerate(Engine(job, processes).examine_all(pictures), start=1):
            matches = [(match, _stored(blobs, drawn)) for match, drawn in examined.matches]
            casebook.record_examination(examined.picture, references.key, matcher_key, matches, now())
            progress(done, len(pictures))
    casebook.refresh_candidates(now())
    return Compared(pictures=len(pictures), problems=tuple(library.problems))


def _stored(blobs: Blobs, drawn: Drawn | None) -> Rendering | None:
    if drawn is None:
        return None
    return Rendering(
        side_by_side=blobs.put(drawn.side_by_side),
        inliers=None if drawn.inliers is None else blobs.put(drawn.inliers),
        difference=None if drawn.difference is None else blobs.put(drawn.difference),
    )
