"""`copycatch review` where there is no workspace yet."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from copycatch.workspace import Workspace

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("made_before", [True, False])
def test_an_empty_or_missing_folder_becomes_a_workspace_that_opens_with_the_first_steps(
    tmp_path: Path, made_before: bool
) -> None:
    folder = tmp_path / "mine"
    if made_before:
        folder.mkdir()
    command = [sys.executable, "-u", "-m", "copycatch", "review", "--no-browser", "--port", "0", "--workspace", folder]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        try:
            assert child.stdout is not None
            said = child.stdout.readline() + child.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/start", said)
            assert found is not None, said
            with urllib3.PoolManager() as pool:
                assert b"Start in three steps" in pool.request("GET", found[0]).data
            assert not Workspace.open(folder).missing()
        finally:
            child.terminate()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear", encoding="utf-8")
    command = [sys.executable, "-m", "copycatch", "review", "--no-browser", "--port", "0", "--workspace", tmp_path]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert "is no workspace" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
