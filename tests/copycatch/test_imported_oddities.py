"""What is odd about saved files is told, and costs neither another file nor what was known before."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from casebook.types import ListingState, RunKind, ScanRun
from copycatch.importing import run_import
from copycatch.saved_files import saved_files
from copycatch.workspace import Workspace
from fixtures.demo.pictures import Studio
from tests.copycatch.conftest import Run
from tests.copycatch.filled import STARTED, make_workspace
from tests.copycatch.test_commands import lines
from tests.crawler.saved_pages import PAGE, PICTURES, URL, har, warc

KEY = "ebay:305512340001"
OTHER = "https://www.ebay.co.uk/itm/305512340777"
BROKEN = b"\xff\xd8\xff\xe0" + bytes(4_000_000)
REMOVED = (Path(__file__).parents[2] / "fixtures/pages/ebay/removed.html").read_bytes()


@pytest.fixture(scope="module")
def good(drawn_pictures: Path) -> bytes:
    return Studio(drawn_pictures).picture("misty-ridge")


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "space")


def saved(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def entries(*parts: bytes) -> bytes:
    """One HAR file with the entries of several."""
    logs = [json.loads(part) for part in parts]
    logs[0]["log"]["entries"] = [entry for log in logs for entry in log["log"]["entries"]]
    return json.dumps(logs[0]).encode()


def claiming(url: str, page: bytes) -> bytes:
    """A page that nobody but itself says came from an address."""
    return page.replace(b"<head>", f'<head><link rel="canonical" href="{url}">'.encode(), 1)


def seen(space: Workspace, url: str) -> list[int]:
    """Return the sizes of the pictures seen at an address of the listing's gallery."""
    with space.casebook() as casebook:
        found = [casebook.picture(one.picture_sha256) for one in casebook.sightings(KEY) if one.url == url]
    return [picture.bytes for picture in found if picture is not None]


@pytest.mark.parametrize("other_size", [False, True])
@pytest.mark.parametrize("broken_first", [False, True])
def test_of_two_files_for_one_picture_the_one_that_can_be_decoded_counts(
    broken_first: bool, other_size: bool, space: Workspace, good: bytes, tmp_path: Path
) -> None:
    broken_at = PICTURES[0].replace("s-l1600", "s-l1200") if other_size else PICTURES[0]
    whole, broken = har({PICTURES[0]: good}), har({broken_at: BROKEN})
    path = saved(tmp_path, "a.har", entries(*((broken, whole) if broken_first else (whole, broken))))
    done = run_import(space, [path], compare=False)
    assert (done.pictures, done.undecodable) == (1, 0)
    assert seen(space, PICTURES[0]) == [len(good)]


def test_a_whole_picture_at_another_size_comes_before_a_cut_one_at_the_address(
    space: Workspace, good: bytes, tmp_path: Path
) -> None:
    small = PICTURES[0].replace("s-l1600", "s-l500")
    cut = good[: len(good) * 2 // 3]
    done = run_import(space, [saved(tmp_path, "a.har", har({PICTURES[0]: cut, small: good}))], compare=False)
    assert done.pictures == 1
    assert seen(space, PICTURES[0]) == [len(good)]


def test_a_cut_picture_counts_where_nothing_better_is_there(space: Workspace, good: bytes, tmp_path: Path) -> None:
    cut = good[: len(good) * 2 // 3]
    done = run_import(space, [saved(tmp_path, "a.har", har({PICTURES[0]: cut}))], compare=False)
    assert (done.pictures, done.undecodable) == (1, 0)
    assert seen(space, PICTURES[0]) == [len(cut)]


def test_a_picture_that_cannot_be_decoded_is_told_and_displaces_none_that_was_seen_before(
    space: Workspace, good: bytes, tmp_path: Path, run: Run
) -> None:
    path = saved(tmp_path, "broken.har", har({PICTURES[0]: BROKEN}))
    told = run("import", path, "--no-compare", workspace=space)
    assert "1 listing with 0 pictures imported" in told.stdout
    assert "1 of their pictures cannot be decoded" in told.stdout
    assert seen(space, PICTURES[0]) == [len(BROKEN)]
    run_import(space, [saved(tmp_path, "good.har", har({PICTURES[0]: good}))], compare=False)
    assert sorted(seen(space, PICTURES[0])) == [len(good), len(BROKEN)]
    with space.casebook() as casebook:
        before = casebook.sightings(KEY)
    run_import(space, [path], compare=False)
    with space.casebook() as casebook:
        assert casebook.sightings(KEY) == before


def test_who_says_where_a_page_came_from_is_told(space: Workspace, tmp_path: Path, run: Run) -> None:
    path = saved(tmp_path, "page.html", claiming(URL, PAGE))
    claimed = run("import", path, "--no-compare", workspace=space).stdout
    assert "1 page: only the page itself says from where it was saved" in claimed
    assert "`--url ADDRESS`" in claimed
    assert "address is" in claimed
    (record,) = lines(run("import", path, "--no-compare", "--json", workspace=space).stdout)
    assert record["pages"][0]["address_from"] == "claimed"
    (record,) = lines(run("import", path, "--url", URL, "--no-compare", "--json", workspace=space).stdout)
    assert record["pages"][0]["address_from"] == "named"
    (record,) = lines(
        run("import", saved(tmp_path, "a.har", har({})), "--no-compare", "--json", workspace=space).stdout
    )
    assert record["pages"][0]["address_from"] == "noted"


def test_the_table_shows_addresses_without_what_advertisers_hang_on_them(
    space: Workspace, tmp_path: Path, run: Run
) -> None:
    path = saved(tmp_path, "page.html", PAGE)
    url = f"{URL}?utm_source=mail&var=2&UTM_campaign=x"
    shown = run("import", path, "--url", url, "--no-compare", workspace=space).stdout
    assert "utm" not in shown.lower()
    assert "var=2" in shown
    (record,) = lines(run("import", path, "--url", url, "--no-compare", "--json", workspace=space).stdout)
    assert record["pages"][0]["url"] == url


def test_a_claimed_address_outweighs_nothing_that_was_seen_there(space: Workspace, tmp_path: Path) -> None:
    run_import(space, [saved(tmp_path, "live.har", har({}))], compare=False)
    forged = claiming(URL, PAGE.replace(b"Heron", b"Otter"))
    gone = saved(tmp_path, "gone.html", claiming(URL, REMOVED))
    run_import(space, [saved(tmp_path, "forged.html", forged), gone], compare=False)
    with space.casebook() as casebook:
        listing = casebook.listing(KEY)
    assert listing is not None
    assert "Otter" not in listing.title
    assert listing.state is ListingState.LIVE


def test_claimed_addresses_prove_no_removal(space: Workspace, tmp_path: Path) -> None:
    run_import(space, [saved(tmp_path, "live.har", har({}))], compare=False)
    other = saved(tmp_path, "other.har", har({}, url=OTHER, page=PAGE.replace(b"305512340001", b"305512340777")))
    gone = saved(tmp_path, "gone.html", claiming(URL, REMOVED))
    removed = 0
    for hours in (0, 7):
        at = datetime(2026, 11, 20, 8, tzinfo=UTC) + timedelta(hours=hours)
        removed += run_import(space, [gone, other], compare=False, now=lambda at=at: at).removed
    assert removed == 0


@pytest.mark.parametrize("claimed", [True, False])
def test_a_page_that_claims_its_address_is_no_sign_that_a_site_answers(
    claimed: bool, space: Workspace, tmp_path: Path
) -> None:
    run_import(space, [saved(tmp_path, "live.har", har({}))], compare=False)
    page = PAGE.replace(b"305512340001", b"305512340777")
    note = f"<!doctype html><!-- saved from url=(0030){OTHER} -->".encode()
    other = claiming(OTHER, page) if claimed else page.replace(b"<!doctype html>", note)
    removed = 0
    for at in ("2026-11-03T08:00:00Z", "2026-11-03T15:00:00Z"):
        gone = saved(tmp_path, "gone.har", har({}, page=REMOVED, status=404, at=at))
        removed += run_import(space, [gone, saved(tmp_path, "other.html", other)], compare=False).removed
    assert removed == (0 if claimed else 1)


def test_a_folder_without_a_saved_page_says_so_and_ends_with_an_error(
    space: Workspace, tmp_path: Path, run: Run
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    empty = run("import", inbox, workspace=space)
    assert (empty.exit_code, "it is empty" in empty.stderr) == (1, True)
    saved(inbox, "page.pdf", b"%PDF")
    named = run("import", inbox, workspace=space)
    assert (named.exit_code, "1 file lies in it" in named.stderr, ".mhtml" in named.stderr) == (1, True, True)


def test_pages_below_a_folder_that_belongs_to_no_page_are_found(tmp_path: Path) -> None:
    (tmp_path / "my_files" / "deeper").mkdir(parents=True)
    (tmp_path / "Heron_files").mkdir()
    (tmp_path / "Reiher-Dateien").mkdir()
    wanted = [
        saved(tmp_path, "Heron.html", PAGE),
        saved(tmp_path, "Reiher.htm", PAGE),
        saved(tmp_path / "my_files" / "deeper", "a.har", b"{}"),
        saved(tmp_path / "my_files", "page.html", PAGE),
    ]
    saved(tmp_path / "Heron_files", "frame.html", PAGE)
    saved(tmp_path / "Reiher-Dateien", "frame.html", PAGE)
    assert saved_files([tmp_path]).files == tuple(wanted)


@pytest.mark.skipif(os.name != "posix", reason="folders are removed by rm")
def test_a_folder_nested_deeper_than_python_calls_is_searched(space: Workspace, tmp_path: Path, run: Run) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for depth in range(1500):
            Path("d").mkdir()
            os.chdir("d")
            if depth == 1200:
                Path("a.har").write_bytes(har({}))
        for _ in range(2):  # beyond what a path may be long
            for name in ("x" * 250,) * 4:
                Path(name).mkdir()
                os.chdir(name)
        os.chdir(here)
        result = run("import", tmp_path / "d", "--no-compare", workspace=space)
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)  # too deep for shutil, and so for pytest
    assert result.exit_code == 0
    assert "1 listing" in result.stdout
    assert "the folder cannot be listed" in result.stderr


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "loop").symlink_to(tmp_path, target_is_directory=True)
    page = saved(tmp_path / "inbox", "a.har", har({}))
    assert saved_files([tmp_path / "inbox"]).files == (page,)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("none.warc", b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 3\r\n\r\nx:y\r\n\r\n"),
        ("none.har", b'{"log": {"entries": []}}'),
    ],
)
def test_a_file_without_any_page_says_so_and_ends_with_an_error(
    name: str, data: bytes, space: Workspace, tmp_path: Path, run: Run
) -> None:
    result = run("import", saved(tmp_path, name, data), workspace=space)
    assert result.exit_code == 1
    assert f"{name} holds no page" in " ".join(result.stderr.split())


def test_a_file_of_which_nothing_could_be_read_ends_with_an_error(space: Workspace, tmp_path: Path, run: Run) -> None:
    result = run("import", saved(tmp_path, "cut.warc", warc({}, packed=False)[:200]), workspace=space)
    assert result.exit_code == 1
    assert "cut off" in result.stderr
    assert "Nothing could be read" in result.stderr


def test_a_file_without_a_listing_says_why_and_what_to_do(
    space: Workspace, good: bytes, tmp_path: Path, run: Run
) -> None:
    log = json.loads(har({PICTURES[0]: good}))
    del log["log"]["entries"][0]
    pictures = run("import", saved(tmp_path, "p.har", json.dumps(log).encode()), "--no-compare", workspace=space)
    assert "it holds 1 picture and no page" in pictures.stderr
    page = b"<html><body>About us</body></html>"
    other = run(
        "import", saved(tmp_path, "o.har", har({}, url="https://www.ebay.co.uk/about", page=page)), workspace=space
    )
    assert "1 document in it, none of which tells of one" in other.stderr
    unknown = run("import", saved(tmp_path, "u.har", har({}, page=page)), "--no-compare", workspace=space)
    assert "0 listings with 0 pictures imported; the table above says why" in unknown.stdout


def test_where_every_page_is_blocked_the_result_says_so(space: Workspace, tmp_path: Path, run: Run) -> None:
    page = (Path(__file__).parents[2] / "fixtures/pages/ebay/blocked.html").read_bytes()
    result = run("import", saved(tmp_path, "b.har", har({}, page=page)), "--no-compare", workspace=space)
    assert "every page is one that blocks" in result.stdout


def test_flaws_without_number_are_told_by_their_number(space: Workspace, tmp_path: Path) -> None:
    log = json.loads(har({}))
    response = {"status": 200, "content": {"text": "*", "encoding": "base64"}}
    log["log"]["entries"] += [{"request": {"url": URL}, "response": response}] * 200
    (read,) = run_import(space, [saved(tmp_path, "f.har", json.dumps(log).encode())], compare=False).files
    assert len(read.flaws) == 51
    assert "150 more parts" in read.flaws[-1].why


def test_a_name_or_folder_that_no_terminal_can_show_costs_nothing(space: Workspace, tmp_path: Path, run: Run) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    Path(os.fsdecode(os.fsencode(inbox) + b"/a\xff\x1b[31m.har")).write_bytes(har({}))
    result = run("import", inbox, "--no-compare", workspace=space)
    assert result.exit_code == 0
    assert "1 listing" in result.stdout
    assert "\x1b[31m" not in result.stdout + result.stderr


def test_status_tells_of_an_import_before_any_scan_and_of_what_was_not_compared(
    space: Workspace, good: bytes, tmp_path: Path, run: Run
) -> None:
    path = saved(tmp_path, "a.har", har({PICTURES[0]: good}))
    run("import", path, "--no-compare", workspace=space)
    text = run("status", workspace=space).stdout
    assert "No scan yet" not in text
    assert "So far only what you imported was looked at" in text
    assert "finished" in next(line for line in text.splitlines() if line.startswith("Last import"))
    assert ": 1 listing with 1 picture" in text
    assert "never compared" not in text  # there is no work to compare them with
    (space.references_path / "misty-ridge.jpg").write_bytes(good)
    run("import", path, "--no-compare", workspace=space)
    with space.casebook() as casebook:
        assert casebook.never_compared() == 1
    run("match", workspace=space)
    (record,) = lines(run("status", "--json", workspace=space).stdout)
    assert (record["run"], record["never_compared"]) == (None, 0)
    (alarm,) = record["alarms"]
    assert alarm.startswith("the last import: 3 pictures lie in none of the files, so what they show is not known")
    assert record["import"]["stats"] == {"listings": 1, "pictures": 1, "missing": 3}


def test_status_says_that_an_import_was_killed_and_what_to_do(
    space: Workspace, good: bytes, tmp_path: Path, run: Run
) -> None:
    with space.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id="killed", started_at=STARTED, program="test", job="{}", kind=RunKind.IMPORT))
    assert "the last import was interrupted" in run("status", workspace=space).stdout
    with space.lock("An import"):
        assert "an import is running now" in run("status", workspace=space).stdout
    run("import", saved(tmp_path, "a.har", har({PICTURES[0]: good})), "--no-compare", workspace=space)
    assert "interrupted" not in run("status", workspace=space).stdout


def test_status_tells_what_the_last_import_did_not_see_and_the_imports_of_the_week_before(
    space: Workspace, tmp_path: Path, run: Run
) -> None:
    unknown = har({}, url=OTHER, page=b"<html><title>Otter</title><p>A page like no other.</p></html>")
    wall = har({}, url=OTHER.replace("777", "778"), page=b"<html><title>Security Measure</title></html>", status=403)
    page = saved(tmp_path, "page.har", har({}))
    other = saved(tmp_path, "other.har", entries(unknown, wall))
    at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    for days, path in ((0, page), (8, page), (9, other), (10, page)):
        run_import(space, [path], compare=False, now=lambda days=days: at + timedelta(days=days))
    text = run("status", workspace=space).stdout
    earlier = [line for line in text.splitlines() if line.startswith("Earlier import")]
    assert ["2026-11-29" in line for line in earlier] == [True, False]
    assert earlier[0].endswith(": 0 listings with 0 pictures, 1 page blocked, 1 page of unknown layout")
    assert "! the last import: 4 pictures lie in none of the files" in text
    run_import(space, [other], compare=False, now=lambda: at + timedelta(days=11))
    text = run("status", workspace=space).stdout
    assert "! the last import: 1 page of listings built in a way that is not known" in text
    assert "! the last import: 1 page: blocked" in text
    (record,) = lines(run("status", "--json", workspace=space).stdout)
    assert (record["import"]["pages_unknown_layout"], len(record["earlier_imports"])) == (1, 3)
