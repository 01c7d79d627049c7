"""Near descriptors among millions, in a few milliseconds: several hash tables over one block of descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TABLES = 3
SPARSE = 3
MAX_DISTANCE = 50
FEWEST_BITS, MOST_BITS = 12, 24
FULLEST = 24
GLANCE_WORD = 3
GLANCE_DISTANCE = 18


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """Pairs of near descriptors: `query` and `row` are int32 (n,), `distance` uint16, the Hamming distance. No pair
    twice; in the order of `query`, then of `row`."""

    query: NDArray[np.int32]
    row: NDArray[np.int32]
    distance: NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Rows sorted by bucket, int32; where each bucket begins and ends, int32 (buckets, 2), overlapping in memory; and
    64 bits of each row in that order."""

    rows: NDArray[np.int32]
    ends: NDArray[np.int32]
    glances: NDArray[np.uint64]


class DescriptorIndex:
    """Finds the stored rows within Hamming distance 50 of a query, most of them.

    1. Table t files every row under up to 24 bits of it, starting at byte 3 × t (ORB's first tests are its most telling
       ones); the bits grow with the number of rows, so that most buckets are empty.
    2. A query looks into its own bucket and those that differ in one bit (multi-probe hashing, Lv et al. 2007). Buckets
       with more than 24 rows are passed over: a corner that looks like that many others tells nothing.
    3. Each bucket holds the last 64 bits of its rows side by side. Rows that differ there in more than 18 are left
       alone: reading a whole row from a random place in memory costs more than all the rest.
    4. What is left is compared in full.

    A row costs 32 bytes and 12 in each table, a table 4 bytes a bucket.
    """

    def __init__(self, descriptors: NDArray[np.uint8]) -> None:
        self._words = np.ascontiguousarray(descriptors).view(np.uint64)
        self._bits = int(np.clip(np.ceil(np.log2(max(len(descriptors), 1))) + SPARSE, FEWEST_BITS, MOST_BITS))
        probes = [0] + [1 << bit for bit in range(self._bits)]
        self._flips = np.array(probes, np.uint32)
        self._tables = [self._table(self._keys(self._words, table)) for table in range(TABLES)]

    def __len__(self) -> int:
        return len(self._words)

    def search(self, descriptors: NDArray[np.uint8]) -> Hits:
        """Return the near rows of each of the (n, 32) uint8 query descriptors."""
        words = np.ascontiguousarray(descriptors).view(np.uint64)
        parts = [self._near(words, *self._glanced(words, table)) for table in range(TABLES)]
        query, row, distance = (np.concatenate(part) for part in zip(*parts, strict=True))
        # A pair can lie in one bucket of several tables.
        pair = np.unique(query.astype(np.int64) * len(self) + row, return_index=True)[1]
        return Hits(query=query[pair], row=row[pair], distance=distance[pair])

    def _near(
        self, words: NDArray[np.uint64], query: NDArray[np.int32], row: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
        bits = np.bitwise_count(self._words[row] ^ words[query])
        # Four columns added are several times faster than a sum over so short an axis.
        distance = bits[:, 0].astype(np.uint16) + bits[:, 1] + bits[:, 2] + bits[:, 3]
        near = np.flatnonzero(distance <= MAX_DISTANCE)
        return query[near], row[near], distance[near]

    def _keys(self, words: NDArray[np.uint64], table: int) -> NDArray[np.uint32]:
        octets = words.view(np.uint8)[:, 3 * table : 3 * table + 3].astype(np.uint32)
        joined = octets[:, 0] | octets[:, 1] << np.uint32(8) | octets[:, 2] << np.uint32(16)
        return np.asarray(joined & np.uint32(2**self._bits - 1), np.uint32)

    def _table(self, keys: NDArray[np.uint32]) -> _Table:
        rows = np.argsort(keys, kind="stable").astype(np.int32)
        begins = np.zeros(2**self._bits + 1, np.int32)
        np.cumsum(np.bincount(keys, minlength=2**self._bits), out=begins[1:])
        ends = np.lib.stride_tricks.sliding_window_view(begins, 2)
        return _Table(rows=rows, ends=ends, glances=self._words[rows, GLANCE_WORD])

    def _glanced(self, words: NDArray[np.uint64], number: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return query and row of what lies in the probed buckets of a table and looks near at a glance."""
        table = self._tables[number]
        ends = table.ends[(self._keys(words, number)[:, None] ^ self._flips).ravel()]
        size = ends[:, 1] - ends[:, 0]
        probe = np.flatnonzero((size > 0) & (size <= FULLEST))
        size = size[probe]
        query = np.repeat((probe // len(self._flips)).astype(np.int32), size)
        # Places in the table: consecutive inside a bucket, so count up and add where each bucket begins.
        place = np.arange(len(query), dtype=np.int32)
        place += np.repeat(ends[probe, 0] - (np.cumsum(size, dtype=np.int32) - size), size)
        differing = np.bitwise_count(table.glances[place] ^ words[:, GLANCE_WORD][query])
        alike = np.flatnonzero(differing <= GLANCE_DISTANCE)
        return query[alike], table.rows[place[alike]]
