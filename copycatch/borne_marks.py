"""Find the owner's marks on her own references: each mark on each reference once, and kept beside the prepared ones."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from casebook.findings import ReferenceKind
from casebook.types import content_id
from copycatch.pool import Pool
from copycatch.prepared import MappedReferences
from matching.marks.borne import BorneMark, find_borne
from matching.marks.state import MarkRegion
from matching.prepared import from_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from copycatch.prepared import PreparedReferences
    from copycatch.preparing import Watched
    from matching.marks.mark import Mark

Search = tuple["Watched", tuple["Watched", ...]]  # a reference, and the marks to look for on it


def marks_among(watched: Iterable[Watched]) -> tuple[Watched, ...]:
    """Return the distinct marks, ordered by their SHA-256."""
    marks = {each.reference.sha256: each for each in watched if each.reference.kind is ReferenceKind.WATERMARK}
    return tuple(marks[sha256] for sha256 in sorted(marks))


def borne_marks(reference: Watched, marks: Sequence[Watched], prepared: PreparedReferences) -> tuple[BorneMark, ...]:
    """Return which of the marks were found on a reference."""
    found = ((mark.reference.sha256, prepared.data(_key(reference, mark))) for mark in _to_find(reference, marks))
    return tuple(BorneMark(mark_sha256=sha256, region=MarkRegion(**json.loads(data))) for sha256, data in found if data)


def find_marks(
    watched: Sequence[Watched],
    prepared: PreparedReferences,
    prepare: Callable[[Sequence[Watched]], Mapping[str, str]],
    *,
    processes: int,
    progress: Callable[[int, int], None],
) -> dict[str, str]:
    """Look for every mark on every reference where that was not done yet. `prepare` makes sure that references are
    prepared, and tells by key why some could not be; without a mark nothing is prepared.

    Return, by the path of a mark or a reference, why it could not be done this time: the next run tries again.
    """
    marks = marks_among(watched)
    lacking = {
        each.key: (each, tuple(mark for mark in _to_find(each, marks) if not prepared.intact(_key(each, mark))))
        for each in watched
    }
    searches: list[Search] = [search for search in lacking.values() if search[1]]
    if not searches:
        return {}
    needed = [*(reference for reference, _ in searches), *marks]
    unready = prepare(needed)
    problems = {each.reference.path: unready[each.key] for each in needed if each.key in unready}
    ready = ((reference, tuple(mark for mark in sought if mark.key not in unready)) for reference, sought in searches)
    searches = [search for search in ready if search[1] and search[0].key not in unready]
    for done, answer in enumerate(Pool(partial(_begin, prepared.path), processes).run(searches), start=1):
        reference, sought = answer.task
        if answer.result is None:
            problems[reference.reference.path] = f"your marks could not be looked for on it: {answer.problem}"
        else:
            found = {borne.mark_sha256: borne.region for borne in answer.result}
            for mark in sought:
                region = found.get(mark.reference.sha256)
                data = b"" if region is None else json.dumps(asdict(region)).encode()
                prepared.add(_key(reference, mark), data, None)
        progress(done, len(searches))
    return problems


def _to_find(reference: Watched, marks: Sequence[Watched]) -> Sequence[Watched]:
    """Return the marks to look for on a reference: none on a mark."""
    return () if reference.reference.kind is ReferenceKind.WATERMARK else marks


def _key(reference: Watched, mark: Watched) -> str:
    return content_id("mark", reference.key, mark.reference.sha256)


def _begin(path: Path) -> Callable[[Search], tuple[BorneMark, ...]]:
    return _Searcher(MappedReferences(path)).search


class _Searcher:
    """What a process knows: the prepared references, and the marks it has searched for."""

    def __init__(self, prepared: MappedReferences) -> None:
        self._prepared = prepared
        self._marks: dict[str, Mark | None] = {}

    def search(self, task: Search) -> tuple[BorneMark, ...]:
        reference, marks = task
        data = self._prepared.data(reference.key)
        known = ((mark.reference.sha256, self._mark(mark)) for mark in marks)
        wanted = [(sha256, mark) for sha256, mark in known if mark is not None]
        return find_borne(from_bytes(reference.reference, reference.kind, data), wanted) if data else ()

    def _mark(self, mark: Watched) -> Mark | None:
        # A mark keeps what the search made of it, so all references share one.
        if mark.key not in self._marks:
            data = self._prepared.data(mark.key)
            self._marks[mark.key] = from_bytes(mark.reference, mark.kind, data).mark if data else None
        return self._marks[mark.key]
