"""What is compared when references come and go: everything once, and nothing twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from casebook.blobs import Blobs
from casebook.findings import Verdict
from casebook.tail import Tail
from casebook.types import (
    GalleryPicture,
    Listing,
    ListingState,
    Look,
    Picture,
    PictureFound,
    Purpose,
    ScanRun,
    Task,
    TaskState,
    Visit,
)
from copycatch import borne_marks, preparing
from copycatch.comparing import Compared, compare_pictures
from copycatch.preparing import Read, Watched
from copycatch.workspace import Workspace
from fixtures.demo.edits import draw_watermark, marked, opened, saved
from fixtures.demo.pictures import WATERMARK_TEXT, Studio
from matching.calibration import DEFAULT_BUDGET
from matching.stage import Context
from tests.copycatch.conftest import Run
from tests.copycatch.filled import RUN_ID, SHOP, STARTED, make_workspace

Heard = list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def studio(drawn_pictures: Path) -> Studio:
    return Studio(drawn_pictures)


@pytest.fixture
def watching(tmp_path: Path) -> Workspace:
    """A workspace in the middle of a scan that has seen nothing yet."""
    workspace = make_workspace(tmp_path / "space")
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id=RUN_ID, started_at=STARTED, program="copycatch test", job="{}"))
    return workspace


def show(workspace: Workspace, name: str, data: bytes) -> Picture:
    """A listing of its own shows this picture."""
    picture = Picture(sha256=workspace.blobs().put(data), bytes=len(data), format="JPEG")
    page = Task(run_id=RUN_ID, target="shop", purpose=Purpose.PAGE, url=f"{SHOP}{name}", state=TaskState.DONE)
    shot = Task(run_id=RUN_ID, target="shop", purpose=Purpose.PICTURE, url=f"{SHOP}{name}.jpg", state=TaskState.DONE)
    listing = Listing(
        marketplace="generic", listing_id=name, url=page.url, title=name, state=ListingState.LIVE,
        state_reason="it can be bought", layout="json-ld", gallery=(GalleryPicture(url=shot.url),),
    )  # fmt: skip
    look = Look(
        listing_key=listing.key, run_id=RUN_ID, at=STARTED, state=listing.state, reason="", gone=False, fetch_id=None
    )
    found = PictureFound(url=shot.url, picture=picture, fetch_id=None, at=STARTED)
    with workspace.casebook() as casebook:
        casebook.record(Visit(task=page, listings=(listing,), looks=(look,)))
        casebook.record(Visit(task=shot, picture=found))
    return picture


def compare(workspace: Workspace, budget: float = DEFAULT_BUDGET) -> Heard:
    """Compare what is to be compared; return what was heard of it."""
    return heard_and_told(workspace, budget)[0]


def heard_and_told(workspace: Workspace, budget: float = DEFAULT_BUDGET) -> tuple[Heard, Compared]:
    heard: Heard = []
    with workspace.casebook() as casebook:
        told = compare_pictures(
            workspace,
            casebook,
            processes=1,
            context=Context.here(budget=budget),
            now=lambda: STARTED,
            progress=lambda phase, done, total: heard.append((phase, done, total)) if phase != "show" else None,
        )
    return heard, told


def candidates(workspace: Workspace) -> list[tuple[str, str, float, str]]:
    with workspace.casebook() as casebook:
        titles = {work.work_id: work.title for work in casebook.works()}
        return sorted(
            (each.listing_key, titles[each.work_id], each.score, each.because)
            for each in casebook.candidates([Verdict.COPY])
        )


def steps(phase: str, total: int) -> Heard:
    return [(phase, done, total) for done in range(1, total + 1)]


def put(workspace: Workspace, studio: Studio, *names: str) -> None:
    """Make these the pictures of the owner's folder."""
    for path in workspace.references_path.glob("*.jpg"):
        path.unlink()
    for name in names:
        (workspace.references_path / f"{name}.jpg").write_bytes(studio.picture(name))


def test_references_that_come_and_go_lead_to_the_candidates_of_one_comparison(
    watching: Workspace, tmp_path: Path, studio: Studio
) -> None:
    show(watching, "ridge", studio.picture("misty-ridge/cropped"))
    show(watching, "soap", studio.picture("soap-stack-1"))
    put(watching, studio, "misty-ridge")
    assert compare(watching) == [*steps("prepare", 1), *steps("match", 2)]
    assert [found[:2] for found in candidates(watching)] == [("generic:ridge", "misty-ridge")]

    put(watching, studio, "misty-ridge", "fern-linocut")
    show(watching, "fern", studio.picture("fern-linocut/mirrored"))
    assert compare(watching) == [*steps("prepare", 1), *steps("match", 3)]
    before = candidates(watching)
    assert [found[:2] for found in before] == [("generic:fern", "fern-linocut"), ("generic:ridge", "misty-ridge")]

    put(watching, studio, "fern-linocut")
    assert compare(watching) == []
    assert [found[:2] for found in candidates(watching)] == [("generic:fern", "fern-linocut")]

    put(watching, studio, "misty-ridge", "fern-linocut")
    assert compare(watching) == []
    assert candidates(watching) == before


def test_another_budget_moves_verdicts_and_compares_nothing_again(watching: Workspace, studio: Studio) -> None:
    put(watching, studio, "misty-ridge")
    show(watching, "ridge", studio.picture("misty-ridge/cropped"))
    compare(watching)
    with watching.casebook() as casebook:
        (row,) = casebook.candidate_rows()
        assert casebook.last_tail() == Tail(suspected=1, references=1)
    expected = float(str(row["expected_false_alarms"]))
    assert row["relation"] == "same photograph"
    assert "cropped" in str(row["edits"])
    for budget, verdict in ((expected / 2, "possible"), (expected * 2, "copy")):
        assert compare(watching, budget) == []
        with watching.casebook() as casebook:
            (again,) = casebook.candidate_rows()
        assert again["verdict"] == verdict
    assert again == row


def test_a_reference_whose_prepared_form_is_damaged_is_prepared_anew(watching: Workspace, studio: Studio) -> None:
    put(watching, studio, "misty-ridge")
    show(watching, "soap", studio.picture("soap-stack-1"))
    compare(watching)
    (path,) = watching.prepared_path.iterdir()
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    show(watching, "ridge", studio.picture("misty-ridge/cropped"))
    assert compare(watching) == [*steps("prepare", 1), *steps("match", 1)]
    assert len(candidates(watching)) == 1


def test_a_reference_that_cannot_be_decoded_says_so_and_keeps_no_other_from_being_watched(
    watching: Workspace, studio: Studio
) -> None:
    put(watching, studio, "misty-ridge")
    (watching.references_path / "broken.jpg").write_bytes(b"no picture at all")
    show(watching, "ridge", studio.picture("misty-ridge/cropped"))
    compare(watching)
    for _ in range(2):
        with watching.casebook() as casebook:
            problems = {reference.path: reference.problem for reference in casebook.references()}
        assert problems["broken.jpg"]
        assert problems["misty-ridge.jpg"] is None
        assert compare(watching) == []
    assert len(candidates(watching)) == 1


def test_a_picture_whose_bytes_were_lost_is_named_and_compared_once_they_are_back(
    watching: Workspace, studio: Studio, run: Run
) -> None:
    put(watching, studio, "misty-ridge")
    data = studio.picture("misty-ridge/cropped")
    lost = show(watching, "ridge", data)
    watching.blobs().path(lost.sha256).unlink()
    _, told = heard_and_told(watching)
    assert (told.pictures, told.failed) == (0, 1)
    assert problem(watching, lost)
    assert candidates(watching) == []
    said = run("match", workspace=watching)
    assert "Pictures that could not be compared: 1; the next scan or match tries them again." in said.stdout
    watching.blobs().put(data)
    compare(watching)
    assert problem(watching, lost) is None
    assert len(candidates(watching)) == 1


def _out_of_memory_over(name: str, blobs: Blobs, watched: Watched) -> Read:
    if name in watched.reference.path:
        os._exit(9)
    return preparing._prepared(blobs, watched)


def _begin_frugally(blobs: Path, over: str) -> Callable[[Watched], Read]:
    return partial(_out_of_memory_over, over, Blobs(blobs))


def test_a_reference_whose_preparing_is_killed_is_named_and_compared_the_next_time(
    watching: Workspace, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(watching, studio, "misty-ridge", "fern-linocut")
    show(watching, "ridge", studio.picture("misty-ridge/cropped"))
    show(watching, "fern", studio.picture("fern-linocut/mirrored"))
    with monkeypatch.context() as starved:
        starved.setattr(preparing, "_begin", partial(_begin_frugally, over="fern"))
        for _ in range(2):
            _, told = heard_and_told(watching)
            assert [(each.where, "crashed" in each.message) for each in told.problems] == [("fern-linocut.jpg", True)]
            assert [found[0] for found in candidates(watching)] == ["generic:ridge"]

    heard, told = heard_and_told(watching)
    assert heard == [*steps("prepare", 1), *steps("match", 2)]
    assert told.problems == ()
    assert [found[0] for found in candidates(watching)] == ["generic:fern", "generic:ridge"]
    assert compare(watching) == []


MARK = "mark.png"
MARKED_WORK = """
[[works]]
id = "W-1"
title = "Misty Ridge"
files = ["ridge.jpg"]
"""


def list_marked_work(workspace: Workspace, studio: Studio, *, with_mark: bool) -> bytes:
    """Put a work that bears the owner's mark and one that does not into the folder, and the mark itself; return the
    first one's picture."""
    bearing = saved(marked(opened(studio.picture("misty-ridge")), draw_watermark(WATERMARK_TEXT)), 92)
    (workspace.references_path / "ridge.jpg").write_bytes(bearing)
    (workspace.references_path / "fern.jpg").write_bytes(studio.picture("fern-linocut"))
    (workspace.references_path / MARK).unlink(missing_ok=True)
    if with_mark:
        (workspace.references_path / MARK).write_bytes(studio.watermark())
    listed = MARKED_WORK + (f'watermarks = ["{MARK}"]' if with_mark else "")
    (workspace.references_path / "works.toml").write_text(listed, encoding="utf-8")
    return bearing


def painted_over(bearing: bytes) -> bytes:
    image = opened(bearing)
    box = (image.width // 2, image.height * 3 // 4, image.width - 10, image.height - 10)
    image.paste(image.crop(box).resize((1, 1)).resize((box[2] - box[0], box[3] - box[1])), box)
    return saved(image, 80)


def edits(workspace: Workspace) -> dict[str, str]:
    with workspace.casebook() as casebook:
        return {str(row["listing_id"]): str(row["edits"]) for row in casebook.candidate_rows()}


def test_a_candidate_tells_that_the_watermark_was_removed(watching: Workspace, studio: Studio) -> None:
    bearing = list_marked_work(watching, studio, with_mark=True)
    show(watching, "painted", painted_over(bearing))
    show(watching, "kept", saved(opened(bearing), 70))
    assert ("marks", 2, 2) in compare(watching)
    told = edits(watching)
    assert "watermark removed (painted over)" in told["painted"]
    assert "watermark" not in told["kept"]
    because = {listing: reason for listing, _, _, reason in candidates(watching)}
    assert "The owner's mark was painted over" in because["generic:painted"]
    assert "The owner's mark is still there" in because["generic:kept"]
    assert compare(watching) == []


def _out_of_memory_over_marks(path: Path) -> Callable[[borne_marks.Search], NoReturn]:
    return _exhausted


def _exhausted(search: borne_marks.Search) -> NoReturn:
    os._exit(9)


def test_a_reference_on_which_marks_could_not_be_looked_for_is_named_and_searched_the_next_time(
    watching: Workspace, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(watching, "painted", painted_over(list_marked_work(watching, studio, with_mark=True)))
    with monkeypatch.context() as starved:
        starved.setattr(borne_marks, "_begin", _out_of_memory_over_marks)
        _, told = heard_and_told(watching)
    assert {each.where for each in told.problems} == {"fern.jpg", "ridge.jpg"}
    assert all("marks could not be looked for on it: its process crashed" in each.message for each in told.problems)
    assert "watermark" not in edits(watching)["painted"]
    heard, told = heard_and_told(watching)
    assert ("marks", 2, 2) in heard
    assert told.problems == ()
    assert "watermark removed (painted over)" in edits(watching)["painted"]


def test_no_mark_is_looked_for_while_it_could_not_be_prepared(
    watching: Workspace, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(watching, "painted", painted_over(list_marked_work(watching, studio, with_mark=True)))
    with monkeypatch.context() as starved:
        starved.setattr(preparing, "_begin", partial(_begin_frugally, over="mark"))
        _, told = heard_and_told(watching)
    assert [(each.where, "crashed" in each.message) for each in told.problems] == [(MARK, True)]
    assert "watermark" not in edits(watching)["painted"]
    assert ("marks", 2, 2) in compare(watching)
    assert "watermark removed (painted over)" in edits(watching)["painted"]


def test_only_references_that_bear_a_new_mark_are_compared_again(watching: Workspace, studio: Studio) -> None:
    bearing = list_marked_work(watching, studio, with_mark=False)
    show(watching, "painted", painted_over(bearing))
    compare(watching)
    assert "watermark" not in edits(watching)["painted"]
    with watching.casebook() as casebook:
        before = {r.path: casebook.reference_numbers()[r.sha256] for r in casebook.references()}
    list_marked_work(watching, studio, with_mark=True)
    assert compare(watching) == [*steps("prepare", 1), *steps("marks", 2), *steps("match", 1)]
    assert "watermark removed (painted over)" in edits(watching)["painted"]
    with watching.casebook() as casebook:
        after = {r.path: casebook.reference_numbers()[r.sha256] for r in casebook.references()}
    assert {path for path, number in after.items() if before.get(path) != number} == {"ridge.jpg", MARK}


def test_marks_found_are_found_again_after_the_prepared_forms_were_lost(watching: Workspace, studio: Studio) -> None:
    show(watching, "painted", painted_over(list_marked_work(watching, studio, with_mark=True)))
    compare(watching)
    before = edits(watching)
    shutil.rmtree(watching.prepared_path)
    assert compare(watching) == [*steps("prepare", 3), *steps("marks", 2)]
    assert edits(watching) == before


def problem(workspace: Workspace, picture: Picture) -> str | None:
    with workspace.casebook() as casebook:
        known = casebook.picture(picture.sha256)
    assert known is not None
    return known.problem
