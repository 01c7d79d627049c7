"""Text and badges, drawn with Pillow's built-in typeface, the same on every system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Pixels, Rng

SLOGANS = (
    "FREE SHIPPING", "SALE -50%", "NEW ARRIVAL", "BEST PRICE", "IN STOCK", "TOP SELLER", "100% ORIGINAL", "LAST PIECES",
    "BUY 2 GET 1 FREE", "FAST DELIVERY", "WHOLESALE", "LIMITED OFFER",
)  # fmt: skip
SELLERS = ("happydeals24", "StarGoods Store", "@lucky.closet", "bargain-barn", "TopShop88", "minty_finds")


def font(size: float) -> ImageFont.FreeTypeFont:
    """Return the typeface in a size of at least 8 pixels."""
    face = ImageFont.load_default(max(8, round(size)))
    if not isinstance(face, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType; install Pillow from a wheel")
    return face


def colour(rng: Rng) -> tuple[int, int, int]:
    """Return a loud colour."""
    red, green, blue = (
        int(value) for value in rng.permutation([int(rng.integers(190, 256)), *rng.integers(0, 200, 2)])
    )
    return red, green, blue


def fitting(text: str, width: float, height: float) -> ImageFont.FreeTypeFont:
    """Return the typeface in the largest size at which a line fits into `width` × `height` pixels."""
    return font(min(height * 0.75, width * 0.95 / max(0.01, font(100).getlength(text) / 100)))


def label(image: Image.Image, text: str, box: tuple[int, int, int, int], *, fill: object, ink: object) -> None:
    """Draw a line of text centred in a filled box (left, top, right, bottom)."""
    draw = ImageDraw.Draw(image)
    draw.rectangle(box, fill=fill)  # type: ignore[arg-type]
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    draw.text(middle, text, fill=ink, font=fitting(text, box[2] - box[0], box[3] - box[1]), anchor="mm")  # type: ignore[arg-type]


def slogan(rng: Rng) -> str:
    return str(rng.choice(SLOGANS))


def seller(rng: Rng) -> str:
    return str(rng.choice(SELLERS))


def pixels_of(image: Image.Image) -> Pixels:
    return np.array(image.convert("RGB"), np.uint8)
