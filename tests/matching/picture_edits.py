"""What sellers do to a photograph they took: each edit takes and returns an RGB picture; `EDITS` names them all."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def re_encoded(image: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(jpeg(image, 20))).convert("RGB")


def thumbnail(image: Image.Image) -> Image.Image:
    copy = image.copy()
    copy.thumbnail((240, 240))
    return copy


def cropped(image: Image.Image) -> Image.Image:
    """Half of the area, off centre."""
    width, height = image.size
    side = 0.5**0.5
    left, top = width * (1 - side) * 0.7, height * (1 - side) * 0.3
    return image.crop((int(left), int(top), int(left + width * side), int(top + height * side)))


def mirrored(image: Image.Image) -> Image.Image:
    return ImageOps.mirror(image)


def turned_90(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_90)


def turned_7(image: Image.Image) -> Image.Image:
    return image.rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def badged(image: Image.Image) -> Image.Image:
    """A banner across the foot and a round badge in a corner."""
    copy = image.copy()
    draw = ImageDraw.Draw(copy)
    width, height = copy.size
    font = ImageFont.load_default(max(10, height // 14))
    draw.rectangle((0, int(height * 0.85), width, height), fill=(200, 20, 30))
    draw.text((width * 0.05, height * 0.87), "FREE SHIPPING  -50 %", fill="white", font=font)
    radius = min(width, height) * 0.14
    draw.ellipse((width - 2.2 * radius, 0.2 * radius, width - 0.2 * radius, 2.2 * radius), fill=(250, 200, 0))
    draw.text((width - 1.8 * radius, 0.8 * radius), "NEW", fill="black", font=font)
    return copy


def collaged(image: Image.Image, others: list[Image.Image]) -> Image.Image:
    """One of four tiles, each cut to a square."""
    sheet = Image.new("RGB", (900, 900), "white")
    tiles = [others[0], others[1], image, others[2]]
    for index, tile in enumerate(tiles):
        square = ImageOps.fit(tile, (446, 446))
        sheet.paste(square, (2 + (index % 2) * 450, 2 + (index // 2) * 450))
    return sheet


def text_across(image: Image.Image) -> Image.Image:
    copy = image.convert("RGBA")
    layer = Image.new("RGBA", copy.size)
    draw = ImageDraw.Draw(layer)
    width, height = copy.size
    font = ImageFont.load_default(max(10, width // 9))
    for row in range(3):
        draw.text((width * 0.03, height * (0.15 + 0.3 * row)), "BEST SHOP 2026", fill=(255, 255, 255, 150), font=font)
    return Image.alpha_composite(copy, layer).convert("RGB")


def framed(image: Image.Image) -> Image.Image:
    width = max(image.size) // 12
    return ImageOps.expand(ImageOps.expand(image, width, (250, 240, 225)), width // 3, (120, 20, 40))


def grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


def recoloured(image: Image.Image) -> Image.Image:
    """Hue turned by a quarter, more contrast, a little darker."""
    hsv = np.array(image.convert("HSV"))
    hsv[..., 0] += 64
    hsv[..., 2] = np.clip((hsv[..., 2].astype(np.float64) - 128) * 1.2 + 112, 0, 255).astype(np.uint8)
    return Image.fromarray(hsv, "HSV").convert("RGB")


Edit = Callable[[Image.Image], Image.Image]

EDITS: dict[str, Edit] = {
    "re_encoded": re_encoded,
    "thumbnail": thumbnail,
    "cropped": cropped,
    "mirrored": mirrored,
    "turned_90": turned_90,
    "turned_7": turned_7,
    "badged": badged,
    "text_across": text_across,
    "framed": framed,
    "grey": grey,
    "recoloured": recoloured,
}
