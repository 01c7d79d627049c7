"""The watched folder: what a person saves there, each scan takes in before it crawls, each file once."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from copycatch.atomic_file import write_atomically
from copycatch.saved_files import saved_files
from copycatch.saved_pages import Imported, take_in
from crawler.archives.html import files_beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from casebook.casebook import Casebook
    from copycatch.saved_pages import Read
    from copycatch.scan import Progress
    from copycatch.workspace import Workspace

log = logging.getLogger("copycatch.watched")

SETTLED = timedelta(seconds=60)
_MOST_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of a file, under its path below the folder.

    `done` is true once it was read to its end; `tries` counts how often it was begun and no end came, and `problem`
    says what of it could not be read.
    """

    bytes: int
    changed_ns: int
    done: bool = False
    tries: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a scan found in the watched folder: what it took in, how many files are still being written, and what could
    not be read, in sentences."""

    folder: Path
    imported: Imported | None
    waiting: int
    problems: tuple[str, ...]


def take_in_watched(
    workspace: Workspace, casebook: Casebook, *, now: Callable[[], datetime], progress: Progress
) -> Watched | None:
    """Take in what is new in the watched folder, None where none is configured; the caller holds the workspace's lock.

    1. A file is new unless it was read to its end with this size and time of change. It is remembered when all are in
       the casebook: after a kill it is read again, which changes nothing.
    2. A file changed within the last minute, or with a file beside it that was, is still being written.
    3. A file that ended the program twice while it was read is left alone until it changes.
    """
    folder = watched_folder(workspace)
    if folder is None:
        return None
    refused = _refused(workspace, folder)
    if refused is not None:
        return Watched(folder=folder, imported=None, waiting=0, problems=(refused,))
    named = saved_files([folder])
    memory = _Memory(workspace.watched_path)

    def begin(path: Path) -> None:
        memory.begin(_name(folder, path))

    new, waiting = [], 0
    for path in named.files:
        if _being_written(path, now()):
            waiting += 1
        elif memory.wants(_name(folder, path), path):
            new.append(path)
    imported = None
    if new:
        memory.keep({_name(folder, path) for path in named.files})
        try:
            imported = take_in(workspace, casebook, new, now=now, progress=progress, opening=begin)
        except BaseException:
            memory.take_back()
            raise
        memory.finish({_name(folder, read.path): read for read in imported.files})
    folders = tuple(f"{flaw.where}: {flaw.why}" for flaw in named.flaws)
    present = {_name(folder, path) for path in named.files}
    return Watched(folder=folder, imported=imported, waiting=waiting, problems=(*folders, *memory.problems(present)))


def watched_folder(workspace: Workspace) -> Path | None:
    """Return the folder that `import.folder` names, None where it is empty."""
    named = workspace.config().import_.folder
    return workspace.root / named if named.strip() else None


def watched_problems(workspace: Workspace) -> list[str]:
    """Return what the last scans could not read in the watched folder, in sentences for `status`."""
    folder = watched_folder(workspace)
    if folder is None:
        return []
    refused = _refused(workspace, folder)
    if refused is not None:
        return [refused]
    return _Memory(workspace.watched_path).problems({_name(folder, path) for path in saved_files([folder]).files})


def _refused(workspace: Workspace, folder: Path) -> str | None:
    """Return why a folder cannot be watched."""
    try:
        place, root = folder.resolve(), workspace.root.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        return f"the watched folder {folder} cannot be read: {error}"
    own = (
        workspace.references_path,
        workspace.blobs_path,
        workspace.reports_path,
        workspace.logs_path,
        workspace.prepared_path,
    )
    if root.is_relative_to(place) or any(place.is_relative_to(one.resolve()) for one in own):
        return f"{folder} holds copycatch's own files: name a folder of its own in import.folder, such as inbox"
    if not place.is_dir():
        return f"there is no folder {folder}, which import.folder names: create it, or correct the key"
    return None


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _being_written(path: Path, now: datetime) -> bool:
    for one in (path, *files_beside(path)):
        try:
            changed = datetime.fromtimestamp(one.lstat().st_mtime, UTC)
        except (OSError, ValueError, OverflowError):
            continue
        if abs(now - changed) < SETTLED:  # a time in the future is a wrong clock, and would never come to an end
            return True
    return False


class _Memory:
    """Which files of the watched folder were read: a small file in the workspace, written whole each time."""

    def __init__(self, path: Path):
        self._path = path
        self._known = _read(path)
        self._now: dict[str, Known] = {}

    def wants(self, name: str, path: Path) -> bool:
        """Whether a file is to be read now; what is known of an older one of the name is forgotten."""
        try:
            about = path.stat()
        except OSError:
            return False  # it has just been taken away
        current = Known(bytes=about.st_size, changed_ns=about.st_mtime_ns)
        known = self._known.get(name)
        if known is None or (known.bytes, known.changed_ns) != (current.bytes, current.changed_ns):
            self._known[name] = known = current
        return not known.done and known.tries < _MOST_TRIES

    def keep(self, names: set[str]) -> None:
        """Forget the files that are gone."""
        self._known = {name: known for name, known in self._known.items() if name in names}

    def begin(self, name: str) -> None:
        """Remember that the reading of a file has begun, in case that it ends the program."""
        known = self._known[name]
        tries = known.tries + 1
        then = "the next scan tries again" if tries < _MOST_TRIES else "it is left alone until it changes"
        problem = f"the program was ended while it was read; {then}"
        self._write({**self._known, name: replace(known, tries=tries, problem=problem)})

    def take_back(self) -> None:
        """Blame no file: what ended the reading was another thing, such as a full disk or a person."""
        self._write(self._known)

    def finish(self, files: dict[str, Read]) -> None:
        """Remember the files that were read to their end; one that could not be read at all is tried again."""
        for name, read in files.items():
            flaws = [f"{flaw.where}: {flaw.why}" for flaw in read.flaws]
            problem = read.error.message if read.error is not None else "; ".join(flaws) or None
            self._known[name] = replace(self._known[name], done=read.error is None, tries=0, problem=problem)
        self._write(self._known)

    def problems(self, names: set[str]) -> list[str]:
        """Return what of these files could not be read."""
        told = ((name, self._known[name].problem) for name in sorted(names) if name in self._known)
        return [f"{name}: {problem}" for name, problem in told if problem is not None]

    def _write(self, known: dict[str, Known]) -> None:
        self._path.parent.mkdir(exist_ok=True)
        text = json.dumps({name: asdict(one) for name, one in sorted(known.items())}, indent=1)
        write_atomically(self._path, text.encode())


def _read(path: Path) -> dict[str, Known]:
    try:
        records = json.loads(path.read_bytes())
        return {str(name): Known(**_checked(record)) for name, record in records.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        log.warning("what was read of the watched folder is forgotten, since %s is damaged: %s", path, error)
        return {}


def _checked(record: dict[str, Any]) -> dict[str, Any]:
    kinds = {"bytes": int, "changed_ns": int, "done": bool, "tries": int, "problem": str | None}
    if record.keys() != kinds.keys() or not all(isinstance(record[key], kind) for key, kind in kinds.items()):
        raise ValueError("an entry of another kind")
    return record
