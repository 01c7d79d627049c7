"""A reference that was kept as bytes is compared as one that was prepared just now."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from casebook.findings import Reference, ReferenceKind, WorkKind
from fixtures.demo.pictures import Studio
from matching.library import ReferenceLibrary, prepare
from matching.matcher import Matcher
from matching.prepared import from_bytes, to_bytes

KIND = WorkKind.ARTWORK


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(None)


def reference_of(data: bytes) -> Reference:
    return Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="W-1", path="a.jpg")


def test_a_reference_from_its_bytes_gives_the_same_answers(studio: Studio) -> None:
    data = studio.picture("misty-ridge")
    reference = reference_of(data)
    view, problem = prepare(reference, KIND, data)
    assert view is not None
    assert problem is None
    kept = to_bytes(view)
    again = from_bytes(reference, KIND, memoryview(kept))
    libraries = (
        ReferenceLibrary.build([(reference, KIND, data)]),
        ReferenceLibrary.of([(reference, KIND, again, problem)]),
    )
    copy = studio.picture("misty-ridge/cropped")
    straight, restored = (Matcher(library).examine(copy) for library in libraries)
    assert straight.matches
    assert restored == straight
    assert to_bytes(again) == kept


def test_a_watermark_from_its_bytes_is_found_all_the_same(studio: Studio) -> None:
    data = studio.watermark()
    mark = replace(reference_of(data), kind=ReferenceKind.WATERMARK)
    view, problem = prepare(mark, KIND, data)
    assert view is not None
    again = from_bytes(mark, KIND, memoryview(to_bytes(view)))
    picture = studio.picture("misty-ridge/watermarked")
    straight, restored = (
        Matcher(ReferenceLibrary.of([(mark, KIND, each, problem)])).examine(picture) for each in (view, again)
    )
    assert straight.matches
    assert restored == straight


def test_a_plain_reference_keeps_that_it_has_no_points(studio: Studio) -> None:
    data = cv2.imencode(".png", np.full((90, 120, 3), 200, np.uint8))[1].tobytes()
    reference = reference_of(data)
    view, problem = prepare(reference, KIND, data)
    assert view is not None
    assert problem
    again = from_bytes(reference, KIND, memoryview(to_bytes(view)))
    assert (again.phashes, len(again.variants[0]), again.shape) == (view.phashes, len(view.variants[0]), view.shape)


def test_arrays_are_used_where_they_lie(studio: Studio) -> None:
    data = studio.picture("misty-ridge")
    view, _ = prepare(reference_of(data), KIND, data)
    assert view is not None
    kept = memoryview(to_bytes(view))
    again = from_bytes(view.reference, KIND, kept)
    for features in again.variants:
        assert np.shares_memory(features.descriptors, np.frombuffer(kept, np.uint8))
