"""Two workers of the engine, against two independent processes that compare half of the pictures each."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from casebook.blobs import Blobs
from casebook.casebook import Casebook
from casebook.findings import Reference, WorkKind
from casebook.number_sets import NumberSet
from casebook.types import Picture
from copycatch.engine import Engine, Job, Worker
from copycatch.prepared import PreparedReferences
from copycatch.preparing import Watched, prepare_missing
from fixtures.demo.pictures import GOODS, WORKS, Studio
from matching.prepared import preparing_key

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = Path(__file__).parents[2] / "shared" / "pictures"
MOST_REFERENCES, MOST_PICTURES = 100, 120
ROUNDS = 4


def measure() -> str:
    """Return the table: pictures a second of both, the best of four rounds taken in turns, and their ratio."""
    label, references, pictures = _photographs() if SHARED.is_dir() else _drawn()
    with tempfile.TemporaryDirectory() as folder:
        job, preparing = _job(Path(folder), references)
        blobs = Blobs(job.blobs)
        stored = [Picture(sha256=blobs.put(data), bytes=len(data), format=None) for data in pictures]
        engine, alone = [], []
        for number in range(ROUNDS):
            engine.append(_timed(lambda number=number: _by_engine(job, stored, Path(folder) / f"{number}.db")))
            alone.append(_timed(lambda: _by_independent_processes(job, stored)))
    ours, theirs = (len(stored) / min(seconds) for seconds in (engine, alone))
    lines = [
        f"## Two workers: {len(stored)} pictures against {len(references)} references ({label})",
        "| wall clock, processes started and libraries loaded | pictures/s | ratio |",
        "|---|---|---|",
        f"| two independent processes, half of the pictures each | {theirs:.1f} | 1 |",
        f"| the engine with two workers, results recorded in a casebook | {ours:.1f} | {ours / theirs:.2f} |",
        "",
        f"Preparing the references by two workers, kept for good: {len(references) / preparing:.1f} references/s.",
    ]
    return "\n".join(lines)


def _photographs() -> tuple[str, list[bytes], list[bytes]]:
    """Real photographs, one picture in twelve the very file of a reference, so that drawing has its share."""
    references = [path.read_bytes() for path in sorted((SHARED / "reference").rglob("*.*"))[:MOST_REFERENCES]]
    others = sorted((SHARED / "distractor").rglob("*.*"))
    chosen = np.random.default_rng(2026).permutation(len(others))[: MOST_PICTURES - MOST_PICTURES // 12]
    pictures = [others[place].read_bytes() for place in chosen]
    for place in range(MOST_PICTURES // 12):
        pictures.insert(place * 12, references[place])
    return "real photographs, one in twelve a copy", references, pictures


def _drawn() -> tuple[str, list[bytes], list[bytes]]:
    studio = Studio(None)
    return "the demo's drawings", [studio.picture(w.name) for w in WORKS], [studio.picture(g.name) for g in GOODS]


def _job(folder: Path, references: list[bytes]) -> tuple[Job, float]:
    """Return what the workers need, and how many seconds preparing the references took."""
    blobs = Blobs(folder / "blobs")
    files = {blobs.put(data): data for data in references}
    watched = tuple(
        Watched(reference=Reference(sha256=sha256, work_id=sha256, path=sha256), kind=WorkKind.PHOTO)
        for sha256 in files
    )
    readers = {each.reference.reference_id: lambda each=each: files[each.reference.sha256] for each in watched}
    with PreparedReferences.open(folder / "prepared", preparing_key()) as prepared:
        seconds = _timed(
            lambda: prepare_missing(watched, prepared, readers, blobs, processes=2, progress=lambda done, total: None)
        )
    return Job(references=watched, prepared=prepared.path, blobs=blobs.root), seconds


def _by_engine(job: Job, pictures: list[Picture], casebook_path: Path) -> None:
    with Casebook.open(casebook_path, create=True) as casebook:
        for examined in Engine(job, 2).examine_all(pictures):
            casebook.record_examination(examined.picture, "benchmark", NumberSet(), examined.matches, datetime.now(UTC))


def _by_independent_processes(job: Job, pictures: list[Picture]) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_examine, args=(job, pictures[half::2])) for half in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def _examine(job: Job, pictures: list[Picture]) -> None:
    worker = Worker(job)
    for picture in pictures:
        worker.examine(picture)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
