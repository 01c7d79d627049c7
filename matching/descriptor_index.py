"""Near descriptors among millions, in a few milliseconds: several hash tables over blocks of descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from matching.hash_table import HashTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matching.hash_table import Buckets

TABLES = 5
KEY_SHIFTS = (16, 40)
SPARSE = 1
MAX_DISTANCE = 56
FEWEST_BITS, MOST_BITS = 12, 24
FULLEST = 16
GLANCE_WORD = 3
GLANCE_DISTANCE = 9
GROWTH = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """Pairs of near descriptors: `query` and `row` are int32 (n,), `distance` uint16, the Hamming distance. No pair
    twice; in the order of `query`, then of `distance`, then of `row`."""

    query: NDArray[np.int32]
    row: NDArray[np.int32]
    distance: NDArray[np.uint16]


class _Segment:
    """Descriptors that are filed together, when they are first searched: `words` is uint64 (n, 4), `first` the row
    number of the first. Each table comes with 32 bits of every row, in the order of the table."""

    def __init__(self, words: NDArray[np.uint64], first: int, bits: int) -> None:
        self.words = words
        self.first = first
        self._bits = bits

    @cached_property
    def tables(self) -> list[HashTable]:
        return [HashTable(_keys(self.words, number, self._bits), self._bits) for number in range(TABLES)]

    @cached_property
    def glances(self) -> list[NDArray[np.uint32]]:
        glances = _glances(self.words)
        return [glances[table.rows] for table in self.tables]


class DescriptorIndex:
    """Finds the stored rows within Hamming distance 56 of a query, most of them.

    1. Each of five tables files every row under up to 24 bits of it, different ones of the first three 64-bit words;
       the bits grow with the number of rows, so that most buckets are empty.
    2. A query looks into its own bucket and those that differ in one bit (multi-probe hashing, Lv et al. 2007). Buckets
       with more than 16 rows are passed over: a corner that looks like that many others tells nothing.
    3. Each bucket holds 32 more bits of its rows, from the fourth word, side by side. Rows that differ there in more
       than 9 are left alone: reading a whole row from a random place in memory costs more than all the rest.
    4. What is left is compared in full.

    Rows added later form segments of their own, searched one after the other. A segment less than twice as large as
    what comes after it is filed anew with it, so there are few, and each row is filed a few times at most (O'Neil et
    al., "The log-structured merge-tree", 1996). Answers are those of one index of all rows.

    A row costs 32 bytes and 8 in each table, a table 3 MB and 4 bytes for each bucket that holds any.
    """

    def __init__(self, descriptors: NDArray[np.uint8]) -> None:
        self._segments: list[_Segment] = []
        self._bits = FEWEST_BITS
        self.add(descriptors)

    def __len__(self) -> int:
        return sum(len(segment.words) for segment in self._segments)

    def add(self, descriptors: NDArray[np.uint8]) -> None:
        """Store (n, 32) uint8 descriptors as the next n rows."""
        if not len(descriptors):
            return
        total = len(self) + len(descriptors)
        bits = int(np.clip(np.ceil(np.log2(total)) + SPARSE, FEWEST_BITS, MOST_BITS))
        words = np.ascontiguousarray(descriptors).view(np.uint64)
        while self._segments and (bits > self._bits or len(self._segments[-1].words) < GROWTH * len(words)):
            words = np.concatenate((self._segments.pop().words, words))
        self._bits = bits
        self._segments.append(_Segment(words, total - len(words), bits))

    def search(self, descriptors: NDArray[np.uint8]) -> Hits:
        """Return the near rows of each of the (n, 32) uint8 query descriptors."""
        words = np.ascontiguousarray(descriptors).view(np.uint64)
        glances = _glances(words)
        parts = [part for table in range(TABLES) for part in self._near(words, glances, table)]
        packed = np.sort(np.concatenate([np.empty(0, np.uint64), *parts]))
        # A pair can lie in one bucket of several tables.
        packed = packed[np.diff(packed, prepend=np.uint64(2**64 - 1)) != 0]
        return Hits(
            query=(packed >> np.uint64(41)).astype(np.int32),
            row=(packed & np.uint64(0xFFFFFFFF)).astype(np.int32),
            distance=(packed >> np.uint64(32) & np.uint64(511)).astype(np.uint16),
        )

    def _near(self, words: NDArray[np.uint64], glances: NDArray[np.uint32], table: int) -> list[NDArray[np.uint64]]:
        """Return what one table tells of each segment: query, distance and row, packed into one number that sorts."""
        flips = np.array([0] + [1 << bit for bit in range(self._bits)], np.int64)
        keys = (_keys(words, table, self._bits).astype(np.int64)[:, None] ^ flips).ravel()
        found = [segment.tables[table].find(keys) for segment in self._segments]
        crowd = np.zeros(len(keys), np.int32)
        for buckets in found:
            crowd[buckets.sought] += buckets.size
        near = []
        for segment, buckets in zip(self._segments, found, strict=True):
            query, place = _opened(buckets, crowd[buckets.sought] <= FULLEST, len(flips))
            # `take` gathers several times faster than indexing does.
            differing = np.bitwise_count(segment.glances[table].take(place) ^ glances.take(query))
            alike = np.flatnonzero(differing <= GLANCE_DISTANCE)
            query, row = query.take(alike), segment.tables[table].rows.take(place.take(alike))
            bits = np.bitwise_count(segment.words.take(row, axis=0) ^ words.take(query, axis=0))
            # Four columns added are several times faster than a sum over so short an axis.
            distance = bits[:, 0].astype(np.uint16) + bits[:, 1] + bits[:, 2] + bits[:, 3]
            kept = np.flatnonzero(distance <= MAX_DISTANCE)
            near.append(_packed(query[kept], distance[kept], row[kept] + segment.first))
        return near


def _keys(words: NDArray[np.uint64], table: int, bits: int) -> NDArray[np.uint32]:
    word, half = divmod(table, len(KEY_SHIFTS))
    return (words[:, word] >> np.uint64(KEY_SHIFTS[half])).astype(np.uint32) & np.uint32(2**bits - 1)


def _glances(words: NDArray[np.uint64]) -> NDArray[np.uint32]:
    return words[:, GLANCE_WORD].astype(np.uint32)


def _opened(buckets: Buckets, chosen: NDArray[np.bool_], probes: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return query and place in the table of all that the chosen buckets hold; a query has `probes` keys."""
    size, begin = buckets.size[chosen], buckets.begin[chosen]
    query = np.repeat((buckets.sought[chosen] // probes).astype(np.int32), size)
    # Places are consecutive inside a bucket, so count up and add where each bucket begins.
    place = np.arange(len(query), dtype=np.int32)
    place += np.repeat(begin - (np.cumsum(size, dtype=np.int32) - size), size)
    return query, place


def _packed(query: NDArray[np.int32], distance: NDArray[np.uint16], row: NDArray[np.int32]) -> NDArray[np.uint64]:
    high = query.astype(np.uint64) << np.uint64(41) | distance.astype(np.uint64) << np.uint64(32)
    return np.asarray(high | row.astype(np.uint64), np.uint64)
