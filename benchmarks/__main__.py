"""`python -m benchmarks [NAME ...]`: run every benchmark or the named ones, print them, keep them in RESULTS.md."""

from __future__ import annotations

import argparse

from benchmarks import (
    calibration,
    copies,
    matching_speed,
    reading_speed,
    results,
    review_speed,
    same_picture,
    scan_speed,
    speed_engine,
    watermarks,
)

BENCHMARKS = {
    "copies": copies.measure,
    "calibration": calibration.measure,
    "watermarks": watermarks.measure,
    "same-picture": same_picture.measure,
    "matching-speed": matching_speed.measure,
    "engine-speed": speed_engine.measure,
    "scan-speed": scan_speed.measure,
    "reading-speed": reading_speed.measure,
    "review-speed": review_speed.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    for name in names:
        section = BENCHMARKS[name]()
        print(section, end="\n\n")
        results.keep(name, section, tuple(BENCHMARKS))


if __name__ == "__main__":
    main()
