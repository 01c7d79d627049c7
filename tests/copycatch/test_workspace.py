from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from copycatch.config import Config
from copycatch.workspace import Workspace, WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_created_workspace_opens_with_its_configuration_casebook_and_works(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "new" / "space", Config())
    workspace = Workspace.open(tmp_path / "new" / "space")
    assert workspace.config() == Config()
    assert workspace.works_path.read_text(encoding="utf-8").startswith("# The works")
    with workspace.casebook() as casebook:
        assert casebook.last_run() is None


@pytest.mark.parametrize("name", ["copycatch.toml", "casebook.db", "reference_images/works.toml", "blobs"])
def test_what_is_missing_is_made_and_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    whole = Workspace.create(tmp_path / "whole", Config())
    place = tmp_path / "part" / name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"precious")
    part = Workspace.create(tmp_path / "part", Config())
    assert place.read_bytes() == b"precious"
    assert part.missing() == []
    names = [{path.relative_to(made.root) for path in made.root.rglob("*")} for made in (whole, part)]
    assert names[0] == names[1]


def test_a_whole_workspace_is_not_made_again(tmp_path: Path) -> None:
    Workspace.create(tmp_path, Config())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(WorkspaceError, match="is a whole workspace already"):
        Workspace.create(tmp_path, Config())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_pictures_already_in_the_reference_folder_are_kept_by_creating_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "reference_images").mkdir()
    (tmp_path / "reference_images" / "a.jpg").write_bytes(b"a")
    Workspace.create(tmp_path, Config())
    assert (tmp_path / "reference_images" / "a.jpg").read_bytes() == b"a"


def test_a_folder_that_is_no_workspace_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="there is no folder") as missing:
        Workspace.open(tmp_path / "none")
    assert "copycatch init" in missing.value.remedy
    with pytest.raises(WorkspaceError, match="is no workspace"):
        Workspace.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="is not a folder"):
        Workspace.open(tmp_path / "file")


@pytest.mark.skipif(sys.platform == "win32", reason="files have no owner's rights there")
def test_what_the_commands_write_cannot_be_read_by_strangers_on_the_machine(tmp_path: Path) -> None:
    made = tmp_path / "watch"
    subprocess.run([sys.executable, "-m", "copycatch", "init", "--workspace", made], check=True, umask=0o022)
    assert [path for path in made.rglob("*") if path.stat().st_mode & 0o007] == []
