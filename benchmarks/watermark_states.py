"""What became of the mark: copies of marked photographs that keep it, cut it off, paint it over or blur it."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageFilter

from benchmarks.watermark_set import opened
from matching.marks.state import MarkRegion, MarkState, mark_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.watermark_marks import DrawnMark

Box = tuple[int, int, int, int]
MADE = (MarkState.STILL_THERE, MarkState.CROPPED_OFF, MarkState.PAINTED_OVER, MarkState.BLURRED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Marked:
    """A photograph with a mark near one of its corners: `cover` at `box`."""

    image: Image.Image
    cover: Image.Image
    box: Box


def states(photographs: Sequence[Path], marks: Sequence[DrawnMark], seed: int) -> str:
    """Return the table: one copy of each photograph for each state, scaled to 50–100 % and saved at quality 45–90.

    The copies' places are known to 0.4 pixels (standard deviation), as the other stages find them.
    """
    rng = np.random.default_rng(seed)
    single = [mark for mark in marks if not mark.tiled]
    confusion: Counter[tuple[MarkState, MarkState]] = Counter()
    for number, path in enumerate(photographs):
        marked = _marked(opened(path), single[number % len(single)].alpha, rng)
        left, top, right, bottom = marked.box
        region = MarkRegion(left=left, top=top, width=right - left, height=bottom - top)
        reference = _grey(marked.image, 92)
        for state in MADE:
            copy, left_out = _changed(marked, state, rng)
            picture, transform = _saved(copy, left_out, rng)
            confusion[state, mark_state(picture, reference, transform, region).state] += 1
    right_ones = sum(count for (state, said), count in confusion.items() if state is said)
    share = right_ones / sum(confusion.values())
    lines = [
        f"What became of the mark, right in **{share:.3f}** of {sum(confusion.values())} matched cases (goal 0.90):\n",
        "| made \\ said | " + " | ".join(MarkState) + " |",
        "|---" * (len(MarkState) + 1) + "|",
    ]
    lines += [f"| {state} | " + " | ".join(str(confusion[state, said]) for said in MarkState) + " |" for state in MADE]
    return "\n".join(lines)


def _marked(photograph: Image.Image, alpha: Image.Image, rng: np.random.Generator) -> _Marked:
    width = round(rng.uniform(0.2, 0.4) * photograph.width)
    cover = alpha.resize((width, max(4, round(alpha.height * width / alpha.width))), Image.Resampling.LANCZOS)
    cover.thumbnail((photograph.width, photograph.height))
    x, y = (
        int(rng.choice((0.03, 0.97)) * room)
        for room in (photograph.width - cover.width, photograph.height - cover.height)
    )
    box = (x, y, x + cover.width, y + cover.height)
    tone = 20 if np.asarray(photograph.convert("L").crop(box)).mean() > 140 else 255
    opacity = float(rng.uniform(0.4, 1))
    image = photograph.copy()
    image.paste((tone, tone, tone), (x, y), cover.point([round(value * opacity) for value in range(256)]))
    return _Marked(image=image, cover=cover, box=box)


def _changed(marked: _Marked, state: MarkState, rng: np.random.Generator) -> tuple[Image.Image, int]:
    """Return the copy, and how many columns were cut off at its left."""
    image, (left, _, right, _) = marked.image, marked.box
    if state is MarkState.CROPPED_OFF:
        if left > image.width / 2:
            return image.crop((0, 0, max(8, left - 2), image.height)), 0
        cut = min(image.width - 8, right + 2)
        return image.crop((cut, 0, image.width, image.height)), cut
    if state is MarkState.PAINTED_OVER:
        return _painted(marked, rng), 0
    if state is MarkState.BLURRED:
        copy, box = image.copy(), _around(marked)
        strength = marked.cover.width * rng.uniform(0.012, 0.05) + 1
        copy.paste(image.crop(box).filter(ImageFilter.GaussianBlur(strength)), box[:2])
        return copy, 0
    return image, 0


def _painted(marked: _Marked, rng: np.random.Generator) -> Image.Image:
    """Cover the mark with its mean colour, with white or red, or let its strokes be filled from around them."""
    copy, box = marked.image.copy(), _around(marked)
    way = rng.integers(3)
    if way == 0:
        mean = np.asarray(copy.crop(box)).reshape(-1, 3).mean(axis=0)
        copy.paste((int(mean[0]), int(mean[1]), int(mean[2])), box)
    elif way == 1:
        copy.paste((255, 255, 255) if rng.integers(2) else (200, 30, 30), box)
    else:
        strokes = Image.new("L", copy.size)
        strokes.paste(marked.cover.point(lambda value: 255 if value > 20 else 0), marked.box[:2])
        mask = cv2.dilate(np.asarray(strokes), np.ones((5, 5), np.uint8))
        copy = Image.fromarray(cv2.inpaint(np.asarray(copy), mask, 4, cv2.INPAINT_TELEA))
    return copy


def _around(marked: _Marked) -> Box:
    margin = max(2, marked.cover.width // 40)
    left, top, right, bottom = marked.box
    width, height = marked.image.size
    return max(0, left - margin), max(0, top - margin), min(width, right + margin), min(height, bottom + margin)


def _saved(copy: Image.Image, left_out: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the published copy in grey, and the matrix from its pixels to those of the reference."""
    factor = max(rng.uniform(0.5, 1), min(1, 320 / max(copy.size)))
    size = (max(8, round(copy.width * factor)), max(8, round(copy.height * factor)))
    x, y = copy.width / size[0], copy.height / size[1]
    transform = np.array([[x, 0, left_out + (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    transform[:2, 2] += rng.normal(0, 0.4, 2)
    return _grey(copy.resize(size, Image.Resampling.LANCZOS), int(rng.integers(45, 91))), transform


def _grey(image: Image.Image, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("L"))
