"""Which references deserve a closer look? Fast, and measured against brute force."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from casebook.findings import ReferenceKind
from matching.descriptor_index import MAX_DISTANCE, DescriptorIndex, Hits
from matching.similarity import explained
from matching.stages import phash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from matching.features import Features
    from matching.views import PictureView, ReferenceView

VERSION = 6  # rises with every change of what is proposed
NEIGHBOURS = 4
MOST = 8
BITS_PER_POINT, LEAST = 8.0, 1.0
ENOUGH = 5.0
ANGLE_WIDTH = 45.0  # degrees
SCALE_WIDTH = 1.0  # octaves
MOST_PAIRS = 64
SAME_PLACE = 6.0


class Shortlist:
    """Proposes references by three signs: the same file, a near phash, and ORB descriptors that vote together."""

    def __init__(self, views: Sequence[ReferenceView]) -> None:
        self._by_hash: dict[str, int] = {}
        self._phash_owner = np.empty(0, np.int64)
        self._phashes = np.empty(0, np.uint64)
        # Straight and mirrored variant vote apart: which view each is of, its features, and its first row.
        self._variants: list[tuple[int, Features]] = []
        self._first = np.empty(0, np.int64)
        # Half precision: a quarter of a degree is a fortieth of what ORB's angles are good for.
        self._angles, self._octaves = np.empty(0, np.float16), np.empty(0, np.float16)
        self._index = DescriptorIndex(np.empty((0, 32), np.uint8))
        self.add(views)

    def add(self, views: Sequence[ReferenceView]) -> None:
        """Watch out for these distinct pictures as well: the first gets the place after the last one known."""
        numbered = list(enumerate(views, start=len(self._by_hash)))
        self._by_hash |= {view.reference.sha256: place for place, view in numbered}
        pictures = [(place, view) for place, view in numbered if view.reference.kind is ReferenceKind.PICTURE]
        owner = np.array([place for place, view in pictures for _ in view.phashes], np.int64)
        self._phash_owner = np.concatenate((self._phash_owner, owner))
        hashes = np.array([value for _, view in pictures for value in view.phashes], np.uint64)
        self._phashes = np.concatenate((self._phashes, hashes))
        variants = [(place, features) for place, view in pictures for features in view.variants if len(features)]
        if not variants:
            return
        sizes = [len(features) for _, features in variants]
        first = len(self._index) + np.cumsum([0, *sizes[:-1]])
        self._variants += variants
        self._first = np.concatenate((self._first, first))
        self._angles = np.concatenate((self._angles, *(features.angles for _, features in variants)), dtype=np.float16)
        octaves = (np.log2(features.sizes) for _, features in variants)
        self._octaves = np.concatenate((self._octaves, *octaves), dtype=np.float16)
        self._index.add(np.concatenate([features.descriptors for _, features in variants]))

    def propose(self, picture: PictureView) -> tuple[int, ...]:
        """Return the places in `views` worth comparing with the picture, in ascending order; at most 17. A mark may be
        on any picture, so `Matcher` adds the watermarks itself."""
        proposed = set()
        if picture.sha256 in self._by_hash:
            proposed.add(self._by_hash[picture.sha256])
        if picture.readable:
            proposed.update(self._near_hashes(picture), self._voted(picture.scan_features))
        return tuple(sorted(proposed))

    def _near_hashes(self, picture: PictureView) -> list[int]:
        if picture.phash is None or not len(self._phashes):
            return []
        distance = np.bitwise_count(self._phashes ^ picture.phash)
        near = np.flatnonzero(distance <= phash.MAX_DISTANCE)
        ranked = near[np.lexsort((self._phash_owner[near], distance[near]))]
        return list(dict.fromkeys(self._phash_owner[ranked].tolist()))[:MOST]

    def _voted(self, features: Features) -> list[int]:
        """Return the views whose descriptors lie near the picture's in one consistent way, best first.

        1. For each picture descriptor take the 4 nearest reference descriptors that the index finds; a pair weighs the
           more, the nearer it is than the fifth: a corner that looks like many others tells little (Lowe's ratio
           test, against a library).
        2. Each votes for its variant in a bin of turn (45°) and scale (one octave), in four grids shifted by half a
           bin so that no peak is lost on a border. The 16 fullest variants go on (Lowe 2004, section 7.1).
        3. Of those, every pair of points proposes where the others must lie; what counts is the weight of those that
           do.
        """
        hits, weight = _nearest(self._index.search(features.descriptors))
        owner = np.searchsorted(self._first, hits.row, side="right") - 1
        turn = (features.angles[hits.query] - self._angles[hits.row].astype(np.float32)) % 360
        octaves = np.log2(features.sizes[hits.query]) - self._octaves[hits.row].astype(np.float32)
        votes = _fullest_bins(owner, turn, octaves, weight, len(self._variants))
        fullest = np.lexsort((np.arange(len(votes)), -votes))[: 2 * MOST]
        found: dict[int, float] = {}
        for variant in (int(place) for place in fullest if votes[place] >= ENOUGH):
            mine = np.flatnonzero(owner == variant)
            mine = mine[np.argsort(hits.distance[mine], kind="stable")[:MOST_PAIRS]]
            view, theirs = self._variants[variant]
            here, there = features.points[hits.query[mine]], theirs.points[hits.row[mine] - self._first[variant]]
            agreeing = _agreement(here, there, turn[mine], octaves[mine], weight[mine])
            if agreeing >= ENOUGH:
                found[view] = max(found.get(view, 0.0), agreeing)
        return sorted(found, key=lambda view: (-found[view], view))[:MOST]


def _nearest(hits: Hits) -> tuple[Hits, NDArray[np.float64]]:
    """Keep the nearest few rows of each query; return them and what each pair weighs."""
    begin, end = (np.searchsorted(hits.query, hits.query, side=side) for side in ("left", "right"))
    kept = np.flatnonzero(np.arange(len(begin)) - begin < NEIGHBOURS)
    following = begin[kept] + NEIGHBOURS
    beyond = np.append(hits.distance, MAX_DISTANCE + 1)[np.where(following < end[kept], following, len(begin))]
    distance = hits.distance[kept]
    weight = LEAST + (beyond.astype(np.float64) - distance) / BITS_PER_POINT
    return Hits(query=hits.query[kept], row=hits.row[kept], distance=distance), weight


def _fullest_bins(
    owner: NDArray[np.int64],
    turn: NDArray[np.float32],
    octaves: NDArray[np.float32],
    weight: NDArray[np.floating],
    owners: int,
) -> NDArray[np.float64]:
    votes = np.zeros(owners)
    turns = round(360 / ANGLE_WIDTH)
    for angle_shift, scale_shift in product((0.0, 0.5), repeat=2):
        column = np.floor(turn / ANGLE_WIDTH + angle_shift).astype(np.int64) % turns
        row = np.clip(np.floor(octaves / SCALE_WIDTH + scale_shift).astype(np.int64) + 16, 0, 31)
        keys, place = np.unique((owner * turns + column) * 32 + row, return_inverse=True)
        np.maximum.at(votes, keys // (turns * 32), np.bincount(place, weight, len(keys)))
    return votes


def _agreement(
    points: NDArray[np.float32],
    targets: NDArray[np.float32],
    turn: NDArray[np.float32],
    octaves: NDArray[np.float32],
    weight: NDArray[np.floating],
) -> float:
    """Return the weight of the pairs that one pair's similarity explains, those at one place counted once; or where
    even all of them are not enough, the weight of all.

    Points are (n, 2), `turn` in degrees and `octaves` of scale lead from target to point.
    """
    here, there = points @ np.array([1, 1j]), targets @ np.array([1, 1j])
    agreeing = explained(here, there, turn, octaves)
    total = agreeing @ weight
    best = agreeing[total.argmax()]
    if total.max() < ENOUGH:
        return float(total.max())
    return min(_heaviest_per_place(places[best], weight[best]) for places in (here, there))


def _heaviest_per_place(places: NDArray[np.complex128], weight: NDArray[np.floating]) -> float:
    distinct, place = np.unique(np.round(places / SAME_PLACE), return_inverse=True)
    heaviest = np.zeros(len(distinct))
    np.maximum.at(heaviest, place, weight)
    return float(heaviest.sum())
