from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from casebook.types import RunState, ScanRun
from copycatch import demo_workspace
from copycatch.config import Config
from copycatch.demo_workspace import DemoError, open_demo
from copycatch.works import read_library
from copycatch.workspace import Workspace, WorkspaceError
from fixtures.demo.pictures import Studio
from tests.copycatch.filled import STARTED, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.copycatch.conftest import Run


@pytest.fixture(autouse=True)
def _drawn_once(monkeypatch: pytest.MonkeyPatch, drawn_pictures: Path) -> None:
    """Drawing all works takes seconds; every demo here shows the same ones."""
    monkeypatch.setattr(demo_workspace, "Studio", lambda _folder: Studio(drawn_pictures))


def test_the_demo_writes_a_workspace_that_can_scan_its_shops_and_nothing_else(tmp_path: Path) -> None:
    with open_demo(tmp_path / "demo") as (workspace, server):
        config = workspace.config()
        config.require_scannable(workspace.config_path)
        hosts = {urlsplit(shop.url).netloc for shop in server.shops}
        assert set(config.crawl.allowed_private_hosts) == hosts
        assert {urlsplit(target.start[0]).netloc for target in config.targets} == hosts
        assert server.night == 1
        library = read_library(workspace)
        assert library.problems == []
        assert len(library.works) >= 10


def test_a_second_demo_opens_the_same_ports_a_night_later(tmp_path: Path) -> None:
    with open_demo(tmp_path / "demo") as (workspace, server):
        first = [shop.url for shop in server.shops]
    with open_demo(tmp_path / "demo") as (_, server):
        assert [shop.url for shop in server.shops] == first
        assert server.night == 1, "no scan has seen the first night yet"
    with workspace.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id="r", started_at=STARTED, program="p", job="{}"))
        casebook.finish_run("r", RunState.FINISHED, STARTED, {})
    with open_demo(tmp_path / "demo") as (_, server):
        assert server.night == 2


def test_a_port_in_use_is_named_with_a_remedy_and_no_other_port_stays_open(tmp_path: Path, run: Run) -> None:
    with open_demo(tmp_path / "demo") as (_, server):
        ports = [urlsplit(shop.url).port for shop in server.shops]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[1]))
        taken.listen()
        result = run("demo", "--folder", tmp_path / "demo")
    assert result.exit_code == 1
    assert str(ports[1]) in result.stderr
    assert "--folder" in result.stderr
    with open_demo(tmp_path / "demo") as (_, server):
        assert [urlsplit(shop.url).port for shop in server.shops] == ports


def test_a_workspace_of_somebodys_own_is_left_alone(tmp_path: Path) -> None:
    own = make_workspace(tmp_path / "own")
    before = {path: path.read_bytes() for path in own.root.rglob("*") if path.is_file()}
    with pytest.raises(DemoError, match="is not the workspace of a demo"), open_demo(own.root):
        pass
    assert {path: path.read_bytes() for path in own.root.rglob("*") if path.is_file()} == before
    empty = Workspace.create(tmp_path / "empty", Config())
    with pytest.raises(DemoError), open_demo(empty.root):
        pass
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").touch()
    with pytest.raises(WorkspaceError), open_demo(tmp_path / "pictures"):
        pass
