"""What a stranger installs works without the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)], folder)
    return next(folder.glob("*.whl"))


def run(command: list[str], folder: Path) -> str:
    """Run a command in a folder, without anything of this environment on the module path; return its output."""
    unwanted = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    clean = {name: value for name, value in os.environ.items() if name not in unwanted}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_the_wheel_carries_code_and_data_but_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"casebook", "copycatch", "crawler", "fixtures", "matching", "review", "scheduler.py"}
    assert any(name.endswith("shops.toml") for name in names)
    assert any(name.startswith("copycatch/templates/") for name in names)
    assert {"review/templates/base.html", "review/static/review.css", "review/static/review.js"} <= set(names)


@pytest.mark.timeout(1800)  # it installs everything anew
def test_an_installed_wheel_runs_the_demo_in_another_directory(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    # Most of what is installed is never imported: what is, is compiled then.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-compile", "--quiet"]
    pip += ["--disable-pip-version-check"]
    run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)], tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shown = run([str(python), "-m", "copycatch", "demo", "--folder", "demo"], elsewhere)
    assert "Misty Ridge" in shown
    assert list((elsewhere / "demo" / "reports").glob("*.html"))
