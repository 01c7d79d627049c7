"""What happens to a picture on its way: saved anew, which leaves it the same, or changed, which does not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator

    Saved = Callable[[Image.Image], bytes]
    Changed = Callable[[Image.Image, Generator], Image.Image]

VISIBLE_LEVELS, VISIBLE_SHARE = 24, 0.015


def file(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """Return the image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    """Return the image as a JPEG file."""
    return file(image, quality=quality)


def resized(
    image: Image.Image, share: float, kernel: Image.Resampling = Image.Resampling.LANCZOS, *, flatter: float = 1.0
) -> Image.Image:
    """Return the image with sides of this share, the height times `flatter` besides."""
    width, height = round(image.width * share), round(image.height * share * flatter)
    return image.resize((max(1, width), max(1, height)), kernel)


def _twice(image: Image.Image) -> bytes:
    return jpeg(Image.open(io.BytesIO(jpeg(resized(image, 0.9), 60))), 50)


def _lying(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return file(image.transpose(Image.Transpose.ROTATE_90), quality=85, exif=exif)


def _sharpened(image: Image.Image) -> bytes:
    return jpeg(resized(image, 0.4).filter(ImageFilter.UnsharpMask(1, 60, 2)))


SAVED: Mapping[str, Saved] = {
    "JPEG 95": lambda image: jpeg(image, 95),
    "JPEG 60": lambda image: jpeg(image, 60),
    "JPEG 30": lambda image: jpeg(image, 30),
    "WebP 80": lambda image: file(image, "WEBP", quality=80),
    "WebP 50": lambda image: file(image, "WEBP", quality=50),
    "PNG": lambda image: file(image, "PNG", compress_level=1),
    "GIF": lambda image: file(image, "GIF"),
    "stored lying, turned by EXIF": _lying,
    "90 %, JPEG 60, then JPEG 50": _twice,
    "200 %, JPEG 80": lambda image: jpeg(resized(image, 2, Image.Resampling.BICUBIC)),
    "73 %, nearest pixel, JPEG 80": lambda image: jpeg(resized(image, 0.73, Image.Resampling.NEAREST)),
    "60 %, bilinear, JPEG 80": lambda image: jpeg(resized(image, 0.6, Image.Resampling.BILINEAR)),
    "80 %, 1.5 % flatter, JPEG 80": lambda image: jpeg(resized(image, 0.8, flatter=0.985)),
    "50 %, JPEG 80": lambda image: jpeg(resized(image, 0.5)),
    "50 %, JPEG 30": lambda image: jpeg(resized(image, 0.5), 30),
    "40 %, sharpened, JPEG 80": _sharpened,
    "25 %, JPEG 80": lambda image: jpeg(resized(image, 0.25)),
    "25 %, JPEG 30": lambda image: jpeg(resized(image, 0.25), 30),
}


def _cut(left: float, top: float, right: float, bottom: float) -> Changed:
    def change(image: Image.Image, _: Generator) -> Image.Image:
        width, height = image.size
        return image.crop(
            (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
        )

    return change


def _framed(image: Image.Image, rng: Generator) -> Image.Image:
    colour = ("white", "black", "crimson")[rng.integers(3)]
    return ImageOps.expand(image, (max(1, round(0.03 * image.width)), max(1, round(0.03 * image.height))), colour)


def _tagged(share: float) -> Changed:
    def change(image: Image.Image, rng: Generator) -> Image.Image:
        copy, side = image.copy(), (image.width * image.height * share) ** 0.5
        left, top = rng.uniform(0, max(1, image.width - side)), rng.uniform(0, max(1, image.height - side))
        colour = tuple(rng.integers(0, 256, 3).tolist())
        ImageDraw.Draw(copy).rectangle((left, top, left + side, top + side), fill=colour)
        return copy

    return change


def _lettered(opacity: float, size: float) -> Changed:
    """Lettering in one line, as high as this share of the picture, white on dark pictures and black on light ones."""

    def change(image: Image.Image, rng: Generator) -> Image.Image:
        layer = Image.new("RGBA", image.size)
        ink = (255, 255, 255) if np.asarray(image.convert("L")).mean() < 140 else (0, 0, 0)
        place = rng.uniform(0.02, 0.2) * image.width, rng.uniform(0.1, 0.8) * image.height
        font = ImageFont.load_default(max(8, round(image.height * size)))
        ImageDraw.Draw(layer).text(place, "BEST SHOP 2026", fill=(*ink, round(255 * opacity)), font=font)
        return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")

    return change


def _hue_turned(degrees: float) -> Changed:
    def change(image: Image.Image, _: Generator) -> Image.Image:
        hsv = np.array(image.convert("HSV"))
        hsv[..., 0] += np.uint8(degrees / 360 * 256)
        return Image.frombytes("HSV", image.size, hsv.tobytes()).convert("RGB")

    return change


def _next_frame(slip: float) -> Changed:
    """The camera moved, turned and came nearer, each by up to this share of the frame; the sensor's noise is new."""

    def change(image: Image.Image, rng: Generator) -> Image.Image:
        width, height = image.size
        x, y, nearer, turn = rng.uniform(-slip, slip, 4)
        matrix = np.array([[1 + nearer, turn, x * width], [-turn, 1 + nearer, y * height]])
        moved = cv2.warpAffine(
            np.asarray(image), matrix, image.size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
        )
        return Image.fromarray(np.clip(moved + rng.normal(0, 3, moved.shape), 0, 255).astype(np.uint8))

    return change


def _thing_moved(image: Image.Image, rng: Generator) -> Image.Image:
    """An oval of a quarter of each side moved by 3 % of the width."""
    width, height = image.size
    left, top = rng.uniform(0.1, 0.6, 2) * (width, height)
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).ellipse((left, top, left + width / 4, top + height / 4), fill=255)
    moved = Image.new("RGB", image.size)
    moved.paste(image, (round(0.03 * width), 0))
    return Image.composite(moved, image, mask.filter(ImageFilter.GaussianBlur(1)))


CHANGED: Mapping[str, Changed] = {
    "5 % cut from every edge": _cut(0.05, 0.05, 0.05, 0.05),
    "5 % cut from one edge": _cut(0, 0.05, 0, 0),
    "5 % cut from two edges": _cut(0.05, 0.05, 0, 0),
    "2.5 % cut from every edge": _cut(0.025, 0.025, 0.025, 0.025),
    "border of 3 % all around": _framed,
    "mirrored": lambda image, _: ImageOps.mirror(image),
    "turned by 90°": lambda image, _: image.transpose(Image.Transpose.ROTATE_90),
    "turned by 180°": lambda image, _: image.transpose(Image.Transpose.ROTATE_180),
    "tag on 2 %": _tagged(0.02),
    "tag on 4 %": _tagged(0.04),
    "lettering": _lettered(1, 0.12),
    "lettering, half transparent": _lettered(0.5, 0.12),
    "lettering, 30 % opaque": _lettered(0.3, 0.12),
    "hue turned by 35°": _hue_turned(35),
    "hue turned by 90°": _hue_turned(90),
    "greyscale": lambda image, _: image.convert("L").convert("RGB"),
    "15 % brighter": lambda image, _: ImageEnhance.Brightness(image).enhance(1.15),
    "next frame: camera moved by up to 1 %": _next_frame(0.01),
    "next frame: camera moved by up to 0.5 %": _next_frame(0.005),
    "next frame: something in it moved": _thing_moved,
}


def overlaid(image: Image.Image, changed: Image.Image) -> bool:
    """Return whether the change can be seen: laid over the original, 1.5 % of the pixels are off by 24 levels."""
    over = np.asarray(changed.resize(image.size, Image.Resampling.BILINEAR)).astype(np.int16)
    off = np.abs(over - np.asarray(image)).max(axis=2)
    return bool((off >= VISIBLE_LEVELS).mean() >= VISIBLE_SHARE)
