"""Marks drawn by code: twelve of an owner, and any number of other people's, to set on photographs."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 800
FIRST = ("Anna", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Leon")
LAST = (
    "Berg",
    "Castell",
    "Duarte",
    "Engel",
    "Fontaine",
    "Grau",
    "Holm",
    "Ivory",
    "Jansen",
    "Kessler",
    "Moreau",
    "Weiss",
)
TRADES = ("photography", "studio", "handmade", "vintage", "prints", "atelier", "ceramics", "outlet")
OFFERS = ("SALE", "-30 %", "NEW", "FREE SHIPPING", "BEST PRICE", "24 h", "100 % cotton", "TOP SELLER")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnMark:
    """`alpha` is how much of each pixel the mark covers (uint8 (h, w)); `file` is what the owner has of it: a
    transparent PNG, or a crop of a picture with the mark on plain ground. `tiled` marks cover a whole picture."""

    name: str
    kind: str
    alpha: Image.Image
    file: bytes
    tiled: bool = False


def owners_marks() -> tuple[DrawnMark, ...]:
    """Return three text marks, three thin logos, three filled logos and three that are tiled."""
    drawn = (
        ("one line", "text", text("© Mara Linden")),
        ("two lines", "text", text("NORDLICHT\nfine prints")),
        ("address", "text", text("www.harbour-craft.com")),
        ("compass", "thin logo", _drawn(_compass)),
        ("leaf", "thin logo", _drawn(_leaf)),
        ("house", "thin logo", _drawn(_house)),
        ("bird", "filled logo", _drawn(_bird)),
        ("shield", "filled logo", _drawn(_shield)),
        ("arches", "filled logo", _drawn(_arches)),
        ("tiled name", "tiled", text("Mara Linden")),
        ("tiled leaf", "tiled", _drawn(_leaf_and_name)),
        ("tiled shield", "tiled", _drawn(_shield)),
    )
    return tuple(
        DrawnMark(
            name=name,
            kind=kind,
            alpha=alpha,
            file=_crop(alpha) if place % 3 == 2 else _transparent(alpha, light=place % 2 == 0),
            tiled=kind == "tiled",
        )
        for place, (name, kind, alpha) in enumerate(drawn)
    )


def other_mark(rng: np.random.Generator) -> Image.Image:
    """Draw a mark of somebody else in one of the styles of the owner's: text, an outlined or a filled logo, a badge."""
    style = rng.choice(("name", "address", "firm", "ring", "polygon", "badge"))
    first, last, trade = (str(rng.choice(words)) for words in (FIRST, LAST, TRADES))
    if style == "name":
        return text(f"© {first} {last}")
    if style == "address":
        return text(f"www.{last.lower()}-{trade}.com")
    if style == "firm":
        return text(f"{last.upper()}\n{trade}")
    if style == "badge":
        return _badge(str(rng.choice(OFFERS)), round_corners=bool(rng.integers(2)))
    corners = _random_polygon(rng)
    line = int(rng.choice((0, 10, 14)))
    return _drawn(lambda draw: _logo(draw, corners, ring=style == "ring", line=line))


def text(words: str) -> Image.Image:
    """Write one or two lines, cut to what is written, `WIDTH` pixels wide."""
    font = ImageFont.load_default(160)
    canvas = Image.new("L", (4000, 700))
    ImageDraw.Draw(canvas).multiline_text((60, 60), words, 255, font, spacing=30, align="center")
    left, top, right, bottom = canvas.getbbox() or (0, 0, 1, 1)
    cut = canvas.crop((left - 8, top - 8, right + 8, bottom + 8))
    return cut.resize((WIDTH, max(1, round(cut.height * WIDTH / cut.width))), Image.Resampling.LANCZOS)


def _transparent(alpha: Image.Image, *, light: bool) -> bytes:
    image = Image.new("RGBA", alpha.size, (255, 255, 255, 0) if light else (20, 20, 20, 0))
    image.putalpha(alpha)
    return _png(image)


def _crop(alpha: Image.Image) -> bytes:
    ground = Image.new("RGB", (alpha.width + 80, alpha.height + 80), (196, 201, 190))
    ground.paste((40, 44, 52), (40, 40), alpha)
    buffer = io.BytesIO()
    ground.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _drawn(draw: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """Draw on a square of 1600 pixels, and halve it for smooth edges."""
    canvas = Image.new("L", (2 * WIDTH, 2 * WIDTH))
    draw(ImageDraw.Draw(canvas))
    left, top, right, bottom = canvas.getbbox() or (0, 0, 1, 1)
    cut = canvas.crop((left - 8, top - 8, right + 8, bottom + 8))
    return cut.resize((WIDTH, round(cut.height * WIDTH / cut.width)), Image.Resampling.LANCZOS)


def _compass(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((100, 100, 1500, 1500), outline=255, width=26)
    draw.ellipse((180, 180, 1420, 1420), outline=255, width=14)
    for turn in range(8):
        reach = 560 if turn % 2 == 0 else 360
        angle = math.pi * turn / 4
        tip = (800 + reach * math.sin(angle), 800 - reach * math.cos(angle))
        for side in (-1, 1):
            waist = angle + side * math.pi / 8
            draw.line((*tip, 800 + 170 * math.sin(waist), 800 - 170 * math.cos(waist)), 255, 18)


def _leaf(draw: ImageDraw.ImageDraw) -> None:
    draw.arc((-300, 100, 1300, 1700), -62, 28, 255, 28)
    draw.arc((300, -500, 1900, 1100), 118, 208, 255, 28)
    draw.line((480, 480, 1160, 1240), 255, 22)
    for step in range(1, 5):
        x, y = 480 + 136 * step, 480 + 152 * step
        draw.line((x, y, x + 150, y - 60), 255, 16)
        draw.line((x, y, x - 60, y + 150), 255, 16)


def _house(draw: ImageDraw.ImageDraw) -> None:
    draw.line((150, 820, 800, 200, 1450, 820), 255, 26, "curve")
    draw.rectangle((300, 700, 1300, 1400), outline=255, width=24)
    draw.rectangle((700, 1000, 900, 1400), outline=255, width=18)
    draw.ellipse((710, 480, 890, 660), outline=255, width=18)
    for x in (400, 1000):
        draw.rectangle((x, 850, x + 200, 1050), outline=255, width=18)


def _bird(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((100, 100, 1500, 1500), fill=255)
    draw.polygon(
        [(330, 700), (760, 560), (1180, 330), (1000, 800), (1270, 900), (900, 1020), (560, 1250), (640, 930)], 0
    )
    draw.ellipse((480, 690, 540, 750), fill=255)


def _shield(draw: ImageDraw.ImageDraw) -> None:
    draw.polygon([(200, 150), (1400, 150), (1400, 800), (800, 1500), (200, 800)], fill=255)
    star = [
        (800 + reach * math.sin(math.pi * turn / 5), 680 - reach * math.cos(math.pi * turn / 5))
        for turn in range(10)
        for reach in (400 if turn % 2 == 0 else 160,)
    ]
    draw.polygon(star, fill=0)


def _arches(draw: ImageDraw.ImageDraw) -> None:
    for place, height in enumerate((620, 900, 480)):
        left = 140 + 460 * place
        draw.rectangle((left, 1400 - height, left + 400, 1400), fill=255)
        draw.pieslice((left, 1200 - height, left + 400, 1600 - height), 180, 360, 255)
        draw.rectangle((left + 130, 1400 - height // 2, left + 270, 1400), fill=0)


def _leaf_and_name(draw: ImageDraw.ImageDraw) -> None:
    _leaf(draw)
    draw.text((500, 1360), "ML atelier", 255, ImageFont.load_default(190))


def _badge(words: str, *, round_corners: bool) -> Image.Image:
    written = text(words)
    badge = Image.new("L", (WIDTH + 160, written.height + 120))
    draw = ImageDraw.Draw(badge)
    draw.rounded_rectangle((0, 0, badge.width - 1, badge.height - 1), 60 if round_corners else 0, 255)
    badge.paste(0, (80, 60), written)
    return badge


def _random_polygon(rng: np.random.Generator) -> list[tuple[float, float]]:
    count = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * math.pi, count))
    reaches = rng.uniform(200, 640, count)
    return [
        (800 + reach * math.cos(angle), 800 + reach * math.sin(angle))
        for angle, reach in zip(angles, reaches, strict=True)
    ]


def _logo(draw: ImageDraw.ImageDraw, corners: list[tuple[float, float]], *, ring: bool, line: int) -> None:
    """Draw a polygon, outlined where `line` is a width in pixels and filled where it is 0, perhaps in a ring."""
    if ring:
        draw.ellipse((100, 100, 1500, 1500), outline=255, width=2 * line or 40)
    if line:
        draw.line([*corners, corners[0]], 255, 2 * line)
    else:
        draw.polygon(corners, fill=255)
        draw.ellipse((720, 720, 880, 880), fill=0)
