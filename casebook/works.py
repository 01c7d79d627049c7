"""Works and their reference pictures, as they stood in the owner's folder last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.store import Store
from casebook.types import Reference, ReferenceKind, Work, WorkKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_UPSERT_WORK = """
INSERT INTO work VALUES (:work_id, :title, :kind, 1)
ON CONFLICT (work_id) DO UPDATE SET title = excluded.title, kind = excluded.kind, current = 1
"""

_UPSERT_REFERENCE = """
INSERT INTO reference VALUES (:reference_id, :sha256, :work_id, :path, :kind, :problem, 1)
ON CONFLICT (reference_id) DO UPDATE SET path = excluded.path, problem = excluded.problem, current = 1
"""


class Works(Store):
    def sync_works(self, works: Iterable[Work], references: Iterable[Reference]) -> None:
        """Make these the current works and references. Others stay, marked as not current: findings cite them."""
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

    def works(self) -> list[Work]:
        """Return the current works by id."""
        rows = self._run("SELECT * FROM work WHERE current ORDER BY work_id", {})
        return [Work(work_id=row["work_id"], title=row["title"], kind=WorkKind(row["kind"])) for row in rows]

    def references(self) -> list[Reference]:
        """Return the current references by work and path."""
        rows = self._run("SELECT * FROM reference WHERE current ORDER BY work_id, path, kind", {})
        return [
            Reference(
                sha256=row["sha256"],
                work_id=row["work_id"],
                path=row["path"],
                kind=ReferenceKind(row["kind"]),
                problem=row["problem"],
            )
            for row in rows
        ]
