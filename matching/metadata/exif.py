"""EXIF: the names that cameras and editors leave in the TIFF directories of a picture file."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from matching.metadata.encoding import decoded

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MOST_ENTRIES = 512
LONGEST = 4000

_FIELDS = {
    0x010E: "title",  # ImageDescription
    0x0131: "software",
    0x013B: "creator",  # Artist
    0x8298: "copyright",
    0xA430: "owner",  # CameraOwnerName
    0xA437: "creator",  # Photographer, of EXIF 3.0
}
_WINDOWS_FIELDS = {0x9C9B: "title", 0x9C9D: "creator"}  # XPTitle, XPAuthor: UTF-16
_DETAILS = 0x8769  # the directory with the camera's own tags
_BYTE_TYPES = (1, 2, 7, 129)  # bytes, ASCII, undefined, UTF-8


def fields(block: bytes) -> Iterator[tuple[str, str]]:
    """Yield field and text from a TIFF header and what follows it; struct.error where the block is cut off.

    Read by hand, because a general reader makes a copy of every entry, and a hostile file has 65,535 of them that all
    point to the same megabyte.
    """
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return
    order = "<" if block.startswith(b"II") else ">"
    (directory,) = struct.unpack_from(f"{order}I", block, 4)
    details = yield from _directory(block, order, directory)
    if details:
        yield from _directory(block, order, details)


def _directory(block: bytes, order: str, place: int) -> Generator[tuple[str, str], None, int]:
    """Yield the fields of one directory; return the place of the second one, 0 where none is named."""
    details = 0
    (count,) = struct.unpack_from(f"{order}H", block, place)
    for entry in range(place + 2, place + 2 + 12 * min(count, MOST_ENTRIES), 12):
        tag, kind, size, value = struct.unpack_from(f"{order}HHII", block, entry)
        start = entry + 8 if size <= 4 else value
        raw = block[start : start + min(size, LONGEST)]
        if tag == _DETAILS:
            details = value
        elif tag in _FIELDS and kind in _BYTE_TYPES:
            # Copyright holds two notices, the photographer's and the editor's, parted by a zero byte.
            yield _FIELDS[tag], "; ".join(part for text in decoded(raw).split("\0") if (part := text.strip()))
        elif tag in _WINDOWS_FIELDS and kind in _BYTE_TYPES:
            yield _WINDOWS_FIELDS[tag], raw.decode("utf-16-le", "replace").partition("\0")[0]
    return details
