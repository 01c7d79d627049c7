"""Run matchers over the query set, keep every answer, make the report."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.copies import metrics, tables
from benchmarks.copies.matchers.ours import Ours

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.copies.metrics import Answered
    from benchmarks.copies.pictures import PictureSet
    from benchmarks.copies.queries import QuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one matcher did with a query set; `dump` holds one JSON line per answer."""

    name: str
    results: list[Answered]
    megabytes: float
    dump: Path


def run_ours(queries: QuerySet, *, processes: int) -> Outcome:
    """Let this project's matcher answer."""
    matcher = Ours(processes)
    matcher.prepare(queries.references)
    results = metrics.paired(queries.queries, matcher.answers(queries.queries))
    dump = queries.folder / f"answers-{matcher.NAME}-{queries.half}.jsonl"
    dump.write_text("".join(json.dumps(_line(result)) + "\n" for result in results), encoding="utf-8")
    return Outcome(name=matcher.NAME, results=results, megabytes=matcher.megabytes, dump=dump)


def _line(result: Answered) -> dict[str, Any]:
    """Return a result as one line for whoever tunes: query, truth, answer, and whether it is right."""
    right, wrong = result.right, result.wrong
    return {
        **asdict(result.query),
        "path": result.query.path.as_posix(),
        "milliseconds": round(result.answer.milliseconds, 1),
        "verdict": result.verdict,
        "right_score": right.score if right else None,
        "wrong_score": wrong.score if wrong else None,
        "found": [asdict(found) for found in result.answer.found],
    }


def report(pictures: PictureSet, queries: QuerySet, outcomes: list[Outcome], *, seed: int) -> str:
    """Return the section of RESULTS.md: the set, one row a matcher, and the tables of the first one."""
    first = outcomes[0].results
    about = (
        f"{len(queries.references)} references, {len(queries.queries)} queries; seed {seed}, set `{pictures.key}`, "
        f"queries `{queries.key}`. A wrong answer is any match of a negative, and any other reference named for a "
        "copy; recall at no false positive counts the copies that score above the surest wrong answer."
    )
    parts = [
        f"## Finding copies: {queries.half} half of {pictures.label}",
        about,
        tables.summary([(outcome.name, outcome.results, outcome.megabytes) for outcome in outcomes]),
        f"### {outcomes[0].name} in detail",
        tables.confusion(first),
        tables.per_edit(first),
        tables.per_class(first),
        tables.alarms_per_class(first),
        tables.geometry(first),
        tables.naming(first),
        tables.hardest(first),
    ]
    return "\n\n".join(part for part in parts if part)
