"""What sellers do to a photograph before they offer it as their own; each edit takes and returns an RGB picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

Edit = Callable[[Image.Image, Sequence[Image.Image]], Image.Image]


def recompressed(picture: Image.Image, _others: Sequence[Image.Image]) -> Image.Image:
    """JPEG at quality 30."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=30)
    return Image.open(buffer)


def resized(picture: Image.Image, _others: Sequence[Image.Image]) -> Image.Image:
    """Six tenths of the width and height."""
    return picture.resize((picture.width * 6 // 10, picture.height * 6 // 10), Image.Resampling.LANCZOS)


def cropped(picture: Image.Image, _others: Sequence[Image.Image]) -> Image.Image:
    """60 % of the area, off centre."""
    side = 0.6**0.5
    left, top = int(picture.width * (1 - side) * 0.7), int(picture.height * (1 - side) * 0.3)
    return picture.crop((left, top, left + int(picture.width * side), top + int(picture.height * side)))


def mirrored(picture: Image.Image, _others: Sequence[Image.Image]) -> Image.Image:
    return ImageOps.mirror(picture)


def badged(picture: Image.Image, _others: Sequence[Image.Image]) -> Image.Image:
    """A banner across the foot and a round badge in a corner."""
    picture = picture.copy()
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    draw.rectangle((0, height * 0.84, width, height), fill=(190, 20, 40))
    font = ImageFont.load_default(height // 14)
    draw.text((width * 0.05, height * 0.87), "FREE SHIPPING TODAY", fill="white", font=font)
    radius = min(width, height) * 0.13
    draw.ellipse((width - 2.3 * radius, 0.3 * radius, width - 0.3 * radius, 2.3 * radius), fill=(250, 205, 0))
    font = ImageFont.load_default(radius * 0.6)
    draw.text((width - 1.3 * radius, 1.3 * radius), "NEW", fill="black", font=font, anchor="mm")
    return picture


def collaged(picture: Image.Image, others: Sequence[Image.Image]) -> Image.Image:
    """One tile of two by two, each filled to its edges."""
    width, height = 440, 400
    sheet = Image.new("RGB", (2 * width, 2 * height), "white")
    for place, tile in enumerate((others[0], picture, others[1], others[2])):
        at = (place % 2 * width, place // 2 * height)
        sheet.paste(ImageOps.fit(tile, (width - 6, height - 6), Image.Resampling.LANCZOS), (at[0] + 3, at[1] + 3))
    return sheet


def rotated(picture: Image.Image, _others: Sequence[Image.Image]) -> Image.Image:
    """Turned by 4 degrees on white."""
    return picture.rotate(4, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


EDITS: Mapping[str, Edit] = {
    edit.__name__: edit for edit in (recompressed, resized, cropped, mirrored, badged, collaged, rotated)
}
