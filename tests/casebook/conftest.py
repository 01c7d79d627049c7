from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from casebook.casebook import Casebook
from tests.casebook.makers import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    """An open casebook in the middle of its first night."""
    with Casebook.open(tmp_path / "casebook.db", create=True) as opened:
        opened.begin_run(run(1))
        yield opened
