"""Which members of a set are the same picture as a natural original? The set does not say, so it is looked up.

Natural copies were collected apart from the references and distractors, and many come from the same shops. Such a
reference is a right answer too; such a distractor is somebody's copy and can be no negative.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.copies.decoding import decoded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.copies.pictures import Picture

SIDE = 64
# Of the shared set every pair above 0.93 is the same picture, seen by eye; the next below is at 0.908.
SAME = 0.93
# Two crops of one drawing, seen by eye: thumbnails of the whole do not show that.
CROPS = (("natural/124.jpg", "natural/170.jpg"),)


def twins(originals: Sequence[Picture], members: Sequence[Picture], cache: Path) -> tuple[tuple[str, str], ...]:
    """Return (original, member) names whose pictures correlate by at least 0.93 over 64 × 64 RGB pixels, squeezed."""
    names = [picture.sha256 for picture in (*originals, *members)]
    path = cache / f"twins-{hashlib.sha256(json.dumps([names, len(originals)]).encode()).hexdigest()[:16]}.json"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        agreement = _thumbnails(originals) @ _thumbnails(members).T
        found = [(originals[row].name, members[column].name) for row, column in np.argwhere(agreement >= SAME)]
        path.write_text(json.dumps(found), encoding="utf-8")
    return tuple((first, second) for first, second in json.loads(path.read_text(encoding="utf-8")))


def _thumbnails(pictures: Sequence[Picture]) -> NDArray[np.float32]:
    return np.array([_thumbnail(picture.path) for picture in pictures], np.float32).reshape(len(pictures), -1)


def _thumbnail(path: Path) -> NDArray[np.float32]:
    small = cv2.resize(decoded(path), (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    centred = small - small.mean()
    return np.asarray(centred / max(1e-6, float(np.linalg.norm(centred))), np.float32).ravel()
