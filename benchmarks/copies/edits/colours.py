"""Edits of colour and sharpness; nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.copies.edits.edit import Edit, Edited, Output, stretched, unmoved
from benchmarks.copies.edits.masks import object_mask

if TYPE_CHECKING:
    from benchmarks.copies.edits.edit import Others, Pixels, Rng


def recoloured(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Change hue, saturation, brightness curve and white balance of the whole picture."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(12, 168)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.5, 1.6), 0, 255)
    turned = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32) / 255
    curved = turned ** rng.uniform(0.65, 1.5) * rng.uniform(0.85, 1.12, 3).astype(np.float32)
    return unmoved(pixels, _to_bytes(curved * 255), "recoloured")


def object_recoloured(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Give the object another colour and leave the background, as a shop does for a colour variant."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(20, 160)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.8, 1.3) + rng.uniform(30, 80), 0, 255)
    hsv[..., 2] = np.clip(hsv[..., 2] * rng.uniform(0.7, 1.1), 0, 255)
    other = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    soft = cv2.GaussianBlur(object_mask(pixels).astype(np.float32), (0, 0), 1.5)[..., None]
    return unmoved(pixels, _to_bytes(pixels * (1 - soft) + other * soft), "recoloured")


def grey(pixels: Pixels, _rng: Rng, _others: Others) -> Edited:
    """Take the colour away."""
    flat = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return unmoved(pixels, np.repeat(flat[..., None], 3, axis=2), "recoloured")


def blurred(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Blur with σ 1.5–3 pixels of the reference."""
    return unmoved(pixels, np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(1.5, 3.0)), np.uint8))


def tweaked(pixels: Pixels, rng: Rng, _others: Others) -> Edited:
    """Do what relisting programs do: brightness ±3–5 %, contrast ±2–5 %, scale ±0.3–0.7 %."""
    sign = rng.choice([-1, 1], 3)
    bright, contrast = 1 + sign[0] * rng.uniform(0.03, 0.05), 1 + sign[1] * rng.uniform(0.02, 0.05)
    values = (pixels.astype(np.float32) * bright - 127.5) * contrast + 127.5
    factor = 1 + sign[2] * rng.uniform(0.003, 0.007)
    height, width = pixels.shape[:2]
    return stretched(_to_bytes(values), round(width * factor), round(height * factor))


def _to_bytes(values: np.ndarray) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


EDITS = (
    Edit(name="recoloured", apply=recoloured),
    Edit(name="object recoloured", apply=object_recoloured),
    Edit(name="grey", apply=grey),
    Edit(name="blurred", apply=blurred),
    Edit(name="relisting tweaks", apply=tweaked, output=Output(sides=None, quality=(88, 92), foreign_exif=True)),
)
