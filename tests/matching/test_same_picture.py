from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_pictures import background, carton, photograph, same_rug
from picture_edits import jpeg, text_across
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from matching.contents import Contents
from matching.decode import PictureUnreadable, decode
from matching.same_picture import Glance, GlanceDamaged, glance, same_picture

PICTURES = Path(__file__).resolve().parents[3] / "shared" / "pictures"
DRAWN = {"a garment": photograph(1), "a rug": background(7), "a carton": carton(2)}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def resized(image: Image.Image, share: float, kernel: Image.Resampling = Image.Resampling.LANCZOS) -> Image.Image:
    return image.resize((round(image.width * share), round(image.height * share)), kernel)


def turned_by_exif(image: Image.Image) -> bytes:
    """The same picture stored lying on its side, with the turn in its EXIF block."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(image.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=90, exif=exif)


SAVED_ANEW = {
    "JPEG 95": lambda image: jpeg(image, 95),
    "JPEG 60": lambda image: jpeg(image, 60),
    "JPEG 30": lambda image: jpeg(image, 30),
    "JPEG, progressive and in full colour": lambda image: encoded(
        image, "JPEG", quality=70, progressive=True, subsampling=0
    ),
    "twice": lambda image: jpeg(Image.open(io.BytesIO(jpeg(resized(image, 0.9), 60))), 50),
    "WebP": lambda image: encoded(image, "WEBP", quality=60),
    "PNG": lambda image: encoded(image, "PNG"),
    "AVIF": lambda image: encoded(image, "AVIF", quality=60),
    "GIF": lambda image: encoded(image, "GIF"),
    "a quarter": lambda image: jpeg(resized(image, 0.25), 80),
    "half, badly": lambda image: jpeg(resized(image, 0.5), 30),
    "63 %, bilinear": lambda image: jpeg(resized(image, 0.63, Image.Resampling.BILINEAR), 80),
    "half, sharpened": lambda image: jpeg(resized(image, 0.5).filter(ImageFilter.UnsharpMask(1, 60, 2)), 80),
    "doubled": lambda image: jpeg(resized(image, 2, Image.Resampling.BICUBIC), 85),
    "1.5 % flatter": lambda image: jpeg(image.resize((image.width, round(image.height * 0.985)))),
    "turned by EXIF": turned_by_exif,
}


def cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """Cut shares of the sides away."""
    width, height = image.size
    return image.crop(
        (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    )


def sticker(image: Image.Image, place: tuple[float, float] = (0.1, 0.7)) -> Image.Image:
    """A tag that covers 2 % of the picture."""
    copy = image.copy()
    side = (image.width * image.height * 0.02) ** 0.5
    left, top = image.width * place[0], image.height * place[1]
    ImageDraw.Draw(copy).rectangle((left, top, left + side, top + side), fill=(240, 190, 20))
    return copy


def recoloured(image: Image.Image) -> Image.Image:
    hsv = np.array(image.convert("HSV"))
    hsv[..., 0] += 40
    return Image.fromarray(hsv, "HSV").convert("RGB")


def next_frame(image: Image.Image) -> Image.Image:
    """The hand moved by 1 % of the width and turned a little."""
    turn = (0.9998, 0.02, -0.006 * image.width, -0.02, 0.9998, 0.01 * image.height)
    moved = image.transform(image.size, Image.Transform.AFFINE, turn, Image.Resampling.BICUBIC)
    return moved.crop((8, 8, image.width - 8, image.height - 8)).resize(image.size)


CHANGED = {
    "5 % cut from the left": lambda image: cut(image, 0.05, 0, 0, 0),
    "5 % cut from the foot": lambda image: cut(image, 0, 0, 0, 0.05),
    "5 % cut from every edge": lambda image: cut(image, 0.05, 0.05, 0.05, 0.05),
    "5 % cut from a corner": lambda image: cut(image, 0.05, 0.05, 0, 0),
    "a border of 3 %": lambda image: ImageOps.expand(image, round(0.03 * image.width), "navy"),
    "a border that keeps the shape": lambda image: ImageOps.expand(
        image, (round(0.03 * image.width), round(0.03 * image.height)), "black"
    ),
    "mirrored": ImageOps.mirror,
    "upside down": lambda image: image.rotate(180),
    "lying": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "a tag on 2 %": sticker,
    "translucent lettering": text_across,
    "the next frame": next_frame,
}


@pytest.mark.parametrize("saved", SAVED_ANEW)
@pytest.mark.parametrize("drawn", DRAWN)
def test_a_picture_saved_anew_is_the_same_picture(drawn, saved):
    original = glance(encoded(DRAWN[drawn], "PNG"))
    copy = glance(SAVED_ANEW[saved](DRAWN[drawn]))
    assert same_picture(original, copy)
    assert same_picture(copy, original)


@pytest.mark.parametrize("change", CHANGED)
@pytest.mark.parametrize("drawn", DRAWN)
def test_a_changed_picture_is_another_picture(drawn, change):
    original = glance(encoded(DRAWN[drawn], "PNG"))
    changed = CHANGED[change](DRAWN[drawn])
    for file in (encoded(changed, "PNG"), jpeg(changed, 60), jpeg(resized(changed, 0.5), 70)):
        other = glance(file)
        assert not same_picture(original, other)
        assert not same_picture(other, original)


@pytest.mark.parametrize("drawn", ["a garment", "a rug"])
@pytest.mark.parametrize("change", [recoloured, lambda image: image.convert("L")], ids=["recoloured", "greyscale"])
def test_other_colours_are_another_picture(drawn, change):
    assert not same_picture(glance(jpeg(DRAWN[drawn])), glance(jpeg(change(DRAWN[drawn]))))


def test_a_tag_is_seen_wherever_it_is_stuck_and_when_it_is_taken_off():
    rng = random.Random(3)
    plain = glance(jpeg(DRAWN["a garment"]))
    for _ in range(30):
        tagged = glance(jpeg(sticker(DRAWN["a garment"], (rng.uniform(0, 0.85), rng.uniform(0, 0.8)))))
        assert not same_picture(plain, tagged)
        assert not same_picture(tagged, plain)


def test_other_shots_of_the_same_scene_and_other_flavours_are_other_pictures():
    shots = [glance(jpeg(photograph(1)))] + [glance(jpeg(same_rug(1, other))) for other in range(5)]
    flavours = [glance(jpeg(carton(flavour))) for flavour in range(12)]
    for group in (shots, flavours):
        assert not any(same_picture(one, other) for one in group for other in group if one is not other)


@pytest.mark.parametrize("image", [
    Image.new("RGB", (400, 400), "white"),
    Image.new("RGBA", (400, 400), (255, 255, 255, 0)),
    Image.new("RGB", (400, 300), (40, 90, 160)),
    photograph(1).resize((31, 24)),
], ids=["white", "transparent", "blue", "tiny"])  # fmt: skip
def test_what_shows_too_little_to_tell_is_nobodys_twin(image):
    seen = glance(encoded(image, "PNG"))
    assert not same_picture(seen, seen)


def test_drawings_in_white_on_transparent_ground_are_not_taken_for_one_another():
    drawings = []
    for box in ((50, 50, 200, 200), (200, 100, 380, 350)):
        image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
        ImageDraw.Draw(image).ellipse(box, fill="white")
        drawings.append(glance(encoded(image, "PNG")))
    assert not same_picture(*drawings)


def test_a_glance_is_stored_in_a_few_kilobytes_and_read_back_the_same():
    for image in DRAWN.values():
        seen = glance(jpeg(image))
        assert Glance.from_bytes(seen.to_bytes()) == seen
        assert len(seen.to_bytes()) < 5000


def test_the_size_of_a_glance_is_that_after_the_exif_turn():
    seen = glance(turned_by_exif(photograph(1)))
    assert (seen.width, seen.height, seen.smaller_side) == (640, 480, 480)


STORED = glance(jpeg(photograph(1))).to_bytes()


@pytest.mark.parametrize("stored", [
    b"", b"\1", STORED[:9], STORED[:-20], b"\2" + STORED[1:], STORED[:10] + b"no zlib at all",
    STORED[:10] + zlib.compress(bytes(50_000_000)), STORED[:10] + zlib.compress(b"short"),
    STORED[:2] + struct.pack(">II", 0, 5) + STORED[10:], STORED + b"more",
])  # fmt: skip
def test_bytes_that_are_no_glance_are_refused_with_a_remedy(stored):
    with pytest.raises(GlanceDamaged) as caught:
        Glance.from_bytes(stored)
    assert caught.value.remedy


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xd8\xff\xe0 broken", jpeg(photograph(1))[:300]])
def test_a_picture_that_cannot_be_decoded_is_refused_with_the_reason(data):
    with pytest.raises(PictureUnreadable) as caught:
        glance(data)
    assert decode(data).problem in caught.value.message


def test_damaged_pictures_cost_nothing_but_themselves():
    whole = jpeg(photograph(1))
    rng = np.random.default_rng(4)
    answers = set()
    for _ in range(40):
        data = bytearray(whole)
        for place in rng.integers(200, len(data), 3):
            data[place] ^= int(rng.integers(1, 255))
        try:
            answers.add(same_picture(glance(whole), glance(bytes(data))))
        except PictureUnreadable:
            answers.add(None)
    assert False in answers


def families() -> list[tuple[str, bytes]]:
    """Thirty pictures, ten of them alike in tone, each in four files, in a shuffled order."""
    pictures = [carton(flavour) for flavour in range(10)]
    pictures += [photograph(seed) for seed in range(10)] + [same_rug(1, other) for other in range(10)]
    files = [
        (f"{number} {kind}", SAVED_ANEW[kind](image))
        for number, image in enumerate(pictures)
        for kind in ("JPEG 60", "a quarter", "GIF", "WebP")
    ]
    random.Random(8).shuffle(files)
    return files


@pytest.fixture(scope="module")
def seen() -> list[tuple[str, Glance]]:
    return [(name, glance(data)) for name, data in families()]


def test_every_file_of_a_picture_gets_the_name_of_the_first_one(seen):
    contents = Contents()
    first: dict[str, str] = {}
    for name, one in seen:
        number = name.split()[0]
        assert contents.name(name, one) == first.setdefault(number, name)
    assert len(contents) == 30


def test_the_shortlist_names_what_comparing_with_all_would_name(seen):
    rng = random.Random(2)
    # Glances of loud noise and of faint changes come near the limits that pictures seldom come near.
    sheet = np.asarray(photograph(1)).astype(float)
    near = [
        (f"noisy {level}", glance(jpeg(Image.fromarray(np.clip(sheet + level, 0, 255).astype(np.uint8)))))
        for level in range(-20, 21, 2)
    ]
    asked = [*seen, *near]
    rng.shuffle(asked)
    contents, firsts = Contents(), []
    for name, one in asked:
        oracle = next((known for known, other in firsts if same_picture(other, one)), name)
        if oracle == name:
            firsts.append((name, one))
        assert contents.name(name, one) == oracle
    assert len(contents) == len(firsts)


def test_a_name_stays_the_same_when_asked_again_and_after_a_restart(seen):
    contents = Contents()
    names = {name: contents.name(name, one) for name, one in seen}
    firsts = [(name, Glance.from_bytes(one.to_bytes())) for name, one in seen if names[name] == name]
    again = Contents([*firsts, firsts[0]])
    assert len(again) == len(firsts)
    assert {name: again.name(name, one) for name, one in reversed(seen)} == names


def test_a_chain_of_small_steps_leads_to_no_other_picture():
    sheet = np.asarray(photograph(1)).astype(float)
    steps = [Image.fromarray(np.clip(sheet + 2 * step, 0, 255).astype(np.uint8)) for step in range(20)]
    contents = Contents()
    names = [contents.name(str(step), glance(jpeg(image, 90))) for step, image in enumerate(steps)]
    first, last = glance(jpeg(steps[0], 90)), glance(jpeg(steps[-1], 90))
    assert names[1] == "0"
    assert not same_picture(first, last)
    assert names[-1] != "0"


def test_a_picture_without_content_is_its_own_and_does_not_swallow_others():
    contents = Contents()
    white = Image.new("RGB", (400, 400), "white")
    assert contents.name("white", glance(encoded(white, "PNG"))) == "white"
    assert contents.name("white again", glance(jpeg(white))) == "white again"
    assert contents.name("white", glance(encoded(white, "PNG"))) == "white"
    assert len(contents) == 0


def test_of_hundreds_that_agree_in_tone_only_the_nearest_are_compared(monkeypatch):
    compared = []

    def counted(one, other):
        compared.append(one)
        return False

    monkeypatch.setattr("matching.contents.same_picture", counted)
    one = glance(jpeg(photograph(1)))
    lighter = bytes(min(tone + 9, 255) for tone in one.tones)
    far = [(f"far {number}", replace(one, tones=lighter)) for number in range(300)]
    contents = Contents([*far, ("near", one)])
    assert contents.name("asked", one) == "asked"
    assert len(compared) == 200
    assert one in compared


def test_more_contents_than_the_table_began_with_are_all_found_again(seen):
    _, one = seen[0]
    rng = np.random.default_rng(1)
    others = ((str(number), _with_tones(one, rng)) for number in range(3000))
    contents = Contents(others)
    assert contents.name("last", seen[1][1]) == "last"
    assert contents.name("the same again", seen[1][1]) == "last"
    assert len(contents) == 3001


def _with_tones(one: Glance, rng: np.random.Generator) -> Glance:
    tones = rng.integers(0, 256, 64, dtype=np.uint8).tobytes()
    return replace(one, tones=tones)


@pytest.mark.skipif(not PICTURES.is_dir(), reason=f"no photographs at {PICTURES}")
def test_real_photographs_are_known_again_and_not_mistaken():
    rng = random.Random(5)
    paths = rng.sample(sorted(PICTURES.glob("*/*_*/*")), 60)
    images = [Image.fromarray(decode(path.read_bytes()).pixels) for path in paths]
    contents = Contents((path.as_posix(), glance(path.read_bytes())) for path in paths)
    assert len(contents) == len(paths)
    wrong, missed = [], []
    for path, image in zip(paths, images, strict=True):
        image.thumbnail((1000, 1000))
        for kind in ("JPEG 30", "half, badly", "WebP", "1.5 % flatter"):
            if contents.name(f"{path} {kind}", glance(SAVED_ANEW[kind](image))) != path.as_posix():
                missed.append((path.name, kind))
    for path, image in zip(paths, images, strict=True):
        for kind in ("mirrored", "a tag on 2 %", "5 % cut from every edge", "a border that keeps the shape"):
            if same_picture(glance(path.read_bytes()), glance(jpeg(CHANGED[kind](image)))):
                wrong.append((path.name, kind))
    assert wrong == []
    assert len(missed) <= 2
