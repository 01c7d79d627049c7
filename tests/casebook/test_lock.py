from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from casebook.errors import CasebookError, WorkspaceBusy
from casebook.lock import WorkspaceLock

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from casebook.lock import WorkspaceLock
with WorkspaceLock(Path(sys.argv[1]), "A scan"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_holds_the_workspace(tmp_path: Path) -> None:
    lock = tmp_path / "workspace.lock"
    with WorkspaceLock(lock, "A scan"):
        with (
            pytest.raises(WorkspaceBusy, match="A scan is already running in") as caught,
            WorkspaceLock(lock, "A scan"),
        ):
            pass
        assert "Wait" in caught.value.remedy


def test_the_lock_is_free_again_after_its_block(tmp_path: Path) -> None:
    lock = WorkspaceLock(tmp_path / "workspace.lock", "A scan")
    for _ in range(2):
        with lock:
            pass


def test_a_killed_process_frees_the_workspace(tmp_path: Path) -> None:
    path = tmp_path / "workspace.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WorkspaceBusy), WorkspaceLock(path, "A scan", wait_seconds=0.05):
            pass
        holder.kill()
    with WorkspaceLock(path, "A scan", wait_seconds=5):
        pass


def test_a_missing_folder_or_a_strange_lock_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "strange").write_bytes(b"no lock " * 1000)
    for path in (tmp_path / "missing" / "workspace.lock", tmp_path / "strange"):
        with pytest.raises(CasebookError, match="cannot be used"), WorkspaceLock(path, "A scan"):
            pass
