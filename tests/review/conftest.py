"""The review of a small workspace, served on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copycatch.workspace import Workspace
from tests.copycatch.filled import fill, make_workspace
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
