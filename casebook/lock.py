"""One scan of a workspace at a time, on every operating system."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from casebook.errors import CasebookError, WorkspaceBusy

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class WorkspaceLock:
    """Holds a workspace while the `with` block runs.

    The lock is an open `BEGIN EXCLUSIVE` on an empty SQLite file: SQLite knows the file locks of every system, and
    the system frees them when the process ends, however it ends. Nothing else may open the file: on POSIX, closing
    any other handle on it within this process would free the lock.
    """

    def __init__(self, path: Path, what: str, *, wait_seconds: float = 0.0) -> None:
        """`what` says who holds it, for the message of those who come second: "A scan"."""
        self._path = path
        self._what = what
        self._wait_seconds = wait_seconds
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> WorkspaceLock:
        connection = None
        try:
            connection = sqlite3.connect(self._path, timeout=self._wait_seconds, isolation_level=None)
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise self._explained(error) from error
        self._connection = connection
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _explained(self, error: sqlite3.Error) -> WorkspaceBusy | CasebookError:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return WorkspaceBusy(
                f"{self._what} is already running in {self._path.parent}.",
                remedy="Wait until it has ended, or stop it: the lock frees itself when its process ends.",
            )
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return CasebookError(
                f"The disk is full: {self._path.parent} cannot be locked.",
                remedy="Free some space and run the command again; what is stored stays.",
            )
        return CasebookError(
            f"The lock file {self._path} cannot be used: {error}.",
            remedy="Check that the folder exists and can be written; if the file is not empty, delete it.",
        )
