"""The review of a small workspace, served on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from copycatch.workspace import Workspace
from tests.copycatch.filled import fill, make_workspace
from tests.review.cases import monday
from tests.review.serving import Site, served


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A workspace with one finished scan: a hostile listing that shows a copy."""
    made = make_workspace(tmp_path / "space")
    fill(made)
    return made


@pytest.fixture
def site(workspace: Workspace) -> Iterator[Site]:
    with served(workspace) as running:
        yield running


@pytest.fixture(scope="session")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """What an operator finds on a Monday: never to be changed."""
    return monday(tmp_path_factory.mktemp("monday") / "space")


@pytest.fixture
def space(matched: Workspace, tmp_path: Path) -> Workspace:
    """The same Monday, to decide."""
    return Workspace.open(Path(shutil.copytree(matched.root, tmp_path / "space")))
