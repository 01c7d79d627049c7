from __future__ import annotations

import hashlib

import pytest
from drawn_pictures import SIZE, garment, photograph
from picture_edits import badged, collaged, cropped, framed, grey, jpeg, mirrored, re_encoded, recoloured, turned_7
from PIL import Image, ImageOps

from casebook.edits import Edit, EditKind
from casebook.findings import Reference, WorkKind
from matching.library import ReferenceLibrary
from matching.matcher import Matcher

SEED = 300


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    data = jpeg(photograph(SEED), 92)
    reference = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="work", path="work.jpg")
    return Matcher(ReferenceLibrary.build([(reference, WorkKind.PHOTO, data)]))


def edits(matcher: Matcher, data: bytes) -> dict[EditKind, float | None]:
    return {edit.kind: edit.amount for edit in matcher.examine(data).matches[0].edits}


def test_the_very_file_is_named_so_and_nothing_else(matcher):
    assert edits(matcher, jpeg(photograph(SEED), 92)) == {EditKind.EXACT_FILE: None}


def test_a_picture_saved_anew_is_only_re_encoded(matcher):
    assert edits(matcher, jpeg(re_encoded(photograph(SEED)), 80)) == {EditKind.RE_ENCODED: None}


def test_a_crop_tells_the_share_that_is_shown(matcher):
    image = photograph(SEED)
    part = image.crop((0, 0, image.width // 2, image.height))
    named = edits(matcher, jpeg(part))
    assert named[EditKind.CROPPED] == pytest.approx(0.5, abs=0.02)
    assert EditKind.SCALED not in named


def test_a_mirrored_copy_is_named_mirrored_and_not_turned(matcher):
    named = edits(matcher, jpeg(mirrored(photograph(SEED))))
    assert EditKind.MIRRORED in named
    assert EditKind.TURNED not in named


def test_a_turn_is_named_with_its_angle(matcher):
    named = edits(matcher, jpeg(turned_7(photograph(SEED))))
    assert abs(named[EditKind.TURNED]) == pytest.approx(7, abs=0.5)
    assert EditKind.MIRRORED not in named


@pytest.mark.parametrize("edit", [grey, recoloured])
def test_a_change_of_colours_is_named_recoloured(edit, matcher):
    assert EditKind.RECOLOURED in edits(matcher, jpeg(edit(photograph(SEED))))


def test_a_badge_is_named_covered(matcher):
    named = edits(matcher, jpeg(badged(photograph(SEED))))
    assert 0 < named[EditKind.COVERED] < 0.6


def test_a_plain_border_is_a_frame(matcher):
    named = edits(matcher, jpeg(framed(photograph(SEED))))
    assert EditKind.FRAMED in named
    assert not {EditKind.COLLAGE_TILE, EditKind.INSET, EditKind.CROPPED} & set(named)


def test_the_edge_of_a_border_around_a_plain_rim_covers_nothing():
    packshot = garment(Image.new("RGB", SIZE, "white"), SEED)
    data = jpeg(packshot, 92)
    reference = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="work", path="work.jpg")
    of_packshot = Matcher(ReferenceLibrary.build([(reference, WorkKind.PHOTO, data)]))

    def bordered(image: Image.Image) -> bytes:
        return jpeg(ImageOps.expand(image.resize((330, 248)), 40, (120, 20, 40)))

    named = edits(of_packshot, bordered(packshot))
    assert EditKind.FRAMED in named
    assert EditKind.COVERED not in named
    assert EditKind.COVERED in edits(of_packshot, bordered(badged(packshot)))


def test_a_tile_among_others_is_a_collage_tile(matcher):
    sheet = collaged(photograph(SEED), [photograph(SEED + place) for place in (31, 32, 33)])
    named = edits(matcher, jpeg(sheet))
    assert EditKind.COLLAGE_TILE in named
    assert named[EditKind.SCALED] < 1


def test_a_smaller_picture_inside_another_is_an_inset(matcher):
    sheet = photograph(SEED + 50).copy()
    small = photograph(SEED).resize((sheet.width // 2, sheet.height // 2))
    sheet.paste(small, (sheet.width // 4, sheet.height // 4))
    assert EditKind.INSET in edits(matcher, jpeg(sheet))


def test_edits_are_told_in_words():
    assert str(Edit(kind=EditKind.CROPPED, amount=0.62)) == "cropped (62 % shown)"
    assert str(Edit(kind=EditKind.TURNED, amount=-7.2)) == "turned (7° to the left)"
    assert str(Edit(kind=EditKind.TURNED, amount=90.0)) == "turned (90° to the right)"
    assert str(Edit(kind=EditKind.TURNED, amount=-179.9)) == "turned (180°)"
    assert str(Edit(kind=EditKind.MIRRORED)) == "mirrored"


def test_edits_stand_in_one_order(matcher):
    order = list(EditKind)
    places = [order.index(kind) for kind in edits(matcher, jpeg(cropped(mirrored(photograph(SEED)))))]
    assert places == sorted(places)
