"""Works and their reference pictures, as they stood in the owner's folder last.

Each reference picture, by the hash of its bytes, has a number by which examinations remember it. A number is given
once: a picture that is taken out and put back keeps its own, and one that is to be compared in another way (as art
instead of as a photograph, say, or with a mark that was found on it) gets a new one, so that it counts as never
compared.
"""

from __future__ import annotations

from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING

from casebook.findings import Reference, ReferenceKind, Work, WorkKind
from casebook.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from sqlite3 import Row

_UPSERT_WORK = """
INSERT INTO work VALUES (:work_id, :title, :kind, 1)
ON CONFLICT (work_id) DO UPDATE SET title = excluded.title, kind = excluded.kind, current = 1
"""

_UPSERT_REFERENCE = """
INSERT INTO reference VALUES (:reference_id, :sha256, :work_id, :path, :kind, :problem, 1)
ON CONFLICT (reference_id) DO UPDATE SET path = excluded.path, problem = excluded.problem, current = 1
"""

_KINDS = """
SELECT DISTINCT r.sha256, r.kind AS reference_kind, w.kind AS work_kind
FROM reference AS r JOIN work AS w USING (work_id) WHERE r.current ORDER BY 1, 2, 3
"""

_NUMBER = """
INSERT INTO numbered_reference
SELECT :sha256, :kinds, coalesce(max(number), 0) + 1 FROM numbered_reference WHERE true
ON CONFLICT (sha256) DO UPDATE SET kinds = excluded.kinds, number = excluded.number WHERE kinds <> excluded.kinds
"""

_NUMBERS = """
SELECT sha256, number FROM numbered_reference
WHERE EXISTS (SELECT 1 FROM reference AS r WHERE r.sha256 = numbered_reference.sha256 AND r.current)
"""


class Works(Store):
    def sync_works(
        self,
        works: Iterable[Work],
        references: Iterable[Reference],
        marks: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        """Make these the current works and references. Others stay, marked as not current: findings cite them.

        `marks` gives, by the SHA-256 of a reference picture, those of the owner's marks that it bears.
        """
        with self.immediate():
            self._run("UPDATE work SET current = 0", {})
            self._run("UPDATE reference SET current = 0", {})
            for work in works:
                self._run(_UPSERT_WORK, {"work_id": work.work_id, "title": work.title, "kind": work.kind})
            # The same picture twice in one work is one reference; it goes by the first path.
            for reference in sorted(references, key=lambda reference: reference.path, reverse=True):
                self._run(
                    _UPSERT_REFERENCE,
                    {
                        "reference_id": reference.reference_id,
                        "sha256": reference.sha256,
                        "work_id": reference.work_id,
                        "path": reference.path,
                        "kind": reference.kind,
                        "problem": reference.problem,
                    },
                )
            self._number_references(marks)

    def reference_numbers(self) -> dict[str, int]:
        """Return the number of every current reference picture by its SHA-256."""
        return {row["sha256"]: row["number"] for row in self._run(_NUMBERS, {})}

    def _number_references(self, marks: Mapping[str, Sequence[str]]) -> None:
        kinds: defaultdict[str, list[str]] = defaultdict(list)
        for row in self._run(_KINDS, {}):
            kinds[row["sha256"]].append(f"{row['reference_kind']} of {row['work_kind']}")
        for sha256, ways in kinds.items():
            bearing = [f"bearing {mark}" for mark in marks.get(sha256, ())]
            self._run(_NUMBER, {"sha256": sha256, "kinds": ", ".join(ways + bearing)})

    def describe_work(self, work: Work) -> None:
        """Write down what a work is called now, where a scan or a match has seen it."""
        self._run("UPDATE work SET title = :title WHERE work_id = :id", {"title": work.title, "id": work.work_id})

    def works(self) -> list[Work]:
        """Return the current works by id."""
        rows = self._run("SELECT * FROM work WHERE current ORDER BY work_id", {})
        return [Work(work_id=row["work_id"], title=row["title"], kind=WorkKind(row["kind"])) for row in rows]

    def references(self) -> list[Reference]:
        """Return the current references by work and path."""
        rows = self._run("SELECT * FROM reference WHERE current ORDER BY work_id, path, kind", {})
        return [_reference(row) for row in rows]

    def references_of(self, work_id: str) -> list[Reference]:
        """Return the current references of one work by path."""
        rows = self._run("SELECT * FROM reference WHERE current AND work_id = :id ORDER BY path, kind", {"id": work_id})
        return [_reference(row) for row in rows]

    def reference_kinds(self, work_id: str, sha256: str) -> set[ReferenceKind]:
        """Return as what a picture is a current reference of a work: as a picture of it, a mark on it, or both."""
        rows = self._run(
            "SELECT kind FROM reference WHERE sha256 = :sha256 AND work_id = :work_id AND current",
            {"sha256": sha256, "work_id": work_id},
        )
        return {ReferenceKind(row["kind"]) for row in rows}


def _reference(row: Row) -> Reference:
    return Reference(
        sha256=row["sha256"],
        work_id=row["work_id"],
        path=row["path"],
        kind=ReferenceKind(row["kind"]),
        problem=row["problem"],
    )
