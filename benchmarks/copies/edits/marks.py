"""The owner's mark: one text, always in the lower right corner, as owners set it up once for all their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.copies.edits import lettering

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Pixels

TEXT = "© Ardent Studio"
WIDTH, HEIGHT, MARGIN = 0.34, 0.075, 0.025
OPACITY = 0.6


def place(pixels: Pixels) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the mark on a picture."""
    height, width = pixels.shape[:2]
    edge = round(MARGIN * min(width, height))
    wide, high = round(WIDTH * width), round(HEIGHT * max(width, height))
    return width - edge - wide, height - edge - high, width - edge, height - edge


def marked(pixels: Pixels) -> Pixels:
    """Return the picture with the mark: white text with a dark rim, at 60 % opacity."""
    left, top, right, bottom = place(pixels)
    image = Image.fromarray(pixels)
    write(image, ((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top))
    mixed = OPACITY * np.asarray(image, np.float32) + (1 - OPACITY) * pixels
    return np.asarray(np.rint(mixed), np.uint8)


def write(image: Image.Image, middle: tuple[float, float], size: tuple[float, float]) -> None:
    """Write the mark's white text with a dark rim around a place, within (width, height) pixels."""
    face = lettering.fitting(TEXT, *size)
    ImageDraw.Draw(image).text(
        middle,
        TEXT,
        fill="white",
        font=face,
        anchor="mm",
        stroke_width=max(1, round(face.size / 16)),
        stroke_fill=(40,) * 3,
    )
