"""`copycatch look`: what a person saw counts where she can show it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from casebook.types import ListingState
from copycatch.workspace import Workspace
from tests.copycatch.conftest import Run
from tests.crawler.saved_pages import PAGE, URL, har

KEY, OTHER_KEY = "ebay:305512340001", "ebay:305512340777"
OTHER = "https://www.ebay.co.uk/itm/305512340777"
MORNING, EVENING = "2026-11-03T08:00+00:00", "2026-11-03T14:00+00:00"


@pytest.fixture
def space(workspace: Workspace, run: Run, tmp_path: Path) -> Workspace:
    """A workspace that knows two listings of one site, both live on 2 November."""
    log = json.loads(har({}))
    other = json.loads(har({}, url=OTHER, page=PAGE.replace(b"305512340001", b"305512340777")))
    log["log"]["entries"] += other["log"]["entries"]
    path = tmp_path / "both.har"
    path.write_text(json.dumps(log))
    assert run("import", path, "--no-compare", workspace=workspace).exit_code == 0
    return workspace


def shot(folder: Path, seed: int, form: str = "PNG") -> Path:
    """A screenshot that no other seed gives."""
    path = folder / f"{seed}.{form.lower()}"
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, form)
    return path


def state(space: Workspace, key: str = KEY) -> tuple[ListingState, str]:
    with space.casebook() as casebook:
        listing = casebook.listing(key)
    assert listing is not None
    return listing.state, listing.state_reason


def test_two_screenshots_six_hours_apart_and_one_of_another_listing_prove_a_removal(
    space: Workspace, run: Run, tmp_path: Path
) -> None:
    first = run("look", f"{URL}?hash=x", "--gone", "--at", MORNING, "--screenshot", shot(tmp_path, 1), workspace=space)
    assert (first.exit_code, "not yet confirmed" in first.stdout) == (0, True), first.output
    second = run(
        "look", URL, "--gone", "--at", EVENING, "--screenshot", shot(tmp_path, 2, "WEBP"),
        "--while-live", OTHER, shot(tmp_path, 3, "JPEG"), workspace=space,
    )  # fmt: skip
    assert second.exit_code == 0, second.output
    assert (
        f"{KEY}: removed: gone at 2026-11-03 08:00 UTC and again at 2026-11-03 14:00 UTC, while {OTHER_KEY}"
        in second.stdout
    )
    assert state(space, OTHER_KEY) == (ListingState.LIVE, "a person saw it live (screenshot)")
    with space.casebook() as casebook:
        looks = casebook.looks(KEY)
        blobs = [space.blobs().get(look.screenshot_sha256) for look in looks if look.screenshot_sha256]
        assert casebook.last_run() is None  # it is no scan
        imported = casebook.last_import()
    assert imported is not None
    assert dict(imported.stats)["listings"] == 2  # and no import of files, which came before
    assert "Your look of 2026-11-03 14:00 UTC is kept with its screenshot." in second.stdout
    assert [look.reason for look in looks[1:]] == ["a person saw that it is gone (screenshot)"] * 2
    assert [look.fetch_id for look in looks[1:]] == [None, None]
    assert [Image.open(io.BytesIO(blob)).format for blob in blobs] == ["PNG", "WEBP"]


@pytest.mark.parametrize(
    ("at", "canary"),
    [("2026-11-03T13:59+00:00", True), (EVENING, False)],
    ids=["too early", "without another listing that is live"],
)
def test_without_time_between_or_without_a_canary_nothing_is_removed(
    at: str, canary: bool, space: Workspace, run: Run, tmp_path: Path
) -> None:
    run("look", URL, "--gone", "--at", MORNING, "--screenshot", shot(tmp_path, 1), workspace=space)
    beside = ["--while-live", OTHER, shot(tmp_path, 3)] if canary else []
    run("look", URL, "--gone", "--at", at, "--screenshot", shot(tmp_path, 2), *beside, workspace=space)
    assert state(space)[0] is ListingState.UNKNOWN


@pytest.mark.parametrize("seen", ["--gone", "--live"])
def test_a_word_without_a_screenshot_is_kept_and_moves_nothing(seen: str, space: Workspace, run: Run) -> None:
    before = state(space)
    result = run("look", URL, seen, "--at", MORNING, workspace=space)
    assert (result.exit_code, "proves nothing" in result.stdout) == (0, True)
    assert state(space) == before
    with space.casebook() as casebook:
        look = casebook.looks(KEY)[-1]
    assert (look.gone, look.partial, "without a screenshot" in look.reason) == (False, True, True)


def test_a_word_that_it_is_live_does_not_undo_a_proven_removal_and_a_screenshot_does(
    space: Workspace, run: Run, tmp_path: Path
) -> None:
    for number, at in enumerate((MORNING, EVENING)):
        run(
            "look", URL, "--gone", "--at", at, "--screenshot", shot(tmp_path, number),
            "--while-live", OTHER, shot(tmp_path, number + 10), workspace=space,
        )  # fmt: skip
    assert state(space)[0] is ListingState.REMOVED
    run("look", URL, "--live", "--at", "2026-11-04T08:00+00:00", workspace=space)
    assert state(space)[0] is ListingState.REMOVED
    run("look", URL, "--live", "--at", "2026-11-04T09:00+00:00", "--screenshot", shot(tmp_path, 20), workspace=space)
    assert state(space)[0] is ListingState.LIVE


@pytest.mark.parametrize("said", [(), ("--live", "--gone")])
def test_a_look_says_one_thing(said: tuple[str, ...], space: Workspace, run: Run) -> None:
    result = run("look", URL, *said, workspace=space)
    assert (result.exit_code, "either --gone or --live" in result.stderr) == (2, True)


def test_a_screenshot_belongs_to_one_look(space: Workspace, run: Run, tmp_path: Path) -> None:
    once, before = shot(tmp_path, 1), state(space)
    twice = run(
        "look", URL, "--gone", "--at", MORNING, "--screenshot", once, "--while-live", OTHER, once, workspace=space
    )
    assert (twice.exit_code, "one screenshot was given for two listings" in twice.stderr) == (1, True)
    assert state(space) == before
    assert run("look", URL, "--gone", "--at", MORNING, "--screenshot", once, workspace=space).exit_code == 0
    again = run("look", URL, "--gone", "--at", EVENING, "--screenshot", once, workspace=space)
    assert (again.exit_code, "belongs to the look of 2026-11-03T08:00" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.svg", b"<svg/>", "no PNG, JPEG or WebP"),
        ("a.gif", b"GIF89a" + b"\0" * 50, "no PNG, JPEG or WebP"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "no whole picture"),
        ("a.png", b"", "no PNG, JPEG or WebP"),
    ],
)
def test_what_is_no_whole_picture_is_no_screenshot(
    name: str, data: bytes, said: str, space: Workspace, run: Run, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    result = run("look", URL, "--gone", "--screenshot", tmp_path / name, workspace=space)
    assert (result.exit_code, said in result.stderr) == (1, True)
    with space.casebook() as casebook:
        assert len(casebook.looks(KEY)) == 1


def test_half_a_screenshot_or_none_is_refused(space: Workspace, run: Run, tmp_path: Path) -> None:
    half = tmp_path / "half.png"
    half.write_bytes(shot(tmp_path, 1).read_bytes()[:-3000])
    for path, said in ((half, "no whole picture"), (tmp_path / "missing.png", "cannot be read")):
        assert said in run("look", URL, "--gone", "--screenshot", path, workspace=space).stderr


def test_wrong_use_is_told(space: Workspace, run: Run) -> None:
    assert run("look", URL, workspace=space).exit_code == 2
    for at in ("2026-11-03", "yesterday", "20261103", "0001-01-01T00:00"):
        assert run("look", URL, "--gone", "--at", at, workspace=space).exit_code == 2, at
    ahead = run("look", URL, "--gone", "--at", "2999-01-01T00:00Z", workspace=space)
    assert (ahead.exit_code, "in the future" in ahead.stderr) == (1, True)
    unknown = run("look", "https://www.ebay.co.uk/itm/305512349999", "--gone", workspace=space)
    assert (unknown.exit_code, "copycatch import" in unknown.stderr) == (1, True)
    assert "is not an http" in run("look", "ebay", "--gone", workspace=space).stderr


def test_a_look_before_the_first_one_leaves_a_listing_to_the_target_that_found_it(
    filled: Workspace, run: Run, tmp_path: Path
) -> None:
    url = "https://shop.example/item/1"
    run("look", url, "--live", "--at", MORNING, "--screenshot", shot(tmp_path, 1), workspace=filled)
    with filled.casebook() as casebook:
        assert [listing.url for listing in casebook.known_listings("shop")] == [url]
        assert len(casebook.looks("generic:1")) == 2
