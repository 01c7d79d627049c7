from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from drawn_marks import backdrop, emblem, lettering, marked, on_plain_ground, tiled, transparent
from picture_edits import jpeg
from PIL import Image, ImageDraw, ImageFont

from casebook.findings import Reference, ReferenceKind, Verdict, WorkKind
from matching.compare import Kinds, compare, library_of
from matching.library import ReferenceLibrary
from matching.matcher import Matcher
from matching.stage import Context
from matching.stages.watermark import examine
from matching.views import PictureView

CONTEXT = Context.here()
TEXT = lettering("© Mara Linden")
OTHER_TEXT = lettering("© Bruno Weiss")
EMBLEM = emblem()


def library(data: bytes, kind: ReferenceKind = ReferenceKind.WATERMARK) -> ReferenceLibrary:
    reference = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="W", path="mark.png", kind=kind)
    return ReferenceLibrary.build([(reference, WorkKind.PHOTO, data)])


def asked(picture: Image.Image | bytes, mark: bytes):
    data = picture if isinstance(picture, bytes) else jpeg(picture, 85)
    return examine(PictureView(data), library(mark).views[0], CONTEXT)


def corner(evidence, x: float, y: float) -> tuple[float, float]:
    """Where the picture shows pixel (x, y) of the mark's file."""
    back = np.linalg.inv(np.reshape(evidence.geometry.transform, (3, 3))) @ (x, y, 1)
    return back[0] / back[2], back[1] / back[2]


@pytest.mark.parametrize(
    ("width", "opacity", "tone"), [(120, 0.7, 255), (200, 0.5, 0), (320, 0.4, 255), (560, 0.5, 255)]
)
def test_a_text_mark_is_found_at_any_size_light_or_dark(width, opacity, tone):
    evidence = asked(marked(TEXT, width=width, opacity=opacity, tone=tone), transparent(TEXT))
    assert evidence.verdict is Verdict.COPY
    assert evidence.because.startswith("The owner's mark is on this picture")
    assert ("light" if tone else "dark") in evidence.because


@pytest.mark.parametrize("file", [transparent(EMBLEM), transparent(EMBLEM, 10), on_plain_ground(EMBLEM)])
def test_a_logo_is_found_from_a_transparent_file_and_from_a_crop(file):
    evidence = asked(marked(EMBLEM, width=150, opacity=0.5, at=(400, 250)), file)
    assert evidence.verdict is Verdict.COPY
    assert evidence.because.startswith("The owner's mark is on this picture: bottom right")


def test_the_geometry_maps_the_picture_to_the_marks_file():
    evidence = asked(marked(EMBLEM, width=200, opacity=0.6, at=(100, 150)), transparent(EMBLEM))
    assert corner(evidence, -0.5, -0.5) == pytest.approx((99.5, 149.5), abs=1.5)
    assert corner(evidence, 399.5, 399.5) == pytest.approx((299.5, 349.5), abs=1.5)
    assert evidence.geometry.reference_share == pytest.approx(1, abs=0.01)
    assert evidence.geometry.picture_share == pytest.approx(200 * 200 / (640 * 480), abs=0.01)


@pytest.mark.parametrize("opacity", [0.3, 0.5, 0.7])
def test_the_opacity_is_estimated(opacity):
    measures = dict(asked(marked(EMBLEM, width=240, opacity=opacity), transparent(EMBLEM)).measures)
    assert measures["opacity"] == pytest.approx(opacity, abs=0.15)


@pytest.mark.parametrize(
    ("mark", "width", "angle"), [(TEXT, 180, -38), (TEXT, 180, 12), (TEXT, 180, 30), (EMBLEM, 250, 20)]
)
def test_a_tiled_mark_is_found_at_an_angle(mark, width, angle):
    evidence = asked(tiled(mark, width=width, angle=angle, opacity=0.5), transparent(mark))
    assert evidence.verdict is Verdict.COPY
    assert dict(evidence.measures)["angle"] == pytest.approx(angle, abs=1.5)


def test_a_mark_of_two_tones_is_found():
    mark = Image.new("RGBA", (640, 110), (20, 20, 20, 0))
    font = ImageFont.load_default(78)
    ImageDraw.Draw(mark).text(
        (20, 5), "© Mara Linden", (255, 255, 255, 255), font, stroke_width=4, stroke_fill=(20, 20, 20)
    )
    small = mark.resize((320, 55), Image.Resampling.LANCZOS)
    small.putalpha(small.getchannel("A").point(lambda value: value * 6 // 10))
    picture = backdrop(4)
    picture.paste(small, (200, 300), small)
    buffer = io.BytesIO()
    mark.save(buffer, "PNG")
    assert asked(picture, buffer.getvalue()).verdict is Verdict.COPY


def test_the_better_a_mark_is_seen_the_higher_its_score():
    scores = [
        asked(marked(EMBLEM, width=200, opacity=opacity), transparent(EMBLEM)).score for opacity in (0.2, 0.4, 0.8)
    ]
    assert scores == sorted(scores)


@pytest.mark.parametrize(
    "other", [marked(OTHER_TEXT, width=260, opacity=0.8), tiled(OTHER_TEXT, width=180, angle=20, opacity=0.6)]
)
def test_another_text_is_not_the_owners(other):
    evidence = asked(other, transparent(TEXT))
    assert evidence is None or evidence.verdict is Verdict.NONE


@pytest.mark.parametrize("seed", [11, 12])
def test_a_picture_without_a_mark_has_none(seed):
    for mark in (TEXT, EMBLEM):
        evidence = asked(backdrop(seed), transparent(mark))
        assert evidence is None or evidence.verdict is Verdict.NONE


@pytest.mark.parametrize("size", [(1, 1), (300, 200), (3, 900)])
def test_plain_and_tiny_pictures_show_no_mark(size):
    evidence = asked(Image.new("RGB", size, (120, 130, 90)), transparent(EMBLEM))
    assert evidence is None or evidence.verdict is Verdict.NONE


def test_an_unreadable_picture_shows_no_mark():
    assert asked(b"<html>", transparent(EMBLEM)) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (transparent(Image.new("L", (200, 100))), "no mark in it"),
        (jpeg(Image.new("RGB", (200, 100), "white")), "no mark in it"),
        (transparent(EMBLEM)[:60], "damaged"),
        (b"no picture", "not a picture"),
    ],
)
def test_a_mark_that_cannot_be_used_has_a_reason(data, reason):
    built = library(data)
    assert reason in built.references[0].problem
    assert all(asked(backdrop(1), data) is None for _ in built.views)


def test_only_watermark_references_are_looked_for():
    data = transparent(EMBLEM)
    view = library(data, ReferenceKind.PICTURE).views[0]
    assert examine(PictureView(jpeg(marked(EMBLEM, width=200, opacity=0.6))), view, CONTEXT) is None


def test_the_matcher_looks_for_marks_on_pictures_that_resemble_nothing():
    matcher = Matcher(library(transparent(EMBLEM)))
    (match,) = matcher.examine(jpeg(marked(EMBLEM, width=200, opacity=0.6))).matches
    assert (match.verdict, match.evidence[0].stage) == (Verdict.COPY, "watermark")
    assert matcher.examine(jpeg(backdrop(7))).matches == ()


def test_where_the_work_is_known_its_mark_accuses_no_other_work():
    library = library_of(
        [("work", jpeg(backdrop(3))), ("mark", transparent(EMBLEM))], {"mark": Kinds(reference=ReferenceKind.WATERMARK)}
    )
    carried = [("copy", jpeg(marked(EMBLEM, width=150, opacity=0.6, seed=3)))]
    other = [("other", jpeg(marked(EMBLEM, width=200, opacity=0.6)))]
    found = {item.name: [name for name, _ in item.matches] for item in compare(library, carried + other)}
    assert found == {"copy": ["work"], "other": ["mark"]}
