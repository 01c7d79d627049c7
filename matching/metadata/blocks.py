"""Where a picture file keeps its metadata: the containers of JPEG, PNG, WebP, GIF and AVIF, walked part by part."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PARTS = 20_000  # libpng writes 8 KiB of pixels per chunk: enough for a file of 160 MB
MOST_BYTES = 1024 * 1024  # of each kind of metadata
MOST_BYTES_SEEN = 8 * MOST_BYTES  # of all kinds but C2PA, unpacked: a hostile file has thousands of packed texts

_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_PNG = b"\x89PNG\r\n\x1a\n"
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA 2.1, section 11.3.2: box of ISO media files
_FIELDS = ("creator", "copyright", "title", "software", "source")
_PNG_TEXTS = {
    b"author": "creator",
    b"copyright": "copyright",
    b"title": "title",
    b"software": "software",
    b"source": "source",
    b"xml:com.adobe.xmp": "xmp",
    b"raw profile type exif": "exif",
    b"raw profile type iptc": "iptc",
    b"raw profile type 8bim": "iptc",
    b"raw profile type xmp": "xmp",
}

Part = tuple[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The metadata of one file as it stands there. `exif` begins with its TIFF header, `iptc` holds Photoshop's image
    resources, `xmp` one packet; each is empty where there is none. `c2pa_bytes` is the size of the C2PA manifest store.
    `texts` are the fields that PNG itself has for an author and the like."""

    exif: bytes = b""
    iptc: bytes = b""
    xmp: bytes = b""
    c2pa_bytes: int = 0
    texts: tuple[tuple[str, str], ...] = ()


def find_blocks(data: bytes) -> Blocks:
    """Walk the parts of a file up to its pixels (PNG, WebP, AVIF: to its end). Nothing is raised."""
    found: dict[str, list[bytes]] = {}
    seen = 0
    with suppress(Exception):  # lengths of hostile files lead anywhere; what was found before stands
        for name, content in islice(_parts(data), MOST_PARTS):
            found.setdefault(name, []).append(content)
            seen += 0 if name == "c2pa" else len(content)
            if seen > MOST_BYTES_SEEN:
                break
    return Blocks(
        exif=found.get("exif", [b""])[0].removeprefix(_EXIF)[:MOST_BYTES],
        iptc=b"".join(found.get("iptc", []))[:MOST_BYTES],
        xmp=found.get("xmp", [b""])[0][:MOST_BYTES],
        c2pa_bytes=sum(len(content) for content in found.get("c2pa", [])),
        texts=tuple(
            (field, content.decode("utf-8", "replace")) for field in _FIELDS for content in found.get(field, [])[:1]
        ),
    )


def _parts(data: bytes) -> Iterator[Part]:
    if data.startswith(b"\xff\xd8"):
        return _of_jpeg(data)
    if data.startswith(_PNG):
        return _of_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _of_webp(data)
    return _of_gif(data) if data.startswith(b"GIF8") else _of_avif(data)


def _of_jpeg(data: bytes) -> Iterator[Part]:
    """Yield from the segments before the scan: APP1 Exif and XMP, APP11 JUMBF boxes of C2PA, APP13 Photoshop."""
    boxes: set[bytes] = set()
    for marker, content in _segments(data):
        if marker == 0xE1 and content.startswith(_EXIF):
            yield "exif", content
        elif marker == 0xE1 and content.startswith(_XMP):
            yield "xmp", content.removeprefix(_XMP)
        elif marker == 0xED and content.startswith(_PHOTOSHOP):
            yield "iptc", content.removeprefix(_PHOTOSHOP)
        elif marker == 0xEB and content.startswith(b"JP"):
            # ISO 19566-5: "JP", box number, sequence number, then the box; each further segment repeats its header.
            number, first = content[2:4], content[4:8] == b"\0\0\0\1"
            if first and content[12:16] == b"jumb" and content[20:28] == b"jumdc2pa":
                boxes.add(number)
            if number in boxes:
                yield "c2pa", content[8 if first else 16 :]


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 2
    for _ in range(MOST_PARTS):
        if place + 4 > len(data) or data[place] != 0xFF or data[place + 1] in (0xD9, 0xDA):
            return
        if data[place + 1] == 0xFF:  # padding
            place += 1
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        yield data[place + 1], data[place + 4 : place + 2 + length]
        place += 2 + max(2, length)


def _of_png(data: bytes) -> Iterator[Part]:
    for kind, content in _chunks(data, 8, ">I4s", trailer=4):
        if kind == b"eXIf":
            yield "exif", content
        elif kind == b"caBX":
            yield "c2pa", content
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            yield from _of_text(kind, content)
        else:
            yield "", b""  # counted, so that the walk of a hostile file ends


def _of_text(kind: bytes, content: bytes) -> Iterator[Part]:
    """Yield what a text chunk holds: XMP, a profile as ImageMagick writes it, or one of PNG's own fields (UTF-8)."""
    keyword, _, rest = content.partition(b"\0")
    keyword = keyword.lower()
    name = _PNG_TEXTS.get(keyword)
    if name is None:
        yield "", b""
        return
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed, (_, _, rest) = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
    elif packed:
        rest = rest[1:]
    text = zlib.decompressobj().decompress(rest, 3 * MOST_BYTES) if packed else rest
    if keyword.startswith(b"raw "):
        # A line with the name, a line with the length, then hexadecimal lines.
        text = bytes.fromhex(text.split(maxsplit=2)[2].decode("ascii"))
    elif kind != b"iTXt":
        text = text.decode("latin-1").encode()
    yield name, text


def _of_webp(data: bytes) -> Iterator[Part]:
    names = {b"EXIF": "exif", b"XMP ": "xmp", b"C2PA": "c2pa"}
    for kind, content in _chunks(data, 12, "<4sI"):
        yield names.get(kind, ""), content if kind in names else b""


def _of_gif(data: bytes) -> Iterator[Part]:
    """Yield the XMP packet: it lies in one piece, behind it the bytes 1, 255, 254 … 0 that make it look like blocks."""
    _, _, packet = data.partition(b"!\xff\x0bXMP DataXMP")
    yield "xmp", packet.partition(b"\1\xff\xfe")[0]


def _of_avif(data: bytes) -> Iterator[Part]:
    """Yield what Pillow finds, since an AVIF file scatters its metadata, and the C2PA box at the outermost level."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=("AVIF",)) as image:
            for name in ("exif", "xmp"):
                if isinstance(content := image.info.get(name), bytes):
                    yield name, content
    for kind, content in _chunks(data, 0, ">I4s", counts_itself=True):
        # A version and flags, the purpose ("manifest"), an offset, then the manifest store.
        found = kind == b"uuid" and content.startswith(_C2PA_UUID)
        yield ("c2pa", content[20:].partition(b"\0")[2][8:]) if found else ("", b"")


def _chunks(
    data: bytes, place: int, header: str, *, trailer: int = 0, counts_itself: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of each chunk from `place` on; the header is a length and a type in either order."""
    size = struct.calcsize(header)
    while place + size <= len(data):
        fields = struct.unpack_from(header, data, place)
        length, kind = fields if header.endswith("s") else fields[::-1]
        content = max(0, length - size) if counts_itself else length
        yield kind, data[place + size : place + size + content]
        place += size + content + trailer
        if header.startswith("<"):
            place += content % 2
