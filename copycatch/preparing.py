"""Prepare references for comparing: each once, on all cores, and kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from casebook.blobs import Blobs
from casebook.errors import BlobDamaged, BlobMissing
from casebook.types import content_id
from copycatch.pool import Pool
from copycatch.prepared import MappedReferences
from matching.library import ReferenceLibrary, prepare
from matching.matcher import Matcher
from matching.prepared import from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from casebook.findings import Reference, WorkKind
    from copycatch.prepared import PreparedReferences
    from matching.marks.borne import BorneMark
    from matching.stage import Context
    from matching.views import ReferenceView

Read = tuple[bytes, str | None]  # a prepared reference as bytes (none where it cannot be compared), and its problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A reference, the kind of its work, and the owner's marks it is known to bear."""

    reference: Reference
    kind: WorkKind
    marks: tuple[BorneMark, ...] = ()

    @property
    def key(self) -> str:
        """The name of its prepared form, which works that share a picture share as well."""
        return content_id(self.reference.sha256, self.reference.kind, self.kind)


def prepare_missing(
    watched: Sequence[Watched],
    prepared: PreparedReferences,
    readers: Mapping[str, Callable[[], bytes]],
    blobs: Blobs,
    *,
    processes: int,
    progress: Callable[[int, int], None],
) -> dict[str, str]:
    """Prepare those of the references that are not prepared yet. `readers` gives a file by its `reference_id`.

    Return, by key, why some could not be prepared this time, such as for want of memory: nothing is kept of them, so
    the next run tries again. A file that is no usable picture is prepared all the same: that is its `problem`.

    The bytes of each are kept among the blobs first: a finding must stay provable when the owner tidies her folder.
    """
    missing = {
        each.key: each for each in watched if each.reference.sha256 not in blobs or not prepared.intact(each.key)
    }

    def kept() -> Iterator[Watched]:
        for each in missing.values():
            blobs.put(readers[each.reference.reference_id]())
            yield each

    failed = {}
    for done, answer in enumerate(Pool(partial(_begin, blobs.root), processes).run(kept()), start=1):
        if answer.result is None:
            failed[answer.task.key] = f"it could not be made ready for comparing: {answer.problem}"
        else:
            prepared.add(answer.task.key, *answer.result)
        progress(done, len(missing))
    return failed


def _begin(blobs: Path) -> Callable[[Watched], Read]:
    return partial(_prepared, Blobs(blobs))


def _prepared(blobs: Blobs, watched: Watched) -> Read:
    view, problem = prepare(watched.reference, watched.kind, blobs.get(watched.reference.sha256))
    return b"" if view is None else to_bytes(view), problem


def load_matcher(path: Path, watched: Sequence[Watched], context: Context | None = None) -> Matcher:
    """Return what compares pictures with these references, whose prepared forms the file at `path` holds."""
    prepared = MappedReferences(path)
    library = ReferenceLibrary.of(
        (each.reference, each.kind, _view(each, prepared.data(each.key)), each.reference.problem) for each in watched
    )
    matcher = Matcher(library, context=context)
    # The shortlist has its own copy of all descriptors now; what else a reference holds is read again for the few that
    # are proposed.
    prepared.let_go()
    return matcher


def view_maker(blobs: Blobs, watched: Sequence[Watched]) -> Callable[[str], ReferenceView | None]:
    """Return what prepares a reference by its SHA-256, for the few that are asked for; None where its bytes are gone or
    cannot be compared."""
    by_hash = {each.reference.sha256: each for each in watched}

    def view_of(sha256: str) -> ReferenceView | None:
        each = by_hash.get(sha256)
        if each is None:
            return None
        try:
            return prepare(each.reference, each.kind, blobs.get(sha256))[0]
        except (BlobMissing, BlobDamaged):
            return None

    return view_of


def _view(watched: Watched, data: memoryview) -> ReferenceView | None:
    return replace(from_bytes(watched.reference, watched.kind, data), marks=watched.marks) if data else None
