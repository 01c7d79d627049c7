"""Tell a picture by its first bytes; the Content-Type of a stranger's server proves nothing."""

from __future__ import annotations

import hashlib

from casebook.types import Picture

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
_ISO_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIF", b"heix": "HEIF", b"mif1": "HEIF", b"msf1": "HEIF"}


def picture_format(data: bytes) -> str | None:
    """Return the name of the raster format that the bytes begin with, or None. SVG is a program, not a picture."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        brands = [data[8:12], *(data[start : start + 4] for start in range(16, min(len(data), 64), 4))]
        return next((_ISO_BRANDS[brand] for brand in brands if brand in _ISO_BRANDS), None)
    return None


def sniff(data: bytes) -> Picture | None:
    """Return the picture that the bytes are, still undecoded, or None where they are none."""
    name = picture_format(data)
    if name is None:
        return None
    return Picture(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), format=name)
