"""docs/database.md and the database say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from casebook.schema import APPLICATION_ID

if TYPE_CHECKING:
    from casebook.casebook import Casebook

TEXT = (Path(__file__).parents[2] / "docs" / "database.md").read_text(encoding="utf-8")
VIEWS = ["candidates", "queue", "coverage", "sellers"]
HELPERS = {"candidate_match", "frontier_counts", "refuted"}


def documented(heading: str) -> list[str]:
    """Return the first cells of the table under this heading."""
    section = re.split(rf"^##+ {heading}$", TEXT, flags=re.MULTILINE)[1]
    return re.findall(r"^\| `(\w+)` \|", re.split(r"^##+ ", section, flags=re.MULTILINE)[0], flags=re.MULTILINE)


def names(casebook: Casebook, kind: str) -> set[str]:
    rows = casebook._connection.execute("SELECT name FROM sqlite_schema WHERE type = ?", [kind])
    return {row["name"] for row in rows}


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_of_every_view_is_described_in_its_order(casebook: Casebook, view: str) -> None:
    columns = [column[0] for column in casebook._connection.execute(f"SELECT * FROM {view}").description]
    described = documented(view)
    assert columns == (described + documented("candidates") if view == "queue" else described)


def test_every_view_and_table_is_described_and_no_other(casebook: Casebook) -> None:
    assert names(casebook, "view") == {*VIEWS, *HELPERS}
    assert set(re.findall(r"^### (\w+)$", TEXT, flags=re.MULTILINE)) == set(VIEWS)
    assert all(f"`{helper}`" in TEXT for helper in HELPERS)
    assert names(casebook, "table") == set(documented("Tables"))


def test_the_application_id_is_the_one_described() -> None:
    assert f"`PRAGMA application_id` is {APPLICATION_ID}" in TEXT
