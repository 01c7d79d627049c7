"""Runs: one row per scan, begun, taken up again after an interruption, finished."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from casebook.store import Store
from casebook.types import RunKind, RunState, ScanRun
from casebook.values import time, time_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Runs(Store):
    def begin_run(self, run: ScanRun) -> None:
        """Add the run. sqlite3.IntegrityError: its id is taken."""
        with self.immediate():
            self._run(
                "INSERT INTO run (run_id, started_at, program, job, kind, phase, state, finished_at, stats) "
                "VALUES (:run_id, :started_at, :program, :job, :kind, :phase, :state, :finished_at, :stats)",
                {
                    "run_id": run.run_id,
                    "started_at": run.started_at,
                    "program": run.program,
                    "job": run.job,
                    "kind": run.kind,
                    "phase": run.phase,
                    "state": run.state,
                    "finished_at": run.finished_at,
                    "stats": dict(run.stats),
                },
            )

    def set_phase(self, run_id: str, phase: str) -> None:
        with self.immediate():
            self._run("UPDATE run SET phase = :phase WHERE run_id = :run_id", {"phase": phase, "run_id": run_id})

    def finish_run(self, run_id: str, state: RunState, at: datetime, stats: Mapping[str, int]) -> None:
        with self.immediate():
            self._run(
                "UPDATE run SET state = :state, finished_at = :at, stats = :stats WHERE run_id = :run_id",
                {"state": state, "at": at, "stats": dict(stats), "run_id": run_id},
            )

    def give_up_imports(self, at: datetime) -> None:
        """Close imports that were killed: what they stored stays, and importing the files again adds the rest."""
        with self.immediate():
            self._run(
                "UPDATE run SET state = 'failed', finished_at = :at WHERE state = 'running' AND kind = 'import'",
                {"at": at},
            )

    def unfinished_run(self) -> ScanRun | None:
        """Return the newest scan that is still `running`: whoever holds the workspace takes it up again."""
        row = self._first(
            "SELECT * FROM run WHERE state = 'running' AND kind = 'scan' ORDER BY run_seq DESC LIMIT 1", {}
        )
        return None if row is None else _scan_run(row)

    def last_run(self) -> ScanRun | None:
        """Return the scan begun last, in whatever state it is."""
        return next(iter(self.runs(1)), None)

    def last_import(self) -> ScanRun | None:
        """Return the import of files begun last, in whatever state it is; a person's own look is none."""
        return next(iter(self.imports(1)), None)

    def imports(self, limit: int) -> list[ScanRun]:
        """Return the newest imports of files, newest first; a person's own look is none."""
        rows = self._run(
            "SELECT * FROM run WHERE kind = 'import' AND iif(json_valid(job), job, '{}') ->> '$.look' IS NULL "
            "ORDER BY run_seq DESC LIMIT :limit",
            {"limit": limit},
        )
        return [_scan_run(row) for row in rows]

    def run(self, run_id: str) -> ScanRun | None:
        """Return the scan or import of that id."""
        row = self._first("SELECT * FROM run WHERE run_id = :run_id", {"run_id": run_id})
        return None if row is None else _scan_run(row)

    def runs(self, limit: int) -> list[ScanRun]:
        """Return the newest scans, newest first."""
        rows = self._run("SELECT * FROM run WHERE kind = 'scan' ORDER BY run_seq DESC LIMIT :limit", {"limit": limit})
        return [_scan_run(row) for row in rows]


def _scan_run(row: Any) -> ScanRun:
    return ScanRun(
        run_id=row["run_id"],
        started_at=time(row["started_at"]),
        program=row["program"],
        job=row["job"],
        kind=RunKind(row["kind"]),
        phase=row["phase"],
        state=RunState(row["state"]),
        finished_at=time_or_none(row["finished_at"]),
        stats=tuple(json.loads(row["stats"]).items()),
    )
