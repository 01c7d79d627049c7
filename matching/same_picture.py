"""Is this the picture that was looked at before, only saved anew? Yes only where no part of it says otherwise.

A perceptual hash cannot tell: different cartons on white lie at distance 0, and a price tag moves no bit. So the small
copies are laid over one another, and the answer is no as soon as one part differs by more than saving anew explains.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from casebook.errors import CopycatchError
from matching.decode import decode, pixels_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
SIDE, COLOUR_SIDE, TONES_SIDE = 64, 16, 8
PACKED = SIDE * SIDE + 2 * COLOUR_SIDE * COLOUR_SIDE
HEADER = struct.Struct(">BBII")

SMALLEST = 32  # pixels on the shorter side; less shows nothing one could tell pictures apart by
ASPECT = 0.015  # of the ratio of the sides, and half a pixel of each
TONES = 14.0  # grey levels between the means of two blocks of 1/64
SOFT = 0.7  # of 64; what is blurred away is what another resampling changes
NOISE, SLACK = 3.0, 0.25  # grey levels; of 64
WINDOW = 5  # of 64
LIMIT, LIMIT_LARGE, LIMIT_SMALL = 1.1, 1.5, 140.0
COLOUR, COLOUR_SMALL = 7.0, 600.0
MOVED, MOVED_SMALL = 0.04, 8.0  # of 64
EXPLAINED = 0.2
OF_256_COLOURS = 3.5, 20.0


class GlanceDamaged(CopycatchError):  # noqa: N818 - the name says it
    """Stored bytes are no glance of this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What is kept of a picture to know it again, about 3 KB.

    `tones` are the mean lightness of its 8 × 8 blocks, a byte each: the perceptual hash that `Contents` searches.
    `packed` is the small copy, compressed: lightness of 64 × 64 and two colour differences of 16 × 16 cells, whatever
    the shape of the picture. `width` and `height` are in pixels after the EXIF turn. `few_colours` is whether
    the file can hold 256 colours only (GIF), and is less true for it.
    """

    width: int
    height: int
    few_colours: bool
    tones: bytes
    packed: bytes

    def to_bytes(self) -> bytes:
        """Return the glance for storing; `from_bytes` reads it."""
        return HEADER.pack(VERSION, self.few_colours, self.width, self.height) + self.packed

    @classmethod
    def from_bytes(cls, stored: bytes) -> Glance:
        """Return a stored glance.

        Raises:
            GlanceDamaged: these bytes are no glance, or one of another version.
        """
        if len(stored) < HEADER.size or stored[0] != VERSION:
            raise _damaged("it is of another version" if stored else "it is empty")
        _, few_colours, width, height = HEADER.unpack_from(stored)
        packed = stored[HEADER.size :]
        light, _ = _unpacked(packed)
        if not (width and height):
            raise _damaged("it has no size")
        return cls(width=width, height=height, few_colours=bool(few_colours), tones=_tones(light), packed=packed)

    @property
    def smaller_side(self) -> int:
        """The shorter side, in pixels."""
        return min(self.width, self.height)


def glance(picture: bytes) -> Glance:
    """Return what is kept of a picture to know it again.

    Raises:
        PictureUnreadable: nothing of the picture can be decoded.
    """
    raster = decode(picture)
    pixels = pixels_of(raster)
    height, width = pixels.shape[:2]
    planes = cv2.cvtColor(_small(pixels), cv2.COLOR_RGB2YCrCb)
    colours = cv2.resize(planes[..., 1:], (COLOUR_SIDE, COLOUR_SIDE), interpolation=cv2.INTER_AREA)
    light = np.asarray(planes[..., 0], np.uint8)
    return Glance(
        width=width,
        height=height,
        few_colours=raster.format == "GIF",
        tones=_tones(light),
        packed=zlib.compress(_differences(light) + np.asarray(colours, np.uint8).tobytes(), 9),
    )


def same_picture(one: Glance, other: Glance) -> bool:
    """Return whether two files show the same picture in the same frame, saved anew at most.

    1. Too small or too plain a picture says nothing: it is no other picture's twin. Else the sides must have one ratio
       within 1.5 %, and the means of all 64 blocks must agree within 14 grey levels.
    2. Colour, in windows of an eighth of each side: no mean may be off by more than compression explains. A greyscale
       version of a picture with colours is another picture.
    3. Lightness: both copies are softened by 0.7 cells, more for pictures below 55 pixels. The squared difference in
       each window of 5 × 5 cells (0.6 % of the picture) is weighed against 3 grey levels of noise and a slip of a
       quarter of a cell along the edges that both have. The worst window decides, so a tag in a corner counts as much
       as another picture.
    4. Movement: the affine movement that explains the difference best (one step of Lucas and Kanade, 1981), as the root
       of its mean square where there are edges to see it by. Saving anew moves nothing; the next frame of a burst and
       a slightly smaller crop do.

    The limits of 2 to 4 grow as the smaller file shrinks, because its compression blocks do.
    """
    if not (_nearly_one_shape(one, other) and _tones_agree(one, other) and tells(one) and tells(other)):
        return False
    smaller = min(one.smaller_side, other.smaller_side)
    limit, colour_limit = _limits(smaller, few_colours=one.few_colours or other.few_colours)
    (light, colours), (their_light, their_colours) = _unpacked(one.packed), _unpacked(other.packed)
    if np.abs(_colour_means(colours) - _colour_means(their_colours)).max() > colour_limit:
        return False
    ours, theirs = _softened(light, smaller), _softened(their_light, smaller)
    if _worst_window(ours, theirs) > limit:
        return False
    movement, explained = _movement(ours, theirs)
    return movement <= MOVED + MOVED_SMALL / smaller or explained <= EXPLAINED


def tells(one: Glance) -> bool:
    """Return whether a picture is large enough, and has enough in it, to be told from others.

    Where a sheet without anything on it would pass for it at twice the limits, a picture says nothing.
    """
    smaller = one.smaller_side
    if smaller < SMALLEST:
        return False
    limit, colour_limit = _limits(smaller, few_colours=one.few_colours)
    light, colours = _unpacked(one.packed)
    if np.ptp(_colour_means(colours), axis=(0, 1)).max() > 2 * colour_limit:
        return True
    soft = _softened(light, smaller)
    return _worst_window(soft, np.full_like(soft, soft.mean())) > 2 * limit


def _limits(smaller: int, *, few_colours: bool) -> tuple[float, float]:
    """Return how much of lightness (see `_worst_window`) and how many levels of colour saving anew explains."""
    limits = max(LIMIT_LARGE, LIMIT + LIMIT_SMALL / smaller), COLOUR + COLOUR_SMALL / smaller
    return (max(limits[0], OF_256_COLOURS[0]), max(limits[1], OF_256_COLOURS[1])) if few_colours else limits


def _nearly_one_shape(one: Glance, other: Glance) -> bool:
    off = abs(np.log(one.width * other.height / (one.height * other.width)))
    return bool(off <= ASPECT + 0.5 / one.smaller_side + 0.5 / other.smaller_side)


def _tones_agree(one: Glance, other: Glance) -> bool:
    ours, theirs = (np.frombuffer(each.tones, np.uint8).astype(np.int16) for each in (one, other))
    return bool(np.abs(ours - theirs).max() <= TONES)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return 64 × 64 cells: means where there are more pixels than cells, else smooth between the pixels."""
    height, width = pixels.shape[:2]
    fewer = cv2.resize(pixels, (min(width, SIDE), min(height, SIDE)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(fewer, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)


def _tones(light: NDArray[np.uint8]) -> bytes:
    means = cv2.resize(light, (TONES_SIDE, TONES_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.uint8).tobytes()


def _differences(light: NDArray[np.uint8]) -> bytes:
    """Return each row as its first cell and the steps from cell to cell, which compress better."""
    return np.diff(light, axis=1, prepend=np.uint8(0)).tobytes()


def _unpacked(packed: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return lightness (64, 64) and colours (16, 16, 2), uint8."""
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(packed, PACKED + 1)
    except zlib.error as error:
        raise _damaged("it cannot be unpacked") from error
    if len(plain) != PACKED or not unpacking.eof or unpacking.unused_data:
        raise _damaged("it is too long or cut off")
    cells = np.frombuffer(plain, np.uint8)
    light = np.cumsum(cells[: SIDE * SIDE].reshape(SIDE, SIDE), axis=1, dtype=np.uint8)
    return light, cells[SIDE * SIDE :].reshape(COLOUR_SIDE, COLOUR_SIDE, 2)


def _damaged(why: str) -> GlanceDamaged:
    return GlanceDamaged(
        f"What was kept of a picture to know it again cannot be read: {why}.",
        remedy="Take it from the picture anew.",
    )


def _softened(light: NDArray[np.uint8], smaller: int) -> NDArray[np.float32]:
    sigma = max(SOFT, 0.6 * SIDE / smaller)
    return np.asarray(cv2.GaussianBlur(light.astype(np.float32), (0, 0), sigma), np.float32)


def _colour_means(colours: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the means of all windows of 2 × 2 colour cells."""
    return np.asarray(cv2.blur(colours.astype(np.float32), (2, 2))[1:, 1:], np.float32)


def _worst_window(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """Return the difference in the worst window, in multiples of what noise and a slip along shared edges explain."""
    edges = np.minimum(_steepness(ours), _steepness(theirs))
    off, allowed = (cv2.blur(plane, (WINDOW, WINDOW)) for plane in ((ours - theirs) ** 2, edges))
    return float(np.sqrt((off / (NOISE**2 + SLACK**2 * allowed)).max()))


def _steepness(light: NDArray[np.float32]) -> NDArray[np.float32]:
    down, across = np.gradient(light)
    return np.asarray(down**2 + across**2, np.float32)


def _movement(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[float, float]:
    """Return how far one copy is moved against the other, in cells, and the share of the difference this explains.

    Steep edges weigh less, as they differ more by noise. A little is added to the diagonal, so that stripes, which show
    no movement along themselves, give a solution.
    """
    inner = slice(2, -2), slice(2, -2)
    down, across = (np.asarray(plane, np.float64)[inner] for plane in np.gradient((ours + theirs) / 2))
    off = (theirs - ours)[inner].astype(np.float64).ravel()
    steep = (down**2 + across**2).ravel()
    weight = 1 / (NOISE**2 + SLACK**2 * steep)
    place = np.linspace(-1, 1, SIDE)[inner[0]]
    x, y = np.meshgrid(place, place)
    steps = [across, across * x, across * y, down, down * x, down * y]
    columns = np.stack([step.ravel() for step in steps], axis=1)
    normal = columns.T @ (columns * weight[:, None])
    normal += np.eye(len(steps)) * (np.trace(normal) / len(steps) * 1e-3 + 1e-6)
    fitted = columns @ np.linalg.solve(normal, columns.T @ (off * weight))
    before, after = float((off**2 * weight).sum()), float(((off - fitted) ** 2 * weight).sum())
    movement = float(np.sqrt((fitted**2 * weight).sum() / ((steep * weight).sum() + 1e-9)))
    return movement, (1 - after / before if before > 0 else 0.0)
