"""Do two files show the same picture, in the same framing?

Review must not ask twice about a picture that came back re-encoded, resized or renamed, and must never hide another
picture because it looks alike. A perceptual hash alone does both wrong: it is a shortlist here, and what decides is
that the two agree everywhere once one is laid over the other. A crop, a border, a sticker, another colour or the next
frame of a burst disagrees somewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import cv2
import imagehash
import numpy as np
from PIL import Image

from matching.decode import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

LONGEST, SHORTEST = 256, 48  # pixels on the long side at which two pictures are compared
CELL, MOST_CELLS = 16, 16  # pixels of a cell, and cells along each side
BLUR = 1.5
ASPECT = 0.02
FAR_APART = 12  # bits of 64
COLOUR, LEVEL, TEXTURE, ALIKE = 11.0, 6.0, 9.0, 0.85


@dataclass(frozen=True)
class Glance:
    """What is compared of a picture: `pixels` is uint8 (h, w, 3), RGB, at most 256 on the long side; `aspect` is width
    over height of the original after its EXIF turn."""

    pixels: NDArray[np.uint8]
    aspect: float

    @cached_property
    def phash(self) -> int:
        """The 64-bit perceptual hash."""
        return int(str(imagehash.phash(Image.fromarray(self.pixels))), 16)


def glance(picture: bytes) -> Glance | None:
    """Return what is compared of a file; None where it cannot be decoded whole."""
    raster = decode(picture)
    return None if raster.pixels is None or raster.problem is not None else glance_at(raster.pixels)


def glance_at(pixels: NDArray[np.uint8]) -> Glance:
    """Return what is compared of RGB pixels (h, w, 3), after the EXIF turn."""
    height, width = pixels.shape[:2]
    factor = min(1.0, LONGEST / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return Glance(pixels=np.asarray(small, np.uint8), aspect=width / height)


def same_picture(one: Glance, other: Glance) -> bool:
    """Whether two files show the same content in the same framing.

    1. The shapes agree to 2 % or a pixel, and both are brought to the size of the smaller one, as a square, blurred by
       a pixel and a half: what a coding changes is finer than that.
    2. In each of up to 16 × 16 cells the colours agree within 11 levels of 255 on average, the grey levels within 6,
       and where both have texture its correlation exceeds 0.85. One cell that does not makes it another picture.

    Of 148 photographs the worst of 15 ways to encode and resize came to 0.9 of these limits but for GIF with its few
    colours, the mildest half-transparent text to 1.02 (benchmarks/same_picture.py).
    """
    longest = min(max(one.pixels.shape), max(other.pixels.shape))
    slack = max(ASPECT, 1.5 / min(min(one.pixels.shape[:2]), min(other.pixels.shape[:2])))
    if longest < SHORTEST or abs(np.log(one.aspect / other.aspect)) > slack:
        return False
    first, second = (_square(each.pixels, longest) for each in (one, other))
    return bool(_disagreement(first, second) <= 1.0)


def bits_apart(hashes: NDArray[np.uint64], phash: int) -> NDArray[np.int64]:
    """Return how many bits each of these hashes (n,) differs from one."""
    differing = (hashes ^ np.uint64(phash)).view(np.uint8).reshape(-1, 8)
    return np.asarray(np.unpackbits(differing, axis=1).sum(axis=1), np.int64)


def _square(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.float32]:
    side = min(LONGEST, longest) // CELL * CELL
    way = cv2.INTER_AREA if side < min(pixels.shape[:2]) else cv2.INTER_LINEAR
    square = cv2.resize(pixels, (side, side), interpolation=way)
    return np.asarray(cv2.GaussianBlur(square.astype(np.float32), (0, 0), BLUR), np.float32)


def _disagreement(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return how far the worst cell goes beyond what two codings of one picture differ by; 1 is the limit."""
    colour = np.abs(_means(first) - _means(second)).max() / COLOUR
    ours, theirs = _grey(first), _grey(second)
    level = _means(np.abs(ours - theirs)).max() / LEVEL
    deviations = _deviations(ours), _deviations(theirs)
    correlation = _covariances(ours, theirs) / np.maximum(deviations[0] * deviations[1], 1e-6)
    textured = np.minimum(*deviations) >= TEXTURE
    unlike = np.where(textured, (1 - correlation) / (1 - ALIKE), 0.0).max()
    return float(max(colour, level, unlike))


def _grey(square: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), np.float32)


def _means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each cell."""
    cells = min(MOST_CELLS, len(values) // CELL)
    return np.asarray(cv2.resize(values, (cells, cells), interpolation=cv2.INTER_AREA), np.float32)


def _covariances(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    return _means(one * other) - _means(one) * _means(other)


def _deviations(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(np.maximum(_covariances(values, values), 0.0)), np.float32)


class Contents:
    """Names what pictures show: each goes by the first picture that showed the same, and that one by itself.

    `known` are those first pictures, by SHA-256, with their perceptual hash; `look` decodes one again, None where that
    cannot be done. Compared is with first pictures only, so that a chain of small changes never leads far.
    """

    def __init__(self, known: Mapping[str, int], look: Callable[[str], Glance | None]) -> None:
        self._names = list(known)
        self._hashes = np.array(list(known.values()), np.uint64)
        self._look = lru_cache(maxsize=256)(look)

    def name(self, sha256: str, seen: Glance) -> str:
        """Return the first picture that shows the same, nearest hash first; `sha256` itself where there is none, which
        is then one of the first pictures too."""
        apart = bits_apart(self._hashes, seen.phash)
        for place in map(int, np.argsort(apart, kind="stable")):
            if apart[place] > FAR_APART:
                break
            first = self._look(self._names[place])
            if first is not None and same_picture(seen, first):
                return self._names[place]
        self._names.append(sha256)
        self._hashes = np.append(self._hashes, np.uint64(seen.phash))
        return sha256
