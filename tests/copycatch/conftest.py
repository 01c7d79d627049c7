"""Workspaces for the tests of the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from copycatch.cli import cli
from copycatch.workspace import Workspace
from tests.copycatch.filled import fill, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., Result]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "space")


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    fill(workspace)
    return workspace


@pytest.fixture
def run() -> Run:
    """Run the command line in this process: `run("status", "--json", workspace=…)`."""

    def invoke(*arguments: str | Path, workspace: Workspace | Path | None = None) -> Result:
        folder = workspace.root if isinstance(workspace, Workspace) else workspace
        named = [] if folder is None else ["--workspace", str(folder)]
        return CliRunner().invoke(cli, [*map(str, arguments), *named])

    return invoke


@pytest.fixture(autouse=True)
def _log_handlers_closed() -> Iterator[None]:
    """A command's log handlers write to the streams of its own run; none may outlive the test."""
    before = list(logging.getLogger().handlers)
    raises, level = logging.raiseExceptions, logging.getLogger().level
    yield
    for handler in [handler for handler in logging.getLogger().handlers if handler not in before]:
        logging.getLogger().removeHandler(handler)
        handler.close()
    logging.raiseExceptions = raises
    logging.getLogger().setLevel(level)
