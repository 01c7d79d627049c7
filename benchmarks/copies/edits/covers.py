"""Edits that hide parts of the picture: badges, text, erased patches, and marks that are taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.copies.edits import lettering, marks
from benchmarks.copies.edits.crops import cut
from benchmarks.copies.edits.edit import Edit, Edited, Need, unmoved
from benchmarks.copies.edits.truth import size_of

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Others, Pixels, Rng


def badged(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Put a banner at the top or the bottom (12–20 % of the height) and two or three badges on the picture."""
    image = Image.fromarray(pixels)
    width, height = image.size
    high = round(height * float(rng.uniform(0.12, 0.2)))
    top = 0 if rng.random() < 0.5 else height - high
    banner = (0, top, width, top + high)
    lettering.label(image, lettering.slogan(rng), banner, fill=lettering.colour(rng), ink=(255, 255, 255))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(2, 4))):
        radius = round(min(width, height) * float(rng.uniform(0.09, 0.15)))
        x = int(rng.integers(radius, width - radius + 1))
        y = int(rng.integers(radius, height - radius + 1))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=lettering.colour(rng), outline="white")
        text = f"-{rng.integers(10, 80)}%"
        draw.text((x, y), text, fill="white", font=lettering.fitting(text, 1.7 * radius, radius), anchor="mm")
    return unmoved(pixels, lettering.pixels_of(image), "covered")


def text_tiled(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Repeat a seller's name over the whole picture, slanted, at 30–60 % opacity."""
    height, width = pixels.shape[:2]
    reach = round(1.5 * max(width, height))
    layer = Image.new("L", (reach, reach), 0)
    draw = ImageDraw.Draw(layer)
    text, size = lettering.seller(rng), min(width, height) * float(rng.uniform(0.06, 0.1))
    face = lettering.font(size)
    step_x, step_y = face.getlength(text) * 1.25, size * float(rng.uniform(2.0, 3.0))
    for row in range(int(reach / step_y) + 1):
        for column in range(-1, int(reach / step_x) + 1):
            draw.text(((column + row % 2 / 2) * step_x, row * step_y), text, fill=255, font=face)
    slanted = layer.rotate(float(rng.uniform(15, 45)), Image.Resampling.BICUBIC)
    left, top = (reach - width) // 2, (reach - height) // 2
    alpha = np.asarray(slanted, np.float32)[top : top + height, left : left + width, None] / 255
    alpha = alpha * float(rng.uniform(0.3, 0.6))
    ink = 255.0 if rng.random() < 0.6 else 20.0
    return unmoved(pixels, np.asarray(np.rint(pixels * (1 - alpha) + ink * alpha), np.uint8), "covered")


def patched(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Erase three patches of 15–35 % of each side with one colour, noise or blur."""
    out = pixels.copy()
    height, width = pixels.shape[:2]
    for _ in range(3):
        high, wide = round(height * float(rng.uniform(0.15, 0.35))), round(width * float(rng.uniform(0.15, 0.35)))
        top, left = int(rng.integers(0, height - high + 1)), int(rng.integers(0, width - wide + 1))
        patch = out[top : top + high, left : left + wide]
        way = int(rng.integers(3))
        if way == 0:
            patch[:] = rng.integers(0, 256, 3)
        elif way == 1:
            patch[:] = rng.integers(0, 256, patch.shape)
        else:
            patch[:] = cv2.GaussianBlur(patch, (0, 0), max(4.0, min(high, wide) / 6))
    return unmoved(pixels, out, "covered")


def mark_cropped(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Cut off the owner's mark: the strip below it or beside it, whichever costs less, and a little more."""
    width, height = size_of(pixels)
    left, top, _, _ = marks.place(pixels)
    spare = float(rng.uniform(0.0, 0.04))
    if (height - top) / height <= (width - left) / width:
        return cut(pixels, 0, 0, width, top - round(spare * height), "watermark removed")
    return cut(pixels, 0, 0, left - round(spare * width), height, "watermark removed")


def mark_painted_over(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Hide the owner's mark: in-painted from around it, blurred, or under a patch of one colour."""
    out = pixels.copy()
    left, top, right, bottom = marks.place(pixels)
    region = out[top:bottom, left:right]
    way = int(rng.integers(3))
    if way == 0:
        mask = np.zeros(out.shape[:2], np.uint8)
        mask[top:bottom, left:right] = 255
        out = np.asarray(cv2.inpaint(out, mask, 5, cv2.INPAINT_TELEA), np.uint8)
    elif way == 1:
        region[:] = cv2.GaussianBlur(region, (0, 0), max(3.0, (bottom - top) / 3))
    else:
        region[:] = np.median(region.reshape(-1, 3), axis=0)
    return unmoved(pixels, out, "watermark removed")


EDITS = (
    Edit(name="badges and banner", apply=badged),
    Edit(name="tiled seller text", apply=text_tiled),
    Edit(name="erased patches", apply=patched),
    Edit(name="watermark cropped", apply=mark_cropped, needs=Need.MARK),
    Edit(name="watermark painted over", apply=mark_painted_over, needs=Need.MARK),
)
