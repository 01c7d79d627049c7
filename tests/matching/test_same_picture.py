"""The same picture in other bytes is known again, and nothing else is taken for it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from matching.same_picture import FAR_APART, Contents, Glance, bits_apart, glance, same_picture
from tests.matching.drawn_pictures import carton, photograph, same_rug

PICTURES = Path(__file__).parents[3] / "shared" / "pictures"
SEEDS = range(6)

Change = Callable[[Image.Image], bytes]


def encoded(image: Image.Image, name: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)  # type: ignore[arg-type]
    return out.getvalue()


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)


def cropped(image: Image.Image, share: float) -> Image.Image:
    return image.crop((0, 0, round(image.width * (1 - share)), image.height))


def covered(image: Image.Image, share: float) -> Image.Image:
    image = image.copy()
    side = (image.width * image.height * share) ** 0.5
    left, top = image.width * 0.4, image.height * 0.3
    ImageDraw.Draw(image).rectangle((left, top, left + side, top + side), fill=(250, 240, 60))
    return image


def turned_by_exif(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(image.transpose(Image.Transpose.ROTATE_90), quality=90, exif=exif)


SAME: dict[str, Change] = {
    "quality 30": lambda image: encoded(image, quality=30),
    "quality 95": lambda image: encoded(image, quality=95),
    "webp": lambda image: encoded(image, "WEBP", quality=60),
    "png": lambda image: encoded(image, "PNG"),
    "half the size": lambda image: encoded(scaled(image, 0.5), quality=75),
    "a third, poor": lambda image: encoded(scaled(image, 0.34), quality=60),
    "twice the size": lambda image: encoded(scaled(image, 2), quality=75),
    "not to scale by 1 %": lambda image: encoded(image.resize((image.width, round(image.height * 1.01))), quality=80),
    "turned by EXIF": turned_by_exif,
}

OTHER: dict[str, Change] = {
    "crop of 5 %": lambda image: encoded(cropped(image, 0.05), quality=90),
    "crop of 5 %, stretched back": lambda image: encoded(cropped(image, 0.05).resize(image.size), quality=90),
    "border": lambda image: encoded(ImageOps.expand(image, round(image.width * 0.03), "white"), quality=90),
    "mirrored": lambda image: encoded(ImageOps.mirror(image), quality=90),
    "sticker of 2 %": lambda image: encoded(covered(image, 0.02), quality=90),
    "half a sticker of 1 %": lambda image: encoded(covered(image, 0.01), quality=90),
    "grey": lambda image: encoded(image.convert("L"), quality=90),
    "hues moved on": lambda image: encoded(Image.merge("RGB", (*image.split()[1:], image.split()[0])), quality=90),
}


def seen(data: bytes) -> Glance:
    found = glance(data)
    assert found is not None
    return found


@pytest.mark.parametrize("change", SAME)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_re_encoded_or_resized_picture_is_the_same(seed: int, change: str) -> None:
    image = photograph(seed)
    assert same_picture(seen(encoded(image, quality=92)), seen(SAME[change](image)))


@pytest.mark.parametrize("change", OTHER)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_picture_that_was_changed_is_another_one(seed: int, change: str) -> None:
    image = photograph(seed)
    assert not same_picture(seen(encoded(image, quality=92)), seen(OTHER[change](image)))


def test_look_alikes_are_other_pictures() -> None:
    cartons = [seen(encoded(carton(flavour), quality=90)) for flavour in range(4)]
    rugs = [seen(encoded(image, quality=90)) for image in (same_rug(1, 2), same_rug(1, 3))]
    for looks in (cartons, rugs):
        for one in looks:
            for other in looks:
                assert same_picture(one, other) == (one is other)


@settings(deadline=None, max_examples=40)
@given(seed=st.sampled_from(SEEDS), data=st.data())
def test_the_answer_is_the_same_from_both_sides(seed: int, data: st.DataObject) -> None:
    change = data.draw(st.sampled_from([*SAME.values(), *OTHER.values()]))
    one, other = seen(encoded(photograph(seed), quality=92)), seen(change(photograph(seed)))
    assert same_picture(one, other) == same_picture(other, one)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, encoded(photograph(1))[:5000]])
def test_what_cannot_be_decoded_whole_is_not_compared(data: bytes) -> None:
    assert glance(data) is None


def test_a_tiny_picture_is_the_same_as_no_other() -> None:
    tiny = seen(encoded(scaled(photograph(1), 0.05), "PNG"))
    assert not same_picture(tiny, tiny)  # its own bytes are its content anyway


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), st.integers(0, 2**64 - 1))
def test_bits_are_counted_as_by_hand(hashes: list[int], one: int) -> None:
    counted = bits_apart(np.array(hashes, np.uint64), one)
    assert counted.tolist() == [(each ^ one).bit_count() for each in hashes]


def test_contents_name_what_brute_force_finds() -> None:
    files = {
        f"{seed} {name}": change(photograph(seed))
        for seed in SEEDS
        for name, change in [*SAME.items(), *list(OTHER.items())[:4]]
    }
    looks = {name: seen(data) for name, data in files.items()}
    contents = Contents({}, looks.get)
    firsts: list[str] = []
    for name, look in looks.items():
        same = [first for first in firsts if same_picture(look, looks[first])]
        near = sorted(same, key=lambda first: (looks[first].phash ^ look.phash).bit_count())
        found = contents.name(name, look)
        if not near:
            assert found == name
            firsts.append(name)
        else:
            assert (looks[found].phash ^ look.phash).bit_count() == (looks[near[0]].phash ^ look.phash).bit_count()
            assert found in near
            assert (looks[near[0]].phash ^ look.phash).bit_count() <= FAR_APART


def test_contents_of_which_the_first_picture_was_lost_are_named_anew() -> None:
    look = seen(encoded(photograph(1), quality=90))
    contents = Contents({"lost": look.phash}, lambda _: None)
    assert contents.name("new", look) == "new"


@pytest.mark.skipif(not PICTURES.is_dir(), reason="the folder of real photographs is not here")
def test_no_two_different_real_photographs_are_the_same_picture() -> None:
    """Those that lie within 12 bits of each other, of all pairs of 400 photographs."""
    found = [path for name in ("reference", "distractor") for path in sorted((PICTURES / name).rglob("*.jpg"))]
    paths = found[::3][:400]  # the folder of natural copies holds some of these again, smaller
    looks = [look for path in paths if (look := glance(path.read_bytes())) is not None]
    hashes = np.array([look.phash for look in looks], np.uint64)
    textured = [look.pixels.std() > 10 for look in looks]
    for place, look in enumerate(looks):
        for other in np.flatnonzero(bits_apart(hashes[:place], look.phash) <= FAR_APART):
            identical = np.array_equal(look.pixels, looks[other].pixels)
            if textured[place] and textured[other] and not identical:
                assert not same_picture(look, looks[other]), (paths[place], paths[other])
