"""The file of the owner's mark, as she would have it: what `edits.marks` draws on pictures, large and transparent."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from benchmarks.copies.edits import lettering
from benchmarks.copies.edits.marks import TEXT

WIDTH, HEIGHT = 800, 120


def owners_mark() -> bytes:
    """Return a PNG of white text with a dark rim."""
    image = Image.new("RGBA", (WIDTH, HEIGHT), (40, 40, 40, 0))
    face = lettering.fitting(TEXT, 0.95 * WIDTH, 0.9 * HEIGHT)
    ImageDraw.Draw(image).text(
        (WIDTH / 2, HEIGHT / 2),
        TEXT,
        fill="white",
        font=face,
        anchor="mm",
        stroke_width=max(1, round(face.size / 16)),
        stroke_fill=(40,) * 3,
    )
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
