"""The file of the owner's mark, as she would have it: what `edits.marks` draws on pictures, large and transparent."""

from __future__ import annotations

import io

from PIL import Image

from benchmarks.copies.edits import marks

WIDTH, HEIGHT = 800, 120


def owners_mark() -> bytes:
    """Return a PNG of white text with a dark rim."""
    image = Image.new("RGBA", (WIDTH, HEIGHT), (40, 40, 40, 0))
    marks.write(image, (WIDTH / 2, HEIGHT / 2), (0.95 * WIDTH, 0.9 * HEIGHT))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
