"""Two sets of pictures, no database: what `copycatch compare` prints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.types import Reference, WorkKind
from matching.library import ReferenceLibrary
from matching.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from casebook.types import Match, Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One picture: its name, what it is, and its matches best first, each with the name of the reference."""

    name: str
    picture: Picture
    matches: tuple[tuple[str, Match], ...] = ()


def library_of(references: Iterable[tuple[str, bytes]]) -> ReferenceLibrary:
    """Build a library of photographs from (name, file) pairs; each is a work of its own."""
    return ReferenceLibrary.build(
        (Reference(sha256=hashlib.sha256(data).hexdigest(), work_id=name, path=name), WorkKind.PHOTO, data)
        for name, data in references
    )


def compare(library: ReferenceLibrary, pictures: Iterable[tuple[str, bytes]]) -> Iterator[Comparison]:
    """Yield a comparison with a `library_of` references for every picture, in order.

    Of references that are the same file the first name is given. Broken ones match nothing; `library.problems` says
    what is wrong with them.
    """
    names: dict[str, str] = {}
    for reference in sorted(library.references, key=lambda item: item.path):
        names.setdefault(reference.sha256, reference.path)
    matcher = Matcher(library)
    for name, data in pictures:
        examination = matcher.examine(data)
        matches = tuple((names[match.reference_sha256], match) for match in examination.matches)
        yield Comparison(name=name, picture=examination.picture, matches=matches)
