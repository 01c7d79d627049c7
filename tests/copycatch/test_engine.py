"""Comparing goes on whatever a picture does to the process that looks at it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from casebook.blobs import Blobs
from casebook.findings import Reference, Verdict, WorkKind
from casebook.types import Picture
from copycatch.engine import Engine, Examined, Job, Worker
from copycatch.pool import PoolError
from copycatch.prepared import PreparedReferences
from copycatch.preparing import Watched, prepare_missing
from fixtures.demo.pictures import Studio


class Fragile(Worker):
    """A worker that a picture of one byte kills, as a decoder with a hole in it would be killed."""

    def examine(self, picture: Picture) -> Examined:
        if picture.bytes == 1:
            os._exit(11)
        return super().examine(picture)


@pytest.fixture(scope="module")
def studio(drawn_pictures: Path) -> Studio:
    return Studio(drawn_pictures)


@pytest.fixture
def job(tmp_path: Path, studio: Studio) -> Job:
    blobs = Blobs(tmp_path / "blobs")
    data = studio.picture("misty-ridge")
    reference = Reference(sha256=blobs.put(data), work_id="W-001", path="misty-ridge.jpg")
    watched = (Watched(reference=reference, kind=WorkKind.PHOTO),)
    with PreparedReferences.open(tmp_path / "prepared", "v1") as prepared:
        readers = {reference.reference_id: lambda: data}
        prepare_missing(watched, prepared, readers, blobs, processes=1, progress=lambda done, total: None)
    return Job(references=watched, prepared=prepared.path, blobs=blobs.root)


def stored(job: Job, data: bytes) -> Picture:
    return Picture(sha256=Blobs(job.blobs).put(data), bytes=len(data), format="JPEG")


def test_every_picture_has_a_result_and_what_was_found_is_drawn(job: Job, studio: Studio) -> None:
    pictures = [stored(job, studio.picture(name)) for name in ("soap-stack-1", "misty-ridge/cropped", "candle-glow-1")]
    results = {result.picture.sha256: result for result in Engine(job, 2).examine_all(pictures)}
    assert [len(results[picture.sha256].matches) for picture in pictures] == [0, 1, 0]
    match, drawn = results[pictures[1].sha256].matches[0]
    assert match.verdict is Verdict.COPY
    assert drawn is not None
    assert Blobs(job.blobs).get(drawn.side_by_side).startswith(b"\xff\xd8")


def test_a_picture_that_kills_its_process_gets_a_problem_and_the_others_their_results(job: Job, studio: Studio) -> None:
    good = [stored(job, studio.picture(name)) for name in ("soap-stack-1", "misty-ridge/mirrored", "candle-glow-1")]
    killers = [replace(stored(job, b"\x01"), bytes=1), replace(stored(job, b"\x02"), bytes=1)]
    order = [good[0], killers[0], good[1], killers[1], good[2]]
    results = {result.picture.sha256: result for result in Engine(job, 2, Fragile).examine_all(order)}
    assert set(results) == {picture.sha256 for picture in order}
    assert all(results[picture.sha256].picture.problem is not None for picture in killers)
    assert {picture.sha256 for picture in order if not results[picture.sha256].compared} == {
        picture.sha256 for picture in killers
    }
    assert len(results[good[1].sha256].matches) == 1


def test_a_picture_whose_bytes_are_gone_gets_a_problem_and_was_not_compared(job: Job) -> None:
    lost = Picture(sha256="0" * 64, bytes=5, format="JPEG")
    (result,) = Engine(job, 1).examine_all([lost])
    assert result.picture.problem
    assert not result.compared


class Stillborn(Worker):
    """A worker that dies while it starts."""

    def __init__(self, job: Job):
        os._exit(12)


def test_workers_that_do_not_start_are_an_error_and_blame_no_picture(job: Job, studio: Studio) -> None:
    with pytest.raises(PoolError):
        list(Engine(job, 2, Stillborn).examine_all([stored(job, studio.picture("candle-glow-1"))]))


def test_nothing_to_compare_is_no_trouble(job: Job) -> None:
    assert list(Engine(job, 1).examine_all([])) == []
