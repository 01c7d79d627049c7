"""What an edit is, and how its result becomes a file."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

import cv2
import numpy as np
from PIL import Image

from benchmarks.copies.edits.truth import Truth, composed, frame, scaling, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Pixels: TypeAlias = "NDArray[np.uint8]"
Rng: TypeAlias = np.random.Generator


class Others(Protocol):
    """Other people's pictures, by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Pixels: ...


class Need(StrEnum):
    """What a reference must be for an edit to make sense."""

    NOTHING = "nothing"
    ART = "art"
    OBJECT = "object"
    MARK = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How a result is saved: long side in pixels (None keeps it), JPEG quality, both drawn from closed ranges."""

    sides: tuple[int, int] | None = (400, 1000)
    quality: tuple[int, int] = (60, 92)
    foreign_exif: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edited:
    """Edited RGB pixels uint8 (h, w, 3), and the truth about them."""

    pixels: Pixels
    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One entry of the catalogue. `apply` takes pixels, a generator and other people's pictures."""

    name: str
    apply: Callable[[Pixels, Rng, Others], Edited]
    output: Output = field(default_factory=Output)
    needs: Need = Need.NOTHING


def unmoved(before: Pixels, after: Pixels, *done: str) -> Edited:
    """Return the result of an edit that moves nothing."""
    return Edited(pixels=after, truth=Truth.of(size_of(before), size_of(after), np.eye(3), *done))


def in_turn(pixels: Pixels, rng: Rng, others: Others, edits: Sequence[Edit]) -> Edited:
    """Apply several edits, each to the result of the one before."""
    truths = []
    for edit in edits:
        edited = edit.apply(pixels, rng, others)
        pixels = edited.pixels
        truths.append(edited.truth)
    return Edited(pixels=pixels, truth=composed(truths))


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Resize without moiré: by area when smaller, by cubic interpolation when larger."""
    smaller = width * height < pixels.shape[0] * pixels.shape[1]
    scaled = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(scaled, np.uint8)


def stretched(pixels: Pixels, width: int, height: int, *done: str) -> Edited:
    """Resize, and say so in the truth."""
    before = size_of(pixels)
    matrix = scaling(width / before[0], height / before[1])
    return Edited(pixels=resized(pixels, width, height), truth=Truth.of(before, (width, height), matrix, *done))


def fitted(pixels: Pixels, longest: int) -> Edited:
    """Resize to a long side in pixels."""
    width, height = size_of(pixels)
    factor = longest / max(width, height)
    return stretched(pixels, max(1, round(width * factor)), max(1, round(height * factor)))


def finish(edited: Edited, output: Output, rng: Rng) -> tuple[bytes, Truth]:
    """Scale and encode a result; return the JPEG file and the truth about it."""
    if output.sides is not None:
        scaled = fitted(edited.pixels, int(rng.integers(output.sides[0], output.sides[1] + 1)))
        edited = Edited(pixels=scaled.pixels, truth=edited.truth.then(scaled.truth))
    out = io.BytesIO()
    quality = int(rng.integers(output.quality[0], output.quality[1] + 1))
    exif = _foreign_exif(rng) if output.foreign_exif else Image.Exif()
    Image.fromarray(edited.pixels).save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue(), replace(edited.truth, done=edited.truth.done | {"re-encoded"})


def _foreign_exif(rng: Rng) -> Image.Exif:
    """Return what relisting programs write to look like a fresh photograph; the picture stays upright."""
    exif = Image.Exif()
    exif[0x010F] = str(rng.choice(["Apple", "samsung", "Google"]))
    exif[0x0132] = f"2025:{rng.integers(1, 13):02}:{rng.integers(1, 29):02} 12:{rng.integers(60):02}:00"
    return exif


def whole(pixels: Pixels) -> NDArray[np.float64]:
    """Return the outline of a picture."""
    return frame(*size_of(pixels))
