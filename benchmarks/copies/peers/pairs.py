"""python pairs.py METHOD REFERENCES QUERIES ANSWERS: every query against every reference, one pair after the other.

A plain script for a foreign environment. Only pairs with a score of more than nothing are written.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable

    # What is kept of a picture, and how two such things are compared.
    Method = tuple[Callable[[Image.Image], Any], Callable[[Any, Any], float]]

POINTS = 1000
RATIO = 0.75
REPROJECTION = 5.0
LONGEST = 800
FEWEST = 8


def local_points(name: str) -> Method:
    """Plain ORB or SIFT at 800 px: 1,000 points, ratio test 0.75, homography by RANSAC at 5 px; the score is the
    number of inliers, from 8 on."""
    import cv2

    cv2.setNumThreads(1)
    detector = cv2.ORB.create(POINTS) if name == "ORB" else cv2.SIFT.create(POINTS)
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING if name == "ORB" else cv2.NORM_L2)

    def describe(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
        image = image.convert("L")
        image.thumbnail((LONGEST, LONGEST))
        points, descriptors = detector.detectAndCompute(np.asarray(image), None)
        return np.array([point.pt for point in points], np.float32), descriptors

    def compare(query: Any, reference: Any) -> float:
        if query[1] is None or reference[1] is None or len(reference[1]) < 2:
            return 0.0
        pairs = matcher.knnMatch(query[1], reference[1], k=2)
        good = [first for first, second in pairs if first.distance < RATIO * second.distance]
        if len(good) < FEWEST:
            return 0.0
        source = query[0][[match.queryIdx for match in good]]
        target = reference[0][[match.trainIdx for match in good]]
        cv2.setRNGSeed(0)
        _, inliers = cv2.findHomography(source, target, cv2.RANSAC, REPROJECTION)
        count = 0 if inliers is None else int(inliers.sum())
        return float(count) if count >= FEWEST else 0.0

    return describe, compare


def crop_resistant() -> Method:
    """imagehash's crop_resistant_hash: the number of segments that match, nearer ones first among equals."""
    import imagehash

    def compare(query: Any, reference: Any) -> float:
        matched, distance = query.hash_diff(reference)
        return matched + 1 / (1 + distance) if matched else 0.0

    return imagehash.crop_resistant_hash, compare


def perception_local() -> Method:
    """perception's local-descriptor check at its own settings: 256 SIFT points at 256 px, both ways, with its test of
    the bounds; the score of a pair that passes is the share of matched points."""
    from perception import local_descriptor_deduplication as local

    hasher = local.SIFT()

    def compare(query: Any, reference: Any) -> float:
        if query is None or reference is None:
            return 0.0
        passed, figures = hasher.validate_match(query, reference)
        return float(figures["match"] or 0.0) if passed else 0.0

    return lambda image: local.generate_image_descriptors(image, hasher), compare


METHODS: dict[str, Callable[[], Method]] = {
    "ORB": lambda: local_points("ORB"),
    "SIFT": lambda: local_points("SIFT"),
    "crop_resistant": crop_resistant,
    "perception_local": perception_local,
}


def main() -> None:
    method, references, queries, answers = sys.argv[1:]
    describe, compare = METHODS[method]()
    library = [(row["name"], describe(opened(row["path"]))) for row in _rows(references)]
    with Path(answers).open("w", encoding="utf-8") as out:
        for row in _rows(queries):
            begun = time.process_time()
            query = describe(opened(row["path"]))
            scores = [(compare(query, reference), name) for name, reference in library]
            found = [{"reference": name, "score": score} for score, name in sorted(scores, reverse=True) if score > 0]
            spent = (time.process_time() - begun) * 1e3
            out.write(
                json.dumps({"method": method, "query": row["name"], "found": found, "milliseconds": spent}) + "\n"
            )


def opened(path: str) -> Image.Image:
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def _rows(path: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
