"""Looking at every reference picture the way a scan will, before a night is spent on one that cannot be matched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copycatch.works import Library, Problem, read_library, unlisted_pictures
from matching.library import ReferenceLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.findings import Reference, WorkKind
    from copycatch.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was read and what is wrong; `unlisted` are pictures that works.toml does not name, which is no fault."""

    works: int
    references: int
    unlisted: list[str]
    problems: list[Problem]


def check_library(workspace: Workspace) -> Checked:
    """Build the reference library and collect what keeps each picture from being watched well."""
    library = read_library(workspace)
    built = ReferenceLibrary.build(_with_bytes(library))
    paths = {reference.reference_id: reference.path for reference in library.references}
    problems = [
        Problem(where=paths[reference_id], message=message, remedy="Replace it by a whole, detailed picture.")
        for reference_id, message in built.problems.items()
    ]
    return Checked(
        works=len(library.works),
        references=len(library.references),
        unlisted=unlisted_pictures(workspace),
        problems=[*library.problems, *problems],
    )


def _with_bytes(library: Library) -> Iterator[tuple[Reference, WorkKind, bytes]]:
    kinds = {work.work_id: work.kind for work in library.works}
    for reference in library.references:
        yield reference, kinds[reference.work_id], library.readers[reference.reference_id]()
