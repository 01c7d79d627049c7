from __future__ import annotations

import io
from dataclasses import replace

import pytest
from drawn_marks import lettering, marked, transparent
from drawn_pictures import photograph
from picture_edits import badged, cropped, jpeg, mirrored
from PIL import Image

from casebook.findings import ReferenceKind
from matching.compare import Kinds, compare, library_of
from matching.matcher import Matcher
from matching.overlays import render, thumbnail

REFERENCE = jpeg(photograph(0), 90)
COPY = jpeg(mirrored(cropped(badged(photograph(0)))))


@pytest.fixture(scope="module")
def match():
    return Matcher(library_of([("mine", REFERENCE)])).examine(COPY).matches[0]


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_match_is_drawn_three_times_as_jpeg(match):
    drawn = render(COPY, REFERENCE, match)
    pictures = [opened(data) for data in (drawn.side_by_side, drawn.inliers, drawn.difference)]
    assert [picture.format for picture in pictures] == ["JPEG"] * 3
    assert pictures[2].width > pictures[0].width == pictures[1].width


def test_drawing_twice_gives_the_same_bytes(match):
    assert render(COPY, REFERENCE, match) == render(COPY, REFERENCE, match)


def test_the_difference_is_pale_where_the_copy_agrees_and_dark_under_the_badge():
    data = jpeg(badged(photograph(0)), 92)
    match = Matcher(library_of([("mine", REFERENCE)])).examine(data).matches[0]
    sheet = opened(render(data, REFERENCE, match).difference).convert("L")
    panel = sheet.crop((2 * 480 + 3 * 12, 38, 3 * 480 + 3 * 12, 38 + 360)).resize((48, 36), Image.Resampling.BOX)
    agrees, banner = panel.crop((5, 10, 30, 25)), panel.crop((5, 33, 43, 36))
    assert sum(agrees.tobytes()) / (25 * 15) > 225
    assert sum(banner.tobytes()) / (38 * 3) < 180


def test_a_white_mark_is_drawn_on_grey_where_it_can_be_seen():
    text = lettering("© Mara Linden")
    mark, data = transparent(text), jpeg(marked(text, width=320, opacity=0.6))
    library = library_of([("mark", mark)], {"mark": Kinds(reference=ReferenceKind.WATERMARK)})
    (found,) = Matcher(library).examine(data).matches
    panel = opened(render(data, mark, found).side_by_side).convert("L").crop((12, 38, 12 + 480, 38 + 60))
    shades = panel.histogram()
    assert sum(shades[110:146]) > 2_000
    assert sum(shades[240:]) > 1_000


def test_without_geometry_only_the_pair_is_drawn(match):
    evidence = tuple(replace(item, geometry=None) for item in match.evidence)
    drawn = render(COPY, REFERENCE, replace(match, evidence=evidence))
    assert (drawn.inliers, drawn.difference) == (None, None)
    assert opened(drawn.side_by_side).width == 480 * 2 + 3 * 12


def test_an_exact_copy_of_an_undecodable_file_is_still_drawn(match):
    drawn = render(b"broken", b"broken", match)
    assert opened(drawn.side_by_side).format == "JPEG"
    assert (drawn.inliers, drawn.difference) == (None, None)


def test_a_thumbnail_fits_its_size_and_is_deterministic():
    data = thumbnail(REFERENCE, 160)
    assert opened(data).size == (160, 120)
    assert data == thumbnail(REFERENCE, 160)
    assert opened(thumbnail(b"broken", 80)).size == (80, 80)


def test_comparing_two_sets_names_the_reference_of_every_match():
    references = [("mine", REFERENCE), ("again", REFERENCE), ("broken", b"")]
    result = list(compare(library_of(references), [("copy", COPY), ("page", b"<html>")]))
    assert [item.name for item in result] == ["copy", "page"]
    assert [name for name, _ in result[0].matches] == ["again"]
    assert result[1].picture.problem == "a web page was served instead of a picture"
    assert result[1].matches == ()
