from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
import tomlkit

from casebook.findings import ReferenceKind, WorkKind
from copycatch.works import WorksError, read_library
from copycatch.works_edit import How, Wish, add_works
from tests.copycatch.filled import picture_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from copycatch.workspace import Workspace
    from tests.copycatch.conftest import Run


def put(workspace: Workspace, name: str, data: bytes) -> Path:
    path = workspace.references_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def write_works(workspace: Workspace, text: str) -> None:
    workspace.works_path.write_text(text, encoding="utf-8")


def problems(workspace: Workspace) -> dict[str, str]:
    return {problem.where: problem.message for problem in read_library(workspace).problems}


def test_listed_files_become_references_of_their_work(workspace: Workspace) -> None:
    put(workspace, "a.jpg", b"a")
    put(workspace, "deep/b.png", b"b")
    put(workspace, "mark.png", b"m")
    write_works(
        workspace,
        '[[works]]\nid = "W-7"\ntitle = "Seven"\nkind = "artwork"\nfiles = ["a.jpg", "deep/b.png"]\n'
        'watermarks = ["mark.png"]\n',
    )
    library = read_library(workspace)
    assert [(work.work_id, work.title, work.kind) for work in library.works] == [("W-7", "Seven", WorkKind.ARTWORK)]
    assert [(reference.path, reference.kind) for reference in library.references] == [
        ("a.jpg", ReferenceKind.PICTURE),
        ("deep/b.png", ReferenceKind.PICTURE),
        ("mark.png", ReferenceKind.WATERMARK),
    ]
    assert [library.readers[reference.reference_id]() for reference in library.references] == [b"a", b"b", b"m"]
    assert library.problems == []


def test_an_unlisted_picture_is_a_work_whose_id_follows_from_its_path(workspace: Workspace) -> None:
    put(workspace, "sub/Heron.JPG", b"a")
    first, second = read_library(workspace), read_library(workspace)
    assert [work.title for work in first.works] == ["Heron"]
    assert first.works == second.works
    assert first.works[0].work_id.startswith("F-")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_hostile_file_names_are_watched_like_any_other(workspace: Workspace) -> None:
    for number, name in enumerate(["a\nb.jpg", "<img src=x>.jpg", "\u202egpj.jpg", "\udcff.jpg", "\x1b[31m.jpg"]):
        put(workspace, name, bytes([number]))
    library = read_library(workspace)
    assert len(library.references) == 5
    assert library.problems == []
    for work, reference in zip(library.works, library.references, strict=True):
        assert "\n" not in work.title
        (work.title + reference.path).encode()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_no_path_leads_out_of_the_reference_folder(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "secret.jpg"
    outside.write_bytes(b"secret")
    (workspace.references_path / "link.jpg").symlink_to(outside)
    (workspace.references_path / "loop.jpg").symlink_to("loop.jpg")
    listed = [str(outside), "../../secret.jpg", "x\x00y.jpg"]
    write_works(workspace, f'[[works]]\nid = "W-1"\ntitle = "t"\nfiles = {json.dumps(listed)}\n')
    found = problems(workspace)
    assert all("outside" in found[name] for name in [*listed, "link.jpg", "loop.jpg"])
    assert read_library(workspace).references == []


def test_one_bad_file_loses_no_other(workspace: Workspace) -> None:
    put(workspace, "good.jpg", b"good")
    put(workspace, "same.jpg", b"good")
    put(workspace, "layers.psd", b"psd")
    put(workspace, "notes.txt", b"notes")
    put(workspace, ".hidden.jpg", b"hidden")
    (workspace.references_path / "folder.jpg").mkdir()
    write_works(workspace, '[[works]]\nid = "W-1"\ntitle = "t"\nfiles = ["missing.jpg", "good.jpg", "folder.jpg"]\n')
    found = problems(workspace)
    assert "does not exist" in found["missing.jpg"]
    assert "it is not a file" in found["folder.jpg"]
    assert "not a kind of picture" in found["layers.psd"]
    assert "duplicate" in found["same.jpg"]
    assert set(found) == {"missing.jpg", "folder.jpg", "layers.psd", "same.jpg"}
    assert [reference.path for reference in read_library(workspace).references] == ["good.jpg", "same.jpg"]


def test_one_watermark_may_belong_to_many_works(workspace: Workspace) -> None:
    put(workspace, "mark.png", b"m")
    entry = '[[works]]\nid = "{0}"\ntitle = "{0}"\nwatermarks = ["mark.png"]\n'
    write_works(workspace, entry.format("W-1") + entry.format("W-2"))
    library = read_library(workspace)
    assert library.problems == []
    assert len(library.references) == 2


def test_a_picture_that_changes_while_it_is_in_use_is_refused(workspace: Workspace) -> None:
    path = put(workspace, "a.jpg", b"a")
    library = read_library(workspace)
    path.write_bytes(b"b")
    with pytest.raises(WorksError, match="was changed"):
        library.readers[library.references[0].reference_id]()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[works]]\n", ["work 1: id must be", "work 1: title must be"]),
        ('[[works]]\nid = "a"\ntitle = "t"\n[[works]]\nid = "a"\ntitle = "t"\n', ["the id 'a' stands 2 times"]),
        ('[[works]]\nid = "a"\ntitle = "t"\nkind = "watermark"\n', ['belongs into watermarks = ["mark.png"]']),
        ('[[works]]\nid = "a"\ntitle = "t"\nkind = "song"\nfile = "x"\n', ["kind must be", "unknown key 'file'"]),
        ('[[works]]\nid = "a"\ntitle = "t"\nfiles = "x"\n', ["files must be a list"]),
        ("works = 3\n", ["works must be [[works]] tables"]),
        ("[[work]]\n", ["unknown key 'work'"]),
        ("[[works]\n", ["is not TOML", "line 1"]),
    ],
)
def test_a_list_of_works_that_is_not_understood_is_an_error_not_a_guess(
    workspace: Workspace, text: str, expected: list[str]
) -> None:
    write_works(workspace, text)
    with pytest.raises(WorksError) as caught:
        read_library(workspace)
    assert all(part in caught.value.message for part in expected)


def test_a_list_of_works_saved_by_a_windows_editor_is_understood(workspace: Workspace) -> None:
    put(workspace, "a.jpg", b"a")
    workspace.works_path.write_bytes(b"\xef\xbb\xbf" + b'[[works]]\nid = "W-1"\ntitle = "t"\nfiles = ["a.jpg"]\n')
    assert [reference.work_id for reference in read_library(workspace).references] == ["W-1"]


def test_a_list_of_works_that_is_no_file_is_an_error_and_not_no_list(workspace: Workspace) -> None:
    workspace.works_path.unlink(missing_ok=True)
    workspace.works_path.symlink_to(workspace.references_path / "gone.toml")
    with pytest.raises(WorksError, match="is no file"):
        read_library(workspace)


def test_adding_keeps_comments_and_gives_the_next_number(workspace: Workspace, tmp_path: Path) -> None:
    write_works(workspace, '# mine\n[[works]]\nid = "W-0041" # the old one\ntitle = "Old"\nfiles = []\n')
    source = tmp_path / "New [one].jpg"
    source.write_bytes(picture_bytes(1))
    ((added,), _) = add_works(workspace, [source], Wish())
    assert (added.work_id, added.path) == ("W-0042", "New [one].jpg")
    text = workspace.works_path.read_text(encoding="utf-8")
    assert text.startswith('# mine\n[[works]]\nid = "W-0041" # the old one\n')
    assert tomlkit.parse(text)["works"][1]["title"] == "New [one]"
    assert (workspace.references_path / "New [one].jpg").read_bytes() == picture_bytes(1)


def test_a_folder_is_added_picture_by_picture_and_names_never_collide(workspace: Workspace, tmp_path: Path) -> None:
    for number, name in enumerate(["x/a.jpg", "y/a.jpg", "y/b.png", "y/notes.txt", "y/.hidden.jpg"]):
        path = tmp_path / "art" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture_bytes(number))
    added, skipped = add_works(workspace, [tmp_path / "art"], Wish())
    assert skipped == []
    assert [(item.path, item.work_id) for item in added] == [
        ("a.jpg", "W-0001"),
        ("a-2.jpg", "W-0002"),
        ("b.png", "W-0003"),
    ]
    again, _ = add_works(workspace, [tmp_path / "art"], Wish())
    assert all(item.how is How.KNOWN for item in again)
    assert len(read_library(workspace).references) == 3


def test_of_equal_files_the_first_is_added_and_the_others_are_named(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "twins").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "twins" / name).write_bytes(picture_bytes(1))
    added, skipped = add_works(workspace, [tmp_path / "twins"], Wish())
    assert [(item.path, item.how) for item in added] == [("a.jpg", How.ADDED)]
    (twin,) = skipped
    assert twin.where.endswith("b.jpg")
    assert "the same picture as" in twin.message
    assert "a.jpg" in twin.message


def test_files_with_a_title_or_an_id_belong_to_one_work(workspace: Workspace, tmp_path: Path) -> None:
    for number, name in enumerate(("a.jpg", "b.jpg", "c.png")):
        (tmp_path / name).write_bytes(picture_bytes(number))
    add_works(workspace, [tmp_path / "a.jpg", tmp_path / "b.jpg"], Wish(title="Two views", kind=WorkKind.ARTWORK))
    add_works(workspace, [tmp_path / "c.png"], Wish(work_id="W-0001", watermark=True))
    library = read_library(workspace)
    assert [(work.work_id, work.title, work.kind) for work in library.works] == [
        ("W-0001", "Two views", WorkKind.ARTWORK)
    ]
    assert [(reference.path, reference.kind.value) for reference in library.references] == [
        ("a.jpg", "picture"),
        ("b.jpg", "picture"),
        ("c.png", "watermark"),
    ]
    with pytest.raises(WorksError, match="exists already"):
        add_works(workspace, [tmp_path / "c.png"], Wish(work_id="W-0001", title="Other"))


def test_a_picture_watched_unlisted_keeps_its_id_when_it_is_listed(workspace: Workspace) -> None:
    path = put(workspace, "sub/heron.jpg", picture_bytes(1))
    before = read_library(workspace)
    add_works(workspace, [path], Wish())
    after = read_library(workspace)
    assert after.works == before.works
    assert after.references == before.references
    assert 'files = ["sub/heron.jpg"]' in workspace.works_path.read_text(encoding="utf-8")


def test_a_refused_addition_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture_bytes(1))
    (tmp_path / "song.mp3").write_bytes(b"s")
    (tmp_path / "cut.jpg").write_bytes(picture_bytes(6, size=256)[:900])
    before = workspace.works_path.read_bytes()
    for sources in (["a.jpg", "none.jpg"], ["a.jpg", "song.mp3"], ["a.jpg", "cut.jpg"]):
        with pytest.raises(WorksError):
            add_works(workspace, [tmp_path / name for name in sources], Wish())
    with pytest.raises(WorksError, match="id must be one line"):
        add_works(workspace, [tmp_path / "a.jpg"], Wish(work_id="two\nlines"))
    assert workspace.works_path.read_bytes() == before
    assert list(workspace.references_path.iterdir()) == [workspace.works_path]


def test_what_a_folder_holds_beside_usable_pictures_is_named_with_a_remedy(
    workspace: Workspace, tmp_path: Path, run: Run
) -> None:
    folder = tmp_path / "art"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(picture_bytes(1))
    (folder / "phone.HEIC").write_bytes(b"heic")
    (folder / "broken.jpg").write_bytes(b"this is no picture")
    (folder / "tiny.png").write_bytes(picture_bytes(2, size=20))
    (folder / "notes.txt").write_text("notes", encoding="utf-8")
    result = run("works", "add", folder, workspace=workspace)
    assert result.exit_code == 0
    assert "good.jpg  added as W-0001\nSkipped 3:\n" in result.stdout
    assert f"{folder / 'phone.HEIC'}  .HEIC is not a kind of picture" in result.stdout
    assert "tiny.png  it is too small to be recognised (20 × 20 pixels)" in result.stdout
    assert "Save it anew as a whole JPEG or PNG" in result.stdout
    (folder / "good.jpg").unlink()
    refused = run("works", "add", folder, workspace=workspace)
    assert refused.exit_code == 1
    assert "phone.HEIC" in refused.stderr


def test_a_missing_file_that_works_toml_names_is_put_back_and_makes_no_second_work(
    workspace: Workspace, tmp_path: Path
) -> None:
    source = tmp_path / "Heron.JPG"
    source.write_bytes(picture_bytes(1))
    write_works(workspace, '[[works]]\nid = "W-7"\ntitle = "Seven"\nfiles = ["Heron.JPG"]\n')
    before = workspace.works_path.read_text(encoding="utf-8")
    ((restored,), _) = add_works(workspace, [source], Wish())
    assert (restored.path, restored.work_id, restored.how) == ("Heron.JPG", "W-7", How.RESTORED)
    ((known,), _) = add_works(workspace, [workspace.references_path / "Heron.JPG"], Wish())
    assert (known.work_id, known.how) == ("W-7", How.KNOWN)
    assert workspace.works_path.read_text(encoding="utf-8") == before
    assert read_library(workspace).problems == []


def test_a_title_for_a_picture_that_is_listed_changes_nothing_and_says_how_to(
    workspace: Workspace, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "a.jpg").write_bytes(picture_bytes(1))
    run("works", "add", tmp_path / "a.jpg", workspace=workspace)
    before = workspace.works_path.read_bytes()
    text = run("works", "add", tmp_path / "a.jpg", "--title", "New", workspace=workspace).stdout
    assert "a.jpg  already listed as W-0001\nNothing was changed" in text
    assert str(workspace.works_path) in text
    assert workspace.works_path.read_bytes() == before


def test_check_without_any_work_says_that_nothing_is_watched(workspace: Workspace, run: Run) -> None:
    result = run("works", "check", workspace=workspace)
    assert result.exit_code == 1
    assert "Nothing is watched" in result.stdout


def test_check_names_broken_plain_missing_and_unlisted_files(workspace: Workspace, run: Run) -> None:
    put(workspace, "good.jpg", picture_bytes(5, size=256))
    put(workspace, "broken.jpg", b"this is no picture")
    put(workspace, "cut.jpg", picture_bytes(6, size=256)[:900])
    write_works(workspace, '[[works]]\nid = "W-1"\ntitle = "t"\nfiles = ["broken.jpg", "cut.jpg", "missing.jpg"]\n')
    result = run("works", "check", workspace=workspace)
    assert result.exit_code == 1
    assert "good.jpg  is not in works.toml" in result.stdout
    for name in ("broken.jpg", "cut.jpg", "missing.jpg"):
        assert f"\n{name}  " in result.stdout
    records = [json.loads(line) for line in run("works", "check", "--json", workspace=workspace).stdout.splitlines()]
    assert {record["file"] for record in records} == {"broken.jpg", "cut.jpg", "missing.jpg"}


def test_check_is_content_with_whole_pictures(workspace: Workspace, run: Run) -> None:
    put(workspace, "good.jpg", picture_bytes(5, size=256))
    result = run("works", "check", workspace=workspace)
    assert result.exit_code == 0
    assert "1 picture of 1 work read, 0 problems" in result.stdout
