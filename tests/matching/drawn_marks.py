"""Marks drawn by code, as files an owner would have, and pictures that carry them."""

from __future__ import annotations

import io

from drawn_pictures import photograph
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont


def backdrop(seed: int) -> Image.Image:
    """A drawn picture of 640 × 480, as soft as photographs are."""
    return ImageEnhance.Contrast(photograph(seed).filter(ImageFilter.GaussianBlur(1.5))).enhance(0.6)


def lettering(words: str) -> Image.Image:
    """Write words 600 pixels wide; 255 where they cover."""
    canvas = Image.new("L", (2400, 240))
    ImageDraw.Draw(canvas).text((20, 20), words, 255, ImageFont.load_default(140))
    cut = canvas.crop(canvas.getbbox())
    return cut.resize((600, round(cut.height * 600 / cut.width)), Image.Resampling.LANCZOS)


def emblem() -> Image.Image:
    """A ring with a cut arrow inside, 400 pixels large."""
    cover = Image.new("L", (400, 400))
    draw = ImageDraw.Draw(cover)
    draw.ellipse((4, 4, 396, 396), outline=255, width=24)
    draw.polygon([(90, 250), (200, 70), (310, 250), (240, 250), (240, 330), (160, 330), (160, 250)], 255)
    return cover


def transparent(cover: Image.Image, tone: int = 255) -> bytes:
    """The mark as a PNG of one tone, transparent elsewhere."""
    image = Image.new("RGBA", cover.size, (tone, tone, tone, 0))
    image.putalpha(cover)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def on_plain_ground(cover: Image.Image) -> bytes:
    """The mark as a crop of a picture: dark on light grey, as JPEG."""
    ground = Image.new("RGB", (cover.width + 60, cover.height + 60), (205, 205, 200))
    ground.paste((30, 30, 40), (30, 30), cover)
    buffer = io.BytesIO()
    ground.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def marked(
    cover: Image.Image, *, width: int, opacity: float, tone: int = 255, at: tuple[int, int] = (60, 80), seed: int = 4
) -> Image.Image:
    """A backdrop with the mark on it, `width` pixels wide."""
    picture = backdrop(seed)
    small = cover.resize((width, round(cover.height * width / cover.width)), Image.Resampling.LANCZOS)
    picture.paste((tone,) * 3, at, small.point([round(value * opacity) for value in range(256)]))
    return picture


def tiled(cover: Image.Image, *, width: int, angle: float, opacity: float, seed: int = 4) -> Image.Image:
    """A backdrop covered with a mark in staggered rows that run at `angle` degrees, clockwise."""
    picture = backdrop(seed)
    small = cover.resize((width, round(cover.height * width / cover.width)), Image.Resampling.LANCZOS)
    sheet = Image.new("L", (1200, 1200))
    for row, y in enumerate(range(0, 1200, small.height + width // 3)):
        for x in range(-(row % 2) * 2 * width // 3, 1200, 4 * width // 3):
            sheet.paste(small, (x, y))
    sheet = sheet.rotate(-angle, Image.Resampling.BICUBIC).crop((280, 360, 920, 840))
    picture.paste((255, 255, 255), (0, 0), sheet.point([round(value * opacity) for value in range(256)]))
    return picture
