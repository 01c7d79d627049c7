"""What the whole suite shares: the drawn pictures of the demo, and the order in which the files run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

# The longest first, by their processor time: a long file that begins last leaves the other core idle until it ends.
# xdist would put the files with the fewest tests last, which these are; the Makefile tells it to keep this order.
LONGEST_FIRST = (
    "oscar/test_oscar_shop.py",
    "copycatch/test_interrupted_scan.py",
    "copycatch/test_never_twice.py",
    "copycatch/test_scan.py",
    "project/test_wheel.py",
    "matching/test_real_pictures.py",
    "review/test_first_use_journey.py",
)
_HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file, and among all others, the order stays."""
    places = {_HERE / name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A disk of 2 MiB, mounted at `folder`."""

    folder: Path

    def fill_up(self) -> Path:
        """Leave not one byte free; return the file that is to be removed to make room again."""
        fill = self.folder / "fill"
        with fill.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        assert shutil.disk_usage(self.folder).free == 0
        return fill


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def drawn_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for a `Studio`: what one file, or one process of the run, has drawn there no other draws again."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # of the whole run; its own folders stand beside one another in it
    return base / "drawn-pictures"
