from __future__ import annotations

import hashlib

import numpy as np
import pytest
from drawn_pictures import photograph
from picture_edits import grey, jpeg, mirrored, re_encoded
from PIL import Image

from casebook.findings import Reference, WorkKind
from matching.agreement import measure
from matching.colours import Colours, compare_colours
from matching.library import ReferenceLibrary
from matching.views import PictureView, ReferenceView

SEED = 410
WHERE_IT_IS = np.eye(3)


@pytest.fixture(scope="module")
def reference() -> ReferenceView:
    data = jpeg(photograph(SEED), 92)
    given = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="work", path="work.jpg")
    return ReferenceLibrary.build([(given, WorkKind.PHOTO, data)]).views[0]


def colours(reference: ReferenceView, image: Image.Image, transform: np.ndarray = WHERE_IT_IS) -> Colours:
    view = PictureView(jpeg(image, 92))
    working = reference.to_working @ transform @ np.linalg.inv(view.grey.to_working)
    return compare_colours(view, reference, transform, measure(view.grey.pixels, reference.grey().pixels, working))


def half_exchanged(image: Image.Image) -> Image.Image:
    """The left half with red and green exchanged, which leaves much of its light and dark."""
    pixels = np.array(image)
    middle = pixels.shape[1] // 2
    pixels[:, :middle] = pixels[:, :middle, [1, 0, 2]]
    return Image.fromarray(pixels)


def warm(image: Image.Image) -> Image.Image:
    """Through a filter: less contrast, more red, less blue."""
    return Image.fromarray(np.round(np.array(image) * (0.7, 0.6, 0.5) + (60, 40, 20)).astype(np.uint8))


def test_a_picture_saved_anew_keeps_its_colours(reference):
    assert colours(reference, re_encoded(photograph(SEED))) == Colours(changed=False, misfit=0.0)


def test_a_mirrored_picture_is_compared_place_by_place(reference):
    image = photograph(SEED)
    back = np.array([[-1.0, 0, image.width - 1], [0, 1, 0], [0, 0, 1]])
    assert colours(reference, mirrored(image), back) == Colours(changed=False, misfit=0.0)


@pytest.mark.parametrize("edit", [grey, warm])
def test_one_change_of_all_colours_is_a_change_that_fits(edit, reference):
    found = colours(reference, edit(photograph(SEED)))
    assert found.changed
    assert found.misfit < 0.1


def test_colours_that_differ_only_here_do_not_fit(reference):
    assert colours(reference, half_exchanged(photograph(SEED))).misfit > 0.2


def test_a_plain_panel_of_another_colour_beside_what_agrees_does_not_fit():
    def panelled(colour: tuple[int, int, int]) -> Image.Image:
        image = photograph(SEED)
        image.paste(colour, (image.width // 3, image.height // 3, 2 * image.width // 3, 2 * image.height // 3))
        return image

    data = jpeg(panelled((60, 150, 60)), 92)
    given = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="work", path="work.jpg")
    view = ReferenceLibrary.build([(given, WorkKind.PHOTO, data)]).views[0]
    assert colours(view, panelled((60, 150, 60))).misfit == 0.0
    assert colours(view, panelled((190, 90, 60))).misfit > 0.1
