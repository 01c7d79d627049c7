"""What the nightly clock brought: a short history in the workspace that `status` shows and the scheduler appends to."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from copycatch.atomic_file import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

KEEP = 60

log = logging.getLogger("copycatch.nights")


class Outcome(StrEnum):
    """How a planned scan ended. Everything but `finished` is an alarm."""

    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"  # by the time limit, or because the scheduler was ended
    MISSED = "missed"  # the machine slept through its grace time
    OVERLAPPED = "overlapped"  # the scan of the night before was still running


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One planned scan: when it was due and what became of it."""

    planned_at: datetime
    ended_at: datetime
    outcome: Outcome
    message: str
    exit_code: int | None = None


def last_due(now: datetime, scan_time: time) -> datetime:
    """Return the newest instant at or before `now` for which a scan was planned (aware UTC, as `now`)."""
    due = now.replace(hour=scan_time.hour, minute=scan_time.minute, second=0, microsecond=0)
    return due if due <= now else due - timedelta(days=1)


def read_nights(path: Path) -> list[Night]:
    """Return the recorded nights, oldest first; a damaged history is reported in the log and counts as empty."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        return [
            Night(
                planned_at=_time(record["planned_at"]),
                ended_at=_time(record["ended_at"]),
                outcome=Outcome(record["outcome"]),
                message=str(record["message"]),
                exit_code=record["exit_code"],
            )
            for record in records
        ]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        log.warning("the history of nights is damaged and starts anew: %s", error)
        return []


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"a time without zone: {text}")
    return time


def record_night(path: Path, night: Night) -> None:
    """Append one night to the history; the newest 60 are kept."""
    nights = [*read_nights(path), night][-KEEP:]
    records = [
        asdict(item) | {"planned_at": item.planned_at.isoformat(), "ended_at": item.ended_at.isoformat()}
        for item in nights
    ]
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, json.dumps(records, indent=1).encode())
