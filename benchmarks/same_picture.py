"""Is a picture known again that was saved anew, and is no other one taken for it?

1. Pictures drawn from the set of the copies benchmark, at most 800 pixels a side, are saved anew in every way of
   `same_picture_files.SAVED` and changed in every way of `CHANGED`, and then saved as JPEG 75, and at half size as
   JPEG 50. A change counts where it can be seen.
2. Every two pictures of the whole set, the labelled hard pairs among them, are different pictures. The natural
   copies that other people made are told by their kind: thumbnails of shops are the same picture where nobody cut
   or lit them anew, and that was not labelled.
3. Beside it stands what most programs do: the distance of two 64-bit phashes is at most 10.
4. The shortlist is timed with 50,000 first pictures, all drawn from the set's own tones with a little noise.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import imagehash
import numpy as np
from PIL import Image

from benchmarks.copies.pictures import Role, read
from benchmarks.copies.spread import spread
from benchmarks.same_picture_files import CHANGED, SAVED, file, jpeg, overlaid, resized
from matching.contents import Contents
from matching.decode import decode, pixels_of
from matching.same_picture import glance, same_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.copies.pictures import Picture, PictureSet
    from matching.same_picture import Glance

SEED = 2026
PROCESSES = 2
SAMPLE, LONGEST = 200, 800
NEAR = 10
MANY, ASKED = 50_000, 200


class Look(NamedTuple):
    """What is known of one file by either way."""

    glance: Glance
    phash: int


class Found(NamedTuple):
    """One pair of files: what was done, whether it counts, and what either way says of it."""

    row: str
    ours: bool
    phash: bool


def measure() -> str:
    """Return the section of RESULTS.md."""
    pictures = read(None, SEED)
    originals = [picture for picture in pictures.pictures if picture.role is not Role.NATURAL]
    sample = random.Random(SEED).sample(originals, min(SAMPLE, len(originals)))
    paths = [picture.path for picture in sample]
    edited = spread(_edited, paths, processes=PROCESSES, prepare=_nothing, given=(), title="saved anew and changed")
    found = Counter(one for each in edited for one in each)
    looks = _looks(pictures)
    pairs = Counter(_all_pairs(originals, pictures, looks))
    natural = Counter(
        _judged(pair.label, looks[pair.first.name], looks[pair.second.name]) for pair in pictures.natural_pairs
    )
    parts = (
        f"## The same picture: {len(sample)} of {len(originals)} pictures saved anew and changed ({pictures.label})",
        table("saved anew", "recognised", rows(found, SAVED)),
        table("different pictures", "wrongly taken as the same", [*rows(found, CHANGED), *rows(pairs)]),
        table("copies other people made (unlabelled: some are cut, lit or labelled anew)", "the same", rows(natural)),
        _costs([look.glance for look in looks.values()], paths),
    )
    return "\n\n".join(parts)


def _nothing() -> None:
    """Nothing needs preparing."""


def _edited(path: Path) -> list[Found]:
    image = Image.fromarray(pixels_of(decode(path.read_bytes())))
    image.thumbnail((LONGEST, LONGEST))
    original = _look(file(image, "PNG", compress_level=1))
    found = [_judged(name, original, _look(save(image))) for name, save in SAVED.items()]
    rng = np.random.default_rng([SEED, *path.as_posix().encode()])
    for name, change in CHANGED.items():
        changed = change(image, rng)
        if overlaid(image, changed):
            found += [
                _judged(name, original, _look(data)) for data in (jpeg(changed, 75), jpeg(resized(changed, 0.5), 50))
            ]
    return found


def _look(data: bytes) -> Look:
    seen = glance(data)
    bits = imagehash.phash(Image.fromarray(pixels_of(decode(data)))).hash
    return Look(seen, int("".join("01"[bit] for bit in bits.ravel().astype(int)), 2))


def _judged(row: str, one: Look, other: Look) -> Found:
    return Found(row, same_picture(one.glance, other.glance), (one.phash ^ other.phash).bit_count() <= NEAR)


def _looks(pictures: PictureSet) -> dict[str, Look]:
    paths = {picture.name: picture.path for picture in pictures.pictures}
    paths |= {one.name: one.path for pair in pictures.natural_pairs for one in (pair.first, pair.second)}
    title = "all pictures"
    seen = spread(_look_at, list(paths.values()), processes=PROCESSES, prepare=_nothing, given=(), title=title)
    return dict(zip(paths, seen, strict=True))


def _look_at(path: Path) -> Look:
    return _look(path.read_bytes())


def _all_pairs(originals: Sequence[Picture], pictures: PictureSet, looks: dict[str, Look]) -> Iterable[Found]:
    for pair in pictures.hard_pairs:
        yield _judged(f"hard pair: {pair.label}", looks[pair.first.name], looks[pair.second.name])
    for one, other in combinations([looks[picture.name] for picture in originals], 2):
        yield _judged("any two pictures of the set", one, other)


def rows(found: Counter[Found], order: Iterable[str] = ()) -> list[tuple[str, int, float, float]]:
    """Return each row's name, its pairs, and the shares either way calls the same."""
    names = list(order) or list(dict.fromkeys(one.row for one in found))
    made = []
    for name in names:
        mine = {one: count for one, count in found.items() if one.row == name}
        pairs = sum(mine.values())
        shares = [
            sum(count for one, count in mine.items() if said(one)) / pairs if pairs else 0.0
            for said in (lambda one: one.ours, lambda one: one.phash)
        ]
        made.append((name, pairs, shares[0], shares[1]))
    return made


def table(what: str, share: str, made: list[tuple[str, int, float, float]]) -> str:
    lines = [f"| {what} | pairs | {share} | by phash, distance ≤ {NEAR} |", "|---|---|---|---|"]
    lines += [f"| {name} | {pairs:,} | {_share(ours)} | {_share(phash)} |" for name, pairs, ours, phash in made]
    return "\n".join(lines)


def _share(share: float) -> str:
    return f"{share:.3f}" if share in (0, 1) or 0.0005 <= share < 0.9995 else f"{share:.6f}"


def _costs(glances: Sequence[Glance], paths: Sequence[Path]) -> str:
    """Return in words what looking, storing and finding cost."""
    rng = np.random.default_rng(SEED)
    contents = Contents((str(number), _another(glances, rng)) for number in range(MANY))
    asked = [_another(glances, rng) for _ in range(ASKED)]
    started = time.perf_counter()
    for number, one in enumerate(asked):
        contents.name(f"asked {number}", one)
    naming = (time.perf_counter() - started) / ASKED
    files = [path.read_bytes() for path in paths[:100]]
    started = time.perf_counter()
    for data in files:
        decode(data)
    decoding = (time.perf_counter() - started) / len(files)
    started = time.perf_counter()
    for data in files:
        glance(data)
    looking = (time.perf_counter() - started) / len(files)
    sizes = [len(one.to_bytes()) for one in glances]
    return (
        f"A glance takes {looking * 1000:.1f} ms a picture, of which decoding is {decoding * 1000:.1f} ms, and "
        f"{np.median(sizes):,.0f} bytes to store (median; {max(sizes):,} at most). Naming a picture among {MANY:,} "
        f"contents takes {naming * 1000:.1f} ms."
    )


def _another(glances: Sequence[Glance], rng: np.random.Generator) -> Glance:
    one = glances[rng.integers(len(glances))]
    tones = np.frombuffer(one.tones, np.uint8) + rng.normal(0, 12, len(one.tones))
    return replace(one, tones=np.clip(tones, 0, 255).astype(np.uint8).tobytes())
