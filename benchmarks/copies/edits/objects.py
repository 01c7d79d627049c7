"""Edits that print the picture on something, or take the thing out of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.copies.edits.edit import Edit, Edited, Need, resized
from benchmarks.copies.edits.masks import object_mask
from benchmarks.copies.edits.scenes import quad_matrix
from benchmarks.copies.edits.truth import Truth, box, frame, scaling, shift, size_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.copies.edits.edit import Others, Pixels, Rng

SIDE = 900


def pillow(pixels: Pixels, rng: Rng, others: Others) -> Edited:
    """Print the middle square on a pillow: seen aslant, with bulging light, a rounded outline and noise."""
    width, height = size_of(pixels)
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    part = box(left, top, left + side, top + side)
    corners = _corners(rng, 0.17, 0.83, 0.17, 0.83, 0.06)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    light = 1.1 - 0.35 * (x**2 + y**2) + 0.1 * np.sin(3 * x + 2 * y + rng.uniform(0, 6))
    return _printed(pixels, part, corners, light, 0.06, rng, others)


def phone_case(pixels: Pixels, rng: Rng, others: Others) -> Edited:
    """Print a part of aspect 1 : 2 on a phone case: aslant, round corners, a camera hole, a streak of light."""
    width, height = size_of(pixels)
    high = min(height, 2 * width)
    wide = high / 2
    left, top = float(rng.uniform(0, width - wide)), (height - high) / 2
    part = box(left, top, left + wide, top + high)
    corners = _corners(rng, 0.3, 0.7, 0.1, 0.9, 0.04)
    _, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    light = 0.85 + 0.45 * np.exp(-(((x - rng.uniform(-0.3, 0.3)) / 0.12) ** 2))
    edited = _printed(pixels, part, corners, light, 0.16, rng, others)
    hole = np.rint(corners[0] + 0.22 * (corners[1] - corners[0]) + 0.1 * (corners[3] - corners[0])).astype(int)
    cv2.ellipse(edited.pixels, (int(hole[0]), int(hole[1])), (45, 60), 0, 0, 360, (18, 18, 20), -1)
    return edited


def _corners(rng: Rng, left: float, right: float, top: float, bottom: float, jitter: float) -> NDArray[np.float64]:
    places = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return np.asarray((places + rng.uniform(-jitter, jitter, (4, 2))) * SIDE, np.float64)


def _printed(
    pixels: Pixels,
    part: NDArray[np.float64],
    corners: NDArray[np.float64],
    light: NDArray[np.float64],
    rounding: float,
    rng: Rng,
    others: Others,
) -> Edited:
    """Lay `part` of the picture on the quad `corners` of a 900-px photograph; shade, round and roughen it."""
    forward = quad_matrix(part, corners)
    art = cv2.warpPerspective(pixels, forward, (SIDE, SIDE), flags=cv2.INTER_AREA).astype(np.float64)
    mask = cv2.warpPerspective(
        _rounded(rounding), quad_matrix(frame(200, 200), corners), (SIDE, SIDE), flags=cv2.INTER_LINEAR
    )
    soft = (mask / 255.0)[..., None]
    ground = resized(others[int(rng.integers(len(others)))], SIDE, SIDE)
    truth = Truth.of(size_of(pixels), (SIDE, SIDE), forward, "perspective", window=corners)
    return Edited(pixels=_noisy(art * light[..., None] * soft + ground * (1 - soft), rng), truth=truth)


def _rounded(radius: float) -> Pixels:
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    outside = np.maximum(np.abs(np.stack([x, y])) - (1 - 2 * radius), 0)
    return np.where(np.hypot(*outside) <= 2 * radius, 255, 0).astype(np.uint8)


def mug(pixels: Pixels, rng: Rng, others: Others) -> Edited:
    """Wrap it around a mug: a cylinder seen from the front, ± 55° of it printed, dark towards the sides, with noise."""
    width, height = size_of(pixels)
    half = math.radians(55)
    wide = round(SIDE * float(rng.uniform(0.5, 0.62)))
    high = round(min(0.8 * SIDE, wide * (height / width) * (2 * half) / (2 * math.sin(half))))
    sag = 0.08 * wide
    columns = (np.arange(wide) + 0.5) / wide * 2 - 1
    turn = np.arcsin(columns * math.sin(half))
    bow = sag * (np.cos(turn) - math.cos(half)) / (1 - math.cos(half))
    rows = np.arange(high + math.ceil(sag))[:, None]
    source_x = np.broadcast_to((turn / half + 1) / 2 * width - 0.5, (len(rows), wide))
    source_y = (rows - bow + 0.5) / high * height - 0.5
    factor = min(1.0, high / height)
    smooth = resized(pixels, max(1, round(width * factor)), max(1, round(height * factor)))
    steps = size_of(smooth)[0] / width, size_of(smooth)[1] / height
    art = cv2.remap(
        smooth,
        ((source_x + 0.5) * steps[0] - 0.5).astype(np.float32),
        ((source_y + 0.5) * steps[1] - 0.5).astype(np.float32),
        cv2.INTER_CUBIC,
    )
    inside = (source_y >= -0.5) & (source_y <= height - 0.5)
    canvas = resized(others[int(rng.integers(len(others)))], SIDE, SIDE).astype(np.float64)
    left, top = (SIDE - wide) // 2, (SIDE - len(rows)) // 2
    region = canvas[top : top + len(rows), left : left + wide]
    region[inside] = (art * (0.55 + 0.5 * np.cos(1.3 * turn - 0.2))[None, :, None])[inside]
    window = box(left, top, left + wide, top + len(rows))
    forward = shift(left, top + sag / 2) @ scaling(wide / width, high / height)
    truth = Truth.of((width, height), (SIDE, SIDE), forward, "perspective", window=window, projective=False)
    return Edited(pixels=_noisy(canvas, rng), truth=truth)


def _noisy(values: NDArray[np.float64], rng: Rng) -> Pixels:
    noise = rng.normal(0, rng.uniform(3, 7), values.shape)
    return np.asarray(np.clip(np.rint(values + noise), 0, 255), np.uint8)


def cut_out(pixels: Pixels, rng: Rng, others: Others) -> Edited:
    """Take the object out and lay it on another photograph, at 0.8–1 times its size. The window is its convex hull."""
    width, height = size_of(pixels)
    mask = object_mask(pixels)
    factor = float(rng.uniform(0.8, 1.0))
    across, down = round(width * factor), round(height * factor)
    x, y = int(rng.integers(0, width - across + 1)), int(rng.integers(0, height - down + 1))
    ground = resized(others[int(rng.integers(len(others)))], width, height).astype(np.float32)
    soft = cv2.GaussianBlur(cv2.resize(mask.astype(np.float32), (across, down)), (0, 0), 0.8)[..., None]
    region = ground[y : y + down, x : x + across]
    region[:] = resized(pixels, across, down) * soft + region * (1 - soft)
    forward = shift(x, y) @ scaling(across / width, down / height)
    hull = cv2.convexHull(np.argwhere(soft[..., 0] > 0.5)[:, ::-1].astype(np.int32) + np.array([x, y], np.int32))
    window = np.asarray(hull, np.float64).reshape(-1, 2)
    truth = Truth.of((width, height), (width, height), forward, "inset", window=window)
    return Edited(pixels=np.asarray(np.rint(ground), np.uint8), truth=truth)


EDITS = (
    Edit(name="printed on a pillow", apply=pillow, needs=Need.ART),
    Edit(name="printed on a phone case", apply=phone_case, needs=Need.ART),
    Edit(name="printed on a mug", apply=mug, needs=Need.ART),
    Edit(name="cut out on another background", apply=cut_out, needs=Need.OBJECT),
)
