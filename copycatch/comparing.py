"""Compare the pictures of the casebook with those of the owner's references that they were not compared with yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from copycatch.engine import Engine, Job
from copycatch.prepared import PreparedReferences
from copycatch.preparing import Watched, prepare_missing
from copycatch.works import read_library
from matching.calibration import learnt
from matching.judgement import LIKELY, WORTH_A_LOOK
from matching.matcher import matcher_key
from matching.prepared import preparing_key
from matching.verdicts import decided

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from casebook.casebook import Casebook
    from casebook.examinations import Backlog
    from casebook.tail import Tail
    from copycatch.scan import Progress
    from copycatch.works import Library, Problem
    from copycatch.workspace import Workspace
    from matching.calibration import Calibration
    from matching.stage import Context


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
    context: Context,
    now: Callable[[], datetime],
    progress: Progress,
) -> Compared:
    """Bring matches and candidates up to date with the pictures and the references.

    1. Note which references there are; the casebook then knows which pictures lack which of them.
    2. Prepare those references that a picture lacks and that were never prepared before.
    3. Compare each group of pictures with the references it lacks: as a rule new pictures with all of them, and all
       others with the new ones.
    4. Derive verdicts and candidates from all evidence there is: what a picture's matches say of one another depends
       on the references that are watched now, and the verdicts on the budget of now and on how much alike all
       pictures of the casebook look.

    Each picture is one transaction, so a kill costs at most the pictures under way.
    """
    key = matcher_key(context)
    library = read_library(workspace)
    with PreparedReferences.open(workspace.prepared_path, preparing_key()) as prepared:
        watched = _note(library, casebook, prepared)
        backlogs = casebook.backlogs(key)
        if backlogs:
            prepare_missing(
                _lacking(watched, casebook, *backlogs),
                prepared,
                library.readers,
                workspace.blobs(),
                processes=processes,
                progress=lambda done, total: progress("prepare", done, total),
            )
            watched = _note(library, casebook, prepared)
    context = replace(context, calibration=_learnt(casebook, key, casebook.tail(key, WORTH_A_LOOK, LIKELY)))
    done, total, decide = 0, sum(backlog.pictures for backlog in backlogs), partial(decided, context=context)
    for backlog in backlogs:
        references = _lacking(watched, casebook, backlog)
        job = Job(references=references, prepared=prepared.path, blobs=workspace.blobs_path, context=context)
        for examined in Engine(job, processes).examine_all(casebook.backlog_pictures(backlog, key)):
            if examined.readable:
                casebook.record_examination(examined.picture, key, backlog.references, examined.matches, now(), decide)
            else:
                casebook.record_problem(examined.picture)
            done += 1
            progress("match", done, total)
    tail = casebook.tail(key, WORTH_A_LOOK, LIKELY)
    casebook.keep_tail(tail, now())
    context = replace(context, calibration=_learnt(casebook, key, tail))
    casebook.refresh_candidates(now(), partial(decided, context=context))
    return Compared(pictures=total, problems=tuple(library.problems))


def _learnt(casebook: Casebook, key: str, tail: Tail) -> Calibration:
    return learnt(tail, casebook.resemblances(key, WORTH_A_LOOK, LIKELY))


def _note(library: Library, casebook: Casebook, prepared: PreparedReferences) -> list[Watched]:
    """Make works and references what the library says, each reference with the problem found in preparing it."""
    kinds = {work.work_id: work.kind for work in library.works}
    named = [Watched(reference=reference, kind=kinds[reference.work_id]) for reference in library.references]
    watched = [replace(each, reference=replace(each.reference, problem=prepared.problem(each.key))) for each in named]
    casebook.sync_works(library.works, [each.reference for each in watched])
    return watched


def _lacking(watched: list[Watched], casebook: Casebook, *backlogs: Backlog) -> tuple[Watched, ...]:
    """Return the references that pictures of these backlogs lack."""
    numbers = casebook.reference_numbers()
    return tuple(
        each for each in watched if any(numbers[each.reference.sha256] in backlog.references for backlog in backlogs)
    )
