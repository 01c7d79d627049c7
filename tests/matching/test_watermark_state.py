from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_marks import backdrop, emblem, lettering
from PIL import Image, ImageFilter

from matching.marks.state import MarkRegion, MarkState, mark_state

PLACE = (380, 300)
COVERS = {"text": lettering("© Mara Linden").resize((220, 30)), "logo": emblem().resize((140, 140))}


@pytest.fixture(params=COVERS, ids=str)
def case(request) -> tuple[Image.Image, MarkRegion]:
    """A reference with its mark, and where that lies."""
    cover = COVERS[request.param]
    reference = backdrop(8)
    reference.paste((255, 255, 255), PLACE, cover.point(lambda value: value * 6 // 10))
    return reference, MarkRegion(left=PLACE[0], top=PLACE[1], width=cover.width, height=cover.height)


def asked(picture: Image.Image, case, *, scale: float = 1.0, left: int = 0, top: int = 0):
    """Publish a picture at `scale`, its left upper corner being pixel (left, top) of the reference, and ask."""
    reference, region = case
    size = (round(picture.width * scale), round(picture.height * scale))
    data = cv2.imencode(".jpg", np.asarray(picture.resize(size).convert("L")), [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    grey = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    move = (1 / scale - 1) / 2
    transform = np.array([[1 / scale, 0, left + move], [0, 1 / scale, top + move], [0, 0, 1]])
    return mark_state(grey, np.asarray(reference.convert("L")), transform, region)


def box(region: MarkRegion) -> tuple[int, int, int, int]:
    left, top = int(region.left), int(region.top)
    return left - 4, top - 4, left + int(region.width) + 4, top + int(region.height) + 4


@pytest.mark.parametrize("scale", [0.5, 0.8, 1.0, 1.4])
def test_a_plain_copy_still_has_the_mark(case, scale):
    finding = asked(case[0], case, scale=scale)
    assert finding.state is MarkState.STILL_THERE
    assert finding.because.startswith("The owner's mark is still there")


@pytest.mark.parametrize("frame", [(0, 0, 375, 480), (0, 0, 640, 300), (0, 100, 400, 310)])
def test_a_crop_without_the_mark_has_it_cropped_off(case, frame):
    finding = asked(case[0].crop(frame), case, left=frame[0], top=frame[1])
    assert finding.state is MarkState.CROPPED_OFF
    assert finding.shown < 0.5


def test_a_crop_that_keeps_the_mark_still_has_it(case):
    assert asked(case[0].crop((200, 100, 640, 480)), case, left=200, top=100).state is MarkState.STILL_THERE


@pytest.mark.parametrize("colour", [(255, 255, 255), (120, 90, 60)])
def test_a_mark_under_a_plain_patch_is_painted_over(case, colour):
    picture = case[0].copy()
    picture.paste(colour, box(case[1]))
    assert asked(picture, case, scale=0.8).state is MarkState.PAINTED_OVER


def test_a_mark_filled_from_its_surroundings_is_painted_over(case):
    mask = np.zeros((480, 640), np.uint8)
    left, top, right, bottom = box(case[1])
    mask[top:bottom, left:right] = 255
    picture = Image.fromarray(cv2.inpaint(np.asarray(case[0]), mask, 4, cv2.INPAINT_TELEA))
    assert asked(picture, case).state is MarkState.PAINTED_OVER


@pytest.mark.parametrize("strength", [4, 8])
def test_a_blurred_mark_is_called_blurred(case, strength):
    picture = case[0].copy()
    place = box(case[1])
    picture.paste(picture.crop(place).filter(ImageFilter.GaussianBlur(strength)), place[:2])
    finding = asked(picture, case, scale=0.8)
    assert finding.state is MarkState.BLURRED
    assert finding.blurred_agreement > finding.agreement


def test_nothing_can_be_told_where_the_surroundings_do_not_agree_either(case):
    finding = asked(Image.new("RGB", (640, 480), "grey"), case)
    assert finding.state is MarkState.UNCLEAR
    assert finding.because == "Whether the owner's mark is still there cannot be told"


def test_nothing_can_be_told_of_a_mark_that_is_too_small(case):
    assert asked(case[0], case, scale=0.15).state is MarkState.UNCLEAR


def test_a_copy_that_is_blurred_everywhere_still_has_the_mark(case):
    assert asked(case[0].filter(ImageFilter.GaussianBlur(2)), case).state is MarkState.STILL_THERE


def test_a_mark_is_found_again_some_pixels_beside_its_place(case):
    finding = asked(case[0], case, left=3, top=2)
    assert finding.state is MarkState.STILL_THERE


def test_a_picture_of_one_pixel_shows_next_to_nothing_of_the_mark(case):
    assert asked(Image.new("RGB", (1, 1)), case).state is MarkState.CROPPED_OFF


def test_the_place_follows_from_the_transform_to_the_mark():
    to_file = np.array([[2.0, 0, -199.5], [0, 2.0, -99.5], [0, 0, 1]])
    place = MarkRegion.where(to_file, (80, 300))
    assert (place.left, place.top, place.width, place.height) == pytest.approx((100, 50, 150, 40))
