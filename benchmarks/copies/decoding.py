"""Files to pixels, without this project's own decoder: the benchmark must not share its mistakes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@lru_cache(maxsize=2)
def decoded(path: Path) -> NDArray[np.uint8]:
    """Return a file's RGB pixels uint8 (h, w, 3) after its EXIF turn, transparency on white."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.has_transparency_data:
            layer = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
        return np.array(upright.convert("RGB"), np.uint8)
