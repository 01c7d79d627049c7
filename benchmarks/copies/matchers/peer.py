"""Other people's matchers: one peer is one script run with one method, in the environment it needs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.copies.matchers import Answer, Found
from benchmarks.copies.peers.environments import NotInstalledError, python_for, version_of
from benchmarks.copies.queries import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.copies.pictures import PictureSet
    from benchmarks.copies.queries import Query, QuerySet

SCRIPTS = Path(__file__).parents[1] / "peers"
RUN_SECONDS = 3600
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
SUBSET_EDITED, SUBSET_REFERENCES, SUBSET_NEGATIVES = 7, 60, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """`package` is what is installed for it; None where this project's own environment has what it needs."""

    name: str
    script: str
    argument: str
    package: str | None
    version_from: str

    @property
    def pairwise(self) -> bool:
        return self.script == "pairs.py"

    @property
    def version(self) -> str:
        installed = version(self.version_from) if self.package is None else version_of(self.package)
        return f"{self.version_from} {installed}"


def _hashes(package: str, *, own: bool) -> Peer:
    return Peer(
        name=package,
        script="whole_hashes.py",
        argument=package,
        package=None if own else package,
        version_from=package,
    )


def _pairs(name: str, argument: str, source: str, package: str | None = None) -> Peer:
    return Peer(name=name, script="pairs.py", argument=argument, package=package, version_from=source)


PEERS = (
    _hashes("imagehash", own=True),
    _hashes("pdqhash", own=False),
    _hashes("perception", own=False),
    _hashes("imagededup", own=False),
    _pairs("orb", "ORB", "opencv-python-headless"),
    _pairs("sift", "SIFT", "opencv-python-headless"),
    _pairs("crop-resistant", "crop_resistant", "imagehash"),
    _pairs("perception-local", "perception_local", "perception", "perception"),
)


def subset(queries: QuerySet, pictures: PictureSet, seed: int) -> QuerySet:
    """Return what pairwise peers can do in reasonable time.

    1. All edits of the first 7 edited references, and every hard pair.
    2. Of each other kind of negative 15, by seed.
    3. 60 references: those 7 with their twins, those of the hard pairs, others by seed.
    """
    rng = np.random.default_rng(seed)
    edited = list(dict.fromkeys(q.source for q in queries.queries if q.kind in (Kind.EDITED, Kind.RECOLOURED)))
    chosen = set(edited[:SUBSET_EDITED])
    picked = [query for query in queries.queries if query.kind.copy and query.source in chosen]
    for kind in Kind:
        members = [query for query in queries.queries if query.kind is kind and not kind.copy]
        hard = kind in (Kind.DIFFERENT_ITEM, Kind.SAME_ITEM)
        places = range(len(members)) if hard else sorted(rng.permutation(len(members))[:SUBSET_NEGATIVES])
        picked += [members[place] for place in places]
    right = {name for query in picked for name in query.references}
    rival = {pair.second.name: pair.first.name for pair in pictures.hard_pairs}
    paired = [rival[query.source] for query in picked if query.source in rival]
    shuffled = [queries.references[place].name for place in rng.permutation(len(queries.references))]
    names = set(list(dict.fromkeys([*sorted(right), *paired, *shuffled]))[:SUBSET_REFERENCES])
    kept = tuple(reference for reference in queries.references if reference.name in names)
    return replace(queries, references=kept, queries=tuple(picked))


def answers_of(peer: Peer, queries: QuerySet) -> dict[str, list[Answer]]:
    """Return a peer's answers by method, from the cache where the same files were asked before.

    Raises NotInstalledError where the peer cannot be installed or run.
    """
    folder = queries.folder / "peers"
    path = folder / f"{peer.name}-{_key(peer, queries)}.jsonl"
    if not path.exists():
        python = Path(sys.executable) if peer.package is None else python_for(peer.package)
        folder.mkdir(parents=True, exist_ok=True)
        _run(peer, python, queries, path)
    methods: dict[str, list[Answer]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        methods.setdefault(row["method"], []).append(_answer(row))
    return methods


def _key(peer: Peer, queries: QuerySet) -> str:
    """Name what the answers depend on: the files, by the names they have in this query set, and the script."""
    names = [[reference.name for reference in queries.references], [query.name for query in queries.queries]]
    digest = hashlib.sha256(json.dumps([queries.key, str(queries.half), names]).encode())
    digest.update((SCRIPTS / peer.script).read_bytes())
    return digest.hexdigest()[:16]


def _run(peer: Peer, python: Path, queries: QuerySet, answers: Path) -> None:
    references, asked, draft = (answers.with_suffix(f".{part}") for part in ("references", "queries", "part"))
    references.write_text("".join(_lines((file.name, file.path) for file in queries.references)), encoding="utf-8")
    asked.write_text("".join(_lines((query.name, query.path) for query in queries.queries)), encoding="utf-8")
    command = [python, SCRIPTS / peer.script, peer.argument, references, asked, draft]
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
            env={**os.environ, **ONE_THREAD},
        )
    except subprocess.TimeoutExpired as slow:
        raise NotInstalledError(f"it took more than {RUN_SECONDS} s") from slow
    finally:
        references.unlink()
        asked.unlink()
    if done.returncode:
        raise NotInstalledError((done.stderr.strip().splitlines() or ["it stopped without a word"])[-1])
    draft.replace(answers)


def _lines(files: Iterable[tuple[str, Path]]) -> Iterator[str]:
    for name, path in files:
        yield json.dumps({"name": name, "path": str(path)}) + "\n"


def _answer(row: dict[str, Any]) -> Answer:
    found = tuple(Found(reference=item["reference"], score=item["score"]) for item in row["found"])
    return Answer(query=row["query"], found=found, milliseconds=row["milliseconds"])


def only(answers: Iterable[Answer], queries: Iterable[Query], references: Iterable[str]) -> list[Answer]:
    """Return another matcher's answers as far as they concern a subset of queries and references."""
    asked, known = {query.name for query in queries}, set(references)
    return [
        replace(answer, found=tuple(found for found in answer.found if found.reference in known))
        for answer in answers
        if answer.query in asked
    ]
