from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from drawn_pictures import background, carton, photograph, same_rug
from picture_edits import EDITS, collaged, cropped, jpeg, mirrored, text_across, turned_7
from PIL import Image

from casebook.findings import Reference, ReferenceKind, Verdict, WorkKind
from matching.library import ReferenceLibrary
from matching.matcher import Matcher

SEEDS = range(0, 400, 100)


def reference_of(data: bytes, name: str) -> Reference:
    return Reference(sha256=hashlib.sha256(data).hexdigest(), work_id=name, path=f"{name}.jpg")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    named = {f"photo {seed}": jpeg(photograph(seed), 92) for seed in SEEDS}
    return {**named, "carton 0": jpeg(carton(0), 92)}


@pytest.fixture(scope="module")
def library(files) -> ReferenceLibrary:
    return ReferenceLibrary.build((reference_of(data, name), WorkKind.PHOTO, data) for name, data in files.items())


@pytest.fixture(scope="module")
def matcher(library) -> Matcher:
    return Matcher(library)


@pytest.fixture(scope="module")
def oracle(library) -> Matcher:
    return Matcher(library, exhaustive=True)


def copies(matcher: Matcher, files: dict[str, bytes], data: bytes) -> set[str]:
    names = {hashlib.sha256(content).hexdigest(): name for name, content in files.items()}
    matches = matcher.examine(data).matches
    return {names[match.reference_sha256] for match in matches if match.verdict is Verdict.COPY}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_an_edited_copy_is_found_and_nothing_else(edit, seed, matcher, files):
    data = jpeg(EDITS[edit](photograph(seed)))
    assert copies(matcher, files, data) == {f"photo {seed}"}


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_tile_of_a_collage_is_found(seed, matcher, files):
    data = jpeg(collaged(photograph(seed), [photograph(seed + place) for place in (31, 32, 33)]))
    assert copies(matcher, files, data) == {f"photo {seed}"}


def test_the_very_file_is_named_as_such(matcher, files):
    match = matcher.examine(files["photo 100"]).matches[0]
    assert (match.verdict, match.score) == (Verdict.COPY, 1.0)
    assert match.because == "Exact file: the same bytes as the reference"
    stages = [item.stage for item in match.evidence]
    assert stages[0] == "sha256"
    assert set(stages) == {"sha256", "phash", "orb"}


@pytest.mark.parametrize("seed", SEEDS[:2])
@pytest.mark.parametrize("other", [1, 2])
def test_another_garment_on_the_same_rug_is_not_a_copy(seed, other, matcher, files):
    assert copies(matcher, files, jpeg(same_rug(seed, other))) == set()


@pytest.mark.parametrize("flavour", range(1, 4))
def test_another_carton_of_the_same_shape_is_not_a_copy(flavour, matcher, files):
    assert copies(matcher, files, jpeg(carton(flavour))) == set()


def test_the_same_carton_is_a_copy(matcher, files):
    assert copies(matcher, files, jpeg(carton(0), 60)) == {"carton 0"}


@pytest.mark.parametrize("size", [(1, 1), (5, 900), (300, 300)])
def test_a_picture_of_one_colour_matches_nothing(size, matcher):
    examination = matcher.examine(jpeg(Image.new("RGB", size, (200, 180, 160))))
    assert examination.matches == ()
    assert examination.picture.problem is None


def test_what_cannot_be_decoded_is_a_problem_of_the_picture(matcher):
    examination = matcher.examine(b"<html>blocked</html>")
    assert examination.matches == ()
    assert examination.picture.problem == "a web page was served instead of a picture"
    assert examination.picture.bytes == 20


def test_a_truncated_copy_is_still_found(matcher, files):
    data = files["photo 200"]
    examination = matcher.examine(data[: len(data) * 7 // 10])
    assert examination.picture.problem is not None
    assert examination.matches[0].verdict is Verdict.COPY


def mapped(transform: tuple[float, ...], x: float, y: float) -> np.ndarray:
    point = np.array(transform).reshape(3, 3) @ (x, y, 1)
    return point[:2] / point[2]


def test_the_transform_maps_picture_pixels_to_reference_pixels(matcher):
    data = jpeg(photograph(0).crop((100, 60, 500, 400)), 90)
    evidence = matcher.examine(data).matches[0].evidence[0]
    assert mapped(evidence.geometry.transform, 0, 0) == pytest.approx((100, 60), abs=1.5)
    assert mapped(evidence.geometry.transform, 399, 339) == pytest.approx((499, 399), abs=1.5)
    assert evidence.geometry.reference_share == pytest.approx(400 * 340 / (640 * 480), abs=0.01)
    assert evidence.geometry.picture_share == pytest.approx(1, abs=0.01)


def test_a_mirrored_match_maps_to_the_reference_as_stored(matcher):
    match = matcher.examine(jpeg(mirrored(cropped(photograph(0))), 90)).matches[0]
    evidence = match.evidence[0]
    assert evidence.mirrored
    assert np.linalg.det(np.array(evidence.geometry.transform).reshape(3, 3)) < 0
    left = 640 * (1 - 0.5**0.5) * 0.7
    assert mapped(evidence.geometry.transform, 0, 0)[0] == pytest.approx(left + 640 * 0.5**0.5, abs=3)
    assert match.because.startswith("Mirrored copy: ")
    assert "50 % of the reference is shown" in match.because


@pytest.mark.parametrize("turn", range(8))
def test_the_whole_picture_stage_knows_each_turn_and_mirror(turn, matcher):
    image = photograph(0).rotate(90 * (turn % 4), expand=True)
    image = mirrored(image) if turn >= 4 else image
    evidence = {item.stage: item for item in matcher.examine(jpeg(image, 90)).matches[0].evidence}
    assert evidence["phash"].verdict is Verdict.COPY
    corners = [(0, 0), (image.width - 1, 0), (image.width - 1, image.height - 1)]
    for corner in corners:
        whole = mapped(evidence["phash"].geometry.transform, *corner)
        assert whole == pytest.approx(mapped(evidence["orb"].geometry.transform, *corner), abs=2)


def test_the_same_bytes_give_the_same_examination(library):
    data = jpeg(text_across(turned_7(photograph(200))))
    assert Matcher(library).examine(data) == Matcher(library).examine(data)


def test_the_key_tells_the_oracle_from_the_shortlist_and_nothing_else(library, matcher, oracle):
    assert Matcher(library).key == matcher.key != oracle.key


def test_the_shortlist_finds_what_the_oracle_finds(matcher, oracle, files):
    pictures = [jpeg(edit(photograph(seed))) for seed in (0, 100) for edit in (cropped, text_across, turned_7)]
    pictures += [jpeg(same_rug(0, 1)), jpeg(carton(1)), jpeg(background(77))]
    for data in pictures:
        assert copies(matcher, files, data) == copies(oracle, files, data)


def test_without_references_nothing_matches():
    for exhaustive in (False, True):
        matcher = Matcher(ReferenceLibrary.build([]), exhaustive=exhaustive)
        assert matcher.examine(jpeg(photograph(0))).matches == ()


def test_a_watermark_reference_matches_its_own_file_but_no_crop_of_its_photograph(files):
    data = files["photo 0"]
    mark = Reference(
        sha256=hashlib.sha256(data).hexdigest(), work_id="mark", path="mark.png", kind=ReferenceKind.WATERMARK
    )
    matcher = Matcher(ReferenceLibrary.build([(mark, WorkKind.ARTWORK, data)]))
    assert matcher.examine(jpeg(cropped(photograph(0)))).matches == ()
    assert matcher.examine(data).matches[0].verdict is Verdict.COPY


def test_a_view_reaching_beyond_the_frame_is_a_copy_of_art_but_not_surely_of_a_photograph():
    scene = photograph(900)
    data = jpeg(scene.crop((0, 0, 580, 440)), 92)
    verdicts = {}
    for kind in WorkKind:
        matcher = Matcher(ReferenceLibrary.build([(reference_of(data, "art"), kind, data)]))
        verdicts[kind] = matcher.examine(jpeg(scene.crop((60, 40, 640, 480)))).matches[0].verdict
    assert verdicts == {WorkKind.PHOTO: Verdict.POSSIBLE, WorkKind.ARTWORK: Verdict.COPY}


def test_png_with_transparency_matches_its_flattened_copy(files):
    shape = Image.new("L", (640, 480))
    shape.paste(255, (120, 40, 520, 440))
    layered = photograph(0).convert("RGBA")
    layered.putalpha(shape)
    buffer = io.BytesIO()
    layered.save(buffer, "PNG")
    data = buffer.getvalue()
    flat = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered)
    matcher = Matcher(ReferenceLibrary.build([(reference_of(data, "cut out"), WorkKind.PHOTO, data)]))
    assert matcher.examine(jpeg(flat)).matches[0].verdict is Verdict.COPY
