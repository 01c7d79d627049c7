"""Pictures drawn from a seed: textured like photographs, and free to change in exactly one respect."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)


def background(seed: int) -> Image.Image:
    """A rug: light and dark at four scales, colours in large patches."""
    rng = np.random.default_rng(seed)
    light = sum(weight * noise(rng, cell, 1) for cell, weight in ((4, 0.2), (10, 0.3), (28, 0.3), (90, 0.2)))
    colour = noise(rng, 120, 3) - 128
    sheet = (light - 128) * 1.8 + 128 + colour - colour.mean(axis=2, keepdims=True)
    return Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8))


def noise(rng: np.random.Generator, cell: int, bands: int) -> np.ndarray:
    """Smooth noise of shape (480, 640, bands), 0 to 255, with blobs `cell` pixels wide."""
    coarse = rng.integers(0, 256, (bands, SIZE[1] // cell + 2, SIZE[0] // cell + 2), dtype=np.uint8)
    fine = [np.asarray(Image.fromarray(band).resize(SIZE, Image.Resampling.BICUBIC), np.float64) for band in coarse]
    return np.stack(fine, axis=2)


def garment(sheet: Image.Image, seed: int) -> Image.Image:
    """Lay a patterned shape over most of a background."""
    rng = np.random.default_rng(seed)
    width, height = sheet.size
    cloth = background(seed + 10_000).resize(sheet.size)
    mask = Image.new("L", sheet.size)
    draw = ImageDraw.Draw(mask)
    corners = [(0.2, 0.08), (0.8, 0.1), (0.88, 0.5), (0.75, 0.95), (0.25, 0.93), (0.12, 0.45)]
    draw.polygon(
        [(width * (x + rng.normal(0, 0.02)), height * (y + rng.normal(0, 0.02))) for x, y in corners], fill=255
    )
    return Image.composite(cloth, sheet, mask.filter(ImageFilter.GaussianBlur(1)))


def photograph(seed: int) -> Image.Image:
    """A garment on a rug, both given by the seed."""
    return garment(background(seed), seed + 1)


def same_rug(seed: int, other: int) -> Image.Image:
    """Another garment on the rug of `photograph(seed)`, taken from a step to the side."""
    picture = garment(background(seed), seed + 1 + other)
    return picture.transform(
        SIZE, Image.Transform.AFFINE, (0.99, 0.01, 14, -0.01, 0.99, 9), Image.Resampling.BICUBIC, fillcolor="grey"
    ).crop((0, 0, SIZE[0] - 20, SIZE[1] - 20))


def carton(flavour: int) -> Image.Image:
    """A white-background packshot: every flavour has the same outline and its own print."""
    sheet = Image.new("RGB", (400, 400), "white")
    sheet.paste(background(flavour + 500).resize((110, 210)), (145, 90))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((140, 60, 260, 340), outline=(150, 150, 150), width=4)
    draw.polygon([(140, 60), (200, 20), (260, 60)], fill=(225, 225, 225))
    return sheet
