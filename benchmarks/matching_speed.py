"""Comparing pictures that match nothing, against decoding them and one plain ORB detection."""

from __future__ import annotations

import hashlib
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from casebook.types import Reference, WorkKind
from fixtures.demo.pictures import GOODS, WORKS, Studio
from matching.decode import decode
from matching.library import ReferenceLibrary
from matching.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = Path(__file__).parents[2] / "shared" / "pictures"
MOST_REFERENCES, MOST_PICTURES = 300, 60


def measure() -> str:
    """Return the table of one set: real photographs where they lie beside the repository, else the demo's."""
    cv2.setNumThreads(1)
    label, references, pictures = _photographs() if SHARED.is_dir() else _drawn()
    begun = time.process_time()
    library = ReferenceLibrary.build(
        (
            Reference(sha256=hashlib.sha256(data).hexdigest(), work_id=f"W-{number}", path=str(number)),
            WorkKind.PHOTO,
            data,
        )
        for number, data in enumerate(references)
    )
    building = (time.process_time() - begun) / len(references)
    matcher = Matcher(library)
    ours, plain = [], []
    for data in pictures:
        plain.append(_timed(lambda data=data: _decode_and_detect(data)))
        ours.append(_timed(lambda data=data: matcher.examine(data)))
    base = statistics.median(plain)
    lines = [
        f"## Comparing {len(pictures)} pictures with {len(references)} references ({label})",
        "| one core, CPU time | ms | × decode and one ORB detection |",
        "|---|---|---|",
        f"| decode and detect 1,000 ORB points at 768 px, median | {base * 1e3:.1f} | 1 |",
        f"| decode to verdict, median | {statistics.median(ours) * 1e3:.1f} | {statistics.median(ours) / base:.1f} |",
        f"| decode to verdict, 95th percentile | {_high(ours) * 1e3:.1f} | {_high(ours) / base:.1f} |",
        f"| prepare one reference | {building * 1e3:.1f} | {building / base:.1f} |",
    ]
    return "\n".join(lines)


def _photographs() -> tuple[str, list[bytes], list[bytes]]:
    references = sorted((SHARED / "reference").rglob("*.*"))
    others = sorted((SHARED / "distractor").rglob("*.*"))
    chosen = np.random.default_rng(2026).permutation(len(others))[:MOST_PICTURES]
    return (
        "real photographs that copy none of them",
        [path.read_bytes() for path in references[:MOST_REFERENCES]],
        [others[place].read_bytes() for place in chosen],
    )


def _drawn() -> tuple[str, list[bytes], list[bytes]]:
    studio = Studio(None)
    return "the demo's drawings", [studio.picture(w.name) for w in WORKS], [studio.picture(g.name) for g in GOODS]


def _decode_and_detect(data: bytes) -> None:
    pixels = decode(data).pixels
    if pixels is not None:
        scale = min(1.0, 768 / max(pixels.shape[:2]))
        grey = cv2.cvtColor(
            cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        cv2.ORB_create(1000).detectAndCompute(grey, None)


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _high(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]
