"""Saved files that no reader gets through cost an import what they hold, and nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from copycatch import saved_pages, saved_pictures
from copycatch.workspace import Workspace
from crawler.reading_process import ReadingProcess
from tests.copycatch.conftest import Run
from tests.copycatch.filled import make_workspace
from tests.crawler.reading_tricks import MONSTROUS, crash, hang_over
from tests.crawler.saved_pages import PICTURES, warc

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "ebay:305512340001"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(64)


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(saved_pages, "ReadingProcess", partial(ReadingProcess, seconds=1))
    return make_workspace(tmp_path / "space")


def file_of(folder: Path, monstrous: int) -> Path:
    """Return a file of so many monstrous pages, and a good one behind them."""
    pages = [warc({}, url=f"https://bad.example/{number}", page=MONSTROUS) for number in range(monstrous)]
    path = folder / "saved.warc.gz"
    path.write_bytes(b"".join([*pages, warc({})]))
    return path


def test_a_monstrous_page_in_a_saved_file_is_named_and_the_rest_is_read(
    space: Workspace, tmp_path: Path, run: Run
) -> None:
    result = run("import", file_of(tmp_path, 2), "--no-compare", workspace=space)
    assert "https://bad.example/1: it could not be read within 1 seconds" in " ".join(result.stderr.split())
    with space.casebook() as casebook:
        assert casebook.listing(KEY) is not None


def test_a_file_full_of_monstrous_pages_is_given_up_with_a_remedy(space: Workspace, tmp_path: Path, run: Run) -> None:
    result = run("import", file_of(tmp_path, 3), "--no-compare", workspace=space)
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "3 pages of one file could not be read within 1 seconds; what follows them was left out." in said
    assert "Save the pages that you need one by one." in said
    with space.casebook() as casebook:
        assert casebook.listing(KEY) is None


@pytest.mark.parametrize("trick", [hang_over, crash])
def test_a_picture_that_no_decoder_gets_through_counts_as_one_that_cannot_be_decoded(
    trick: Callable[..., object], space: Workspace, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_pictures, "how_usable", trick)
    path = tmp_path / "saved.warc.gz"
    path.write_bytes(warc(dict.fromkeys(PICTURES[:1], JPEG)))
    result = run("import", path, "--no-compare", workspace=space)
    assert result.exit_code == 0
    assert "cannot be decoded" in " ".join(result.output.split())
    with space.casebook() as casebook:
        assert casebook.listing(KEY) is not None
