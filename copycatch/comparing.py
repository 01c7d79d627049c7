"""Compare the pictures of the casebook with those of the owner's references that they were not compared with yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from casebook.number_sets import NumberSet
from copycatch.borne_marks import borne_marks, find_marks, marks_among
from copycatch.engine import Engine, Job
from copycatch.prepared import PreparedReferences
from copycatch.preparing import Watched, prepare_missing, view_maker
from copycatch.showing import show_matches
from copycatch.works import Problem, read_library
from matching.calibration import learnt
from matching.duplicates import Duplicates
from matching.judgement import LIKELY, WORTH_A_LOOK
from matching.matcher import matcher_key
from matching.prepared import preparing_key
from matching.verdicts import decided

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from casebook.casebook import Casebook
    from casebook.examinations import Backlog
    from casebook.tail import Tail
    from copycatch.scan import Progress
    from copycatch.works import Library
    from copycatch.workspace import Workspace
    from matching.calibration import Calibration
    from matching.stage import Context

_TRIED_AGAIN = "The next scan or match tries again; see that there is memory left for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How many pictures were compared this time, how many could not be and wait for the next time, and what was wrong
    with references."""

    pictures: int
    failed: int
    problems: tuple[Problem, ...]


class _Ready(NamedTuple):
    """What is to be compared, the file of the prepared references, and what could not be prepared or looked for."""

    path: Path
    watched: list[Watched]
    backlogs: list[Backlog]
    problems: list[Problem]


def compare_pictures(
    workspace: Workspace,
    casebook: Casebook,
    *,
    processes: int,
    context: Context,
    now: Callable[[], datetime],
    progress: Progress,
    people: int = 1,
) -> Compared:
    """Bring matches and candidates up to date with the pictures and the references.

    1. Look for the owner's marks on those of her references where that was not done yet.
    2. Note which references there are and which marks they bear; the casebook then knows which pictures lack which of
       them.
    3. Prepare those references that a picture lacks and that were never prepared before. Pictures go on lacking those
       of which that fails.
    4. Compare each group of pictures with the references it lacks: as a rule new pictures with all of them, and all
       others with the new ones.
    5. Derive verdicts and candidates from all evidence there is: what a picture's matches say of one another depends
       on the references that are watched now, and the verdicts on the budget of now and on how much alike all
       pictures of the casebook look.
    6. Draw what review shows of the matches, and name which pictures show the same (`copycatch/showing.py`).
    7. Work out what people's decisions come to for them; `people` is how many must call something infringing.

    Each picture is one transaction, so a kill costs at most the pictures under way.
    """
    key = matcher_key(context)
    library = read_library(workspace)
    ready = _ready(library, workspace, casebook, key, processes, progress)
    context = replace(context, calibration=_learnt(casebook, key, casebook.tail(key, WORTH_A_LOOK, LIKELY)))
    same = Duplicates(view_maker(workspace.blobs(), ready.watched))
    decide = partial(decided, context=context, same=same)
    done, failed, total = 0, 0, sum(backlog.pictures for backlog in ready.backlogs)
    for backlog in ready.backlogs:
        references = _lacking(ready.watched, casebook, backlog)
        job = Job(references=references, prepared=ready.path, blobs=workspace.blobs_path, context=context)
        for examined in Engine(job, processes).examine_all(casebook.backlog_pictures(backlog, key)):
            if examined.compared:
                casebook.record_examination(examined.picture, key, backlog.references, examined.matches, now(), decide)
            else:
                casebook.record_problem(examined.picture)
                failed += 1
            done += 1
            progress("match", done, total)
    tail = casebook.tail(key, WORTH_A_LOOK, LIKELY)
    casebook.keep_tail(tail, now())
    context = replace(context, calibration=_learnt(casebook, key, tail))
    casebook.refresh_candidates(now(), partial(decided, context=context, same=same))
    show_matches(casebook, workspace.blobs(), processes=processes, progress=progress)
    casebook.settle(now(), people=people)
    return Compared(pictures=total - failed, failed=failed, problems=(*library.problems, *ready.problems))


def _learnt(casebook: Casebook, key: str, tail: Tail) -> Calibration:
    return learnt(tail, casebook.resemblances(key, WORTH_A_LOOK, LIKELY))


def _ready(
    library: Library, workspace: Workspace, casebook: Casebook, key: str, processes: int, progress: Progress
) -> _Ready:
    """Note and prepare what is to be compared: steps 1 to 3."""
    with PreparedReferences.open(workspace.prepared_path, preparing_key()) as prepared:
        prepare = partial(
            prepare_missing,
            prepared=prepared,
            readers=library.readers,
            blobs=workspace.blobs(),
            processes=processes,
            progress=partial(progress, "prepare"),
        )
        marking = partial(progress, "marks")
        problems = find_marks(_named(library), prepared, prepare, processes=processes, progress=marking)
        watched = _note(library, casebook, prepared, {})
        backlogs = casebook.backlogs(key)
        failed: dict[str, str] = {}
        if backlogs:
            failed = prepare(_lacking(watched, casebook, *backlogs))
            watched = _note(library, casebook, prepared, failed)
    unprepared = [each.reference for each in watched if each.key in failed]
    problems |= {reference.path: reference.problem or "" for reference in unprepared}
    return _Ready(
        path=prepared.path,
        watched=watched,
        backlogs=_without(backlogs, {reference.sha256 for reference in unprepared}, casebook),
        problems=[Problem(where=path, message=why, remedy=_TRIED_AGAIN) for path, why in problems.items()],
    )


def _without(backlogs: list[Backlog], unprepared: set[str], casebook: Casebook) -> list[Backlog]:
    """Return what can be compared this time."""
    numbers = casebook.reference_numbers()
    left = NumberSet.of(numbers[sha256] for sha256 in unprepared)
    reduced = (replace(backlog, references=backlog.references - left) for backlog in backlogs)
    return [backlog for backlog in reduced if backlog.references]


def _note(
    library: Library, casebook: Casebook, prepared: PreparedReferences, failed: Mapping[str, str]
) -> list[Watched]:
    """Make works and references what the library says, each reference with the problem found in preparing it, or why
    that failed, and the marks found on it."""
    named = _named(library)
    marks = marks_among(named)
    watched = [
        replace(
            each,
            reference=replace(each.reference, problem=failed.get(each.key) or prepared.problem(each.key)),
            marks=borne_marks(each, marks, prepared),
        )
        for each in named
    ]
    bearing = {each.reference.sha256: [mark.mark_sha256 for mark in each.marks] for each in watched if each.marks}
    casebook.sync_works(library.works, [each.reference for each in watched], bearing)
    return watched


def _named(library: Library) -> list[Watched]:
    kinds = {work.work_id: work.kind for work in library.works}
    return [Watched(reference=reference, kind=kinds[reference.work_id]) for reference in library.references]


def _lacking(watched: list[Watched], casebook: Casebook, *backlogs: Backlog) -> tuple[Watched, ...]:
    """Return the references that pictures of these backlogs lack."""
    numbers = casebook.reference_numbers()
    return tuple(
        each for each in watched if any(numbers[each.reference.sha256] in backlog.references for backlog in backlogs)
    )
