"""Run matchers over the query set, keep every answer, make the report."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.copies import metrics, pictures, queries, tables
from benchmarks.copies.matchers.ours import Ours
from benchmarks.copies.matchers.peer import PEERS, Peer, answers_of, only, subset
from benchmarks.copies.peers.environments import NotInstalledError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.copies.metrics import Answered
    from benchmarks.copies.pictures import PictureSet
    from benchmarks.copies.queries import QuerySet

SEED = 2026
PROCESSES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one matcher did with a query set; `dump` holds one JSON line per answer."""

    name: str
    results: list[Answered]
    megabytes: float
    dump: Path


def measure() -> str:
    """Return the section of RESULTS.md: the report half, all peers."""
    found = pictures.read(None, SEED)
    asked = queries.build(found, pictures.Half.REPORT, seed=SEED, sample=None, processes=PROCESSES)
    ours = run_ours(asked, processes=PROCESSES)
    return report(found, asked, ours, PEERS, seed=SEED)


def run_ours(asked: QuerySet, *, processes: int) -> Outcome:
    """Let this project's matcher answer."""
    matcher = Ours(processes)
    matcher.prepare(asked.references)
    results = metrics.paired(asked.queries, matcher.answers(asked.queries))
    dump = asked.folder / f"answers-{matcher.NAME}-{asked.half}-{len(asked.queries)}.jsonl"
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


def report(found: PictureSet, asked: QuerySet, ours: Outcome, peers: Sequence[Peer], *, seed: int) -> str:
    """Return the section of RESULTS.md: the set, a row a matcher, and our own tables."""
    results = ours.results
    about = (
        f"{len(asked.references)} references, {len(asked.queries)} queries; seed {seed}, set `{found.key}`, "
        f"queries `{asked.key}`. A wrong answer is any match of a negative, and any other reference named for a "
        "copy; recall at no false positive counts the copies that score above the surest wrong answer."
    )
    rivals = [peer for peer in peers if not peer.pairwise]
    parts = [
        f"## Finding copies: {asked.half} half of {found.label}",
        about,
        _comparison([(ours.name, results, ours.megabytes)], rivals, asked),
        *_on_subset(found, asked, ours, [peer for peer in peers if peer.pairwise], seed),
        f"### {ours.name} in detail",
        tables.confusion(results),
        tables.per_edit(results),
        tables.per_class(results),
        tables.alarms_per_class(results),
        tables.geometry(results),
        tables.naming(results),
        tables.hardest(results),
    ]
    return "\n\n".join(part for part in parts if part)


def _on_subset(found: PictureSet, asked: QuerySet, ours: Outcome, peers: Sequence[Peer], seed: int) -> tuple[str, ...]:
    """Return the table of those that compare pair by pair, our own answers cut down to the same pairs."""
    if not peers:
        return ()
    few = subset(asked, found, seed)
    about = (
        f"### Pair by pair: {len(few.queries)} of the queries against {len(few.references)} references\n\n"
        f"{ours.name} was asked about the whole library; its answers are cut down to the same pairs."
    )
    answers = [result.answer for result in ours.results]
    names = [reference.name for reference in few.references]
    own = metrics.paired(few.queries, only(answers, few.queries, names))
    return about, _comparison([(ours.name, own, math.nan)], peers, few)


def _comparison(rows: list[tuple[str, Sequence[Answered], float]], peers: Sequence[Peer], asked: QuerySet) -> str:
    """Return one table: the given rows, then every method of every peer, then who is missing and why."""
    missing, versions = [], []
    with ThreadPoolExecutor(PROCESSES) as pool:
        running = [(peer, pool.submit(answers_of, peer, asked)) for peer in peers]
    for peer, methods in running:
        try:
            rows += [(name, metrics.paired(asked.queries, given), math.nan) for name, given in methods.result().items()]
        except NotInstalledError as reason:
            missing.append(f"{peer.name} is missing: {reason}.")
        else:
            versions.append(peer.version)
    notes = [f"Peers: {', '.join(dict.fromkeys(versions))}." if versions else "", *missing]
    return "\n\n".join(part for part in (tables.summary(rows), *notes) if part)
