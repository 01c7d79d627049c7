"""IPTC-IIM: the press agencies' fields, inside the image resources that Photoshop introduced."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from matching.metadata.encoding import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"8BIM"
_IIM, _URL = 0x0404, 0x040B
_IS_UTF8 = b"\x1b%G"
_ENCODING = (1, 90)
_FIELDS = {
    (2, 5): "title",
    (2, 40): "instructions",
    (2, 65): "software",
    (2, 80): "creator",
    (2, 110): "credit",
    (2, 115): "source",
    (2, 116): "copyright",
}


def fields(resources: bytes) -> Iterator[tuple[str, str]]:
    """Yield field and text from Photoshop's image resources (or from bare IIM); struct.error where they are cut off.

    Each resource is "8BIM", a number, a name and its content, name and content padded to even length (Adobe Photoshop
    File Formats, "Image Resource Blocks").
    """
    if resources.startswith(b"\x1c"):
        yield from _datasets(resources)
    place = 0
    while resources[place : place + 4] == _SIGNATURE:
        (number,) = struct.unpack_from(">H", resources, place + 4)
        name = 1 + resources[place + 6]
        place += 6 + name + name % 2
        (size,) = struct.unpack_from(">I", resources, place)
        content = resources[place + 4 : place + 4 + size]
        place += 4 + size + size % 2
        if number == _IIM:
            yield from _datasets(content)
        elif number == _URL:
            yield "rights_url", decoded(content)


def _datasets(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the fields of IIM 4.2: each a tag byte 0x1C, record, number, length (a length of lengths is not text)."""
    place, encoding = 0, None
    while content[place : place + 1] == b"\x1c":
        record, number, size = struct.unpack_from(">BBH", content, place + 1)
        if size & 0x8000:
            return
        raw = content[place + 5 : place + 5 + size]
        place += 5 + size
        if (record, number) == _ENCODING:
            encoding = raw
        elif (record, number) in _FIELDS:
            yield _FIELDS[record, number], raw.decode("utf-8", "replace") if encoding == _IS_UTF8 else decoded(raw)
