"""Adding works to `works.toml` without losing the comments and the order of the person who keeps it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import tomlkit

from casebook.types import Reference, WorkKind
from copycatch.atomic_file import write_atomically
from copycatch.output import plain
from copycatch.works import (
    PICTURE_SUFFIXES,
    WorksError,
    parse_entries,
    pictures_below,
    read_entries,
    read_library,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copycatch.workspace import Workspace

_NUMBERED = re.compile(r"W-(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to add: with a title or an id all files belong to one work, else each file is a work of its own."""

    title: str | None = None
    kind: WorkKind = WorkKind.PHOTO
    work_id: str | None = None
    watermark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """One file and the work it now belongs to; `known` where it was listed before and nothing changed."""

    path: str
    work_id: str
    known: bool = False


def add_works(workspace: Workspace, sources: Sequence[Path], wish: Wish) -> list[Added]:
    """Put pictures into the reference library and list them in works.toml.

    1. A folder stands for the pictures in it. Files from elsewhere are copied into the reference folder.
    2. A picture that is in the library already, byte for byte, is left where it is.
    3. A picture that lay in the folder unlisted keeps the id it was watched under, so that its candidates stay its own;
       a new one gets the next number.

    Raises:
        WorksError: a source is missing or no picture, or the work named by `wish` cannot take it. Nothing has changed.
    """
    files = [path for source in sources for path in _pictures(source)]
    known = {reference.sha256: reference for reference in read_library(workspace).references}
    edit = _Edit(workspace, wish)
    added: list[Added] = []
    for file in files:
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        reference = known.get(sha256)
        if reference is not None and reference.path in edit.listed:
            added.append(Added(path=reference.path, work_id=reference.work_id, known=True))
            continue
        path = reference.path if reference is not None else edit.copy(file)
        work_id = edit.add(path, file.stem, reference.work_id if reference is not None else None)
        known[sha256] = Reference(sha256=sha256, work_id=work_id, path=path)
        added.append(Added(path=path, work_id=work_id))
    edit.save()
    return added


def _pictures(source: Path) -> Iterator[Path]:
    if source.is_dir():
        found = list(pictures_below(source))
        if not found:
            raise WorksError(f"there is no picture in {source}", remedy=f"Pictures end in {_suffixes()}.")
        yield from found
    elif not source.is_file():
        raise WorksError(f"there is no file {source}", remedy="Check the name; nothing was added.")
    elif source.suffix.lower() not in PICTURE_SUFFIXES:
        raise WorksError(f"{source} is no picture that can be compared", remedy=f"Pictures end in {_suffixes()}.")
    else:
        yield source


def _suffixes() -> str:
    return ", ".join(sorted(PICTURE_SUFFIXES))


class _Edit:
    """The planned change of works.toml: nothing is copied or written before `save`."""

    def __init__(self, workspace: Workspace, wish: Wish) -> None:
        self._folder = workspace.references_path
        self._path = workspace.works_path
        self._wish = wish
        self._copies: dict[str, Path] = {}
        entries = read_entries(self._path)
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        self._document = tomlkit.parse(text)
        self.listed = {path for entry in entries for path in (*entry.files, *entry.watermarks)}
        self._ids = {entry.work.work_id for entry in entries}
        # With a title or an id, all files go into this one work; it is settled by the first of them.
        self._shared_id: str | None = None
        if wish.work_id in self._ids:
            if wish.title is not None:
                raise WorksError(
                    f"the work {wish.work_id} exists already and has a title",
                    remedy=f"Leave --title out to add pictures to it, or change the title in {self._path}.",
                )
            self._shared_id = wish.work_id

    def copy(self, file: Path) -> str:
        """Plan a copy of a file into the reference folder; return the relative path it will have."""
        stem, suffix = plain(file.stem), file.suffix.lower()
        for number in count(1):
            name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
            if name not in self._copies and not (self._folder / name).exists():
                self._copies[name] = file
                return name
        raise AssertionError("count never ends")

    def add(self, path: str, stem: str, unlisted_id: str | None) -> str:
        """Plan the entry of one file and return the id of its work."""
        if path not in self._copies and not (self._folder / path).exists():
            raise WorksError(f"the name of {path} cannot be written into works.toml", remedy="Rename the file first.")
        self.listed.add(path)
        if self._shared_id is not None:
            self._files_of(self._shared_id).append(path)
            return self._shared_id
        work_id = self._wish.work_id or unlisted_id or self._next_id()
        self._ids.add(work_id)
        if self._wish.title is not None or self._wish.work_id is not None:
            self._shared_id = work_id
        entry = tomlkit.table()
        entry["id"] = work_id
        entry["title"] = self._wish.title or plain(stem)
        entry["kind"] = str(self._wish.kind)
        entry[self._list_name] = [path]
        self._works().append(entry)
        return work_id

    def save(self) -> None:
        """Copy the files, then put the new works.toml in the place of the old one."""
        text = tomlkit.dumps(self._document)
        parse_entries(text, self._path)
        for name, source in self._copies.items():
            write_atomically(self._folder / name, source.read_bytes())
        write_atomically(self._path, text.encode())

    @property
    def _list_name(self) -> str:
        return "watermarks" if self._wish.watermark else "files"

    def _next_id(self) -> str:
        numbers = [int(found[1]) for name in self._ids if (found := _NUMBERED.fullmatch(name))]
        return f"W-{max(numbers, default=0) + 1:04d}"

    def _works(self) -> Any:
        if "works" not in self._document:
            self._document.append("works", tomlkit.aot())
        return self._document["works"]

    def _files_of(self, work_id: str) -> Any:
        entry = next(entry for entry in self._works() if entry["id"] == work_id)
        if self._list_name not in entry:
            entry[self._list_name] = tomlkit.array()
        return entry[self._list_name]
