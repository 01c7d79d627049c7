"""`copycatch status`: what the last scan saw, what the nights brought, what needs attention."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from casebook.errors import CasebookError, WorkspaceBusy
from casebook.findings import Verdict
from casebook.rulings import Reviewed
from casebook.types import Purpose, RunState, ScanRun, TaskState
from casebook.values import time_text
from copycatch.commands.options import in_workspace, json_option
from copycatch.coverage import run_alarms
from copycatch.leads import Standing, by_hand_sentences, never_compared, standing
from copycatch.moments import moment
from copycatch.nights import Night, Outcome, read_nights
from copycatch.output import counted, plain, print_json_lines, print_line, print_table
from copycatch.watched import watched_problems
from copycatch.ways import crawled, not_crawled
from copycatch.webhooks import webhook_alarms
from copycatch.works import read_entries, unlisted_pictures
from crawler.keys import Keys, KeysError, read_keys
from matching.calibration import RATE_WEIGHT, learnt, standard
from matching.judgement import LIKELY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.casebook import Casebook
    from copycatch.workspace import Workspace

_NIGHTS_SHOWN = 7
_PROBLEMS_SHOWN = 10
_IMPORTS_SHOWN, _IMPORTS_SINCE = 6, timedelta(days=7)
# Heading -> column of the view `coverage`.
_COVERAGE = {
    "target": "target", "at": "marketplace", "tried": "pages_tried", "read": "pages_parsed",
    "blocked": "pages_blocked", "unknown": "pages_unknown_layout", "left": "pages_left_in_budget",
    "listings": "listings", "live": "listings_live", "gone": "listings_gone", "pictures": "pictures_done",
    "compared": "pictures_compared",
}  # fmt: skip


@click.command()
@in_workspace
@json_option
def status(workspace: Workspace, as_json: bool) -> None:
    """Show the last scan, what it could not see, and how the last nights went."""
    with workspace.casebook() as casebook:
        record = status_record(workspace, casebook)
    if as_json:
        print_json_lines([record])
        return
    run = record["run"]
    if run is None and record["import"] is not None:
        print_line("So far only what you imported was looked at; `copycatch scan` looks at your targets and leads.")
    elif run is None:
        print_line("No scan yet. Start one with `copycatch scan`.")
    else:
        ended = f"ended {moment(run['finished_at'])}" if run["finished_at"] else f"in phase {run['phase']}"
        print_line(f"Last scan {run['run_id']}: {run['state']}, started {moment(run['started_at'])}, {ended}")
    if record["import"] is not None:
        print_line(_import_line("Last", record["import"]))
    for earlier in record["earlier_imports"]:
        print_line(_import_line("Earlier", earlier))
    if record["never_compared"] and record["works"]:
        print_line(
            f"Never compared: {counted(record['never_compared'], 'picture')}; `copycatch match` compares what is left"
        )
    print_line(
        f"{counted(record['works'], 'work')} watched, {counted(record['copies'], 'copy', 'copies')}, "
        f"{counted(record['possible'], 'possible copy', 'possible copies')}"
    )
    if record["reviewed"]:
        states = ", ".join(f"{number} {Reviewed(state).words}" for state, number in record["reviewed"].items())
        print_line(f"Review: {states}")
    calibration = record["calibration"]
    if calibration:
        print_line(_calibration_line(calibration))
    if record["coverage"]:
        rows = [[row[column] for column in _COVERAGE.values()] for row in record["coverage"]]
        print_table(tuple(_COVERAGE), rows)
    if record["nights"]:
        nights = [(moment(night["planned_at"]), night["outcome"], night["message"]) for night in record["nights"]]
        print_table(("planned", "outcome", "message"), nights, title="Last nights")
    if record["leads"]:
        states = ", ".join(f"{number} {_lead_state(name, number)}" for name, number in record["leads"].items())
        print_line(f"Leads: {states}")
    if record["leads_never_compared"]:
        none = counted(record["leads_never_compared"], "lead was read", "leads were read")
        print_line(f"  {none}, but no picture there was compared: what is shown there is not known (`copycatch leads`)")
    for sentence in record["crawled"]:
        print_line(f"+ {plain(sentence)}")
    for sentence in record["not_crawled"]:
        print_line(f"- {plain(sentence)}")
    for alarm in record["alarms"]:
        print_line(f"! {plain(alarm)}")


def status_record(workspace: Workspace, casebook: Casebook) -> dict[str, Any]:
    """Return the state of a workspace as `status --json` prints it."""
    run, imports = casebook.last_run(), _imports(casebook)
    imported = imports[0] if imports else None
    coverage = casebook.coverage_rows(run.run_id) if run else []
    works = len(read_entries(workspace.works_path)) + len(unlisted_pictures(workspace))
    unseen = run_alarms(casebook, run.run_id, watched=works) if run else []
    nights = read_nights(workspace.nights_path)[-_NIGHTS_SHOWN:]
    leads = casebook.leads()
    targets, (keys, unusable_keys) = workspace.config().targets, _keys(workspace)
    cases = casebook.case_verdicts()
    left = Counter[str]()
    for (state, verdict), number in cases.items():
        left[verdict] += 0 if Reviewed(state).cleared else number
    return {
        "workspace": str(workspace.root),
        "run": None if run is None else _run(run),
        "import": None if imported is None else _imported(casebook, imported),
        "earlier_imports": [_imported(casebook, earlier) for earlier in imports[1:]],
        "never_compared": casebook.never_compared(),
        "works": works,
        "copies": left[Verdict.COPY],
        "possible": left[Verdict.POSSIBLE],
        "reviewed": {state.value: number for state, number in sorted(casebook.reviewed_counts().items())},
        "calibration": _calibration(workspace, casebook),
        "coverage": coverage,
        "nights": [_night(night) for night in nights],
        "leads": dict(Counter(standing(lead, keys)[0].value for lead in leads)),
        "leads_never_compared": sum(map(never_compared, leads)),
        "crawled": list(crawled(targets, keys)),
        "not_crawled": [*not_crawled(targets, keys), *by_hand_sentences(leads, keys)],
        "alarms": [
            *unusable_keys,
            *_run_alarms(workspace, run),
            *_import_alarms(workspace, casebook, imported),
            *_watched(workspace),
            *_night_alarms(nights),
            *webhook_alarms(workspace, casebook, keys.webhooks),
            *unseen,
        ],
    }


def _calibration(workspace: Workspace, casebook: Casebook) -> dict[str, Any] | None:
    """Return how many of 100,000 strangers' pictures the budget and likeness would let pass as copies."""
    tail = casebook.last_tail()
    if tail is None:
        return None
    budget = workspace.config().match.false_alarms_per_100000
    return {
        "taken_for_copies": min(budget, learnt(tail).expected_false_alarms(LIKELY)),
        # Until more pictures were compared than the standard is weighed as, it outweighs them.
        "measured": tail.pictures * standard(tail.references).rate > RATE_WEIGHT,
        "pictures": tail.pictures,
        "references": tail.references,
    }


def _calibration_line(calibration: dict[str, Any]) -> str:
    taken = f"Of 100,000 strangers' pictures about {calibration['taken_for_copies']:,.0f} would be taken for copies"
    pictures, references = counted(calibration["pictures"], "picture"), counted(calibration["references"], "reference")
    if not calibration["measured"]:
        return f"{taken} by default; not measured with yours yet: {pictures} compared are too few"
    return f"{taken}; learnt from {pictures} and {references} of yours"


def _run(run: ScanRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "state": run.state.value,
        "phase": run.phase,
        "started_at": time_text(run.started_at),
        "finished_at": time_text(run.finished_at) if run.finished_at else None,
        "stats": dict(run.stats),
    }


def _lead_state(name: str, number: int) -> str:
    return "wait" if name == Standing.WAITS and number > 1 else name.replace("_", " ")


def _night(night: Night) -> dict[str, Any]:
    return {
        "planned_at": time_text(night.planned_at),
        "ended_at": time_text(night.ended_at),
        "outcome": night.outcome.value,
        "exit_code": night.exit_code,
        "message": night.message,
    }


def _run_alarms(workspace: Workspace, run: ScanRun | None) -> list[str]:
    if run is None or run.state is RunState.FINISHED:
        return []
    if run.state is RunState.RUNNING:
        if _is_held(workspace):
            return ["a scan is running now; what it has not seen yet is counted as left"]
        return ["the last scan was interrupted; `copycatch scan` goes on where it stopped"]
    return ["the last scan was given up; `copycatch scan` starts a new one"]


def _imports(casebook: Casebook) -> list[ScanRun]:
    """Return the last import, and those begun in the week before it; a few at most, newest first."""
    found = casebook.imports(_IMPORTS_SHOWN)
    return [run for run in found if found[0].started_at - run.started_at <= _IMPORTS_SINCE]


def _imported(casebook: Casebook, run: ScanRun) -> dict[str, Any]:
    """Return an import with how many of its pages showed a wall, or a listing built in an unknown way."""
    rows = casebook.coverage_rows(run.run_id)
    columns = ("pages_blocked", "pages_unknown_layout")
    return {**_run(run), **{column: sum(row[column] or 0 for row in rows) for column in columns}}


def _import_line(which: str, run: dict[str, Any]) -> str:
    brought, told = run["stats"], ""
    if brought:
        listings, pictures = brought.get("listings", 0), brought.get("pictures", 0)
        told = f": {counted(listings, 'listing')} with {counted(pictures, 'picture')}"
    if brought.get("missing"):
        told += f", {counted(brought['missing'], 'picture')} not in the files"
    if run["pages_blocked"]:
        told += f", {counted(run['pages_blocked'], 'page')} blocked"
    if run["pages_unknown_layout"]:
        told += f", {counted(run['pages_unknown_layout'], 'page')} of unknown layout"
    return f"{which} import {run['run_id']}: {run['state']}, started {moment(run['started_at'])}{told}"


def _import_alarms(workspace: Workspace, casebook: Casebook, run: ScanRun | None) -> list[str]:
    if run is None:
        return []
    if run.state is not RunState.RUNNING:
        return [f"the last import: {alarm}" for alarm in _not_seen(casebook, run)]
    if _is_held(workspace):
        return ["an import is running now"]
    again = "import its files again, and `copycatch match` compares what was not compared"
    return [f"the last import was interrupted; what it had read is kept: {again}"]


def _not_seen(casebook: Casebook, run: ScanRun) -> Iterator[str]:
    """Yield what an import could not see in its files: walls, pages that cannot be read, pictures left out."""
    for short in casebook.shortfalls(run.run_id):
        if short.state is TaskState.FAILED and short.purpose is Purpose.PAGE:
            pages = counted(short.tasks, "page")
            yield (f"{pages}: {short.why}, such as {short.example}: save it again once your browser shows the listing")
    unknown = _imported(casebook, run)["pages_unknown_layout"]
    if unknown:
        pages = counted(unknown, "page")
        yield f"{pages} of listings built in a way that is not known: look at them yourself (docs/marketplaces.md)"
    missing = dict(run.stats).get("missing", 0)
    if missing:
        pictures = counted(missing, "picture lies", "pictures lie")
        yield f"{pictures} in none of the files, so what they show is not known: save the pages with their pictures"


def _watched(workspace: Workspace) -> list[str]:
    problems = watched_problems(workspace)
    more = len(problems) - _PROBLEMS_SHOWN
    left = [f"and {more} more files in the watched folder could not be read"] if more > 0 else []
    return [f"in the watched folder: {problem}" for problem in problems[:_PROBLEMS_SHOWN]] + left


def _keys(workspace: Workspace) -> tuple[Keys, list[str]]:
    """Return the owner's keys, or none and an alarm where their file cannot be used."""
    try:
        return read_keys(workspace.keys_path), []
    except KeysError as error:
        return Keys({}), [f"no scan can start: {error.message}. {error.remedy}"]


def _is_held(workspace: Workspace) -> bool:
    """Return whether a scan or match holds the workspace at this moment."""
    try:
        with workspace.lock("A scan or match"):
            return False
    except WorkspaceBusy:
        return True
    except CasebookError:  # a full disk, a folder that may only be read: nobody could hold a lock there either
        return False


def _night_alarms(nights: list[Night]) -> list[str]:
    if not nights or nights[-1].outcome is Outcome.FINISHED:
        return []
    last = nights[-1]
    return [f"the scan planned for {moment(last.planned_at)} {last.outcome}: {last.message}"]


COMMANDS = (status,)
