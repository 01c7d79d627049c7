"""Bytes of unknown origin to pixels. Nothing here raises on hostile bytes: what went wrong is part of the result."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MAX_PIXELS = 40_000_000
# Halved while they are decoded: the largest progressive one takes 850 MB, where one of MAX_PIXELS takes 570.
MAX_JPEG_PIXELS = 120_000_000
MIN_USABLE_ROWS = 16
JPEG_END = b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raster:
    """A decoded picture.

    `pixels` is uint8 of shape (height, width, 3), RGB, after the EXIF turn, transparent parts filled, of a very large
    JPEG half as high and wide; None where nothing can be used. `width` and `height` are as stored, before the turn.
    `problem` says in words what is wrong; a truncated file has a problem and the rows that could be read. `profile` is
    the colour profile as it came, of JPEG, WebP and AVIF files only: nobody has looked into it.
    """

    pixels: NDArray[np.uint8] | None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    problem: str | None = None
    profile: bytes | None = None


class PictureUnreadable(CopycatchError):  # noqa: N818 - the name says it
    """Nothing of a picture can be shown or compared."""


def pixels_of(raster: Raster) -> NDArray[np.uint8]:
    """Return the pixels of a decoded picture.

    Raises:
        PictureUnreadable: there are none; the message says why.
    """
    if raster.pixels is None:
        raise PictureUnreadable(
            f"This picture cannot be shown: {raster.problem or 'it has no pixels'}.",
            remedy="Look at it on its page instead. A later scan asks for the picture again.",
        )
    return raster.pixels


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, ground: str = "white") -> Raster:
    """Decode the first frame of a JPEG, PNG, WebP, GIF or AVIF file; transparent parts show the colour `ground`.

    1. Refuse what is empty, a text document, of another format, or larger than `max_pixels`, before any pixel is made.
       A JPEG may have up to three times as many: it is decoded at half its size.
    2. Read the pixels; of a truncated file keep the rows that came.
    3. Reduce to 8-bit RGB: 16 bits by their upper byte, palettes and CMYK by conversion, transparency on `ground`.
       Colour profiles are ignored on purpose: the stages compare structure, and a corrupt profile then costs nothing.
    4. Apply the EXIF turn.
    """
    if not data:
        return Raster(pixels=None, problem="the file is empty")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(_without_texts(data)), formats=FORMATS)
        except Image.DecompressionBombError:
            return Raster(pixels=None, problem=f"DecompressionBomb: far more pixels than the limit of {max_pixels}")
        except Exception as error:  # decoders raise whatever hostile bytes drive them to
            return Raster(pixels=None, problem=_not_a_picture(data, error))
        with image:
            return _read(image, data, max_pixels, ground)


def _without_texts(data: bytes) -> bytes:
    """Return a PNG without its texts and its colour profile, anything else as it is: for one text that inflates too far
    Pillow refuses the whole file."""
    if not data.startswith(PNG_START):
        return data
    kept, place = [PNG_START], len(PNG_START)
    while place < len(data):
        # A chunk: four bytes of length, four of kind, what it holds, four of checksum.
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] not in PNG_TEXTS:
            kept.append(data[place:end])
        place = end
    return b"".join(kept)


def _read(image: Image.Image, data: bytes, max_pixels: int, ground: str) -> Raster:
    # Pillow calls a JPEG with a preview inside MPO; its first frame is the ordinary picture.
    name = "JPEG" if image.format == "MPO" else image.format
    width, height = image.size
    most = max_pixels * MAX_JPEG_PIXELS // MAX_PIXELS if name == "JPEG" else max_pixels
    if width * height > most:
        bomb = f"DecompressionBomb: {width} × {height} pixels, the limit is {most}"
        return Raster(pixels=None, format=name, width=width, height=height, problem=bomb)
    problem: str | None = None
    profile = image.info.get("icc_profile")
    try:
        image, damage = _load(image, data, halved=width * height > max_pixels)
        turn = _TURNS.get(_orientation(image))
        flat = _eight_bit_rgb(image, ground)
        usable = _read_rows(flat) if damage else flat.height
        problem = f"the file is damaged: {damage}; {usable} of {flat.height} rows could be read" if damage else None
        if usable < min(MIN_USABLE_ROWS, flat.height):
            return Raster(pixels=None, format=name, width=width, height=height, problem=problem)
        flat = flat.crop((0, 0, flat.width, usable))
        pixels = np.array(flat.transpose(turn) if turn is not None else flat)
    except Exception as error:  # as above: any decoder, any exception
        reason = f"the {name} file cannot be decoded: {_reason(error)}"
        return Raster(pixels=None, format=name, width=width, height=height, problem=reason)
    return Raster(pixels=pixels, format=name, width=width, height=height, problem=problem, profile=profile)


def _load(image: Image.Image, data: bytes, *, halved: bool) -> tuple[Image.Image, str | None]:
    """Read the pixels, of a JPEG at half its size where `halved`; of a damaged file return what could be read, and the
    damage in words."""
    half = (image.width // 2, image.height // 2)
    if halved:
        image.draft(None, half)
    try:
        image.load()
    except OSError as error:
        damage = _reason(error)
    else:
        return image, None
    if image.format == "JPEG":
        # With the end marker that the cut took away, a progressive JPEG shows the passes that did arrive.
        image = Image.open(io.BytesIO(data + JPEG_END), formats=("JPEG",))
        if halved:
            image.draft(None, half)
    try:
        image.load()
    except OSError:
        # The decoder has already written the rows before the damage. An image without tiles counts as loaded, so the
        # rows stay reachable, without the process-wide LOAD_TRUNCATED_IMAGES that would change other users of Pillow.
        image.tile = []  # type: ignore[attr-defined]
        image.load()
    return image, damage


def _read_rows(image: Image.Image) -> int:
    """Return how many rows a damaged picture has before the part that was never written (all rows alike)."""
    pixels = np.asarray(image)
    written = np.flatnonzero((pixels != pixels[-1]).any(axis=(1, 2)))
    return int(written[-1]) + 1 if written.size else 0


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a broken EXIF block must not cost the picture
        return 1


def _eight_bit_rgb(image: Image.Image, ground: str) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        wide = np.asarray(image).astype(np.float64)
        image = Image.fromarray(np.clip(wide / 256, 0, 255).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, ground), layered).convert("RGB")


def _not_a_picture(data: bytes, error: Exception) -> str:
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page was served instead of a picture"
    if start.startswith((b"<svg", b"<?xml")):
        return "an SVG or XML document is not a picture that can be compared"
    if type(error).__name__ == "UnidentifiedImageError":
        return f"not a picture in an accepted format ({', '.join(FORMATS)})"
    return f"the picture's header is broken: {_reason(error)}"


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
