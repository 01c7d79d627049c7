"""Two sets of pictures, no database: what `copycatch compare` prints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from casebook.findings import Reference, ReferenceKind, Verdict, WorkKind
from matching.duplicates import Duplicates
from matching.library import ReferenceLibrary
from matching.matcher import Matcher
from matching.siblings import settled
from matching.views import PictureView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from casebook.findings import Match
    from casebook.types import Picture
    from matching.stage import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What a reference is: a picture of a photograph or of art, or a watermark."""

    work: WorkKind = WorkKind.PHOTO
    reference: ReferenceKind = ReferenceKind.PICTURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One picture: its name, what it is, and its matches best first, each with the name of the reference.

    `picture` is None where its file could not be read; `problem` says why a picture cannot be compared, or only badly.
    """

    name: str
    picture: Picture | None
    problem: str | None = None
    matches: tuple[tuple[str, Match], ...] = ()


def library_of(
    references: Iterable[tuple[str, bytes]], kinds: Mapping[str, Kinds] = MappingProxyType({})
) -> ReferenceLibrary:
    """Build a library from (name, file) pairs; each is a work of its own, a photograph where `kinds` has no name."""

    def described(name: str, data: bytes) -> tuple[Reference, WorkKind, bytes]:
        kind = kinds.get(name, Kinds())
        sha256 = hashlib.sha256(data).hexdigest()
        return Reference(sha256=sha256, work_id=name, path=name, kind=kind.reference), kind.work, data

    return ReferenceLibrary.build(described(name, data) for name, data in references).knowing_marks()


def compare(
    library: ReferenceLibrary, pictures: Iterable[tuple[str, bytes]], context: Context | None = None
) -> Iterator[Comparison]:
    """Yield a comparison with a `library_of` references for every picture, in order.

    Of references that are the same file the first name is given. Broken ones match nothing; `library.problems` says
    what is wrong with them.
    """
    names: dict[str, str] = {}
    for reference in sorted(library.references, key=lambda item: item.path):
        names.setdefault(reference.sha256, reference.path)
    marks = {view.reference.sha256 for view in library.views if view.mark is not None}
    matcher, same = Matcher(library, context=context), Duplicates(library.view_of)
    for name, data in pictures:
        examination = matcher.examine(data)
        telling = _telling(settled(examination.matches, same), marks)
        matches = tuple((names[match.reference_sha256], match) for match in telling)
        problem = examination.picture.problem or (None if matches else _plainness(data))
        yield Comparison(name=name, picture=examination.picture, problem=problem, matches=matches)


def _telling(matches: Sequence[Match], marks: Set[str]) -> list[Match]:
    """Leave out what comes to nothing, and marks where the work is known: they say nothing of other works."""
    telling = [match for match in matches if match.verdict is not Verdict.NONE]
    works = [match for match in telling if match.reference_sha256 not in marks]
    return works if any(match.verdict is Verdict.COPY for match in works) else telling


def _plainness(data: bytes) -> str | None:
    plain = PictureView(data).phash is None
    return "too plain to be recognised as anything but the very same file" if plain else None
