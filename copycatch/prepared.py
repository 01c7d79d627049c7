"""References made ready for comparing, kept in one file of the workspace so that each is prepared once.

The file belongs to one version of the preparing; those of other versions are deleted. It is a cache: everything in it
can be made anew from the blobs.

Entries stand one after the other: a header of 64 bytes, the data, the problem as UTF-8, zeros up to the next multiple
of 64. They are only ever appended, so a kill leaves at most a last one cut short, which the next opening cuts off; an
entry whose checksum is wrong is prepared anew, and of two with one key the newer counts.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

SUFFIX = ".references"
ALIGNMENT = 64  # arrays are used where they lie in the mapped file
_HEADER = struct.Struct("<4s16sQII28x")  # magic, key, bytes of the data, bytes of the problem, CRC-32 of both
_MAGIC = b"ref1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """Where a prepared reference lies in the file: its data from `start` on, its problem after that."""

    start: int
    data_bytes: int
    problem_bytes: int
    crc: int

    @property
    def problem_start(self) -> int:
        return self.start + self.data_bytes

    @property
    def end(self) -> int:
        return self.problem_start + self.problem_bytes


class PreparedReferences:
    """The file, open for adding: key → data (empty where a reference cannot be compared) and problem.

    A key is 32 hexadecimal digits. One process adds; others may map the file once it is done.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()
        self._file = path.open("r+b")
        self._entries, end = _scan(self._file)
        self._file.truncate(end)

    @classmethod
    def open(cls, folder: Path, version: str) -> Self:
        """Open the file of this version, made where it is missing. CopycatchError: the folder cannot be written."""
        try:
            folder.mkdir(exist_ok=True)
            for path in folder.glob(f"*{SUFFIX}"):
                if path.stem != version:
                    with suppress(PermissionError):  # Windows, while another program reads it
                        path.unlink()
            return cls(folder / f"{version}{SUFFIX}")
        except OSError as error:
            raise _explained(error, folder) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def intact(self, key: str) -> bool:
        """Whether there is an entry of this key with the bytes that were once written."""
        entry = self._entries.get(key)
        if entry is None:
            return False
        self._file.seek(entry.start)
        return zlib.crc32(self._file.read(entry.end - entry.start)) == entry.crc

    def data(self, key: str) -> bytes:
        """Return the data of this key, empty where there is no such entry."""
        entry = self._entries.get(key)
        if entry is None:
            return b""
        self._file.seek(entry.start)
        return self._file.read(entry.data_bytes)

    def problem(self, key: str) -> str | None:
        """Return what is wrong with a prepared reference; None where nothing is, or where it was never prepared."""
        entry = self._entries.get(key)
        if entry is None or not entry.problem_bytes:
            return None
        self._file.seek(entry.problem_start)
        return self._file.read(entry.problem_bytes).decode("utf-8", "replace")

    def add(self, key: str, data: bytes, problem: str | None) -> None:
        """Append an entry. CopycatchError: the disk is full."""
        told = (problem or "").encode()
        crc = zlib.crc32(told, zlib.crc32(data))
        try:
            start = self._file.seek(0, os.SEEK_END) + _HEADER.size
            entry = _Entry(start=start, data_bytes=len(data), problem_bytes=len(told), crc=crc)
            self._file.write(_HEADER.pack(_MAGIC, bytes.fromhex(key), len(data), len(told), crc))
            self._file.write(data)
            self._file.write(told + bytes(-entry.end % ALIGNMENT))
            self._file.flush()
        except OSError as error:
            raise _explained(error, self.path.parent) from error
        self._entries[key] = entry


class MappedReferences:
    """The file as worker processes read it: mapped, so that all of them share one copy in memory.

    CopycatchError, from opening it and from `data`: since it was prepared, somebody took it away or changed it. What
    changes after `data` was asked for is not noticed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._entries, _ = _scan(file)
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # ValueError: it is empty now
            raise self._changed() from None
        self._bytes = memoryview(self._map)

    def data(self, key: str) -> memoryview:
        """Return the data of this key where it lies."""
        entry = self._entries.get(key)
        if entry is None or zlib.crc32(self._bytes[entry.start : entry.end]) != entry.crc:
            raise self._changed()
        return self._bytes[entry.start : entry.problem_start]

    def _changed(self) -> CopycatchError:
        return CopycatchError(
            f"{self.path} was changed or taken away while it was in use.",
            remedy="Run it once more: what is missing there is prepared anew.",
        )

    def let_go(self) -> None:
        """Free the memory of what was read so far, where the system can; read again, it comes back by itself."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


def _scan(file: BinaryIO) -> tuple[dict[str, _Entry], int]:
    """Read the headers; return the entries that are whole, and where the last of them ends."""
    size = file.seek(0, os.SEEK_END)
    entries: dict[str, _Entry] = {}
    place = 0
    while place + _HEADER.size <= size:
        file.seek(place)
        magic, key, data_bytes, problem_bytes, crc = _HEADER.unpack(file.read(_HEADER.size))
        entry = _Entry(start=place + _HEADER.size, data_bytes=data_bytes, problem_bytes=problem_bytes, crc=crc)
        after = entry.end + -entry.end % ALIGNMENT
        if magic != _MAGIC or after > size:
            break
        entries[key.hex()] = entry
        place = after
    return entries, place


def _explained(error: OSError, folder: Path) -> CopycatchError:
    return CopycatchError(
        f"prepared references cannot be kept in {folder}: {error.strerror}.",
        remedy="Check that it is a folder with free space and that you may write to it.",
    )
