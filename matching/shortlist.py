"""Which references deserve a closer look? Fast, and measured against brute force in the tests."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import faiss
import numpy as np

from casebook.types import ReferenceKind
from matching.features import DESCRIPTOR_BITS, Features
from matching.stages import phash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from matching.views import PictureView, ReferenceView

HASH_BITS = 20
FLIPS = 1
NEIGHBOURS = 3
VOTE_DISTANCE = 64
MIN_VOTES = 5
MOST = 8
ANGLE_WIDTH = 45.0
SCALE_WIDTH = 1.0


class Shortlist:
    """Proposes references by three signs: the same file, a near phash, and ORB descriptors that vote together."""

    def __init__(self, views: Sequence[ReferenceView]) -> None:
        # As with OpenCV, one thread: engines above spread pictures over cores.
        faiss.omp_set_num_threads(1)
        self._by_hash = {view.reference.sha256: index for index, view in enumerate(views)}
        pictures = [(i, view) for i, view in enumerate(views) if view.reference.kind is ReferenceKind.PICTURE]
        self._phash_owner = np.array([index for index, view in pictures for _ in view.phashes], np.int64)
        self._phashes = np.array([value for _, view in pictures for value in view.phashes], np.uint64)
        variants = [(index, features) for index, view in pictures for features in view.variants if len(features)]
        # Straight and mirrored variant vote apart: an owner is twice the reference, plus one for every second.
        sizes = [len(features) for _, features in variants]
        self._owner = np.repeat(np.arange(len(variants)), sizes)
        self._owner_view = np.array([index for index, _ in variants], np.int64)
        self._angles = _joined([features.angles for _, features in variants])
        self._octaves = np.log2(_joined([features.sizes for _, features in variants]))
        self._index = faiss.IndexBinaryHash(DESCRIPTOR_BITS, HASH_BITS)
        self._index.nflip = FLIPS
        for _, features in variants:
            self._index.add(features.descriptors)

    def propose(self, picture: PictureView) -> tuple[int, ...]:
        """Return the places in `views` worth comparing with the picture, in ascending order; at most 17."""
        proposed = set()
        if picture.sha256 in self._by_hash:
            proposed.add(self._by_hash[picture.sha256])
        if picture.readable:
            proposed.update(self._near_hashes(picture))
            proposed.update(self._voted(picture))
        return tuple(sorted(proposed))

    def _near_hashes(self, picture: PictureView) -> list[int]:
        if picture.phash is None or not len(self._phashes):
            return []
        distance = np.bitwise_count(self._phashes ^ picture.phash)
        near = np.flatnonzero(distance <= phash.MAX_DISTANCE)
        ranked = near[np.lexsort((self._phash_owner[near], distance[near]))]
        return list(dict.fromkeys(self._phash_owner[ranked].tolist()))[:MOST]

    def _voted(self, picture: PictureView) -> list[int]:
        votes = self.votes(picture.features)
        ranked = np.lexsort((np.arange(len(votes)), -votes))
        best = [int(self._owner_view[place]) for place in ranked[: 2 * MOST] if votes[place] >= MIN_VOTES]
        return list(dict.fromkeys(best))[:MOST]

    def votes(self, features: Features) -> NDArray[np.int64]:
        """Count, for every variant, nearest descriptors that agree on one change of angle and of scale.

        1. For each picture descriptor take up to 3 near reference descriptors (multi-probe hashing on the first 20
           bits, one of them flipped at most).
        2. Each votes for its variant in a bin of angle (45°) and scale (one octave); every vote is cast in four
           grids, shifted by half a bin, so that no peak is lost on a border.
        3. The fullest bin of a variant is its number of votes.
        """
        votes = np.zeros(len(self._owner_view), np.int64)
        if not len(features) or not self._index.ntotal:
            return votes
        distance, neighbour = self._index.search(features.descriptors, NEIGHBOURS)
        query, rank = np.nonzero((neighbour >= 0) & (distance <= VOTE_DISTANCE))
        hit = neighbour[query, rank]
        owner = self._owner[hit]
        angle = ((features.angles[query] - self._angles[hit]) % 360) / ANGLE_WIDTH
        octave = (np.log2(features.sizes[query]) - self._octaves[hit]) / SCALE_WIDTH
        turns = round(360 / ANGLE_WIDTH)
        for angle_shift, scale_shift in product((0.0, 0.5), repeat=2):
            column = np.floor(angle + angle_shift).astype(np.int64) % turns
            row = np.clip(np.floor(octave + scale_shift).astype(np.int64) + 16, 0, 31)
            keys, counts = np.unique((owner * turns + column) * 32 + row, return_counts=True)
            np.maximum.at(votes, keys // (turns * 32), counts)
        return votes


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.empty(0, np.float32)
