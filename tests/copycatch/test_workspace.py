from __future__ import annotations

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
def test_nothing_is_overwritten_by_creating_a_workspace(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"precious")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(WorkspaceError, match="already exists"):
        Workspace.create(tmp_path, Config())
    assert place.read_bytes() == b"precious"
    assert sorted(tmp_path.rglob("*")) == before


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
