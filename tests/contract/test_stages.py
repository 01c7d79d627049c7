"""What every matching stage must do, whatever it looks at."""

from __future__ import annotations

import hashlib
import io
import json
import pkgutil

import numpy as np
import pytest
from PIL import Image

import matching.stages
from casebook.findings import Evidence, Reference, ReferenceKind, Verdict, WorkKind
from matching.library import ReferenceLibrary
from matching.stage import Context
from matching.stages import STAGES
from matching.views import PictureView

CONTEXT = Context.here()


def noise(seed: int, size: tuple[int, int] = (320, 240)) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def flat() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 200), (90, 120, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def view_of(data: bytes, stage):
    kind = ReferenceKind.WATERMARK if stage.NAME == "watermark" else ReferenceKind.PICTURE
    reference = Reference(sha256=hashlib.sha256(data).hexdigest(), work_id="work", path="work.png", kind=kind)
    return ReferenceLibrary.build([(reference, WorkKind.PHOTO, data)]).views[0]


@pytest.fixture(params=STAGES, ids=lambda stage: stage.NAME)
def stage(request):
    return request.param


def test_every_file_in_the_folder_is_a_stage_in_use():
    assert {module.name for module in pkgutil.iter_modules(matching.stages.__path__)} == {s.NAME for s in STAGES}


def test_a_stage_has_a_version_parameters_and_a_numbered_or_plain_docstring(stage):
    assert stage.VERSION >= 1
    assert all(isinstance(value, int | float) for value in stage.PARAMETERS.values())
    assert stage.__doc__
    assert stage.examine.__doc__


def test_a_stage_recognises_the_reference_itself(stage):
    data = noise(1)
    evidence = stage.examine(PictureView(data), view_of(data, stage), CONTEXT)
    assert isinstance(evidence, Evidence)
    assert (evidence.stage, evidence.stage_version, evidence.verdict) == (stage.NAME, stage.VERSION, Verdict.COPY)
    assert evidence.picture_sha256 == evidence.reference_sha256 == hashlib.sha256(data).hexdigest()
    assert 0 < evidence.score <= 1
    assert evidence.because[0].isupper()
    assert np.allclose(evidence.geometry.transform, np.eye(3).ravel(), atol=0.75)
    assert evidence.geometry.reference_share == pytest.approx(1, abs=0.02)
    assert json.loads(evidence.parameters)["settings"] == dict(stage.PARAMETERS)


def test_a_stage_does_not_call_another_picture_a_copy(stage):
    evidence = stage.examine(PictureView(noise(2)), view_of(noise(1), stage), CONTEXT)
    assert evidence is None or evidence.verdict is Verdict.NONE


@pytest.mark.parametrize("data", [b"", b"<html>", flat(), noise(5, (8, 8)), noise(6, (2000, 8))])
def test_a_stage_survives_pictures_with_nothing_in_them(stage, data):
    evidence = stage.examine(PictureView(data), view_of(noise(1), stage), CONTEXT)
    assert evidence is None or evidence.verdict is Verdict.NONE


@pytest.mark.parametrize("data", [flat(), noise(5, (8, 8)), noise(6, (2000, 8))])
def test_a_stage_survives_references_with_nothing_in_them(stage, data):
    evidence = stage.examine(PictureView(noise(1)), view_of(data, stage), CONTEXT)
    assert evidence is None or evidence.verdict is Verdict.NONE


def test_a_stage_answers_the_same_twice(stage):
    data, reference = noise(1), view_of(noise(1), stage)
    first, second = (stage.examine(PictureView(data), reference, CONTEXT) for _ in range(2))
    assert first == second


def test_evidence_of_other_library_versions_has_another_identity(stage):
    data = noise(1)
    other = Context(libraries={"numpy": "0"})
    here, there = (stage.examine(PictureView(data), view_of(data, stage), context) for context in (CONTEXT, other))
    assert here.evidence_id != there.evidence_id
