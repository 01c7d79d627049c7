from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from casebook.blobs import Blobs
from casebook.errors import BlobDamaged, BlobMissing, CasebookError
from tests.casebook.makers import sha

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def files(blobs: Blobs) -> list[Path]:
    return [path for path in blobs.root.rglob("*") if path.is_file()]


def test_bytes_come_back_under_their_hash(blobs: Blobs) -> None:
    name = blobs.put(b"a picture")
    assert name == sha("a picture")
    assert blobs.path(name) == blobs.root / name[:2] / name[2:]
    assert (blobs.get(name), name in blobs, sha("another") in blobs) == (b"a picture", True, False)


def test_bytes_already_there_are_not_written_again(blobs: Blobs) -> None:
    path = blobs.path(blobs.put(b"a picture"))
    os.utime(path, (0, 0))
    blobs.put(b"a picture")
    assert path.stat().st_mtime == 0
    assert files(blobs) == [path]


def test_a_blob_cut_short_by_a_power_failure_is_written_anew(blobs: Blobs) -> None:
    name = blobs.put(b"a picture")
    blobs.path(name).write_bytes(b"a pic")
    blobs.put(b"a picture")
    assert blobs.get(name) == b"a picture"


def test_a_missing_blob_is_named(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing, match=sha("x")[2:]):
        blobs.get(sha("x"))


def test_damaged_bytes_are_not_handed_out(blobs: Blobs) -> None:
    name = blobs.put(b"a picture")
    blobs.path(name).write_bytes(b"a pictura")
    with pytest.raises(BlobDamaged, match=name[2:]):
        blobs.get(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_names_a_blob(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        blobs.path(name)


def test_a_full_disk_leaves_no_half_written_file(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = blobs.put(b"a picture")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CasebookError, match="disk is full") as caught:
        blobs.put(b"another picture")
    assert "Free some space" in caught.value.remedy
    assert files(blobs) == [blobs.path(kept)]


def test_a_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"")
    with pytest.raises(CasebookError, match="cannot be written"):
        Blobs(tmp_path / "blobs").put(b"a picture")


def test_sweeping_removes_only_what_killed_writers_left_long_ago(blobs: Blobs) -> None:
    name = blobs.put(b"a picture")
    old, young = (blobs.path(name).parent / f"incoming-{age}" for age in ("old", "young"))
    old.write_bytes(b"a pi")
    young.write_bytes(b"a pi")
    os.utime(old, (0, 0))
    assert blobs.sweep(older_than_seconds=3600) == 1
    assert sorted(files(blobs)) == sorted([blobs.path(name), young])


def test_a_damaged_blob_is_healed_by_the_next_good_copy(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    name = blobs.put(b"as received")
    blobs.path(name).write_bytes(b"as reseived")
    with pytest.raises(BlobDamaged):
        blobs.get(name)
    blobs.put(b"as received")
    assert blobs.get(name) == b"as received"
