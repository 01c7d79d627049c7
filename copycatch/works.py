"""The owner's reference library: `reference_images/` with its `works.toml`, read into works and references.

A picture in the folder that `works.toml` does not name is watched too, as a work of its own. Trouble with one file
(missing, unreadable, outside the folder) is a `Problem` and loses no other; a `works.toml` that cannot be understood
is an error, because guessing would silently leave works unwatched.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from casebook.errors import CopycatchError
from casebook.findings import Reference, ReferenceKind, Work, WorkKind
from casebook.types import content_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from copycatch.workspace import Workspace

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".avif"})
LONGEST_TITLE, LONGEST_RIGHTS = 200, 1000  # characters
FILE_BYTES_LIMIT = 128 * 1024 * 1024
_CLUTTER = frozenset({"works.toml", "thumbs.db", "desktop.ini"})
_CLUTTER_SUFFIXES = frozenset({".txt", ".md", ".xmp", ".json", ".csv"})
_KEYS = ("id", "title", "kind", "files", "watermarks", "rights")


class WorksError(CopycatchError):
    """The list of works cannot be used or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something about one reference file that keeps it from being watched, or from being watched well."""

    where: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEntry:
    """One `[[works]]` table: the work and its files as written, relative to the reference folder with `/`.

    `rights` is the owner's own note on why the work is hers, on one line; empty where she made none.
    """

    work: Work
    files: tuple[str, ...]
    watermarks: tuple[str, ...]
    rights: str = ""


class Library(NamedTuple):
    """What is watched: `readers` gives the bytes of each reference by its `reference_id`."""

    works: list[Work]
    references: list[Reference]
    readers: dict[str, Callable[[], bytes]]
    problems: list[Problem]


def read_library(workspace: Workspace) -> Library:
    """Read works.toml and every file it names, and each picture in the folder that it does not name.

    Raises:
        WorksError: works.toml is unreadable or holds something that is not understood, or the folder is missing.
    """
    folder = workspace.references_path
    if not folder.is_dir():
        raise WorksError(f"there is no folder {folder}", remedy="Create it and put your pictures there.")
    entries = read_entries(workspace.works_path)
    library = Library([], [], {}, [])
    owners: dict[str, str] = {}
    for entry in [*entries, *_unlisted(folder, entries, library.problems)]:
        library.works.append(entry.work)
        for kind, paths in ((ReferenceKind.PICTURE, entry.files), (ReferenceKind.WATERMARK, entry.watermarks)):
            for path in paths:
                _take(library, folder, entry.work, kind, path, owners)
    return library


def unlisted_pictures(workspace: Workspace) -> list[str]:
    """Return the pictures of the folder that works.toml does not name, as relative paths."""
    entries = read_entries(workspace.works_path)
    return [path for entry in _unlisted(workspace.references_path, entries, []) for path in entry.files]


def read_entries(path: Path) -> list[WorkEntry]:
    """Read works.toml; a missing file means that nothing is listed. Raises WorksError naming all that is wrong."""
    # A pipe would be waited for, a device read for ever, and where a link leads nowhere all kinds would be lost.
    if (path.is_symlink() or path.exists()) and not path.is_file():
        raise WorksError(f"{path} is no file", remedy="Put the file itself there, or take it away.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WorksError(f"{path} cannot be read: {error.strerror}", remedy="Make the file readable.") from None
    except UnicodeDecodeError as error:
        raise WorksError(f"{path} is not UTF-8 text (byte {error.start})", remedy="Save it as UTF-8.") from None
    return parse_entries(text, path)


def parse_entries(text: str, path: Path) -> list[WorkEntry]:
    """Understand the text of works.toml; `path` only names it in the error. Raises WorksError naming all faults."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        raise WorksError(f"{path} is not TOML: {error}", remedy="Correct that line.") from None
    tables = document.get("works", [])
    problems = [f"unknown key {key!r}; works stand in [[works]] tables" for key in document if key != "works"]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        tables, problems = [], [*problems, "works must be [[works]] tables"]
    for number, table in enumerate(tables, start=1):
        problems += [f"work {number}: {sentence}" for sentence in _faults(table)]
    times = Counter(table["id"] for table in tables if isinstance(table.get("id"), str))
    problems += [f"the id {name!r} stands {count} times" for name, count in times.items() if count > 1]
    if problems:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        raise WorksError(f"{path} cannot be used:{listed}", remedy="Correct these entries; nothing was changed.")
    return [_entry(table) for table in tables]


def printable_path(path: Path) -> str:
    """Return a relative path with `/` as text that any file name survives: bytes that are not UTF-8 become `\\xNN`."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def inside(folder: Path, path: Path) -> Path | None:
    """Return where `path` really is (links followed), or None where that is outside of `folder`."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle; ValueError: a NUL in the name
        return None
    return real if real.is_relative_to(folder.resolve()) else None


def candidates_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that somebody may take for a picture: all but hidden ones, notes and clutter."""
    return (path for path in _files_below(folder) if not _is_clutter(path))


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and not path.is_dir():
            yield path


def _faults(table: Mapping[str, Any]) -> Iterator[str]:
    for key in table:
        if key not in _KEYS:
            yield f"unknown key {key!r}; known are {', '.join(_KEYS)}"
    for key in ("id", "title"):
        value = table.get(key)
        if not isinstance(value, str) or not value.strip() or not _one_line(value, LONGEST_TITLE):
            yield f"{key} must be one line of text"
    rights = table.get("rights", "")
    if not isinstance(rights, str) or not _one_line(rights, LONGEST_RIGHTS):
        yield f"rights must be one line of text, of at most {LONGEST_RIGHTS:,} characters"
    if table.get("kind", "photo") not in list(WorkKind):
        elsewhere = '; a mark belongs into watermarks = ["mark.png"]' if table["kind"] == "watermark" else ""
        yield f'kind must be "photo" or "artwork", not {table["kind"]!r}{elsewhere}'
    for key in ("files", "watermarks"):
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            yield f'{key} must be a list of file names, such as ["heron.jpg"]'


def _one_line(text: str, longest: int) -> bool:
    return text.isprintable() and len(text) <= longest


def _entry(table: Mapping[str, Any]) -> WorkEntry:
    work = Work(work_id=table["id"], title=table["title"], kind=WorkKind(table.get("kind", "photo")))
    return WorkEntry(
        work=work,
        files=tuple(table.get("files", ())),
        watermarks=tuple(table.get("watermarks", ())),
        rights=table.get("rights", ""),
    )


def _unlisted(folder: Path, entries: list[WorkEntry], problems: list[Problem]) -> Iterator[WorkEntry]:
    """Yield a work for each picture that no entry names; other files are reported, so that none is left out unseen."""
    # File systems differ in how they compose accents: the same name may be listed in one form and stored in another.
    listed = {
        unicodedata.normalize("NFC", Path(path).as_posix())
        for entry in entries
        for path in (*entry.files, *entry.watermarks)
    }
    for path in _files_below(folder):
        relative = path.relative_to(folder)
        name = printable_path(relative)
        if unicodedata.normalize("NFC", relative.as_posix()) in listed or _is_clutter(path):
            continue
        if path.suffix.lower() not in PICTURE_SUFFIXES:
            problems.append(
                Problem(
                    where=name,
                    message="is not a kind of picture that can be compared",
                    remedy="Save a JPEG or PNG copy of it there, or move it away.",
                )
            )
            continue
        title = " ".join(printable_path(Path(path.stem)).split())
        work = Work(work_id=f"F-{content_id(name)[:12]}", title=title or name)
        yield WorkEntry(work=work, files=(str(relative),), watermarks=())


def _is_clutter(path: Path) -> bool:
    return path.name.lower() in _CLUTTER or path.suffix.lower() in _CLUTTER_SUFFIXES


def _take(library: Library, folder: Path, work: Work, kind: ReferenceKind, path: str, owners: dict[str, str]) -> None:
    """Add one file to the library, or say why it cannot be. `owners` maps the SHA-256 of each file to its work."""
    name = printable_path(Path(path))

    def problem(message: str, remedy: str) -> None:
        library.problems.append(Problem(where=name, message=f"{message} ({work.work_id})", remedy=remedy))

    real = inside(folder, folder / path)
    if real is None:
        problem("lies outside the reference folder", "Copy the picture into reference_images/ and name that copy.")
        return
    try:
        data = read_file(real)
    except FileNotFoundError:
        problem("does not exist", "Put the file there, or take it out of works.toml.")
        return
    except OSError as error:
        problem(f"cannot be read: {error.strerror}", "Make it a readable picture file.")
        return
    sha256 = hashlib.sha256(data).hexdigest()
    reference = Reference(sha256=sha256, work_id=work.work_id, path=name, kind=kind)
    if reference.reference_id in library.readers:
        problem("is a duplicate within its work", "Name it once.")
        return
    # A watermark may stand on any number of works; the same picture in two works makes two candidates of one copy.
    if kind is ReferenceKind.PICTURE and owners.setdefault(sha256, work.work_id) != work.work_id:
        problem(f"is a duplicate: the same picture belongs to {owners[sha256]}", "Keep it in one work only.")
    library.references.append(reference)
    library.readers[reference.reference_id] = _reader(real, sha256)


def read_file(path: Path) -> bytes:
    """Return the bytes of a picture file. OSError: it is unreadable, no file (a pipe would block), or far too large."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a file")
    if status.st_size > FILE_BYTES_LIMIT:
        raise OSError(0, f"it is larger than {FILE_BYTES_LIMIT // 1024**2} MiB")
    return path.read_bytes()


def _reader(path: Path, sha256: str) -> Callable[[], bytes]:
    """Return a reader of the file; it refuses bytes that are no longer those the reference stands for."""

    def read() -> bytes:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WorksError(f"{path} cannot be read: {error.strerror}", remedy="Put it back and run again.") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise WorksError(f"{path} was changed while it was in use", remedy="Run the command again.")
        return data

    return read
