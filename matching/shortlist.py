"""Which references deserve a closer look? Fast, and measured against brute force."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from casebook.types import ReferenceKind
from matching.descriptor_index import DescriptorIndex, Hits
from matching.features import Features
from matching.stages import phash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from matching.views import PictureView, ReferenceView

NEIGHBOURS = 4
MIN_VOTES = 3
MIN_AGREEING = 4
MOST = 8
ANGLE_WIDTH = 45.0  # degrees
SCALE_WIDTH = 1.0  # octaves
MOST_PAIRS = 64
SLACK, SLACK_PER_PIXEL = 8.0, 0.25
SAME_PLACE = 6.0


class Shortlist:
    """Proposes references by three signs: the same file, a near phash, and ORB descriptors that vote together."""

    def __init__(self, views: Sequence[ReferenceView]) -> None:
        self._by_hash = {view.reference.sha256: index for index, view in enumerate(views)}
        pictures = [(i, view) for i, view in enumerate(views) if view.reference.kind is ReferenceKind.PICTURE]
        self._marks = [i for i, view in enumerate(views) if view.reference.kind is ReferenceKind.WATERMARK]
        self._phash_owner = np.array([index for index, view in pictures for _ in view.phashes], np.int64)
        self._phashes = np.array([value for _, view in pictures for value in view.phashes], np.uint64)
        # Straight and mirrored variant vote apart.
        variants = [(index, features) for index, view in pictures for features in view.variants if len(features)]
        self._view_of = np.array([index for index, _ in variants], np.int64)
        self._owner = np.repeat(np.arange(len(variants), dtype=np.int32), [len(features) for _, features in variants])
        rows = Features.joined([features for _, features in variants])
        self._points, self._angles, self._octaves = rows.points, rows.angles, np.log2(rows.sizes)
        self._index = DescriptorIndex(rows.descriptors)

    def propose(self, picture: PictureView) -> tuple[int, ...]:
        """Return the places in `views` worth comparing with the picture, in ascending order: at most 17, and every
        watermark, since a mark is looked for everywhere."""
        proposed = set()
        if picture.sha256 in self._by_hash:
            proposed.add(self._by_hash[picture.sha256])
        if picture.readable:
            proposed.update(self._marks, self._near_hashes(picture), self._voted(picture.scan_features))
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

        1. For each picture descriptor take the 4 nearest reference descriptors that the index finds.
        2. Each votes for its variant in a bin of turn (45°) and scale (one octave), in four grids shifted by half a
           bin so that no peak is lost on a border. The 16 fullest variants go on (Lowe 2004, section 7.1).
        3. Of those, every pair of points proposes where the others must lie; what counts is how many do.
        """
        hits = _nearest(self._index.search(features.descriptors))
        owner = self._owner[hits.row]
        often = np.bincount(owner, minlength=len(self._view_of))[owner] >= MIN_VOTES
        hits, owner = Hits(query=hits.query[often], row=hits.row[often], distance=hits.distance[often]), owner[often]
        turn = (features.angles[hits.query] - self._angles[hits.row]) % 360
        octaves = np.log2(features.sizes[hits.query]) - self._octaves[hits.row]
        votes = _fullest_bins(owner, turn, octaves, len(self._view_of))
        variants = [int(v) for v in np.lexsort((np.arange(len(votes)), -votes))[: 2 * MOST] if votes[v] >= MIN_VOTES]
        agreeing = {}
        for variant in variants:
            mine = np.flatnonzero(owner == variant)
            mine = mine[np.argsort(hits.distance[mine], kind="stable")[:MOST_PAIRS]]
            agreeing[variant] = _largest_agreement(
                features.points[hits.query[mine]], self._points[hits.row[mine]], turn[mine], octaves[mine]
            )
        best = sorted((v for v in variants if agreeing[v] >= MIN_AGREEING), key=lambda v: (-agreeing[v], v))
        return list(dict.fromkeys(int(self._view_of[variant]) for variant in best))[:MOST]


def _nearest(hits: Hits) -> Hits:
    """Keep the nearest few rows of each query."""
    order = np.lexsort((hits.row, hits.distance, hits.query))
    query = hits.query[order]
    kept = order[np.arange(len(order)) - np.searchsorted(query, query) < NEIGHBOURS]
    return Hits(query=hits.query[kept], row=hits.row[kept], distance=hits.distance[kept])


def _fullest_bins(
    owner: NDArray[np.int32], turn: NDArray[np.float32], octaves: NDArray[np.float32], owners: int
) -> NDArray[np.int64]:
    votes = np.zeros(owners, np.int64)
    turns = round(360 / ANGLE_WIDTH)
    for angle_shift, scale_shift in product((0.0, 0.5), repeat=2):
        column = np.floor(turn / ANGLE_WIDTH + angle_shift).astype(np.int64) % turns
        row = np.clip(np.floor(octaves / SCALE_WIDTH + scale_shift).astype(np.int64) + 16, 0, 31)
        keys, counts = np.unique((owner.astype(np.int64) * turns + column) * 32 + row, return_counts=True)
        np.maximum.at(votes, keys // (turns * 32), counts)
    return votes


def _largest_agreement(
    points: NDArray[np.float32], targets: NDArray[np.float32], turn: NDArray[np.float32], octaves: NDArray[np.float32]
) -> int:
    """Return how many distinct pairs one pair's similarity explains.

    Points are (n, 2), `turn` in degrees and `octaves` of scale lead from target to point. ORB's angles are good to some
    10°, so the farther a point lies from the pair that proposes, the more it may be off.
    """
    here, there = points @ np.array([1, 1j]), targets @ np.array([1, 1j])
    similarity = 2**octaves * np.exp(1j * np.deg2rad(turn))
    arm = similarity[:, None] * (there - there[:, None])
    placed = np.abs(here[:, None] + arm - here) < SLACK + SLACK_PER_PIXEL * np.abs(arm)
    alike = np.abs(np.log2(np.abs(similarity[:, None] / similarity))) < 0.6
    turned = np.cos(np.angle(similarity[:, None] / similarity)) > 0.85
    agreeing = placed & alike & turned
    best = agreeing[agreeing.sum(axis=1).argmax()]
    # Many descriptors at one place are one observation.
    return min(len(np.unique(np.round(places[best] / SAME_PLACE))) for places in (here, there))
