"""`copycatch compare` on odd folders and bad files, through the command line."""

from __future__ import annotations

import errno
import io
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from copycatch.commands import compare as command
from copycatch.commands.compare import Trouble, trouble_record
from copycatch.version import PROGRAM
from matching.calibration import DEFAULT_BUDGET
from matching.compare import library_of
from matching.library import ReferenceLibrary
from matching.stages import orb
from tests.copycatch.conftest import Run
from tests.copycatch.test_commands import documented, lines

SIDE = 30_000


def picture(seed: int = 1) -> Image.Image:
    """Return 384 x 288 pixels of soft blots that no other seed gives, with points that survive JPEG."""
    noise = np.random.default_rng(seed).integers(0, 255, (36, 48, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((384, 288), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(size: int, depth: int, rows: bytes) -> bytes:
    """Return a grey PNG of `size` x `size` pixels that claims to hold these rows, compressed."""
    header = struct.pack(">IIBBBBB", size, size, depth, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def black_rows() -> bytes:
    """Compress 900 million black pixels of one bit each, into some 100 KB."""
    packer, row = zlib.compressobj(), bytes(1 + SIDE // 8)
    return b"".join(packer.compress(row) for _ in range(SIDE)) + packer.flush()


PHOTO = encoded(picture(), "JPEG", quality=95)
READABLE = {
    "animated.gif": encoded(picture(), "GIF", save_all=True, append_images=[picture(2)]),
    "animated.webp": encoded(picture(), "WEBP", save_all=True, append_images=[picture(2)]),
    "cmyk.jpg": encoded(picture().convert("CMYK"), "JPEG", quality=95),
    "profile.jpg": encoded(picture(), "JPEG", quality=95, icc_profile=b"not a profile" * 40),
    "sixteen.png": encoded(Image.fromarray(np.asarray(picture().convert("L")).astype(np.uint16) * 257), "PNG"),
}
UNREADABLE = {
    "bomb.png": (png(SIDE, 1, black_rows()), "DecompressionBomb"),
    "broken.jpg": (b"broken", "not a picture in an accepted format"),
    "colour.png": (encoded(Image.new("RGB", (400, 300), "teal"), "PNG"), "too plain"),
    "empty.jpg": (b"", "the file is empty"),
    "header.png": (png(SIDE, 8, zlib.compress(b"")), "DecompressionBomb"),
    "page.jpg": (b"<html>", "a web page"),
    "pixel.png": (encoded(Image.new("RGB", (1, 1), "red"), "PNG"), "too plain"),
}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders, of references and of pictures; each holds the same photograph."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
        (folder / "photo.jpg").write_bytes(PHOTO)
    return ours, theirs


def compared(run: Run, ours: Path, theirs: Path, *options: str) -> list[dict[str, Any]]:
    result = run("compare", ours, theirs, "--json", *options)
    assert result.exit_code == 0, result.stderr
    return lines(result.stdout)


@pytest.mark.parametrize("name", READABLE)
def test_an_odd_kind_of_picture_is_compared_on_either_side(name: str, folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    (theirs / name).write_bytes(READABLE[name])
    found = {record["picture"]: record["verdict"] for record in compared(run, ours, theirs)}
    assert found == {"photo.jpg": "copy", name: "copy"}
    (record,) = compared(run, theirs / name, ours)
    assert (record["reference"], record["verdict"]) == (name, "copy")


def test_each_bad_picture_gets_its_reason_and_the_others_are_compared(folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    for name, (data, _) in UNREADABLE.items():
        (theirs / name).write_bytes(data)
    records = {record["picture"]: record for record in compared(run, ours, theirs)}
    assert records.keys() == {"photo.jpg", *UNREADABLE}
    assert (records["photo.jpg"]["verdict"], records["photo.jpg"]["problem"]) == ("copy", None)
    for name, (_, reason) in UNREADABLE.items():
        assert (records[name]["verdict"], records[name]["matches"]) == ("none", [])
        assert records[name]["problem"].startswith(reason), name
        assert records[name]["because"] == records[name]["problem"]


def test_each_bad_reference_gets_its_reason_and_the_others_are_compared(folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    for name, (data, _) in UNREADABLE.items():
        (ours / name).write_bytes(data)
    *troubles, record = compared(run, ours, theirs)
    assert (record["picture"], record["reference"], record["verdict"]) == ("photo.jpg", "photo.jpg", "copy")
    assert [trouble["reference"] for trouble in troubles] == sorted(UNREADABLE)
    for trouble in troubles:
        assert (trouble["picture"], trouble["verdict"]) == (None, "none")
        assert trouble["problem"].startswith(UNREADABLE[trouble["reference"]][1])
    assert "reference broken.jpg: not a picture" in run("compare", ours, theirs).stderr


def test_a_folder_without_pictures_is_told_and_is_no_error(folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    empty = ours.parent / "empty"
    empty.mkdir()
    message = f"there is no picture in {empty}; pictures end in .avif, "
    trouble, record = compared(run, empty, theirs, "--all")
    assert (trouble["picture"], trouble["reference"]) == (None, None)
    assert trouble["problem"].startswith(message)
    assert (record["picture"], record["because"]) == ("photo.jpg", "matches no reference")
    (trouble,) = compared(run, ours, empty)
    assert trouble["problem"].startswith(message)
    told = run("compare", ours, empty)
    assert told.stderr.startswith(message)
    assert told.stdout == "No match among 0 pictures.\n"


def test_a_file_that_cannot_be_read_is_told_on_either_side(
    folders: tuple[Path, Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = folders
    monkeypatch.setattr("copycatch.works.FILE_BYTES_LIMIT", len(PHOTO) - 1)
    (ours / "small.png").write_bytes(encoded(picture().resize((96, 72)), "PNG"))
    trouble, record = compared(run, ours, theirs)
    for told in (trouble, record):
        assert told["problem"].startswith("cannot be read: it is larger than")
    assert (trouble["reference"], trouble["picture"]) == ("photo.jpg", None)
    assert (record["reference"], record["picture"], record["sha256"]) == (None, "photo.jpg", None)


def test_a_broken_link_and_a_pipe_named_like_pictures_are_told_and_not_dropped(
    folders: tuple[Path, Path], run: Run
) -> None:
    ours, theirs = folders
    (theirs / "link.jpg").symlink_to("nowhere.jpg")
    os.mkfifo(theirs / "pipe.jpg")
    told = {record["picture"]: record["problem"] for record in compared(run, ours, theirs)}
    assert told == {
        "photo.jpg": None,
        "link.jpg": "cannot be read: No such file or directory",
        "pipe.jpg": "cannot be read: it is not a file",
    }


def test_files_of_kinds_that_cannot_be_compared_are_named_on_either_side(folders: tuple[Path, Path], run: Run) -> None:
    for folder in folders:
        (folder / "scan.tif").write_bytes(encoded(picture(3), "TIFF"))
    trouble, *records = compared(run, *folders)
    assert (trouble["picture"], trouble["reference"]) == (None, "scan.tif")
    assert trouble["problem"].startswith("not a picture in an accepted format")
    (told,) = (record for record in records if record["picture"] == "scan.tif")
    assert told["problem"].startswith("not a picture in an accepted format")


@pytest.mark.parametrize("budget", ["nan", "inf", "0", "-1", "1001"])
def test_a_budget_of_false_alarms_that_is_no_budget_is_a_wrong_use(
    budget: str, folders: tuple[Path, Path], run: Run
) -> None:
    told = run("compare", *folders, "--false-alarms", budget)
    assert told.exit_code == 2
    assert "--false-alarms" in told.stderr


def test_drawings_that_cannot_be_written_cost_no_result_and_are_an_error(
    folders: tuple[Path, Path], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(command, "write_atomically", full)
    told = run("compare", *folders, "--json", "--overlays", tmp_path / "drawn")
    assert told.exit_code == 1
    assert [record["verdict"] for record in lines(told.stdout)] == ["copy"]
    assert "1 of the matches could not be drawn" in told.stderr
    assert "No space left on device" in told.stderr


def test_works_toml_tells_art_and_watermarks_from_photographs(
    folders: tuple[Path, Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = folders
    for name in ("art.png", "mark.png"):
        (ours / name).write_bytes(encoded(picture(len(name)), "PNG"))
    (ours / "works.toml").write_text(
        '[[works]]\nid = "W-1"\ntitle = "Heron"\nkind = "artwork"\nfiles = ["./art.png", "gone.png"]\n'
        'watermarks = ["mark.png"]\n'
    )
    built: list[ReferenceLibrary] = []
    monkeypatch.setattr(command, "library_of", lambda *given: built.append(library_of(*given)) or built[-1])
    trouble, record = compared(run, ours, theirs)
    assert trouble["reference"] == "gone.png"
    assert trouble["problem"] == "is named in works.toml and is no picture in this folder"
    assert record["reference"] == "photo.jpg"
    assert {known.path: known.kind.value for known in built[0].references} == {
        "art.png": "picture",
        "mark.png": "watermark",
        "photo.jpg": "picture",
    }
    assert {view.reference.path: view.kind.value for view in built[0].views} == {
        "art.png": "artwork",
        "mark.png": "artwork",
        "photo.jpg": "photo",
    }


def test_a_works_toml_that_cannot_be_used_is_an_error(folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    (ours / "works.toml").write_text("[[works]]\nid = 1\n")
    result = run("compare", ours, theirs)
    assert result.exit_code == 1
    assert "work 1: id must be one line of text" in result.stderr


def test_the_line_of_a_picture_tells_its_best_match_and_what_its_file_says(
    folders: tuple[Path, Path], run: Run
) -> None:
    ours, theirs = folders
    exif = Image.Exif()
    exif[0x013B] = "Mara Linden"
    turned = picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    (theirs / "photo.jpg").write_bytes(encoded(turned, "JPEG", quality=90, exif=exif))
    (record,) = compared(run, ours, theirs)
    (best,) = record["matches"]
    assert best.pop("evidence")
    assert {name: record[name] for name in best} == best
    assert (record["reference"], record["verdict"], record["mirrored"]) == ("photo.jpg", "copy", True)
    assert np.linalg.det(np.reshape(record["transform"], (3, 3))) < 0
    assert record["reference_share"] > 0.9
    assert record["claims"] == [{"source": "exif", "field": "creator", "value": "Mara Linden"}]


def test_a_match_tells_program_stages_and_what_they_measured(folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    (theirs / "photo.jpg").write_bytes(encoded(picture(), "JPEG", quality=60))
    (record,) = compared(run, ours, theirs)
    assert record["program"] == PROGRAM
    evidence = {found["stage"]: found for found in record["matches"][0]["evidence"]}
    assert {"orb", "phash"} <= evidence.keys()
    assert evidence["orb"]["measures"]["agreeing"] > 0.9
    assert evidence["orb"]["stage_version"] == orb.VERSION
    assert "opencv-python-headless" in json.loads(evidence["orb"]["parameters"])["libraries"]


def test_every_line_has_the_documented_fields() -> None:
    assert set(trouble_record(Trouble(None, "none"))) == documented("compare", "`--json` fields:")


def test_the_best_match_tells_relation_edits_and_expected_false_alarms(folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    turned = picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((288, 216))
    (theirs / "photo.jpg").write_bytes(encoded(turned, "JPEG", quality=90))
    (record,) = compared(run, ours, theirs)
    assert record["relation"] == "same photograph"
    assert 0 < record["expected_false_alarms"] < DEFAULT_BUDGET
    edits = {edit["kind"]: edit for edit in record["edits"]}
    assert edits["mirrored"] == {"kind": "mirrored", "amount": None, "how": None, "text": "mirrored"}
    assert edits["scaled"]["amount"] == pytest.approx(0.75, abs=0.01)
    assert edits["scaled"]["text"] == "scaled (to 75 %)"


def test_a_copy_beyond_the_budget_of_false_alarms_is_possible(folders: tuple[Path, Path], run: Run) -> None:
    ours, theirs = folders
    (theirs / "photo.jpg").write_bytes(encoded(picture(), "JPEG", quality=50))
    (record,) = compared(run, ours, theirs)
    expected = record["expected_false_alarms"]
    for budget, verdict in ((2 * expected, "copy"), (expected / 2, "possible")):
        (record,) = compared(run, ours, theirs, "--false-alarms", str(budget))
        assert (record["verdict"], record["expected_false_alarms"]) == (verdict, expected)
    for unusable in ("0", "5001"):
        assert run("compare", ours, theirs, "--false-alarms", unusable).exit_code == 2
