"""The frontier: every URL that a run has met, and how far each has come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casebook.store import Store
from casebook.types import Purpose, Task, TaskState, known_as

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casebook.types import Known, LeftOut

_ADD = """
INSERT INTO task (run_id, target, purpose, url, depth, listing_key, fallbacks, state, note, search, layout)
VALUES (
    :run_id, :target, :purpose, :url, :depth, :listing_key, :fallbacks, :state, :note, :search, :layout
)
ON CONFLICT DO UPDATE SET
    depth = min(depth, excluded.depth), listing_key = coalesce(listing_key, excluded.listing_key)
"""

_CLOSE = """
INSERT INTO task (run_id, target, purpose, url, depth, listing_key, fallbacks, state, note, search, layout)
VALUES (
    :run_id, :target, :purpose, :url, :depth, :listing_key, :fallbacks, :state, :note, :search, :layout
)
ON CONFLICT DO UPDATE SET
    state = excluded.state, note = excluded.note, layout = excluded.layout, depth = min(depth, excluded.depth)
"""

_LEAVE_OUT = """
INSERT INTO left_out (run_id, target, why, pages, example) VALUES (:run_id, :target, :why, :pages, :example)
ON CONFLICT (run_id, target, why) DO UPDATE SET pages = pages + excluded.pages
"""

_SHORTFALLS = """
SELECT target, purpose, state, note, sum(tasks) AS tasks, min(example) AS example FROM (
    SELECT target, purpose, state, coalesce(note, '') AS note, count(*) AS tasks, min(url) AS example
    FROM task WHERE run_id = :run_id AND state <> 'done' GROUP BY target, purpose, state, note
    UNION ALL
    SELECT target, 'page', 'refused', why, pages, example FROM left_out WHERE run_id = :run_id
)
GROUP BY target, purpose, state, note ORDER BY target, tasks DESC, purpose, note
"""

_TALLY = """
INSERT INTO frontier_tally SELECT * FROM frontier_counts
WHERE run_id IN (SELECT run_id FROM run WHERE run_seq < (SELECT run_seq FROM run WHERE run_id = :before))
"""

_DROP = """
DELETE FROM {table}
WHERE run_id IN (SELECT run_id FROM run WHERE run_seq < (SELECT run_seq FROM run WHERE run_id = :before))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Something a run did not get: how many tasks of a target ended (or still stand) in one state for one reason."""

    target: str
    purpose: Purpose
    state: TaskState
    why: str
    tasks: int
    example: str


class Frontier(Store):
    def add_tasks(self, tasks: Iterable[Task]) -> None:
        """Add what the run does not know yet; of a URL it knows, keep the task but note the shorter way to it."""
        with self.immediate():
            for task in tasks:
                self._run(_ADD, _columns(task))

    def pending_tasks(self, run_id: str) -> list[Task]:
        """Return what is still to do, in the order it was found."""
        rows = self._run(
            "SELECT * FROM task WHERE run_id = :run_id AND state = 'pending' ORDER BY task_seq", {"run_id": run_id}
        )
        return [_task(row) for row in rows]

    def task_counts(self, run_id: str) -> dict[str, dict[TaskState, int]]:
        """Return target -> state -> how many tasks of the run, of all purposes; states without tasks are left out."""
        counts: dict[str, dict[TaskState, int]] = {}
        rows = self._run(
            "SELECT target, state, count(*) AS tasks FROM task WHERE run_id = :run_id GROUP BY target, state",
            {"run_id": run_id},
        )
        for row in rows:
            counts.setdefault(row["target"], {})[TaskState(row["state"])] = row["tasks"]
        return counts

    def shortfalls(self, run_id: str) -> list[Shortfall]:
        """Return what the run did not get, with the reasons, most frequent first within each target."""
        rows = self._run(_SHORTFALLS, {"run_id": run_id})
        return [
            Shortfall(
                target=row["target"],
                purpose=Purpose(row["purpose"]),
                state=TaskState(row["state"]),
                why=row["note"],
                tasks=row["tasks"],
                example=row["example"],
            )
            for row in rows
        ]

    def tasks_known(self, run_id: str) -> set[Known]:
        """Return what the run knows its tasks by."""
        rows = self._run("SELECT purpose, url, listing_key FROM task WHERE run_id = :run_id", {"run_id": run_id})
        return {known_as(Purpose(row["purpose"]), row["url"], row["listing_key"]) for row in rows}

    def pages_tried(self, run_id: str) -> dict[str, int]:
        """Return target -> how many pages and sitemaps the run has asked it for."""
        rows = self._run(
            "SELECT target, count(*) AS tasks FROM task WHERE run_id = :run_id "
            "AND purpose IN ('page', 'sitemap') AND state IN ('done', 'failed') GROUP BY target",
            {"run_id": run_id},
        )
        return {row["target"]: row["tasks"] for row in rows}

    def pages_planned(self, run_id: str) -> dict[str, int]:
        """Return target -> how many pages and sitemaps the run knows of it."""
        rows = self._run(
            "SELECT target, count(*) AS tasks FROM task WHERE run_id = :run_id "
            "AND purpose IN ('page', 'sitemap') GROUP BY target",
            {"run_id": run_id},
        )
        return {row["target"]: row["tasks"] for row in rows}

    def drop_frontier(self, before_run_id: str) -> None:
        """Forget the single tasks of all runs begun before this one; the view `coverage` keeps their counts."""
        with self.immediate():
            self._run(_TALLY, {"before": before_run_id})
            for table in ("task", "left_out"):
                self._run(_DROP.format(table=table), {"before": before_run_id})

    def _leave_out(self, task: Task, left_out: Iterable[LeftOut]) -> None:
        for one in left_out:
            values = {"run_id": task.run_id, "target": task.target, "why": one.why, "pages": one.pages}
            self._run(_LEAVE_OUT, {**values, "example": one.example})

    def _close_task(self, task: Task) -> None:
        self._run(_CLOSE, _columns(task))


def _columns(task: Task) -> dict[str, object]:
    return {
        "run_id": task.run_id,
        "target": task.target,
        "purpose": task.purpose,
        "url": task.url,
        "depth": task.depth,
        "listing_key": task.listing_key,
        "fallbacks": task.fallbacks,
        "state": task.state,
        "note": task.note,
        "search": task.search,
        "layout": task.layout,
    }


def _task(row: Any) -> Task:
    return Task(
        run_id=row["run_id"],
        target=row["target"],
        purpose=Purpose(row["purpose"]),
        url=row["url"],
        depth=row["depth"],
        listing_key=row["listing_key"],
        fallbacks=tuple(json.loads(row["fallbacks"])),
        state=TaskState(row["state"]),
        note=row["note"],
        search=row["search"],
        layout=row["layout"],
    )
