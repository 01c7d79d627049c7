"""The owner's mark as a shape: how much it stands out at each of its pixels."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageOps

from matching.decode import decode
from matching.marks.field import gradient, soft

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 480
OPAQUE = 250
FAINT = 0.08
TWO_TONES = 0.15
PAD = 3
PARTS = 16
STROKE = 0.15
SMALLEST = 40
LEGIBLE = 0.07
CLEAR = 0.15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """A mark at one size. `plane` is float32 (h, w) with a rim of `PAD` pixels, its gradient field of length 1 in sum
    of squares; `factor` is its pixels per pixel of `Mark.planes`. (`rows`, `columns`) are the pixels of its strokes,
    `across` and `down` the plane's unscaled gradient there, `part` the part, 0 to 15, of equal weight each, that each
    of them belongs to."""

    plane: NDArray[np.float32]
    factor: float
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    across: NDArray[np.float32]
    down: NDArray[np.float32]
    part: NDArray[np.intp]


class Mark:
    """A mark, made with `read`. `planes` holds one plane, or two for a mark of two tones (as it stands out on dark and
    on light ground): float32 (h, w), 1 where it covers most, cut to what is drawn, at most 480 pixels on the long side.
    `to_file` is the 3 × 3 matrix from pixels of the planes to pixels of the file after its EXIF turn."""

    def __init__(self, planes: tuple[NDArray[np.float32], ...], to_file: NDArray[np.float64]) -> None:
        self.planes = planes
        self.to_file = to_file
        self._shapes: dict[tuple[int, int], Shape] = {}
        self._spectra: dict[tuple[int, int, tuple[int, ...]], NDArray[np.float32]] = {}

    @classmethod
    def read(cls, data: bytes) -> tuple[Mark | None, str | None]:
        """Return the mark in a file, or the reason why there is none, in words.

        1. Of a transparent picture take the cover; where it is written in two tones (a light text with a dark rim),
           take it once as it looks on black and once as it looks on white.
        2. Of an opaque picture take the difference to its ground, the median of its rim.
        3. Cut it to what is drawn.
        """
        raster = decode(data)
        if raster.pixels is None:
            return None, raster.problem
        planes = (None if raster.problem else _covers(data)) or (_from_ground(raster.pixels),)
        drawn = np.max([np.abs(plane) for plane in planes], axis=0) > FAINT
        if not drawn.any():
            return None, "no mark in it: wholly transparent or of one colour"
        rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        factor = min(1.0, LARGEST / max(bottom - top, right - left))
        cut = tuple(scaled(plane[top:bottom, left:right], factor, 0) for plane in planes)
        half = (1 / factor - 1) / 2
        to_file = np.array([[1 / factor, 0, left + half], [0, 1 / factor, top + half], [0, 0, 1]])
        return cls(cut, to_file), raster.problem

    @property
    def extent(self) -> tuple[int, int]:
        """Height and width of the planes."""
        height, width = self.planes[0].shape
        return int(height), int(width)

    @cached_property
    def smallest(self) -> int:
        """The smallest long side, 40 pixels or more, at which the mark can still be told from a blot."""
        return self._size_keeping(LEGIBLE)

    @cached_property
    def clear(self) -> int:
        """The smallest long side at which it is easily told. Text needs more pixels than a filled logo."""
        return self._size_keeping(CLEAR)

    def _size_keeping(self, share: float) -> int:
        """Return the smallest size at which the strokes keep `share` of the edges they have at full size."""
        whole = max(self.extent)
        full = sum(_edge(plane, 1.0) for plane in self.planes) / whole
        sizes = range(SMALLEST, whole, 4)
        kept = (size for size in sizes if sum(_edge(p, size / whole) for p in self.planes) >= share * full * size)
        return next(kept, SMALLEST)

    def shape(self, tone: int, size: int) -> Shape:
        """Return plane `tone` at `size` pixels on the long side; made once."""
        key = (tone, size)
        if key not in self._shapes:
            self._shapes[key] = _shape(self.planes[tone], size / max(self.extent))
        return self._shapes[key]

    def spectrum(self, tone: int, size: int, sheet_shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the packed Fourier transform of that shape, without its rim, in the corner of a sheet (h, w)."""
        key = (tone, size, sheet_shape)
        if key not in self._spectra:
            plane = self.shape(tone, size).plane[PAD:-PAD, PAD:-PAD]
            sheet = np.zeros(sheet_shape, np.float32)
            sheet[: plane.shape[0], : plane.shape[1]] = plane
            self._spectra[key] = np.asarray(cv2.dft(sheet), np.float32)
        return self._spectra[key]


def scaled(plane: NDArray[np.float32], factor: float, rim: int) -> NDArray[np.float32]:
    """Return a plane at exactly `factor` of its size, inside a rim of zeros; where that shrinks, averaged first."""
    if factor == 1 and rim == 0:
        return plane
    height, width = plane.shape
    if factor < 1:
        plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), 0.5 / factor, borderType=cv2.BORDER_CONSTANT), np.float32)
    move = (factor - 1) / 2 + rim
    matrix = np.array([[factor, 0, move], [0, factor, move]])
    size = (int(np.ceil(width * factor)) + 2 * rim, int(np.ceil(height * factor)) + 2 * rim)
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR), np.float32)


def _covers(data: bytes) -> tuple[NDArray[np.float32], ...] | None:
    """Return the cover of a transparent picture in one or two tones, None where it is opaque."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as image:
            if not image.has_transparency_data:
                return None
            layered = ImageOps.exif_transpose(image).convert("RGBA")
    cover = np.asarray(layered.getchannel("A"), np.float32) / np.float32(255)
    if cover.min() * 255 >= OPAQUE:
        return None
    tone = np.asarray(layered.convert("RGB").convert("L"), np.float32) / np.float32(255)
    drawn = cover > 0.5
    if not drawn.any() or float(tone[drawn].std()) < TWO_TONES:
        return (np.asarray(cover / max(float(cover.max()), 1 / 255), np.float32),)
    return cover * tone, cover * (np.float32(1) - tone)


def _from_ground(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how far each pixel lies from the median of the rim, the mark itself positive, 1 at most."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rim = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    away = (grey - np.median(rim)) / 255
    strongest = float(np.abs(away).max())
    if strongest < FAINT:
        return np.zeros_like(away)
    away = np.where(np.abs(away) < FAINT * strongest, 0, away / strongest)
    return np.asarray(-away if away.sum() < 0 else away, np.float32)


def _shape(plane: NDArray[np.float32], factor: float) -> Shape:
    drawn = soft(scaled(plane, factor, PAD))
    across, down = gradient(drawn)
    length = np.hypot(across, down)
    rows, columns = np.nonzero(length > STROKE * length.max())
    return Shape(
        plane=drawn / max(float(np.sqrt((length**2).sum())), 1e-6),
        factor=factor,
        rows=rows,
        columns=columns,
        across=across[rows, columns],
        down=down[rows, columns],
        part=_parts(rows, columns, length[rows, columns]),
    )


def _edge(plane: NDArray[np.float32], factor: float) -> float:
    across, down = gradient(soft(scaled(plane, factor, PAD)))
    return float((across**2 + down**2).sum())


def _parts(rows: NDArray[np.intp], columns: NDArray[np.intp], weights: NDArray[np.float32]) -> NDArray[np.intp]:
    """Halve the strokes across their longer side, four times over: 16 parts of equal weight, near each other."""
    groups = [np.arange(len(rows))]
    while len(groups) < PARTS:
        groups = [half for group in groups for half in _halves(group, rows, columns, weights)]
    part = np.empty(len(rows), np.intp)
    for number, group in enumerate(groups):
        part[group] = number
    return part


def _halves(
    group: NDArray[np.intp], rows: NDArray[np.intp], columns: NDArray[np.intp], weights: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    if len(group) < 2:
        return group, group[:0]
    along = max((columns[group], rows[group]), key=np.ptp)
    ordered = group[np.argsort(along, kind="stable")]
    heavy = np.cumsum(weights[ordered])
    middle = int(np.searchsorted(heavy, heavy[-1] / 2))
    return ordered[:middle], ordered[middle:]
