"""Photographs with marks on them: the owner's, other people's, and none."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from benchmarks.watermark_marks import other_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.watermark_marks import DrawnMark

SHARED = Path(__file__).parents[2] / "shared" / "pictures"
HALVES = {"tune": "01234567", "report": "89abcdef"}
LARGEST = 1600
SMALLEST_CARRIER = 400
CARRIERS = 210
TILTS = 45


def photographs(half: str) -> tuple[list[Path], list[Path]]:
    """Return the photographs that get the owner's marks, and those that never do; both shuffled with a seed.

    Carriers measure at least 400 pixels on the long side, as pictures of listings do.
    """
    with (SHARED / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] in ("reference", "distractor")]
    rows = sorted((row for row in rows if row["sha256"][0] in HALVES[half]), key=lambda row: row["sha256"])
    order = np.random.default_rng(7).permutation(len(rows))
    large = [place for place in order if max(int(rows[place]["width"]), int(rows[place]["height"])) >= SMALLEST_CARRIER]
    carriers = large[:CARRIERS]
    chosen = set(carriers)
    return (
        [SHARED / rows[place]["file"] for place in carriers],
        [SHARED / rows[place]["file"] for place in order if place not in chosen],
    )


def opened(path: Path) -> Image.Image:
    """Return a photograph as RGB, at most 1,600 pixels on the long side."""
    with Image.open(path) as image:
        photograph = image.convert("RGB")
    photograph.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return photograph


def with_owners_mark(
    photograph: Image.Image, mark: DrawnMark, *, opacity: float, width: float, rng: np.random.Generator
) -> bytes:
    """Set the owner's mark on a photograph, `width` of it wide, then resize and compress."""
    return published(_set(photograph, mark.alpha, opacity=opacity, width=width, tiled=mark.tiled, rng=rng), rng)


def with_other_marks(photograph: Image.Image, rng: np.random.Generator) -> bytes:
    """Set one or two marks of other people on a photograph, one in six tiled, then resize and compress."""
    image = photograph
    for _ in range(int(rng.integers(1, 3))):
        tiled = bool(rng.integers(6) == 0)
        width = float(rng.uniform(0.1, 0.3 if tiled else 0.6))
        opacity = float(rng.uniform(0.3, 1))
        image = _set(image, other_mark(rng), opacity=opacity, width=width, tiled=tiled, rng=rng)
    return published(image, rng)


def published(image: Image.Image, rng: np.random.Generator) -> bytes:
    """Resize to 400–1,000 pixels on the long side, never larger than before, and save as JPEG of quality 55–90."""
    side = min(max(image.size), int(rng.integers(400, 1001)))
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=int(rng.integers(55, 91)))
    return buffer.getvalue()


def _set(
    photograph: Image.Image,
    alpha: Image.Image,
    *,
    opacity: float,
    width: float,
    tiled: bool,
    rng: np.random.Generator,
) -> Image.Image:
    """Lay one mark anywhere, or tile it over everything at an angle.

    It is white where the ground below is dark and black where it is light, as an owner would choose who wants it seen.
    """
    size = max(8, round(width * photograph.width))
    small = alpha.resize((size, max(4, round(alpha.height * size / alpha.width))), Image.Resampling.LANCZOS)
    if small.height > photograph.height:
        small.thumbnail((photograph.width, photograph.height), Image.Resampling.LANCZOS)
    sheet = _tiles(photograph.size, small, rng) if tiled else _placed(photograph.size, small, rng)
    ground = np.asarray(photograph.convert("L"), np.float64)
    cover = np.asarray(sheet, np.float64)
    tone = 20 if (ground * cover).sum() / max(cover.sum(), 1) > 140 else 255
    marked = photograph.copy()
    marked.paste((tone, tone, tone), (0, 0), sheet.point([round(value * opacity) for value in range(256)]))
    return marked


def _placed(size: tuple[int, int], small: Image.Image, rng: np.random.Generator) -> Image.Image:
    sheet = Image.new("L", size)
    x, y = (int(rng.integers(0, room + 1)) for room in (size[0] - small.width, size[1] - small.height))
    sheet.paste(small, (x, y))
    return sheet


def _tiles(size: tuple[int, int], small: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Repeat a mark in staggered rows over a sheet that is then turned by up to 45° either way."""
    side = int(1.5 * max(size)) + 2 * max(small.size)
    sheet = Image.new("L", (side, side))
    across = round(small.width * rng.uniform(1.2, 1.6))
    down = round(small.height + small.width * rng.uniform(0.2, 0.5))
    for row, y in enumerate(range(0, side, down)):
        for x in range(-(row % 2) * across // 2, side, across):
            sheet.paste(small, (x, y))
    turned = sheet.rotate(float(rng.uniform(-TILTS, TILTS)), Image.Resampling.BICUBIC)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return turned.crop((left, top, left + size[0], top + size[1]))


def cells(opacities: Sequence[float], widths: Sequence[float]) -> list[tuple[float, float]]:
    return [(opacity, width) for opacity in opacities for width in widths]
