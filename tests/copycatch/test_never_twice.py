"""The memory of review, over the whole way: what was decided does not come back, and nothing new is lost."""

from __future__ import annotations

import io
from itertools import cycle
from pathlib import Path

import imagehash
import pytest
from PIL import Image, ImageDraw, ImageOps

from casebook.deciding import made_decisions, region_of
from casebook.rulings import REQUIRED_ANSWERS, Reviewed, Ruling, Scope
from copycatch.workspace import Workspace
from tests.copycatch.shown_listings import NOW, Edit, cut, end_scan, jpeg, match, original, show, watching

WORKS = 40
ABOUT_PICTURES = (Ruling.INFRINGING, Ruling.OWN_PHOTO, Ruling.NOT_A_MATCH, Ruling.UNSURE)


def stuck(image: Image.Image) -> Image.Image:
    image = image.copy()
    ImageDraw.Draw(image).ellipse((25, 25, 94, 94), fill=(240, 60, 60))
    return image


# What thieves show of each work: five pictures that are copies, each another picture.
SHOWN: tuple[Edit, ...] = (
    lambda image: image,
    cut(0.1, 0, 1, 0.9),
    ImageOps.mirror,
    lambda image: ImageOps.expand(image, 15, "white"),
    stuck,
)


def webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "WEBP", quality=70)
    return out.getvalue()


def shown(number: int, edit: Edit) -> Image.Image:
    return edit(original(number))


def reviews(workspace: Workspace) -> dict[str, tuple[Reviewed, str]]:
    """What review came to for each listing, and why."""
    with workspace.casebook() as casebook:
        rows = casebook.candidate_rows()
    return {str(row["listing_id"]): (Reviewed(str(row["reviewed"])), str(row["review_because"])) for row in rows}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """200 candidates of 40 works by 40 sellers, each decided about its picture, wherever that turns up."""
    workspace = watching(tmp_path_factory.mktemp("replay") / "space", WORKS)
    show(
        workspace,
        (
            (f"{number}-{place}", f"seller-{number}", jpeg(shown(number, edit), 88))
            for number in range(WORKS)
            for place, edit in enumerate(SHOWN)
        ),
    )
    match(workspace)
    end_scan(workspace)
    with workspace.casebook() as casebook:
        for row, ruling in zip(casebook.queue_rows(), cycle(ABOUT_PICTURES), strict=False):
            named = [str(row["candidate_id"])]
            said = made_decisions(casebook, named, ruling, reviewer="Ana", now=NOW, answers=REQUIRED_ANSWERS)
            assert {decision.scope for decision in said} == {Scope.CONTENT}
            casebook.decide(said)
    return workspace


def test_two_hundred_decided_pictures_come_back_changed_and_none_is_asked_about_again(decided: Workspace) -> None:
    before = reviews(decided)
    assert len(before) == WORKS * len(SHOWN) == 200
    assert Reviewed.OPEN not in {state for state, _ in before.values()}

    changes = cycle(
        (
            lambda image: jpeg(image, 40),
            lambda image: jpeg(image.resize((image.width // 2, image.height // 2)), 80),
            webp,
            lambda image: jpeg(image.resize((image.width * 3 // 2, image.height * 3 // 2)), 70),
        )
    )
    show(
        decided,
        (
            (f"again-{number}-{place}", f"new-seller-{number}", next(changes)(shown(number, edit)))
            for number in range(WORKS)
            for place, edit in enumerate(SHOWN)
        ),
    )
    match(decided)
    after = reviews(decided)
    again = {name: found for name, found in after.items() if name.startswith("again-")}
    assert len(again) == 200
    assert [name for name, (state, _) in again.items() if state is Reviewed.OPEN] == []
    assert all("decision D-" in because for _, because in again.values())
    # Where it was called infringing, it waits for a word on the new seller.
    for name, (state, _) in again.items():
        first = before[name.removeprefix("again-")][0]
        assert state is (Reviewed.TO_CONFIRM if first is Reviewed.INFRINGING else first)
    with decided.casebook() as casebook:
        assert casebook.queue_rows() == []


def test_a_new_crop_by_the_same_seller_is_shown_and_says_what_is_new(decided: Workspace) -> None:
    crop = cut(0.2, 0.15, 0.95, 1)
    show(decided, ((f"crop-{n}", f"seller-{n}", jpeg(shown(n, crop), 88)) for n in range(WORKS)))
    match(decided)
    found = {name: each for name, each in reviews(decided).items() if name.startswith("crop-")}
    assert len(found) == WORKS
    for state, because in found.values():
        assert state is Reviewed.OPEN
        assert because.startswith("a picture not seen before; of another one that this seller shows of the work, Ana")


def test_true_copies_that_look_like_what_was_called_no_match_are_all_shown(decided: Workspace) -> None:
    """Fifty copies whose perceptual hash is as near to a refuted picture as that of the same picture may be."""
    refuted = {name for name, (state, _) in reviews(decided).items() if state is Reviewed.NOT_A_MATCH}
    near: list[tuple[str, str, bytes]] = []
    for name in sorted(each for each in refuted if each[0].isdigit()):
        number, place = map(int, name.split("-"))
        picture = shown(number, SHOWN[place])
        for change, edit in enumerate((cut(0, 0, 0.93, 1), cut(0, 0.06, 1, 1), cut(0.02, 0.03, 0.97, 0.98))):
            other = edit(picture)
            apart = imagehash.phash(other) - imagehash.phash(picture)
            if 0 < apart <= 10 and len(near) < 50:
                near.append((f"near-{name}-{change}", f"other-seller-{number}", jpeg(other, 88)))
    assert len(near) == 50
    show(decided, iter(near))
    match(decided)
    found = {name: state for name, (state, _) in reviews(decided).items() if name.startswith("near-")}
    assert found == {name: Reviewed.OPEN for name, _, _ in near}


def test_what_a_decision_hid_is_open_again_once_it_is_undone(decided: Workspace) -> None:
    with decided.casebook() as casebook:
        first = next(row for row in casebook.candidate_rows() if row["listing_id"] == "7-0")
        standing = casebook.decisions(str(first["candidate_id"]))[-1]
        assert standing.pictures == (first["picture_sha256"],)
        casebook.undo([standing.seq], reviewer="Ana", at=NOW)
        assert reviews(decided)["7-0"][0] is Reviewed.OPEN


def test_every_picture_that_matches_can_be_shown_without_drawing(decided: Workspace) -> None:
    with decided.casebook() as casebook:
        assert casebook.unshown() == []
        assert casebook.unnamed() == []
        row = casebook.candidate_rows()[0]
        pair = [str(row["picture_sha256"]), str(row["reference_sha256"])]
        renditions = casebook.renditions(pair)
    assert set(renditions) == set(pair)
    for each in renditions.values():
        assert each.jpeg_sha256 is not None
        with Image.open(io.BytesIO(decided.blobs().get(each.jpeg_sha256))) as image:
            assert (image.format, image.size) == ("JPEG", (each.width, each.height))


def test_a_picture_that_cannot_be_shown_says_why_and_costs_nothing_else(tmp_path: Path) -> None:
    workspace = watching(tmp_path / "space", 2)
    show(workspace, iter([("1", "x", jpeg(original(1), 88)), ("2", "x", jpeg(original(1), 50))]))
    match(workspace)
    with workspace.casebook() as casebook:
        lost, other = (str(row["picture_sha256"]) for row in casebook.candidate_rows())
        casebook._run("DELETE FROM rendition", {})
    workspace.blobs().path(lost).unlink()
    match(workspace)
    with workspace.casebook() as casebook:
        found = casebook.renditions([lost, other])
        assert found[lost].jpeg_sha256 is None
        assert "blob" in (found[lost].problem or "")
        assert found[other].jpeg_sha256 is not None
        assert casebook.unshown() == [lost]


def test_a_part_of_a_reference_that_everyone_has_is_told_once(tmp_path: Path) -> None:
    workspace = watching(tmp_path / "space", 1)
    badge = cut(0, 0, 0.5, 1)
    show(workspace, [("badge", "first", jpeg(shown(0, badge)))])
    match(workspace)
    with workspace.casebook() as casebook:
        (row,) = casebook.queue_rows()
        region = region_of(casebook, str(row["candidate_id"]))
        assert region is not None
        reference, box = region
        assert reference == row["reference_sha256"]
        assert (box.left, box.top, box.bottom) == pytest.approx((0, 0, 1), abs=0.11)
        assert box.right == pytest.approx(0.5, abs=0.08)
        named = [str(row["candidate_id"])]
        casebook.decide(
            made_decisions(casebook, named, Ruling.NOT_A_MATCH, reviewer="Ana", now=NOW, scope=Scope.REGION)
        )
    show(
        workspace,
        [
            ("less", "second", jpeg(shown(0, cut(0.02, 0.03, 0.47, 0.95)))),
            ("more", "third", jpeg(shown(0, cut(0, 0, 0.85, 1)))),
        ],
    )
    match(workspace)
    found = reviews(workspace)
    assert found["badge"][0] is Reviewed.NOT_A_MATCH
    assert found["less"][0] is Reviewed.NOT_A_MATCH
    assert found["more"][0] is Reviewed.OPEN
