"""An environment per peer, made once; or the reason why there is none."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.copies.pictures import CACHE

if TYPE_CHECKING:
    from pathlib import Path

HOME = CACHE / "peers"
INSTALL_SECONDS = 1800
# What a package needs and does not say.
NEEDS = {"perception": ("perception[approximate-deduplication]",), "pdqhash": ("pdqhash", "numpy", "pillow")}


class NotInstalledError(Exception):
    """A peer could not be installed; the text says why."""


def python_for(package: str) -> Path:
    """Return the interpreter of an environment that holds the package, made when it is first asked for.

    Raises NotInstalledError with the installer's last words. A failed try is not repeated in the same cache.
    """
    folder = HOME / package
    failure = folder / "failed.txt"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if failure.exists():
        raise NotInstalledError(failure.read_text(encoding="utf-8"))
    if not (folder / "installed.txt").exists():
        install = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        steps = [
            [sys.executable, "-m", "venv", str(folder)],
            [*install, *NEEDS.get(package, (package,))],
        ]
        for step in steps:
            _run(step, failure)
        (folder / "installed.txt").write_text(_version(python, package), encoding="utf-8")
    return python


def version_of(package: str) -> str:
    """Return the installed version of a peer."""
    return (HOME / package / "installed.txt").read_text(encoding="utf-8")


def _run(step: list[str], failure: Path) -> None:
    try:
        done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        reason = f"installing took more than {INSTALL_SECONDS} s"
    else:
        if done.returncode == 0:
            return
        reason = (done.stderr.strip().splitlines() or ["the installer said nothing"])[-1]
    failure.parent.mkdir(parents=True, exist_ok=True)
    failure.write_text(reason, encoding="utf-8")
    raise NotInstalledError(reason)


def _version(python: Path, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
