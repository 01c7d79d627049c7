"""Compare the pictures of the casebook with those of the owner's references that they were not compared with yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from copycatch.engine import Engine, Job
from copycatch.works import read_library
from matching.library import ReferenceLibrary
from matching.matcher import matcher_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from casebook.number_sets import NumberSet
    from casebook.types import Reference, WorkKind
    from copycatch.works import Library, Problem
    from copycatch.workspace import Workspace


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

    1. Note which references there are; the casebook then knows which pictures lack which of them.
    2. Compare each such group of pictures with the references it lacks: as a rule new pictures with all of them, and
       all others with the new ones.
    3. Derive the candidates.

    Each picture is one transaction, so a kill costs at most the pictures under way.
    """
    library = read_library(workspace)
    casebook.sync_works(library.works, _with_known_problems(library.references, casebook))
    backlogs = casebook.backlogs(matcher_key())
    done, total = 0, sum(backlog.pictures for backlog in backlogs)
    if backlogs:
        everything = ReferenceLibrary.build(_kept(library, workspace.blobs()))
        casebook.sync_works(library.works, everything.references)
    for backlog in backlogs:
        references = _part(everything, backlog.references, casebook)
        engine = Engine(Job(library=references, blobs=workspace.blobs_path), processes)
        for examined in engine.examine_all(casebook.backlog_pictures(backlog, matcher_key())):
            if examined.readable:
                casebook.record_examination(
                    examined.picture, matcher_key(), backlog.references, examined.matches, now()
                )
            else:
                casebook.record_problem(examined.picture)
            done += 1
            progress(done, total)
    casebook.refresh_candidates(now())
    return Compared(pictures=total, problems=tuple(library.problems))


def _kept(library: Library, blobs: Blobs) -> Iterator[tuple[Reference, WorkKind, bytes]]:
    """Read each reference once, and keep its bytes: a finding must stay provable when the owner tidies her folder."""
    kinds = {work.work_id: work.kind for work in library.works}
    for reference in library.references:
        data = library.readers[reference.reference_id]()
        blobs.put(data)
        yield reference, kinds[reference.work_id], data


def _part(library: ReferenceLibrary, numbers: NumberSet, casebook: Casebook) -> ReferenceLibrary:
    """Return the library of the references of these numbers."""
    chosen = {sha256 for sha256, number in casebook.reference_numbers().items() if number in numbers}
    return ReferenceLibrary(
        references=tuple(reference for reference in library.references if reference.sha256 in chosen),
        views=tuple(view for view in library.views if view.reference.sha256 in chosen),
        problems=library.problems,
        key=str(numbers),
    )


def _with_known_problems(references: Iterable[Reference], casebook: Casebook) -> Iterator[Reference]:
    """Give references the problems found when they were last prepared; they were not prepared now."""
    known = {reference.reference_id: reference.problem for reference in casebook.references()}
    for reference in references:
        yield replace(reference, problem=known.get(reference.reference_id))
