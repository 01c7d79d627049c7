"""What the stages look at: a crawled picture, made lazily, and a reference, made once and kept small."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import imagehash
import numpy as np
from PIL import Image

from matching.decode import Raster, decode
from matching.features import CLOSE, REFERENCE, SCAN, Features, detect, detect_both

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from casebook.findings import Reference, WorkKind
    from matching.marks.borne import BorneMark
    from matching.marks.mark import Mark

PICTURE_SIDE = 768
REFERENCE_SIDE = 640
SMALLEST_SIDE = 384
SCAN_SIDE = 640
GREY_QUALITY = 92
COLOUR_SIDE = 48
HASH_SIDE = 32
PLAIN_DEVIATION = 4.0
HIGHEST = 0.7
TURNS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grey:
    """A grey working copy: uint8 (h, w), and the factors working pixels / picture pixels along x and y."""

    pixels: NDArray[np.uint8]
    scale_x: float
    scale_y: float

    @property
    def to_working(self) -> NDArray[np.float64]:
        """The 3 × 3 matrix from picture pixels to working pixels; pixel centres lie at whole numbers in both."""
        return _to_working(self.scale_x, self.scale_y)


def working_grey(grey: NDArray[np.uint8], longest: int) -> Grey:
    """Return a grey picture, uint8 (h, w), at most `longest` pixels on the long side.

    Pictures below 384 pixels are enlarged to that, because an ORB patch is 31 pixels wide and a thumbnail would have
    no room for points; nothing is enlarged more than threefold.
    """
    height, width = grey.shape
    side = max(height, width)
    factor = min(longest / side, max(1.0, min(3.0, SMALLEST_SIDE / side)))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size != (width, height):
        way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(grey, size, interpolation=way), np.uint8)
    return Grey(pixels=grey, scale_x=size[0] / width, scale_y=size[1] / height)


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB pixels (h, w, 3) as the grey that the eye sees, uint8 (h, w): cells are compared by it, since it tells
    a carton from the next flavour's, and so are marks, which are white as a rule."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def lightness(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB pixels (h, w, 3) as the grey in which points are found, uint8 (h, w): of the three values of a pixel
    70 % of the highest and 30 % of the lowest.

    Neither changes when hues are turned (Smith 1978, "Color gamut transform pairs"). The luma of a red print on blue is
    light on dark, and once a filter has turned the hues, dark on light.
    """
    first, second, third = cv2.split(pixels)
    highest = cv2.max(cv2.max(first, second), third)
    lowest = cv2.min(cv2.min(first, second), third)
    return np.asarray(cv2.addWeighted(highest, HIGHEST, lowest, 1 - HIGHEST, 0), np.uint8)


def perceptual_hash(grey: NDArray[np.uint8]) -> np.uint64 | None:
    """Return the 64-bit phash of a grey picture, or None where it is too plain for its bits to mean anything."""
    # Already at the size that `phash` reduces to: cv2 averages areas ten times faster than Pillow's Lanczos filter.
    small = cv2.resize(grey, (HASH_SIDE, HASH_SIDE), interpolation=cv2.INTER_AREA)
    if float(small.std()) < PLAIN_DEVIATION:
        return None
    bits = imagehash.phash(Image.fromarray(small)).hash
    return np.uint64(int.from_bytes(np.packbits(bits).tobytes(), "big"))


def turned(grey: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Return turn 0–7 of a picture: mirrored left to right from 4 on, then turned left by 90° × (n mod 4)."""
    return np.ascontiguousarray(np.rot90(grey[:, ::-1] if turn >= 4 else grey, turn % 4))


class PictureView:
    """A crawled picture. Each property is made when first asked for and kept."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def raster(self) -> Raster:
        return decode(self.data)

    @property
    def readable(self) -> bool:
        """Whether there are pixels to compare; both greys, the features and `phash` are only for such pictures."""
        return self.raster.pixels is not None

    @cached_property
    def grey(self) -> Grey:
        """Its luma, to compare cells and to look for marks."""
        return working_grey(luma(self._pixels), PICTURE_SIDE)

    @cached_property
    def light(self) -> Grey:
        """Its lightness, of the same size, to find points."""
        return working_grey(lightness(self._pixels), PICTURE_SIDE)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width after the EXIF turn, in pixels."""
        return self._pixels.shape[0], self._pixels.shape[1]

    def colours_through(self, transform: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
        """Return RGB pixels (height, width, 3) of the picture laid over a small frame; `size` is (width, height)."""
        # The picture is averaged down to about the frame's scale first: warping alone would pick single pixels.
        shrink = max(1.0, 1 / math.sqrt(max(abs(np.linalg.det(transform[:2, :2])), 1e-9)))
        height, width = self.size
        small = cv2.resize(
            self._pixels,
            (max(1, round(width / shrink)), max(1, round(height / shrink))),
            interpolation=cv2.INTER_AREA,
        )
        back = _to_working(width / small.shape[1], height / small.shape[0])
        return np.asarray(cv2.warpPerspective(small, transform @ back, size), np.uint8)

    @cached_property
    def scan_features(self) -> Features:
        """A quick look, for the shortlist, in pixels of its own: 640 on the long side. A small picture is enlarged for
        it, at most twice, because what fills a tenth of one is hardly larger than an ORB patch."""
        pixels = self.light.pixels
        factor = min(2.0, SCAN_SIDE / max(pixels.shape))
        if factor != 1:
            way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
            pixels = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), np.uint8)
        return detect(pixels, SCAN)

    @cached_property
    def features(self) -> Features:
        """A close look, for pictures that may match."""
        return detect(self.light.pixels, CLOSE)

    @cached_property
    def phash(self) -> np.uint64 | None:
        return perceptual_hash(self.light.pixels)

    @property
    def _pixels(self) -> NDArray[np.uint8]:
        if self.raster.pixels is None:
            raise ValueError(f"picture {self.sha256} has no pixels: {self.raster.problem}")
        return self.raster.pixels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceView:
    """A reference, ready to be compared: about 110 kB each, so that thousands fit in memory.

    `width` and `height` are pixels after the EXIF turn. `variants` holds the ORB features of the picture and of its
    mirror image, each in its own working pixels. `phashes` are those of the eight turns and mirrors, empty for a
    picture too plain to have one. `mark` is what a watermark reference shows; `marks` are those of the owner's marks
    that this reference bears.
    """

    reference: Reference
    kind: WorkKind
    width: int
    height: int
    variants: tuple[Features, Features]
    phashes: tuple[np.uint64, ...]
    grey_jpeg: bytes | memoryview
    colours: NDArray[np.uint8]
    scale_x: float
    scale_y: float
    mark: Mark | None = None
    marks: tuple[BorneMark, ...] = ()

    @classmethod
    def of(cls, reference: Reference, kind: WorkKind, pixels: NDArray[np.uint8]) -> ReferenceView:
        """Prepare a reference from its decoded RGB pixels."""
        grey, light = (working_grey(plane(pixels), REFERENCE_SIDE) for plane in (luma, lightness))
        # Kept as JPEG, a tenth of its size.
        encoded = cv2.imencode(".jpg", grey.pixels, [cv2.IMWRITE_JPEG_QUALITY, GREY_QUALITY])[1].tobytes()
        small = cv2.resize(light.pixels, (HASH_SIDE, HASH_SIDE), interpolation=cv2.INTER_AREA)
        hashes = [perceptual_hash(turned(np.asarray(small, np.uint8), turn)) for turn in range(TURNS)]
        return cls(
            reference=reference,
            kind=kind,
            width=pixels.shape[1],
            height=pixels.shape[0],
            variants=detect_both(light.pixels, REFERENCE),
            phashes=tuple(value for value in hashes if value is not None),
            grey_jpeg=encoded,
            colours=_colours(pixels),
            scale_x=grey.scale_x,
            scale_y=grey.scale_y,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the working copy."""
        return round(self.height * self.scale_y), round(self.width * self.scale_x)

    @property
    def to_working(self) -> NDArray[np.float64]:
        """The 3 × 3 matrix from reference pixels to working pixels."""
        return _to_working(self.scale_x, self.scale_y)

    @property
    def to_colours(self) -> NDArray[np.float64]:
        """The 3 × 3 matrix from reference pixels to pixels of `colours`."""
        height, width = self.colours.shape[:2]
        return _to_working(width / self.width, height / self.height)

    def grey(self) -> Grey:
        """Decode the working copy of its luma (about 2 ms)."""
        pixels = cv2.imdecode(np.frombuffer(self.grey_jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        return Grey(pixels=np.asarray(pixels, np.uint8), scale_x=self.scale_x, scale_y=self.scale_y)


def _colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    factor = min(1.0, COLOUR_SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _to_working(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
