"""python whole_hashes.py PACKAGE REFERENCES QUERIES ANSWERS: the nearest reference by every hash of a package.

A plain script for a foreign environment. Each query is answered twice: by the references as they are, and by the best
of their eight turns and mirrors, so that the turning is done once; the turned ones are taken at 256 px, which is much
faster. The score is 1 - distance / bits.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Hash = Callable[[Image.Image], np.ndarray]

TURNED_SIDE = 256
BLIND_TO_TURNS = {"colorhash"}
TURNS = (
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.TRANSVERSE,
)


def imagehash_hashes() -> dict[str, Hash]:
    import imagehash

    def bits(function: Callable[[Image.Image], imagehash.ImageHash], image: Image.Image) -> np.ndarray:
        return function(image).hash.ravel()

    names = ("phash", "dhash", "whash", "colorhash")
    return {name: partial(bits, getattr(imagehash, name)) for name in names}


def pdqhash_hashes() -> dict[str, Hash]:
    import pdqhash

    return {"PDQ": lambda image: pdqhash.compute(np.asarray(image))[0]}


def perception_hashes() -> dict[str, Hash]:
    from perception import hashers

    def bits(hasher: hashers.ImageHasher, image: Image.Image) -> np.ndarray:
        return np.asarray(hasher.compute(np.asarray(image), hash_format="vector"))

    names = ("PHash", "BlockMean", "MarrHildreth")
    return {name: partial(bits, getattr(hashers, name)()) for name in names}


def imagededup_hashes() -> dict[str, Hash]:
    from imagededup import methods

    def bits(method: Any, image: Image.Image) -> np.ndarray:
        return np.unpackbits(np.frombuffer(bytes.fromhex(method.encode_image(image_array=np.asarray(image))), np.uint8))

    return {name: partial(bits, getattr(methods, name)()) for name in ("PHash", "DHash", "WHash", "AHash")}


HASHES = {
    "imagehash": imagehash_hashes,
    "pdqhash": pdqhash_hashes,
    "perception": perception_hashes,
    "imagededup": imagededup_hashes,
}


def opened(path: str) -> Image.Image:
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def main() -> None:
    package, references, queries, answers = sys.argv[1:]
    library = _rows(references)
    names = [row["name"] for row in library]
    with Path(answers).open("w", encoding="utf-8") as out:
        for name, hash_of in HASHES[package]().items():
            known = np.array([_hashed(row["path"], name, hash_of) for row in library]).astype(bool)
            for query in _rows(queries):
                for line in _answers(query, hash_of, known, names):
                    out.write(json.dumps({**line, "method": f"{package} {name}{line['method']}"}) + "\n")


def _hashed(path: str, name: str, hash_of: Hash) -> list[np.ndarray]:
    """Return the hash of a reference, followed by those of its other turns where the hash tells them apart."""
    image = opened(path)
    hashes = [hash_of(image)]
    if name not in BLIND_TO_TURNS:
        image.thumbnail((TURNED_SIDE, TURNED_SIDE), Image.Resampling.LANCZOS)
        hashes += [hash_of(image.transpose(turn)) for turn in TURNS]
    return hashes


def _answers(query: dict[str, str], hash_of: Hash, known: np.ndarray, names: list[str]) -> Iterator[dict[str, object]]:
    """Answer from the hashes of the references: bool (references, turns, bits)."""
    begun = time.process_time()
    hashed = np.asarray(hash_of(opened(query["path"]))).astype(bool)
    straight = (known[:, 0] != hashed).mean(axis=1)
    yield _line(query, "", straight, names, time.process_time() - begun)
    if known.shape[1] > 1:
        turned = (known[:, 1:] != hashed).mean(axis=2).min(axis=1)
        yield _line(query, ", eight turns", np.minimum(straight, turned), names, time.process_time() - begun)


def _line(
    query: dict[str, str], method: str, distance: np.ndarray, names: list[str], seconds: float
) -> dict[str, object]:
    best = int(distance.argmin())
    found = [{"reference": names[best], "score": 1 - float(distance[best])}]
    return {"method": method, "query": query["name"], "found": found, "milliseconds": seconds * 1e3}


def _rows(path: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
