"""Edits that put something around the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.copies.edits import lettering
from benchmarks.copies.edits.edit import Edit, Edited, resized
from benchmarks.copies.edits.truth import Truth, scaling, shift, size_of

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Others, Pixels, Rng


def padded(pixels: Pixels, edges: tuple[int, int, int, int], fill: tuple[int, int, int]) -> Edited:
    """Add `edges` (left, top, right, bottom) pixels of one colour."""
    left, top, right, bottom = edges
    width, height = size_of(pixels)
    canvas = np.full((height + top + bottom, width + left + right, 3), fill, np.uint8)
    canvas[top : top + height, left : left + width] = pixels
    return Edited(pixels=canvas, truth=Truth.of((width, height), size_of(canvas), shift(left, top), "framed"))


def squared(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Pad to a square, as marketplaces demand; a square picture gets a rim of 6–15 %."""
    width, height = size_of(pixels)
    side = max(width, height)
    if min(width, height) > 0.9 * side:
        side = round(side * float(rng.uniform(1.12, 1.3)))
    across, down = side - width, side - height
    fill = (255, 255, 255) if rng.random() < 0.7 else lettering.colour(rng)
    return padded(pixels, (across // 2, down // 2, across - across // 2, down - down // 2), fill)


def bordered(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Add a border of 20 % of the short side on every edge."""
    edge = round(min(size_of(pixels)) * 0.2)
    return padded(pixels, (edge, edge, edge, edge), lettering.colour(rng))


def framed_with_text(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Add a coloured frame with a slogan above and a seller's name below."""
    short = min(size_of(pixels))
    side, bar = round(short * float(rng.uniform(0.04, 0.1))), round(short * float(rng.uniform(0.14, 0.24)))
    edited = padded(pixels, (side, bar, side, bar), lettering.colour(rng))
    image = Image.fromarray(edited.pixels)
    fill, ink = lettering.colour(rng), (255, 255, 255)
    width, height = image.size
    lettering.label(image, lettering.slogan(rng), (side, 2, width - side, bar - 2), fill=fill, ink=ink)
    lettering.label(
        image, lettering.seller(rng), (side, height - bar + 2, width - side, height - 2), fill=fill, ink=ink
    )
    return Edited(pixels=lettering.pixels_of(image), truth=edited.truth)


def screenshot(pixels: Pixels, rng: Rng, others: Others) -> Edited:
    """Show the picture in a listing on a phone: status bar, title, price, button, and two other offers below."""
    wide, high = 720, int(rng.integers(1280, 1560))
    dark = bool(rng.random() < 0.35)
    paper, ink, pale = ((24, 24, 28), (235, 235, 235), (60, 60, 66)) if dark else ((255,) * 3, (20,) * 3, (232,) * 3)
    image = Image.new("RGB", (wide, high), paper)
    draw = ImageDraw.Draw(image)
    draw.text((24, 12), f"{rng.integers(0, 24):02}:{rng.integers(0, 60):02}", fill=ink, font=lettering.font(26))
    draw.rectangle((620, 16, 690, 38), outline=ink, width=2)
    draw.rectangle((0, 52, wide, 118), fill=pale)
    draw.text((70, 66), lettering.seller(rng), fill=ink, font=lettering.font(32))
    width, height = size_of(pixels)
    factor = min(wide / width, high * 0.56 / height)
    across, down = round(width * factor), round(height * factor)
    left, top = (wide - across) // 2, 118
    image.paste(Image.fromarray(resized(pixels, across, down)), (left, top))
    y = top + down + 18
    draw.text((24, y), f"{lettering.slogan(rng).title()} - {rng.integers(3, 90)}.99", fill=ink, font=lettering.font(36))
    draw.text((24, y + 50), f"{rng.integers(2, 900)} sold, ships in {rng.integers(1, 9)} days", fill=ink)
    draw.rounded_rectangle((24, y + 90, wide - 24, y + 160), 30, fill=lettering.colour(rng))
    draw.text((wide / 2, y + 125), "Buy now", fill=(255, 255, 255), font=lettering.font(34), anchor="mm")
    for place in (0, 1):
        offer = others[int(rng.integers(len(others)))]
        image.paste(Image.fromarray(resized(offer, 330, 330)), (20 + place * 350, y + 190))
    matrix = shift(left, top) @ scaling(across / width, down / height)
    return Edited(pixels=lettering.pixels_of(image), truth=Truth.of((width, height), (wide, high), matrix, "framed"))


EDITS = (
    Edit(name="square pad", apply=squared),
    Edit(name="border 20%", apply=bordered),
    Edit(name="frame with text", apply=framed_with_text),
    Edit(name="phone screenshot", apply=screenshot),
)
