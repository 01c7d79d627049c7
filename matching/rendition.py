"""A picture as review shows it: small enough to come at once, large enough to judge by."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST = 1600
QUALITY = 86


def rendition(pixels: NDArray[np.uint8]) -> bytes:
    """Return RGB pixels (h, w, 3) as a JPEG of at most 1,600 pixels on the long side; nothing is enlarged."""
    image = Image.fromarray(pixels)
    image.thumbnail((LONGEST, LONGEST))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
