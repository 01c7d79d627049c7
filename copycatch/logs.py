"""Logs: JSON lines in the workspace, and key=value lines on stderr where nobody watches a progress bar.

Every record of every library passes through here, so this is where secrets are cut out.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from casebook.redaction import redact
from copycatch.output import plain

if TYPE_CHECKING:
    from pathlib import Path

    from structlog.typing import EventDict, Processor, WrappedLogger

KEEP_DAYS = 60
_HANDLER_MARK = "copycatch"


def start_logging(folder: Path | None, *, now: datetime, watched: bool) -> None:
    """Send the log to `folder`/DATE.jsonl (none without a folder) and, unless a person watches, to stderr.

    Warnings reach stderr in any case. Log files older than 60 days are removed. Calling it again replaces what an
    earlier call set up.
    """
    # A log that cannot be written (a full disk) must not bury the message that says so under tracebacks of its own.
    logging.raiseExceptions = False
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.name == _HANDLER_MARK]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.INFO)
    stderr = logging.StreamHandler(sys.stderr)
    stderr.setLevel(logging.WARNING if watched else logging.INFO)
    _attach(
        stderr,
        _one_line,
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False),
    )
    if folder is not None:
        folder.mkdir(exist_ok=True)
        _sweep(folder, now - timedelta(days=KEEP_DAYS))
        path = folder / f"{now:%Y-%m-%d}.jsonl"
        _attach(logging.FileHandler(path, encoding="utf-8", delay=True), structlog.processors.JSONRenderer())
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _attach(handler: logging.Handler, *rendering: Processor) -> None:
    handler.name = _HANDLER_MARK
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redacted,
                *rendering,
            ],
        )
    )
    logging.getLogger().addHandler(handler)


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _without_secrets(value) for key, value in event.items()}


def _one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep a record for stderr to one harmless line; the traceback stands in the log file."""
    event.pop("exception", None)
    return {key: plain(value) for key, value in event.items()}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))


def _sweep(folder: Path, before: datetime) -> None:
    for path in folder.glob("????-??-??.jsonl"):
        if path.stem < f"{before:%Y-%m-%d}":
            path.unlink(missing_ok=True)
    for path in (*folder.glob("*.crawl.log"), *folder.glob("*.job.json")):
        if path.name < f"{before:%Y%m%d}":  # a run's name begins with its date
            path.unlink(missing_ok=True)
