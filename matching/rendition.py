"""A picture as a person sees it in a browser: a JPEG file of a size that loads at once."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from matching.decode import decode, pixels_of

LONGEST = 1600
QUALITY = 85
# Matrix profiles (Display P3, Adobe RGB, sRGB) have 0.5 to 4 KB; what is larger would be most of a small picture.
MOST_PROFILE = 16_384
PROFILE_SIGNATURE, PROFILE_SPACE = slice(36, 40), slice(16, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """`jpeg` is a JPEG file; `width` and `height` are those of the original after its EXIF turn, in pixels."""

    jpeg: bytes
    width: int
    height: int


def rendition(picture: bytes, longest: int = LONGEST) -> Rendition:
    """Return a picture for a person's eyes, of at most `longest` pixels on the longer side, never enlarged.

    Transparent parts are white, the EXIF turn is applied, of an animation the first frame is shown, and nothing that
    the file said about itself is kept but its colour profile. That is handed on as it came, so that a browser shows
    the colours right and no hostile profile is opened here. Profiles of PNG files are left out, as `decode` leaves
    them out, and so are those for other colours than RGB, because the pixels are RGB by now.

    Raises:
        PictureUnreadable: nothing of the picture can be shown.
    """
    raster = decode(picture)
    image = Image.fromarray(pixels_of(raster))
    width, height = image.size
    shown = jpeg(scaled_down(image, longest), QUALITY, profile=_usable(raster.profile))
    return Rendition(jpeg=shown, width=width, height=height)


def scaled_down(image: Image.Image, longest: int) -> Image.Image:
    """Return the image with at most `longest` pixels on the longer side; itself where it is no larger."""
    if max(image.size) <= longest:
        return image
    copy = image.copy()
    copy.thumbnail((longest, longest))
    return copy


def jpeg(image: Image.Image, quality: int, *, profile: bytes | None = None) -> bytes:
    """Return an RGB image as a JPEG file; the same image gives the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, icc_profile=profile)
    return buffer.getvalue()


def _usable(profile: bytes | None) -> bytes | None:
    """Return a colour profile that fits RGB pixels and a small file, else None."""
    if profile is None or len(profile) > MOST_PROFILE:
        return None
    fits = profile[PROFILE_SIGNATURE] == b"acsp" and profile[PROFILE_SPACE] == b"RGB "
    return profile if fits else None
