"""Compare every picture of the casebook that was not compared yet with the owner's references."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from casebook.types import Rendering
from copycatch.engine import Engine, Job
from copycatch.works import read_library
from matching.library import ReferenceLibrary, library_key
from matching.matcher import matcher_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from casebook.types import Reference, WorkKind
    from copycatch.works import Library, Problem
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
    kinds = {work.work_id: work.kind for work in library.works}
    key = library_key((reference, kinds[reference.work_id]) for reference in library.references)
    pictures = casebook.pictures_to_examine(key, matcher_key())
    if pictures:
        blobs = workspace.blobs()
        references = ReferenceLibrary.build(_kept(library, kinds, blobs))
        casebook.sync_works(library.works, references.references)
        engine = Engine(Job(library=references, blobs=workspace.blobs_path), processes)
        for done, examined in enumerate(engine.examine_all(pictures), start=1):
            matches = [(match, _stored(blobs, drawn)) for match, drawn in examined.matches]
            casebook.record_examination(examined.picture, key, matcher_key(), matches, now())
            progress(done, len(pictures))
    else:
        casebook.sync_works(library.works, _with_known_problems(library.references, casebook))
    casebook.refresh_candidates(now())
    return Compared(pictures=len(pictures), problems=tuple(library.problems))


def _kept(library: Library, kinds: Mapping[str, WorkKind], blobs: Blobs) -> Iterator[tuple[Reference, WorkKind, bytes]]:
    """Read each reference once, and keep its bytes: a finding must stay provable when the owner tidies her folder."""
    for reference in library.references:
        data = library.readers[reference.reference_id]()
        blobs.put(data)
        yield reference, kinds[reference.work_id], data


def _with_known_problems(references: Iterable[Reference], casebook: Casebook) -> Iterator[Reference]:
    """Give references the problems found when they were last prepared; they were not prepared now."""
    known = {reference.reference_id: reference.problem for reference in casebook.references()}
    for reference in references:
        yield replace(reference, problem=known.get(reference.reference_id))


def _stored(blobs: Blobs, drawn: Drawn | None) -> Rendering | None:
    if drawn is None:
        return None
    return Rendering(
        side_by_side=blobs.put(drawn.side_by_side),
        inliers=None if drawn.inliers is None else blobs.put(drawn.inliers),
        difference=None if drawn.difference is None else blobs.put(drawn.difference),
    )
