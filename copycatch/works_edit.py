"""Changing `works.toml` without losing the comments and the order of the person who keeps it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit

from casebook.findings import Reference, WorkKind
from copycatch.atomic_file import write_atomically
from copycatch.output import plain
from copycatch.works import (
    PICTURE_SUFFIXES,
    Problem,
    WorksError,
    candidates_below,
    inside,
    parse_entries,
    printable_path,
    read_entries,
    read_file,
    read_library,
)
from matching.decode import MAX_JPEG_PIXELS, MAX_PIXELS, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from copycatch.workspace import Workspace

# A thumbnail of fewer pixels shows too little to tell one picture from another.
LEAST_SIDE = 32
_NUMBERED = re.compile(r"W-(\d+)")
_SUFFIXES = ", ".join(sorted(PICTURE_SUFFIXES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to add: with a title or an id all files belong to one work, else each file is a work of its own."""

    title: str | None = None
    kind: WorkKind = WorkKind.PHOTO
    work_id: str | None = None
    watermark: bool = False
    rights: str | None = None


class How(StrEnum):
    """What became of a file that was to be added; nothing changed where it was `KNOWN`."""

    ADDED = "added as"
    RESTORED = "put back as a picture of"
    KNOWN = "already listed as"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """One file and the work it now belongs to."""

    path: str
    work_id: str
    how: How = How.ADDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A file that is to be added: its name, the SHA-256 of its bytes, what reads them, since a whole collection is not
    held in memory, and where it lies; None where it lies nowhere yet."""

    name: str
    sha256: str
    read: Callable[[], bytes]
    at: Path | None = None

    @property
    def shown(self) -> str:
        """How to name it to a person."""
        return printable_path(self.at or Path(self.name))


class Additions(NamedTuple):
    """What was added, and which files of the folders given were not, with the reason and a remedy."""

    added: list[Added]
    skipped: list[Problem]


def add_works(workspace: Workspace, sources: Sequence[Path], wish: Wish) -> Additions:
    """Put pictures into the reference library and list them in works.toml.

    1. A folder stands for the pictures in it; what is no whole picture is skipped there, and refused where it is named.
    2. Files from elsewhere are copied into the reference folder.
    3. A picture that is listed already, byte for byte, is left where it is; one that works.toml names and that is
       missing is put back.
    4. A picture that lay in the folder unlisted keeps the id it was watched under, so that its candidates stay its own;
       a new one gets the next number.

    Raises:
        WorksError: a source is missing or no picture, or the work named by `wish` cannot take it. Nothing has changed.
    """
    skipped: list[Problem] = []
    files = [found for source in sources for found in _pictures(source, skipped)]
    return add_offered(workspace, files, wish, skipped)


def add_offered(
    workspace: Workspace, files: Iterable[Offered], wish: Wish, skipped: Iterable[Problem] = ()
) -> Additions:
    """Add files that were found usable (steps 2 to 4 of `add_works`); what else was offered stands in `skipped`.

    Raises:
        WorksError: the work named by `wish` cannot take them. Nothing has changed.
    """
    additions = Additions([], list(skipped))
    known = {reference.sha256: reference for reference in read_library(workspace).references}
    edit = _Edit(workspace, wish)
    first: dict[str, Offered] = {}
    for file in files:
        sha256 = file.sha256
        if first.setdefault(sha256, file) is not file:
            message = f"it is the same picture as {first[sha256].shown}"
            remedy = "Nothing is to be done: that one is watched."
            additions.skipped.append(Problem(where=file.shown, message=message, remedy=remedy))
            continue
        reference = known.get(sha256)
        path = reference.path if reference is not None else edit.place(file)
        owner = edit.owners.get(path)
        if owner is not None:
            how = How.RESTORED if edit.copies(path) else How.KNOWN
            additions.added.append(Added(path=path, work_id=owner, how=how))
            known.setdefault(sha256, Reference(sha256=sha256, work_id=owner, path=path))
            continue
        work_id = edit.add(path, Path(file.name).stem, reference.work_id if reference is not None else None)
        known[sha256] = Reference(sha256=sha256, work_id=work_id, path=path)
        additions.added.append(Added(path=path, work_id=work_id))
    edit.save()
    return additions


def describe_work(workspace: Workspace, work_id: str, *, title: str, rights: str) -> None:
    """Write down anew what a listed work is called, and why it is the owner's; an empty note is taken out.

    Raises:
        WorksError: works.toml lists no such work. Nothing has changed.
    """
    edit = _Edit(workspace, Wish())
    edit.describe(work_id, title, rights)
    edit.save()


def _pictures(source: Path, skipped: list[Problem]) -> Iterator[Offered]:
    """Yield the usable pictures of a source; what else a folder holds goes to `skipped`."""
    if source.is_dir():
        usable = 0
        for path in candidates_below(source):
            try:
                data = read_file(path)
                problem = unusable(path, data)
            except OSError as error:
                data, remedy = b"", "Make it a readable picture file."
                problem = Problem(
                    where=printable_path(path), message=f"cannot be read: {error.strerror}", remedy=remedy
                )
            if problem is None:
                usable += 1
                yield _offered(path, data)
            else:
                skipped.append(problem)
        if not usable:
            found = "".join(f"\n  - {problem.where}: {problem.message}" for problem in skipped)
            raise WorksError(f"there is no usable picture in {source}{found}", remedy=f"Pictures end in {_SUFFIXES}.")
        return
    if not source.is_file():
        raise WorksError(f"there is no file {source}", remedy="Check the name; nothing was added.")
    data = read_file(source)
    problem = unusable(source, data)
    if problem is not None:
        raise WorksError(f"{source}: {problem.message}", remedy=f"{problem.remedy} Nothing was added.")
    yield _offered(source, data)


def _offered(path: Path, data: bytes) -> Offered:
    sha256 = hashlib.sha256(data).hexdigest()
    return Offered(name=path.name, sha256=sha256, read=partial(read_file, path), at=path)


def unusable(path: Path, data: bytes) -> Problem | None:
    """Return why a file cannot be watched, judged by its name and by decoding it, or None where it can."""
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        kind = path.suffix or "a file without an ending"
        return Problem(
            where=str(path),
            message=f"{kind} is not a kind of picture that can be compared",
            remedy=f"Save a JPEG or PNG copy of it and add that; pictures end in {_SUFFIXES}.",
        )
    raster = decode(data)
    if raster.problem is None and raster.width and raster.height and min(raster.width, raster.height) < LEAST_SIDE:
        size = f"{raster.width} × {raster.height} pixels"
        return Problem(
            where=str(path),
            message=f"it is too small to be recognised ({size})",
            remedy=f"Add a version with at least {LEAST_SIDE} pixels on each side.",
        )
    if raster.problem is not None:
        return Problem(
            where=str(path),
            message=raster.problem,
            remedy=f"Save it anew as a whole JPEG or PNG and add that: a JPEG of at most {MAX_JPEG_PIXELS // 10**6} "
            f"million pixels, a PNG of at most {MAX_PIXELS // 10**6} million.",
        )
    return None


class _Edit:
    """The planned change of works.toml: nothing is copied or written before `save`."""

    def __init__(self, workspace: Workspace, wish: Wish) -> None:
        self._folder = workspace.references_path
        self._path = workspace.works_path
        self._wish = wish
        self._copies: dict[str, Callable[[], bytes]] = {}
        entries = read_entries(self._path)
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        self._document = tomlkit.parse(text)
        self.owners = {
            printable_path(Path(path)): entry.work.work_id
            for entry in entries
            for path in (*entry.files, *entry.watermarks)
        }
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
            if wish.rights:
                self._entry(wish.work_id)["rights"] = wish.rights

    def place(self, file: Offered) -> str:
        """Return the relative path a file has or will have in the reference folder; plan a copy where it needs one.

        A name that works.toml gives to a file that is missing is that file's own.
        """
        real = inside(self._folder, file.at) if file.at is not None else None
        if real is not None:
            return printable_path(real.relative_to(self._folder.resolve()))
        if file.name in self.owners and not (self._folder / file.name).exists() and not self.copies(file.name):
            self._copies[file.name] = file.read
            return file.name
        named = Path(file.name)
        stem, suffix = plain(named.stem), named.suffix.lower()
        for number in count(1):
            name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
            if name not in self._copies and name not in self.owners and not (self._folder / name).exists():
                self._copies[name] = file.read
                return name
        raise AssertionError("count never ends")

    def copies(self, path: str) -> bool:
        """Return whether a copy to this relative path is planned."""
        return path in self._copies

    def add(self, path: str, stem: str, unlisted_id: str | None) -> str:
        """Plan the entry of one file and return the id of its work."""
        if path not in self._copies and not (self._folder / path).exists():
            raise WorksError(f"the name of {path} cannot be written into works.toml", remedy="Rename the file first.")
        if self._shared_id is not None:
            self._files_of(self._shared_id).append(path)
            self.owners[path] = self._shared_id
            return self._shared_id
        work_id = self._wish.work_id or unlisted_id or self._next_id()
        self._ids.add(work_id)
        self.owners[path] = work_id
        if self._wish.title is not None or self._wish.work_id is not None:
            self._shared_id = work_id
        entry = tomlkit.table()
        entry["id"] = work_id
        entry["title"] = self._wish.title or plain(stem)
        entry["kind"] = str(self._wish.kind)
        entry[self._list_name] = [path]
        if self._wish.rights:
            entry["rights"] = self._wish.rights
        self._works().append(entry)
        return work_id

    def describe(self, work_id: str, title: str, rights: str) -> None:
        """Plan another title and note for a listed work."""
        if work_id not in self._ids:
            raise WorksError(f"{self._path} lists no work {work_id}", remedy="Choose one of those that are watched.")
        entry = self._entry(work_id)
        entry["title"] = title
        if rights:
            entry["rights"] = rights
        else:
            entry.pop("rights", None)

    def save(self) -> None:
        """Copy the files, then put the new works.toml in the place of the old one. Where that fails, as on a full disk,
        the copies are taken back: a picture in the folder would be watched."""
        text = tomlkit.dumps(self._document)
        parse_entries(text, self._path)
        copied: list[Path] = []
        try:
            for name, read in self._copies.items():
                write_atomically(self._folder / name, read())
                copied.append(self._folder / name)
            write_atomically(self._path, text.encode())
        except BaseException:
            for path in copied:
                path.unlink(missing_ok=True)
            raise

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

    def _entry(self, work_id: str | None) -> Any:
        return next(entry for entry in self._works() if entry["id"] == work_id)

    def _files_of(self, work_id: str) -> Any:
        entry = self._entry(work_id)
        if self._list_name not in entry:
            entry[self._list_name] = tomlkit.array()
        return entry[self._list_name]
