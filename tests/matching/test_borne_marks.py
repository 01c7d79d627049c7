from __future__ import annotations

import hashlib
import json

import pytest
from drawn_marks import emblem, lettering, marked, transparent
from picture_edits import jpeg
from PIL import Image

from casebook.edits import Edit, EditKind, edit_of, edit_record
from casebook.findings import Match, ReferenceKind, Verdict
from matching.compare import Kinds, compare, library_of
from matching.library import ReferenceLibrary

TEXT = lettering("© Mara Linden")
MARK = transparent(TEXT)
PLACE = (380, 400)
WORK = marked(TEXT, width=220, opacity=0.6, at=PLACE, seed=8)
PLAIN = marked(TEXT, width=220, opacity=0, at=PLACE, seed=8)
KINDS = {"mark.png": Kinds(reference=ReferenceKind.WATERMARK)}
PATCH = (370, 392, 610, 440)


def library(work: Image.Image = WORK, *marks: bytes) -> ReferenceLibrary:
    named = zip(("mark.png", "logo.png"), marks, strict=False)
    kinds = {**KINDS, "logo.png": KINDS["mark.png"]}
    return library_of([("work.jpg", jpeg(work, 92)), *named], kinds)


def match(picture: Image.Image, known: ReferenceLibrary) -> Match:
    """Return the match with the work."""
    (found,) = compare(known, [("picture.jpg", jpeg(picture, 80))])
    return dict(found.matches)["work.jpg"]


def removed(found: Match) -> list[str | None]:
    return [edit.how for edit in found.edits if edit.kind is EditKind.WATERMARK_REMOVED]


def painted() -> Image.Image:
    picture = WORK.copy()
    picture.paste(PLAIN.crop(PATCH).resize((1, 1)).resize((PATCH[2] - PATCH[0], PATCH[3] - PATCH[1])), PATCH)
    return picture


def test_a_mark_is_found_where_a_reference_bears_it():
    view = next(view for view in library(WORK, MARK).views if view.mark is None)
    (borne,) = view.marks
    assert borne.mark_sha256 == hashlib.sha256(MARK).hexdigest()
    assert (borne.region.left, borne.region.top) == pytest.approx(PLACE, abs=3)
    assert borne.region.width == pytest.approx(220, abs=4)


def test_a_reference_without_a_mark_bears_none():
    assert [view.marks for view in library(PLAIN, MARK).views] == [(), ()]


def test_a_copy_that_keeps_the_mark_says_so_and_names_no_removal():
    found = match(WORK.resize((500, 375)), library(WORK, MARK))
    assert found.verdict is Verdict.COPY
    assert removed(found) == []
    assert "The owner's mark is still there" in found.because


def test_a_copy_whose_mark_was_painted_over_is_named_so():
    found = match(painted(), library(WORK, MARK))
    assert removed(found) == ["painted over"]
    assert "The owner's mark was painted over" in found.because
    assert str(found.edits[-1]) == "watermark removed (painted over)"


def test_a_copy_whose_mark_was_cropped_off_is_named_so():
    found = match(WORK.crop((0, 0, 640, 395)), library(WORK, MARK))
    assert removed(found) == ["cropped off"]
    assert EditKind.CROPPED in {edit.kind for edit in found.edits}


def test_two_marks_at_one_place_are_told_once():
    found = match(painted(), library(WORK, MARK, transparent(TEXT, 0)))
    assert removed(found) == ["painted over"]


def test_a_mark_that_the_reference_does_not_bear_is_not_missed():
    found = match(painted(), library(WORK, transparent(emblem())))
    assert removed(found) == []
    assert "mark" not in found.because


def test_the_very_file_needs_no_word_about_its_mark():
    known = library(WORK, MARK)
    (found,) = compare(known, [("picture.jpg", jpeg(WORK, 92))])
    assert all("mark" not in item.because for item in dict(found.matches)["work.jpg"].evidence)


def test_the_finding_depends_on_the_marks_and_says_which():
    told = [item for item in match(painted(), library(WORK, MARK)).evidence if item.edits]
    untold = [item for item in match(painted(), library(WORK)).evidence if item.edits]
    assert {json.loads(item.parameters)["marks"]["borne"][0]["mark_sha256"] for item in told} == {
        hashlib.sha256(MARK).hexdigest()
    }
    assert not {item.evidence_id for item in told} & {item.evidence_id for item in untold}


def test_how_a_mark_was_removed_survives_being_stored():
    edit = Edit(kind=EditKind.WATERMARK_REMOVED, how="blurred")
    assert edit_of(edit_record(edit)) == edit
    assert edit_of({"kind": "mirrored", "amount": None, "text": "mirrored"}) == Edit(kind=EditKind.MIRRORED)
