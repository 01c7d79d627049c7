from __future__ import annotations

import hashlib

import pytest
from drawn_pictures import carton, photograph
from picture_edits import cropped, jpeg
from PIL import Image

from casebook.findings import Reference, WorkKind
from matching.duplicates import Duplicates
from matching.library import ReferenceLibrary


def told(first: Image.Image, second: Image.Image) -> bool:
    files = [jpeg(first, 92), jpeg(second, 92)]
    names = [hashlib.sha256(data).hexdigest() for data in files]
    references = [Reference(sha256=name, work_id=name, path=f"{name}.jpg") for name in names]
    library = ReferenceLibrary.build(
        (reference, WorkKind.PHOTO, data) for reference, data in zip(references, files, strict=True)
    )
    duplicates = Duplicates(library.view_of)
    assert duplicates(*names) == duplicates(*reversed(names))
    return duplicates(*names)


@pytest.mark.parametrize("saved", [lambda image: image.resize((320, 240)), cropped, lambda image: image])
def test_one_shot_saved_in_another_size_or_crop_is_the_same_picture(saved):
    assert told(photograph(7), saved(photograph(7)))


def test_two_flavours_in_one_carton_are_two_pictures():
    assert not told(carton(1), carton(2))


def test_a_reference_that_nobody_has_is_the_same_as_none():
    assert not Duplicates(lambda _: None)("a" * 64, "b" * 64)
