from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from casebook.findings import Reference, Verdict, WorkKind
from matching.agreement import measure
from matching.library import ReferenceLibrary
from matching.matcher import Matcher
from tests.matching.picture_edits import badged, jpeg, text_across

SAME = np.eye(3)


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"))


def sheet(seed: int) -> Image.Image:
    """A print of one layout: a double frame, and forty signs of which the seed says what each is."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (640, 480), (238, 230, 214))
    draw = ImageDraw.Draw(picture)
    for inset, width in ((8, 5), (20, 2)):
        draw.rectangle((inset, inset, 639 - inset, 479 - inset), outline=(40, 60, 70), width=width)
    for row in range(5):
        for column in range(8):
            x, y = 52 + column * 70, 44 + row * 84
            kind = rng.integers(4)
            if kind == 0:
                draw.ellipse((x, y, x + 44, y + 44), outline=(150, 50, 40), width=5)
            elif kind == 1:
                draw.polygon(((x + 22, y), (x + 44, y + 44), (x, y + 44)), fill=(40, 60, 70))
            elif kind == 2:
                draw.line((x, y, x + 44, y + 44), fill=(150, 50, 40), width=7)
                draw.line((x + 44, y, x, y + 44), fill=(150, 50, 40), width=7)
            else:
                draw.rectangle((x + 6, y + 6, x + 38, y + 38), fill=(40, 60, 70))
    return picture


def erased(picture: Image.Image) -> Image.Image:
    """A copy of which a part was painted over with its own ground."""
    covered = picture.copy()
    ImageDraw.Draw(covered).rectangle((40, 30, 330, 220), fill=(238, 230, 214))
    return covered


def inverted(picture: Image.Image) -> Image.Image:
    return Image.eval(picture, lambda tone: 255 - tone)


def test_other_signs_on_the_same_ground_replace_those_of_the_reference():
    agreement = measure(grey(sheet(1)), grey(sheet(2)), SAME)
    assert agreement.agreeing_cells > 50
    assert agreement.replaced_cells >= 10


@pytest.mark.parametrize("edit", [badged, text_across, erased, inverted])
def test_what_is_laid_over_a_copy_or_taken_from_it_replaces_nothing(edit):
    assert measure(grey(edit(sheet(1))), grey(sheet(1)), SAME).replaced_cells < 3


def test_where_too_little_agrees_for_a_tone_curve_nothing_is_said_to_be_replaced():
    assert measure(grey(sheet(1)), np.full((480, 640), 128, np.uint8), SAME).replaced_cells == 0


@pytest.mark.parametrize(("shown", "copies"), [(1, True), (2, False), (3, False)])
def test_another_print_of_one_layout_is_no_copy_of_the_art(shown: int, copies: bool):
    ours, theirs = jpeg(sheet(1)), jpeg(sheet(shown).resize((800, 600)))
    reference = Reference(sha256=hashlib.sha256(ours).hexdigest(), work_id="print", path="print.jpg")
    matcher = Matcher(ReferenceLibrary.build([(reference, WorkKind.ARTWORK, ours)]))
    verdicts = {match.verdict for match in matcher.examine(theirs).matches}
    assert (Verdict.COPY in verdicts) is copies
