"""`python -m benchmarks`: run every benchmark, print its table, keep all of them in RESULTS.md."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import matching_speed, scan_speed

RESULTS = Path(__file__).parent / "RESULTS.md"
LIBRARIES = ("scrapy", "opencv-python-headless", "faiss-cpu", "pillow", "imagehash", "numpy")


def main() -> None:
    sections = [
        "# Results",
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench`: {os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
        + ".",
        "Ratios are against something measured in the same run; absolute figures move with the machine.",
        scan_speed.measure(),
        matching_speed.measure(),
    ]
    text = "\n\n".join(sections) + "\n"
    print(text)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
