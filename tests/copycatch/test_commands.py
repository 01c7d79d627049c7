from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import click
import pytest
from PIL import Image
from rich.console import Console

from casebook.errors import CopycatchError
from casebook.tail import Tail
from casebook.types import ScanRun
from copycatch import commands, output
from copycatch.candidate_list import false_alarms_shown
from copycatch.cli import cli
from copycatch.commands import status
from matching.calibration import DEFAULT_BUDGET
from tests.copycatch.filled import HOSTILE_TITLE, RUN_ID, STARTED, fill, picture_bytes

if TYPE_CHECKING:
    from copycatch.workspace import Workspace
    from tests.copycatch.conftest import Run

GUIDE = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
GEOMETRY = ("transform", "inliers", "reference_share", "picture_share", "outline", "agreed")
LISTING_PAGE = """<html><head><title>x</title><script type="application/ld+json">
{"@type": "Product", "name": "Heron print", "image": ["https://shop.example/1.jpg"], "sku": "7",
"offers": {"@type": "Offer", "price": "12.50", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}
</script></head><body><h1>Heron print</h1></body></html>"""


def lines(text: str) -> list[dict[str, Any]]:
    assert text.isascii()
    return [json.loads(line) for line in text.splitlines()]


def documented(command: str, start: str) -> set[str]:
    """Return the field names that the guide gives for a command, from `start` to the end of that paragraph."""
    section = GUIDE.split(f"### `copycatch {command}")[1].split("\n### ")[0]
    paragraph = section.split(start)[1].split("\n\n")[0]
    return set(re.findall(r"`(\w+)`", paragraph))


def all_commands(group: click.Group, path: str = "copycatch") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= all_commands(command, f"{path} {name}")
        else:
            found[f"{path} {name}"] = command
    return found


def test_every_module_of_commands_is_reachable_from_the_command_line() -> None:
    reachable = {command for command in all_commands(cli).values() if command is not None}
    for module in iter_modules(commands.__path__):
        for command in getattr(import_module(f"copycatch.commands.{module.name}"), "COMMANDS", ()):
            assert command in reachable or isinstance(command, click.Group)


def test_light_commands_do_not_wait_for_heavy_libraries() -> None:
    loaded = "import sys, copycatch.cli, copycatch.commands.candidates, copycatch.commands.status"
    code = f"{loaded}; print(*sorted({{'cv2', 'scrapy', 'faiss'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_guide_describes_every_command_and_every_option_of_it() -> None:
    known = all_commands(cli)
    headings = re.findall(
        r"^### `(copycatch [a-z]+(?: add| list| check| remove| search| import| send)?)", GUIDE, re.MULTILINE
    )
    assert sorted(headings) == sorted(known)
    for command in known.values():
        for option in [name for parameter in command.params for name in parameter.opts if name.startswith("--")]:
            assert f"`{option}" in GUIDE or f" {option}" in GUIDE, option


def test_every_command_but_three_takes_a_workspace() -> None:
    without = {
        name
        for name, command in all_commands(cli).items()
        if "--workspace" not in [o for p in command.params for o in p.opts]
    }
    assert without == {"copycatch compare", "copycatch parse", "copycatch demo"}


def test_init_makes_a_workspace_once(tmp_path: Path, run: Run) -> None:
    first = run("init", workspace=tmp_path / "space")
    assert first.exit_code == 0
    assert "works add" in first.stdout
    second = run("init", workspace=tmp_path / "space")
    assert second.exit_code == 1
    assert "is a whole workspace already" in second.stderr
    assert "Nothing was changed" in second.stderr


def test_init_makes_what_a_workspace_lacks_and_says_what(workspace: Workspace, run: Run) -> None:
    config = workspace.config_path.read_bytes()
    workspace.casebook_path.unlink()
    workspace.blobs_path.rmdir()
    result = run("init", workspace=workspace)
    assert result.exit_code == 0
    assert "Made: blobs, casebook.db\nEverything else was there and is as it was.\n" in result.stdout
    assert workspace.config_path.read_bytes() == config


def test_an_error_is_one_message_with_a_remedy_and_no_traceback(tmp_path: Path, run: Run) -> None:
    result = run("status", workspace=tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("copycatch: ")
    assert "copycatch init" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_configuration_stops_a_scan_before_anything_happens(workspace: Workspace, run: Run) -> None:
    workspace.config_path.write_text("[crawl]\ndelay = 1\n", encoding="utf-8")
    result = run("scan", workspace=workspace)
    assert result.exit_code == 1
    assert "crawl.delay: unknown key" in result.stderr


def test_wrong_usage_is_exit_code_2(filled: Workspace, run: Run) -> None:
    assert run("candidates", "--verdict", "none", workspace=filled).exit_code == 2
    assert run("candidates", "--json", "--csv", workspace=filled).exit_code == 2
    assert run("candidates", "--since", "yesterday", workspace=filled).exit_code == 2
    assert run("fly").exit_code == 2


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "the disk is full"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(errno.EACCES, "Permission denied", "casebook.db"), 1, "Permission denied: casebook.db"),
        (sqlite3.OperationalError("disk I/O error"), 1, "the casebook cannot be used: disk I/O error"),
        (CopycatchError("broken \x1b[2J thing", remedy="mend it"), 1, "broken \\x1b[2J thing\n  mend it"),
        (ZeroDivisionError("by zero"), 1, "unexpected error: ZeroDivisionError: by zero"),
    ],
)
def test_each_failure_has_its_message_and_exit_code(
    filled: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(status, "status_record", fail)
    result = run("status", workspace=filled)
    assert result.exit_code == code
    assert result.stderr.startswith(f"copycatch: {message}") or f"\ncopycatch: {message}" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("--debug", "status", workspace=filled).stderr


def test_sqlite_running_out_of_disk_is_told_as_a_full_disk(
    filled: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    monkeypatch.setattr(status, "status_record", lambda *_: (_ for _ in ()).throw(full))
    assert "the disk is full" in run("status", workspace=filled).stderr


def test_an_unexpected_error_leaves_its_traceback_in_the_log(
    filled: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "status_record", lambda *_: 1 // 0)
    run("status", workspace=filled)
    (log,) = filled.logs_path.glob("*.jsonl")
    assert "ZeroDivisionError" in json.loads(log.read_text(encoding="utf-8").splitlines()[-1])["exception"]


def test_a_reader_that_hangs_up_gets_no_traceback(filled: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "print_json_lines", lambda *_: (_ for _ in ()).throw(BrokenPipeError(errno.EPIPE, "x")))
    result = run("status", "--json", workspace=filled)
    assert (result.exit_code, result.stderr) == (1, "")


def test_candidates_as_json_have_the_documented_fields(filled: Workspace, run: Run) -> None:
    (record,) = lines(run("candidates", "--json", workspace=filled).stdout)
    with filled.casebook() as casebook:
        (row,) = casebook.candidate_rows()
    assert set(record) == {*row, "matches"}
    assert record["listing_title"] == HOSTILE_TITLE
    (match,) = record["matches"]
    (evidence,) = match["evidence"]
    named = documented("candidates", "`matches`: each")
    assert {*match, *evidence, *GEOMETRY, "kind", "amount", "how", "text"} == named
    assert (record["mirrored"], record["still_shown"]) == (True, True)
    told = ("same photograph", "cropped (62 % shown), mirrored", 3.2)
    assert (record["relation"], record["edits"], record["expected_false_alarms"]) == told
    assert (match["relation"], match["expected_false_alarms"]) == (told[0], told[2])
    assert match["edits"] == [
        {"kind": "cropped", "amount": 0.62, "how": None, "text": "cropped (62 % shown)"},
        {"kind": "mirrored", "amount": None, "how": None, "text": "mirrored"},
    ]


def test_candidates_are_told_with_relation_edits_and_how_often_that_comes_by_chance(
    filled: Workspace, run: Run
) -> None:
    told = (
        "same photograph; cropped (62 % shown), mirrored; about 3 of 100,000 strangers' pictures would look this alike"
    )
    assert told in run("candidates", workspace=filled).stdout


@pytest.mark.parametrize(
    ("expected", "said"), [(0.2, "fewer than 1"), (1.0, "about 1"), (3.6, "about 4"), (987.6, "about 990")]
)
def test_a_number_of_false_alarms_is_said_in_two_digits_at_most(expected: float, said: str) -> None:
    assert false_alarms_shown(expected) == f"{said} of 100,000 strangers' pictures would look this alike"


def test_what_comes_oftener_than_a_possible_copy_may_is_said_without_a_number() -> None:
    assert false_alarms_shown(1000.1) == "many strangers' pictures would look this alike"
    assert false_alarms_shown(None) is None


def test_candidates_as_csv_have_the_documented_columns_and_no_formula(filled: Workspace, run: Run) -> None:
    data = run("candidates", "--csv", workspace=filled).stdout_bytes
    assert data.startswith(b"\xef\xbb\xbf")
    heads, row = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert set(heads) == documented("candidates", "Its columns:")
    record = dict(zip(heads, row, strict=True))
    assert record["listing_title"] == "'" + output.plain(HOSTILE_TITLE)
    assert record["seller_name"] == "'@Seller <b>"
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row)


def test_candidates_for_people_hold_no_control_sequence_and_no_markup(filled: Workspace, run: Run) -> None:
    text = run("candidates", workspace=filled).stdout
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]" in text.replace("\n", "")
    assert "copy" in text


def test_candidates_are_narrowed_by_verdict_and_date(filled: Workspace, run: Run) -> None:
    def count(*options: str) -> int:
        return len(lines(run("candidates", "--json", *options, workspace=filled).stdout))

    assert count("--verdict", "copy") == 1
    assert count("--verdict", "possible") == 0
    assert count("--since", "2026-11-21") == 1
    assert count("--since", "2026-11-21T02:32+00:00") == 1
    assert count("--since", "2026-11-21T03:33+01:00") == 0
    assert "No candidates" in run("candidates", "--since", "2027-01-01", workspace=filled).stdout


def test_status_has_the_documented_fields_and_names_what_was_not_seen(filled: Workspace, run: Run) -> None:
    (filled.references_path / "own.jpg").write_bytes(picture_bytes(7))
    (record,) = lines(run("status", "--json", workspace=filled).stdout)
    nights = {"planned_at", "ended_at", "outcome", "exit_code", "message"}
    imports = {"pages_blocked", "pages_unknown_layout"}
    calibration = {"taken_for_copies", "measured", "pictures", "references"}
    assert {*record, *record["run"], *nights, *imports, *calibration} == documented("status", "`--json` fields:")
    assert (record["run"]["run_id"], record["copies"], record["works"]) == (RUN_ID, 1, 1)
    assert record["alarms"] == [
        "shop: 1 page: HTTP 500: https://shop.example/broken",
        "shop: 1 page: robots.txt disallows this address: https://shop.example/private",
    ]
    text = run("status", workspace=filled).stdout
    assert "! shop: 1 page: HTTP 500: https://shop.example/broken\n" in text


def test_status_tells_how_many_strangers_pictures_would_be_taken_for_copies(workspace: Workspace, run: Run) -> None:
    assert "strangers" not in run("status", workspace=workspace).stdout
    for pictures, least, most in ((10, 0.9 * DEFAULT_BUDGET, DEFAULT_BUDGET), (10_000_000, 0, 0)):
        with workspace.casebook() as casebook:
            casebook.keep_tail(Tail(pictures=pictures, references=523), STARTED + timedelta(seconds=pictures))
        text = run("status", workspace=workspace).stdout
        assert least <= int(re.findall(r"about (\d+) would", text)[0]) <= most
        assert (f"learnt from {pictures:,} pictures and 523 references" in text) is (pictures > 100)
        assert ("by default; not measured with yours yet: 10 pictures compared are too few" in text) is (pictures == 10)
        (record,) = lines(run("status", "--json", workspace=workspace).stdout)
        assert {"pictures": pictures, "references": 523}.items() <= record["calibration"].items()


def test_status_tells_a_running_scan_from_an_interrupted_one(workspace: Workspace, run: Run) -> None:
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id="r", started_at=STARTED, program="p", job="{}"))
    assert "the last scan was interrupted" in run("status", workspace=workspace).stdout
    with workspace.lock("A scan or match"):
        assert "a scan is running now" in run("status", workspace=workspace).stdout


def test_addresses_stand_whole_on_their_own_lines_on_a_narrow_terminal(
    workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, title="A heron " * 12)
    narrow = Console(width=60, file=io.StringIO())
    monkeypatch.setattr(output, "console", lambda: narrow)
    text = run("candidates", workspace=workspace).stdout
    assert "1  4fd43f426f  https://shop.example/item/1\n   the hashes differ in 1 of 64 bits\n" in text
    assert "http" not in narrow.file.getvalue()


def test_status_before_the_first_scan_says_so(workspace: Workspace, run: Run) -> None:
    assert "No scan yet" in run("status", workspace=workspace).stdout
    (record,) = lines(run("status", "--json", workspace=workspace).stdout)
    assert (record["run"], record["alarms"]) == (None, [])


def test_works_are_added_listed_and_documented(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    (tmp_path / "heron.jpg").write_bytes(picture_bytes(9))
    added = run(
        "works", "add", tmp_path / "heron.jpg", "--title", "Heron [dim]", "--kind", "artwork", "--rights", "Mine, 2024",
        workspace=workspace,
    )  # fmt: skip
    assert added.stdout == "heron.jpg  added as W-0001\n"
    (record,) = lines(run("works", "list", "--json", workspace=workspace).stdout)
    assert set(record) == documented("works list", "`--json` fields:")
    assert record == {
        "id": "W-0001", "title": "Heron [dim]", "kind": "artwork", "files": ["heron.jpg"],
        "watermarks": [], "listed": True, "rights": "Mine, 2024",
    }  # fmt: skip
    assert "Heron [dim]" in run("works", "list", workspace=workspace).stdout


def test_works_add_tells_which_kind_it_assumed(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    for name, seed in (("heron.jpg", 9), ("otter.jpg", 10), ("mark.jpg", 11)):
        (tmp_path / name).write_bytes(picture_bytes(seed))
    told = 'Taken for photographs (kind "photo")'
    assert told in run("works", "add", tmp_path / "heron.jpg", "--id", "W-7", workspace=workspace).stdout
    assert told not in run("works", "add", tmp_path / "otter.jpg", "--id", "W-7", workspace=workspace).stdout
    marked = run("works", "add", tmp_path / "mark.jpg", "--id", "W-7", "--watermark", workspace=workspace).stdout
    assert told not in marked


def test_a_problem_of_works_check_has_the_documented_fields(workspace: Workspace, run: Run) -> None:
    (workspace.references_path / "a.jpg").write_bytes(b"no picture")
    (record,) = lines(run("works", "check", "--json", workspace=workspace).stdout)
    assert set(record) == documented("works check", "`--json` fields:")


def test_parse_reads_a_saved_page_with_the_documented_fields(tmp_path: Path, run: Run) -> None:
    page = tmp_path / "page.html"
    page.write_text(LISTING_PAGE, encoding="utf-8")
    (record,) = lines(run("parse", page, "--url", "https://shop.example/heron", "--json").stdout)
    assert set(record) == documented("parse", "`--json` fields:")
    assert (record["title"], record["price_amount"], record["price_currency"]) == ("Heron print", "12.50", "EUR")
    assert record["pictures"] == ["https://shop.example/1.jpg"]
    assert "Heron print" in run("parse", page, "--url", "https://shop.example/heron").stdout
    assert run("parse", page, "--url", "heron.html").exit_code == 2


@pytest.mark.parametrize("data", [b"", b"just words, 1 < 2", picture_bytes(1)])
def test_parse_says_that_a_file_holds_no_html(tmp_path: Path, run: Run, data: bytes) -> None:
    (tmp_path / "page").write_bytes(data)
    result = run("parse", tmp_path / "page", "--url", "https://shop.example/heron")
    assert result.exit_code == 0
    assert "holds no HTML" in result.stderr
    (tmp_path / "page").write_text(LISTING_PAGE, encoding="utf-16")
    assert run("parse", tmp_path / "page", "--url", "https://shop.example/heron").stderr == ""


def test_compare_finds_the_same_picture_and_draws_it(tmp_path: Path, run: Run) -> None:
    for name, seed in (("ours/heron.jpg", 1), ("theirs/copy.jpg", 1), ("theirs/other.jpg", 2)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture_bytes(seed, size=256))
    drawings = tmp_path / "drawings"
    found = run("compare", tmp_path / "ours", tmp_path / "theirs", "--json", "--overlays", drawings)
    (record,) = lines(found.stdout)
    (match,) = record["matches"]
    assert set(record) == documented("compare", "`--json` fields:")
    assert set(match) - {"evidence"} < set(record)
    assert (record["picture"], match["reference"], match["verdict"]) == ("copy.jpg", "heron.jpg", "copy")
    assert any(path.name.endswith("-side-by-side.jpg") for path in drawings.iterdir())
    everything = run("compare", tmp_path / "ours", tmp_path / "theirs", "--all", "--json")
    assert [item["picture"] for item in lines(everything.stdout)] == ["copy.jpg", "other.jpg"]
    assert "other.jpg" not in run("compare", tmp_path / "ours", tmp_path / "theirs").stdout


def test_doctor_finds_a_filled_workspace_healthy_offline(filled: Workspace, run: Run) -> None:
    (filled.references_path / "a.jpg").write_bytes(picture_bytes(1))
    result = run("doctor", "--offline", "--json", workspace=filled)
    records = lines(result.stdout)
    left = {"disk space", "robots.txt"}
    assert {record["state"] for record in records if record["check"] not in left} == {"fine"}
    assert [record["message"][:8] for record in records if record["check"] == "robots.txt"] == ["left out"]
    assert set(records[0]) == documented("doctor", "`--json` fields:")
    assert "casebook" in run("doctor", "--offline", workspace=filled).stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_the_pictures_is_skipped_and_named(run: Run, workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    Image.effect_noise((64, 64), 80).convert("RGB").save(folder / "good.jpg")
    os.mkfifo(folder / "pipe.jpg")
    done = run("works", "add", folder, workspace=workspace)
    assert done.exit_code == 0, done.output
    assert "pipe.jpg" in done.output


@pytest.mark.parametrize("url", ["http://[bad", "ftp://x.example/", "http://user:secret@x.example/", "http://a..b/"])
def test_parse_refuses_an_address_that_is_none(run: Run, tmp_path: Path, url: str) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html></html>")
    done = run("parse", page, "--url", url)
    assert done.exit_code == 2
    assert "--url" in done.output
