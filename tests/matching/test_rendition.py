from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
from drawn_pictures import photograph
from picture_edits import jpeg
from PIL import Image, ImageCms

from matching.decode import PictureUnreadable
from matching.rendition import rendition


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@cache  # it bears the second it was made in
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_a_large_picture_is_made_smaller_and_its_own_size_told():
    shown = rendition(encoded(photograph(1).resize((2560, 1920)), "PNG"))
    assert (shown.width, shown.height) == (2560, 1920)
    assert opened(shown.jpeg).size == (1600, 1200)
    assert opened(rendition(jpeg(photograph(1)), longest=100).jpeg).size == (100, 75)


def test_a_small_picture_is_never_enlarged():
    shown = rendition(jpeg(photograph(1)))
    assert opened(shown.jpeg).size == (640, 480)


def test_the_exif_turn_is_applied_once_and_nothing_else_of_the_file_is_kept():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera's name"
    shown = rendition(encoded(photograph(1), "JPEG", exif=exif, comment=b"a remark"))
    assert (shown.width, shown.height) == (480, 640)
    image = opened(shown.jpeg)
    assert image.size == (480, 640)
    assert not image.getexif()
    assert b"camera" not in shown.jpeg
    assert b"remark" not in shown.jpeg


def test_transparent_parts_are_white():
    image = Image.new("RGBA", (60, 40), (200, 0, 0, 0))
    assert np.asarray(opened(rendition(encoded(image, "PNG")).jpeg)).min() > 250


def test_of_an_animation_the_first_frame_is_shown():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    red, _, blue = np.asarray(opened(rendition(data).jpeg))[20, 20]
    assert red > 200 > 60 > blue


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_the_colour_profile_is_handed_on_for_the_browser(kind):
    shown = rendition(encoded(photograph(1), kind, icc_profile=profile()))
    assert opened(shown.jpeg).info["icc_profile"] == profile()


@pytest.mark.parametrize(
    "odd",
    [b"not a profile" * 40, profile() + bytes(20_000), profile()[:16] + b"CMYK" + profile()[20:], b""],
    ids=["no profile", "too large", "of other colours", "empty"],
)
def test_a_profile_that_does_not_fit_is_left_out(odd):
    shown = rendition(encoded(photograph(1), "JPEG", icc_profile=odd))
    assert "icc_profile" not in opened(shown.jpeg).info


def test_the_same_picture_gives_the_same_bytes():
    assert rendition(jpeg(photograph(1))) == rendition(jpeg(photograph(1)))


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + bytes(50), jpeg(photograph(1))[:300]])
def test_a_picture_that_cannot_be_shown_is_refused_with_a_remedy(data):
    with pytest.raises(PictureUnreadable) as caught:
        rendition(data)
    assert caught.value.remedy
