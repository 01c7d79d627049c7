"""RESULTS.md: one section per benchmark, each replaced by its next run and by nothing else."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
LIBRARIES = ("scrapy", "opencv-python-headless", "faiss-cpu", "pillow", "imagehash", "numpy")
HEAD = """# Results

Each section says when and on what it was measured; `make bench` measures all of them anew. Ratios are against
something measured in the same run; absolute figures move with the machine.
"""


def put(text: str, name: str, section: str, order: tuple[str, ...]) -> str:
    """Return RESULTS.md with one section replaced or added; sections stand in the given order."""
    found = re.findall(r"<!-- begin (.+?) -->\n(.*?)\n<!-- end \1 -->", text, flags=re.DOTALL)
    sections = {**dict(found), name: section}
    kept = [f"<!-- begin {each} -->\n{sections[each]}\n<!-- end {each} -->\n" for each in order if each in sections]
    return "\n".join([HEAD, *kept])


def keep(name: str, section: str, order: tuple[str, ...]) -> None:
    """Write a section into RESULTS.md, with the day, the machine and the versions below its heading."""
    heading, _, rest = section.partition("\n")
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    RESULTS.write_text(put(before, name, f"{heading}\n{_circumstances()}\n\n{rest.lstrip()}", order), encoding="utf-8")


def _circumstances() -> str:
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES) + "."
    )
