from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from drawn_pictures import background, photograph
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matching.decode import FORMATS, decode


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return photograph(1)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_accepted_format_is_decoded(kind, picture):
    raster = decode(encoded(picture, kind))
    assert (raster.format, raster.width, raster.height, raster.problem) == (kind, 640, 480, None)
    assert raster.pixels.shape == (480, 640, 3)
    assert raster.pixels.dtype == np.uint8


def test_a_format_outside_the_list_is_a_problem(picture):
    raster = decode(encoded(picture, "BMP"))
    assert raster.pixels is None
    assert "not a picture in an accepted format" in raster.problem


def test_a_bomb_is_refused_before_its_pixels_are_made():
    size = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    raster = decode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0")))
    assert raster.pixels is None
    assert raster.problem.startswith("DecompressionBomb")


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP", b"iTXt"])
def test_a_text_that_inflates_without_end_costs_no_pixel(name, picture):
    whole = encoded(picture, "PNG")
    keyword = b"x\0\1\0\0\0" if name == b"iTXt" else b"x\0\0"
    header = whole.index(b"IDAT") - 4
    bomb = chunk(name, keyword + zlib.compress(bytes(2_000_000), 9))
    raster = decode(whole[:header] + bomb + whole[header:])
    assert raster.problem is None
    assert np.array_equal(raster.pixels, decode(whole).pixels)


def test_the_pixel_limit_is_the_callers(picture):
    raster = decode(encoded(picture, "PNG"), max_pixels=1000)
    assert raster.pixels is None
    assert (raster.width, raster.height) == (640, 480)
    assert raster.problem == "DecompressionBomb: 640 × 480 pixels, the limit is 1000"


def test_a_jpeg_of_a_large_camera_is_decoded_at_half_its_size(picture):
    whole = encoded(picture.resize((8000, 6000)), "JPEG", quality=60)
    raster = decode(whole)
    assert raster.problem is None
    assert (raster.width, raster.height) == (8000, 6000)
    assert raster.pixels.shape == (3000, 4000, 3)
    shown = np.asarray(Image.fromarray(raster.pixels).resize(picture.size, Image.Resampling.BOX))
    assert abs(shown.astype(int) - np.asarray(picture).astype(int)).mean() < 4
    cut = decode(whole[: len(whole) // 2])
    assert "rows could be read" in cut.problem
    assert cut.pixels.shape[1] == 4000
    assert 500 < cut.pixels.shape[0] < 3000


def test_a_jpeg_of_more_pixels_than_any_camera_gives_is_refused(picture):
    whole = bytearray(encoded(picture, "JPEG"))
    frame = whole.index(b"\xff\xc0")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", 11_000, 11_000)
    raster = decode(bytes(whole))
    assert raster.pixels is None
    assert raster.problem == "DecompressionBomb: 11000 × 11000 pixels, the limit is 120000000"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_turn_is_applied_and_the_stored_size_kept(orientation, picture):
    exif = Image.Exif()
    exif[0x0112] = orientation
    raster = decode(encoded(picture, "PNG", exif=exif))
    expected = {
        1: picture,
        2: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: picture.rotate(180),
        4: picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: picture.transpose(Image.Transpose.TRANSPOSE),
        6: picture.rotate(-90, expand=True),
        7: picture.transpose(Image.Transpose.TRANSVERSE),
        8: picture.rotate(90, expand=True),
    }[orientation]
    assert (raster.width, raster.height) == (640, 480)
    assert np.array_equal(raster.pixels, np.asarray(expected))


def test_transparency_is_laid_on_white(picture):
    layered = picture.convert("RGBA")
    layered.putalpha(0)
    assert (decode(encoded(layered, "PNG")).pixels == 255).all()


def test_a_transparent_palette_entry_is_laid_on_white():
    flat = Image.new("P", (20, 20), 0)
    flat.putpalette([10, 20, 30, 200, 100, 50])
    flat.paste(1, (0, 0, 10, 20))
    pixels = decode(encoded(flat, "PNG", transparency=0)).pixels
    assert pixels[0, 0].tolist() == [200, 100, 50]
    assert pixels[0, 19].tolist() == [255, 255, 255]


def test_cmyk_is_converted(picture):
    raster = decode(encoded(picture.convert("CMYK"), "JPEG", quality=95))
    assert raster.problem is None
    assert abs(raster.pixels.astype(int) - np.asarray(picture).astype(int)).mean() < 5


def test_sixteen_bits_keep_their_upper_byte():
    ramp = np.linspace(0, 65_535, 256 * 20).astype(np.uint16).reshape(20, 256)
    pixels = decode(encoded(Image.fromarray(ramp), "PNG")).pixels
    assert np.array_equal(pixels[..., 0], (ramp >> 8).astype(np.uint8))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(kind):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    red, _, blue = decode(data).pixels[20, 20]
    assert red > 200
    assert blue < 60


@pytest.mark.parametrize("progressive", [False, True])
def test_of_a_truncated_jpeg_the_rows_that_came_are_kept(progressive, picture):
    data = encoded(picture, "JPEG", progressive=progressive)
    raster = decode(data[: len(data) * 6 // 10])
    whole = np.asarray(picture)[:, :, 0].astype(int)
    rows = raster.pixels.shape[0]
    assert 200 < rows <= 480
    assert abs(raster.pixels[:200, :, 0].astype(int) - whole[:200]).mean() < 25
    assert raster.problem.startswith("the file is damaged")
    assert f"{rows} of 480 rows" in raster.problem


def test_a_corrupt_colour_profile_costs_nothing(picture):
    raster = decode(encoded(picture, "JPEG", icc_profile=b"not a profile" * 40))
    assert raster.problem is None
    assert raster.pixels is not None


def test_a_single_pixel_is_a_picture():
    raster = decode(encoded(Image.new("RGB", (1, 1), "red"), "PNG"))
    assert raster.pixels.tolist() == [[[255, 0, 0]]]
    assert raster.problem is None


def test_no_bytes_are_an_empty_file():
    assert decode(b"").problem == "the file is empty"


def test_a_web_page_in_place_of_a_picture_is_named():
    assert decode(b"\n<!DOCTYPE html><title>404</title>").problem == "a web page was served instead of a picture"


def test_an_svg_is_refused():
    assert "SVG" in decode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").problem


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(FORMATS), position=st.floats(0, 0.999), value=st.binary(min_size=1, max_size=40))
def test_damaged_bytes_never_raise(kind, position, value):
    data = bytearray(SMALL[kind])
    place = int(len(data) * position)
    data[place : place + len(value)] = value
    raster = decode(bytes(data))
    assert raster.pixels is not None or raster.problem


SMALL = {kind: encoded(background(3).crop((0, 0, 64, 48)), kind) for kind in FORMATS}
