from __future__ import annotations

import hashlib

import pytest
from drawn_pictures import photograph
from picture_edits import jpeg
from PIL import Image, ImageFilter

from casebook.findings import Reference, Verdict, WorkKind
from matching.library import FEW_POINTS, ReferenceLibrary
from matching.matcher import Matcher

PICTURE = jpeg(photograph(0), 90)
OTHER = jpeg(photograph(50), 90)


def entry(data: bytes, work: str, kind: WorkKind = WorkKind.PHOTO) -> tuple[Reference, WorkKind, bytes]:
    return Reference(sha256=hashlib.sha256(data).hexdigest(), work_id=work, path=f"{work}.jpg"), kind, data


def test_the_key_depends_on_the_set_and_not_on_its_order():
    forward = ReferenceLibrary.build([entry(PICTURE, "a"), entry(OTHER, "b")])
    backward = ReferenceLibrary.build([entry(OTHER, "b"), entry(PICTURE, "a")])
    assert forward.key == backward.key
    assert forward.references == backward.references
    assert forward.key != ReferenceLibrary.build([entry(PICTURE, "a")]).key
    assert forward.key != ReferenceLibrary.build([entry(PICTURE, "a", WorkKind.ARTWORK), entry(OTHER, "b")]).key


def test_a_broken_reference_is_a_problem_and_the_others_stay():
    library = ReferenceLibrary.build([entry(b"<html>", "broken"), entry(PICTURE, "a")])
    (name,) = library.problems
    assert library.problems[name] == "a web page was served instead of a picture"
    assert {item.work_id: item.problem for item in library.references} == {"a": None, "broken": library.problems[name]}
    assert [view.reference.work_id for view in library.views] == ["a"]


def test_a_reference_too_plain_to_be_recognised_is_reported():
    library = ReferenceLibrary.build([entry(jpeg(Image.new("RGB", (300, 200), "beige")), "plain")])
    assert list(library.problems.values()) == ["too plain to be recognised in anything but the very same file"]


def test_a_reference_with_little_to_tell_it_by_is_reported_and_its_copies_are_possible():
    gradient = Image.linear_gradient("L").point(lambda grey: 60 + grey // 2).resize((640, 480)).convert("RGB")
    library = ReferenceLibrary.build([entry(jpeg(gradient, 95), "plain")])
    assert list(library.problems.values()) == [
        "only 0 points and little texture: as a rule its copies will be `possible` at most, never `copy`"
    ]
    (match,) = Matcher(library).examine(jpeg(gradient, 60)).matches
    assert match.verdict is Verdict.POSSIBLE


def test_a_reference_with_few_points_but_texture_is_no_problem():
    soft = photograph(0).resize((640, 480)).filter(ImageFilter.GaussianBlur(32))
    library = ReferenceLibrary.build([entry(jpeg(soft, 95), "soft")])
    assert len(library.views[0].variants[0]) < FEW_POINTS
    assert library.problems == {}
    (match,) = Matcher(library).examine(jpeg(soft, 60)).matches
    assert match.verdict is Verdict.COPY


def test_one_file_in_two_works_is_compared_once_and_as_art():
    library = ReferenceLibrary.build([entry(PICTURE, "a"), entry(PICTURE, "b", WorkKind.ARTWORK)])
    assert len(library.references) == 2
    assert [view.kind for view in library.views] == [WorkKind.ARTWORK]


@pytest.mark.parametrize("size", [(4000, 3000), (120, 90)])
def test_a_reference_is_kept_small(size):
    (view,) = ReferenceLibrary.build([entry(jpeg(photograph(0).resize(size)), "a")]).views
    assert max(view.shape) <= 640
    assert (view.width, view.height) == size
    kept = len(view.grey_jpeg) + sum(features.descriptors.nbytes for features in view.variants)
    assert kept < 350_000
