"""The SQLite file under the casebook: opening it safely, writing to it safely."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlite_utils import Database

from casebook.errors import CasebookError
from casebook.schema import APPLICATION_ID, SCHEMA_VERSION, migrations
from casebook.values import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

_HEADER = b"SQLite format 3\x00"

# How many connections this process has to each file. Whoever reads and closes a file past SQLite drops all
# locks that the process holds on it: another program would take itself for the last one, and delete the log in use.
_CONNECTIONS: Counter[tuple[int, int] | None] = Counter()
_CONNECTING = threading.Lock()


class Store:
    """An open casebook file. One thread uses it; several processes may have it open at once."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._file = _identity(path)
        self.path = path

    @classmethod
    def open(cls, path: Path, *, create: bool = False, busy_seconds: float = 10.0) -> Self:
        """Open the casebook, bringing its schema up to this program's; with `create`, make it where there is none.

        CasebookError: the file is missing, not a casebook, newer than this program, locked for longer than
        `busy_seconds`, or cannot be read; it is left as it was.
        """
        uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
        with _explaining(path):
            with _CONNECTING:
                if not _CONNECTIONS[_identity(path)]:
                    _check_file(path, create=create)
                store = cls(sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None), path)
                _CONNECTIONS[store._file] += store._file is not None
            try:
                store._prepare()
            except BaseException:
                store.close()
                raise
        return store

    def close(self) -> None:
        self._connection.close()
        with _CONNECTING:
            _CONNECTIONS[self._file] -= self._file is not None
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """One transaction, all or nothing. Within another `immediate` it joins that one.

        It asks for the write lock at its beginning: a transaction that reads first and writes later is refused at
        once when another process has written in between, however long it would wait.
        """
        if self._connection.in_transaction:
            yield
            return
        with _explaining(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def backup(self, to: Path) -> None:
        """Write a compact copy of the casebook, consistent even while others write. CasebookError: `to` exists."""
        try:
            self._connection.execute("VACUUM INTO ?", [str(to)])
        except sqlite3.Error as error:
            raise CasebookError(
                f"The casebook {self.path} cannot be copied to {to}: {error}.",
                remedy="Name a file that does not exist yet, in a folder with enough space.",
            ) from error

    def _run(self, sql: str, values: Mapping[str, object]) -> sqlite3.Cursor:
        with _explaining(self.path):
            return self._connection.execute(sql, columns(values))

    def _first(self, sql: str, values: Mapping[str, object]) -> Any:
        return self._run(sql, values).fetchone()

    def _prepare(self) -> None:
        connection = self._connection
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        # The header of the file can be older than what stands in the write-ahead log beside it.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        _check_version(self.path, version)
        if version < SCHEMA_VERSION:
            with self.immediate():
                migrations.apply(Database(connection, execute_plugins=False))
        connection.execute("PRAGMA journal_mode = WAL")


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what is one file under whatever name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_file(path: Path, *, create: bool) -> None:
    """Refuse what is not ours by reading alone: SQLite itself would leave traces beside a stranger's database."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise CasebookError(
                f"The folder {path.parent} does not exist.", remedy="Create it, or name another workspace."
            ) from None
        if not create:
            raise CasebookError(
                f"There is no casebook at {path}.", remedy="Set the workspace up first: copycatch init."
            ) from None
        return
    except OSError as error:
        raise CasebookError(
            f"The casebook {path} cannot be read: {error.strerror}.",
            remedy="Check that it is a file and that you may read it.",
        ) from error
    if not header and create:
        return
    if not header.startswith(_HEADER) or len(header) < 100:
        raise CasebookError(
            f"{path} is not a casebook: it is {'not an SQLite database' if header else 'empty'}.",
            remedy="Move it away and restore your backup, or start anew with copycatch init.",
        )
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise CasebookError(
            f"{path} is a database of another program, not a casebook.",
            remedy="Name the folder of your workspace, or move the file away.",
        )
    _check_version(path, int.from_bytes(header[60:64], "big"))


def _check_version(path: Path, version: int) -> None:
    if version > SCHEMA_VERSION:
        raise CasebookError(
            f"The casebook {path} is newer than this program: schema {version}, this program knows {SCHEMA_VERSION}.",
            remedy="Update copycatch, or restore the backup made before the update.",
        )


_FULL = ("the disk is full", "Free some space and run the command again; what is stored stays.")
_READING_NEEDS = 64 * 1024  # bytes


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a mistake of the caller, not of the file
    except sqlite3.DatabaseError as error:
        raise _explained(error, path) from error


def _explained(error: sqlite3.DatabaseError, path: Path) -> CasebookError:
    """Return what an error of SQLite means for the person at the keyboard."""
    # The low byte is the kind; the rest only says where it happened.
    match error.sqlite_errorcode & 0xFF:
        case sqlite3.SQLITE_FULL:
            message, remedy = _FULL
        case sqlite3.SQLITE_IOERR if shutil.disk_usage(path.parent).free < _READING_NEEDS:
            message, remedy = _FULL  # for reading too: SQLite shares an index of its log in a file beside it
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            message, remedy = "another program has it locked", "Wait until that program is done, or close it."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            message, remedy = "it cannot be written", "Check that you may write to the file and to its folder."
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            message, remedy = f"it is damaged ({error})", "Keep the file, and restore your backup beside it."
        case _:
            message, remedy = str(error), "Run copycatch doctor; if it stays, report it with this message."
    return CasebookError(f"The casebook {path} cannot be used: {message}.", remedy=remedy)
