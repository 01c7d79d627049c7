"""The environment that django-oscar runs in: never copycatch's own, so that neither bends the other's dependencies."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What a shop needs beside django-oscar itself, whose version stands in pyproject.toml: thumbnails, a server, an index.
_BESIDES = ("django-oscar[sorl-thumbnail]", "waitress>=3,<4", "whoosh-reloaded>=2.7.5,<3")
_CACHE = ROOT / ".cache"
_ENVIRONMENT = _CACHE / "oscar-venv"
_CONSTRAINTS = ROOT / "constraints.txt"


def oscar_python() -> Path:
    """Return the interpreter that can run the shop; its environment is made once and again when its wants change.

    Raises:
        RuntimeError: pip failed twice; the message holds all that it said.
    """
    python = _ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # Written last: without it the environment is half-made, with another text it was made for other wants.
    marker = _ENVIRONMENT / "made-for.txt"
    wants = _wants()
    if marker.exists() and marker.read_text(encoding="utf-8") == wants:
        return python
    shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
    _CACHE.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(_ENVIRONMENT)], check=True, timeout=120)
    _install(python)
    marker.write_text(wants, encoding="utf-8")
    return python


def _requirements() -> tuple[str, ...]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return (*project["optional-dependencies"]["oscar"], *_BESIDES)


def _wants() -> str:
    constraints = _CONSTRAINTS.read_bytes() if _CONSTRAINTS.exists() else b""
    return "\n".join((*_requirements(), hashlib.sha256(constraints).hexdigest(), sys.version))


def _install(python: Path) -> None:
    # The shop imports a small part of all that is installed, and compiles that when it is first started.
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--disable-pip-version-check"]
    command += ["--no-compile", *_requirements()]
    if _CONSTRAINTS.exists():
        command += ["-c", str(_CONSTRAINTS)]
    for _attempt in range(2):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=400
        )
        if done.returncode == 0:
            return
    raise RuntimeError(f"{' '.join(command)} failed twice:\n{done.stdout}")
