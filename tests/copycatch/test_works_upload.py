"""Pictures from a browser: what is kept of them, and what hostile ones cost."""

from __future__ import annotations

import io
import struct
import tomllib
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from casebook.findings import WorkKind
from copycatch.config import Config
from copycatch.works import read_entries, read_library
from copycatch.works_edit import How, Wish
from copycatch.works_upload import UploadError, add_uploads, safe_name, wish_from
from copycatch.workspace import Workspace
from review.first_use import SentFile
from tests.copycatch.filled import picture_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import SmallDisk


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "space", Config())


def sent(name: str, data: bytes) -> SentFile:
    return SentFile(name=name, read=lambda: data)


def bomb() -> bytes:
    """Return a PNG of a few hundred bytes that claims 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_uploads_with_a_title_become_one_work_with_its_kind_and_rights(workspace: Workspace) -> None:
    files = [sent("Heron.JPG", picture_bytes(1)), sent("wide.jpg", picture_bytes(2))]
    wish = Wish(title="Heron at dawn", kind=WorkKind.ARTWORK, rights="Drawn by me, 2024")
    added, skipped = add_uploads(workspace, files, wish)
    assert [(item.path, item.work_id, item.how) for item in added] == [
        ("Heron.jpg", "W-0001", How.ADDED),
        ("wide.jpg", "W-0001", How.ADDED),
    ]
    assert not skipped
    (entry,) = read_entries(workspace.works_path)
    assert (entry.work.title, entry.work.kind, entry.files, entry.rights) == (
        "Heron at dawn", WorkKind.ARTWORK, ("Heron.jpg", "wide.jpg"), "Drawn by me, 2024",
    )  # fmt: skip
    assert (workspace.references_path / "Heron.jpg").read_bytes() == picture_bytes(1)
    assert not read_library(workspace).problems


def test_uploads_without_a_title_become_a_work_each_named_after_their_files(workspace: Workspace) -> None:
    added, _ = add_uploads(workspace, [sent(f"{n}.jpg", picture_bytes(n)) for n in (1, 2)], Wish())
    assert [item.work_id for item in added] == ["W-0001", "W-0002"]
    assert [entry.work.title for entry in read_entries(workspace.works_path)] == ["1", "2"]


def test_a_watermark_joins_the_work_it_is_uploaded_for(workspace: Workspace) -> None:
    add_uploads(workspace, [sent("a.jpg", picture_bytes(1))], Wish(title="A"))
    mark = [sent("mark.jpg", picture_bytes(2))]
    add_uploads(workspace, mark, wish_from({"work": "W-0001", "rights": "mine"}, watermark=True))
    (entry,) = read_entries(workspace.works_path)
    assert (entry.files, entry.watermarks, entry.rights) == (("a.jpg",), ("mark.jpg",), "mine")


def test_the_comments_of_works_toml_outlive_an_upload(workspace: Workspace) -> None:
    before = workspace.works_path.read_text(encoding="utf-8") + "# my own note\n"
    workspace.works_path.write_text(before, encoding="utf-8")
    add_uploads(workspace, [sent("a.jpg", picture_bytes(1))], Wish())
    assert workspace.works_path.read_text(encoding="utf-8").startswith(before)


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "..\\..\\x.jpg",
        "/etc/passwd",
        "a\0b.jpg",
        "",
        ".",
        "..",
        "....jpg",
        ".hidden.jpg",
        "CON.jpg",
        "works.toml",
        "x" * 10_000 + ".jpg",
        "\u202egpj.exe",
        'a"<b>|?*.jpg',
        "\ud800.jpg",
        "字" * 300 + ".jpg",
        "a\n[[works]]\nid = 'x'.jpg",
    ],
)
def test_no_name_of_an_upload_leaves_the_reference_folder(workspace: Workspace, name: str) -> None:
    outside = sorted(workspace.root.parent.rglob("*"))
    (added,), skipped = add_uploads(workspace, [sent(name, picture_bytes(1))], Wish())
    assert not skipped
    new = set(workspace.root.parent.rglob("*")) - set(outside)
    assert {path.parent for path in new} == {workspace.references_path}
    kept = workspace.references_path / added.path
    assert kept.read_bytes() == picture_bytes(1)
    assert kept.suffix == ".jpg"
    assert not kept.name.startswith(".")
    assert kept.name.isprintable()
    assert [entry.files for entry in read_entries(workspace.works_path)] == [(added.path,)]
    assert [problem.message for problem in read_library(workspace).problems] == []


def test_what_is_no_picture_costs_only_itself(workspace: Workspace) -> None:
    heic = b"\x00\x00\x00\x18ftypheic" + b"\0" * 50
    files = [
        sent("page.jpg", b"<!doctype html><script>alert(1)</script>"),
        sent("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        sent("bomb.png", bomb()),
        sent("phone.heic", heic),
        sent("empty.jpg", b""),
        sent("cut.jpg", picture_bytes(1)[:300]),
        sent("good.jpg", picture_bytes(2)),
    ]
    added, skipped = add_uploads(workspace, files, Wish(title="T"))
    assert [item.path for item in added] == ["good.jpg"]
    assert [problem.where for problem in skipped] == [file.name for file in files[:-1]]
    assert all(problem.message and problem.remedy for problem in skipped)
    assert "DecompressionBomb" in skipped[2].message
    assert sorted(path.name for path in workspace.references_path.iterdir()) == ["good.jpg", "works.toml"]


def test_many_large_uploads_are_never_in_memory_at_once(workspace: Workspace) -> None:
    megabyte = 1024**2
    large = [SentFile(name=f"{n}.jpg", read=lambda n=n: picture_bytes(n) + bytes(4 * megabyte)) for n in range(20)]
    tracemalloc.start()
    try:
        added, skipped = add_uploads(workspace, large, Wish())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(added), skipped) == (20, [])
    assert most < 30 * megabyte


def test_a_disk_that_fills_up_keeps_nothing_of_an_upload(small_disk: SmallDisk) -> None:
    workspace = Workspace.create(small_disk.folder / "space", Config())
    before = {path: path.read_bytes() for path in workspace.references_path.iterdir()}
    large = [sent(f"{n}.jpg", picture_bytes(n) + bytes(500_000)) for n in range(10)]
    with pytest.raises(OSError, match="No space left"):
        add_uploads(workspace, large, Wish())
    assert {path: path.read_bytes() for path in workspace.references_path.iterdir()} == before
    assert [item.path for item in add_uploads(workspace, large[:1], Wish()).added] == ["0.jpg"]


def test_where_no_upload_is_a_picture_nothing_changes(workspace: Workspace) -> None:
    before = workspace.works_path.read_bytes()
    added, skipped = add_uploads(workspace, [sent("a.jpg", b"no picture")], Wish(title="T"))
    assert (added, len(skipped)) == ([], 1)
    assert workspace.works_path.read_bytes() == before


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(title="t" * 10_000), "title"),
        (Wish(title="a\0b"), "title"),
        (Wish(title="a\nb"), "title"),
        (Wish(title="a\u202eb"), "title"),
        (Wish(rights="r" * 1001), "rights"),
        (Wish(work_id="\0"), "work"),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused_by_its_field(workspace: Workspace, wish: Wish, field: str) -> None:
    before = workspace.works_path.read_bytes()
    with pytest.raises(UploadError) as refused:
        add_uploads(workspace, [sent("a.jpg", picture_bytes(1))], wish)
    assert refused.value.field == field
    assert workspace.works_path.read_bytes() == before
    assert [path.name for path in workspace.references_path.iterdir()] == ["works.toml"]


def test_a_title_may_hold_what_toml_and_html_would_obey(workspace: Workspace) -> None:
    title = "a \"quote\" \\ <b> ''' ]] # =1+1"
    add_uploads(workspace, [sent("a.jpg", picture_bytes(1))], Wish(title=title))
    listed = tomllib.loads(workspace.works_path.read_text(encoding="utf-8"))
    assert listed["works"][0]["title"] == title


def test_a_form_without_files_says_so_beside_the_files(workspace: Workspace) -> None:
    with pytest.raises(UploadError) as refused:
        add_uploads(workspace, [], Wish())
    assert refused.value.field == "files"


def test_an_unknown_kind_is_refused_beside_the_kind() -> None:
    with pytest.raises(UploadError) as refused:
        wish_from({"kind": "sculpture"}, watermark=False)
    assert refused.value.field == "kind"


def test_the_ending_of_a_name_follows_the_content() -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 40)).save(out, "PNG")
    assert safe_name("a.jpg", out.getvalue()) == "a.png"
    assert safe_name("a.JPEG", picture_bytes(1)) == "a.JPEG"
    assert safe_name("mark", out.getvalue()) == "mark.png"
