"""A picture is told by its first bytes, whatever the server calls it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crawler.formats import picture_format, sniff


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_what_pillow_writes_is_recognised(name: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(file, name)
    found = sniff(file.getvalue())
    assert found is not None
    assert (found.format, found.bytes) == (name, len(file.getvalue()))


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<!doctype html>", b"RIFF1234WAVE", b"%PDF-1.7"],
)
def test_what_is_no_raster_picture_is_none(data: bytes) -> None:
    assert sniff(data) is None


@given(st.binary(max_size=80))
def test_no_bytes_raise_anything(data: bytes) -> None:
    assert picture_format(data) is None or isinstance(picture_format(data), str)
