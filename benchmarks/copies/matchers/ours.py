"""This project's own matcher, as `copycatch scan` runs it: library, shortlist, all stages.

Its score orders matches as `Examination.matches` does: by verdict first, then by the match's own score.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from benchmarks.copies.matchers import Answer, Found
from benchmarks.copies.memory import peak_megabytes
from benchmarks.copies.owners_mark import owners_mark
from benchmarks.copies.spread import spread
from casebook.findings import Reference, ReferenceKind, Verdict, WorkKind
from matching.duplicates import Duplicates
from matching.library import ReferenceLibrary
from matching.matcher import Matcher
from matching.siblings import settled
from matching.verdicts import STRENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.copies.queries import Query, ReferenceFile
    from casebook.findings import Match

_worker: dict[str, Any] = {}


class Ours:
    """`processes` share the queries; each holds the library. `megabytes` is the most that one of them held."""

    NAME = "copycatch"

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._references: tuple[ReferenceFile, ...] = ()
        self.megabytes = 0.0

    def prepare(self, references: Sequence[ReferenceFile]) -> None:
        """Remember the files; every process reads them for itself."""
        self._references = tuple(references)

    def answers(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Answer every query, in order."""
        for answer, megabytes in spread(
            _answer,
            queries,
            processes=self._processes,
            prepare=_prepare,
            given=(self._references,),
            title="copycatch",
        ):
            self.megabytes = max(self.megabytes, megabytes)
            yield answer


def _prepare(references: tuple[ReferenceFile, ...]) -> None:
    library = _knowing_the_mark(references)
    names: dict[str, str] = {}
    for reference in library.references:
        names.setdefault(reference.sha256, reference.path)
    _worker.update(matcher=Matcher(library), same=Duplicates(library.view_of), names=names)


def _knowing_the_mark(references: tuple[ReferenceFile, ...]) -> ReferenceLibrary:
    """Build the library with the owner's mark found on those references that bear it. The mark itself is left out:
    finding it on strangers' pictures has a benchmark of its own."""
    data = owners_mark()
    sha256 = hashlib.sha256(data).hexdigest()
    mark = Reference(sha256=sha256, work_id="mark", path="mark.png", kind=ReferenceKind.WATERMARK)
    built = ReferenceLibrary.build([*read_references(references), (mark, WorkKind.PHOTO, data)]).knowing_marks()
    kept = tuple(reference for reference in built.references if reference.kind is ReferenceKind.PICTURE)
    return ReferenceLibrary(kept, tuple(view for view in built.views if view.mark is None), built.problems, built.key)


def read_references(references: tuple[ReferenceFile, ...]) -> Iterator[tuple[Reference, Any, bytes]]:
    """Yield what a library is built from."""
    for file in references:
        data = file.path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        yield Reference(sha256=sha256, work_id=file.name, path=file.name), file.kind, data


def _answer(query: Query) -> tuple[Answer, float]:
    data = query.path.read_bytes()
    begun = time.process_time()
    examined = _worker["matcher"].examine(data)
    matches = settled((match for match in examined.matches if match.verdict is not Verdict.NONE), _worker["same"])
    spent = (time.process_time() - begun) * 1e3
    found = tuple(_found(match) for match in matches)
    return Answer(query=query.name, found=found, milliseconds=spent), peak_megabytes()


def _found(match: Match) -> Found:
    return Found(
        reference=_worker["names"][match.reference_sha256],
        score=STRENGTH[match.verdict] + match.score,
        verdict=str(match.verdict),
        extras=_extras(match),
    )


def _extras(match: Match) -> dict[str, Any]:
    """Return what the match says was done to the picture, from its strongest evidence that has a geometry."""
    extras: dict[str, Any] = {"because": match.because, "mirrored": any(item.mirrored for item in match.evidence)}
    if match.edits:
        extras["edits"] = [str(edit.kind) for edit in match.edits]
    if match.expected_false_alarms is not None:
        extras["expected_false_alarms"] = match.expected_false_alarms
    if match.relation is not None:
        extras["relation"] = str(match.relation)
    geometry = next((item.geometry for item in match.evidence if item.geometry is not None), None)
    if geometry is not None:
        extras["transform"] = list(geometry.transform)
        extras["reference_share"] = geometry.reference_share
        extras["picture_share"] = geometry.picture_share
        extras["inliers"] = geometry.inliers
    extras["measures"] = {f"{item.stage}.{name}": value for item in match.evidence for name, value in item.measures}
    return extras
