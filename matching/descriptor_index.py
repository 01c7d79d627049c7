"""Near descriptors among millions, in a few milliseconds: several hash tables over one block of descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TABLES = 3
SPARSE = 3
MAX_DISTANCE = 60
FEWEST_BITS, MOST_BITS = 12, 24
FULLEST = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """Pairs of near descriptors: `query` and `row` are int64 (n,), `distance` the Hamming distance. No pair twice."""

    query: NDArray[np.int64]
    row: NDArray[np.int64]
    distance: NDArray[np.int64]


class DescriptorIndex:
    """Finds the stored rows within Hamming distance 60 of a query, most of them.

    1. Table t files every row under up to 24 bits of it, starting at byte 3 × t (ORB's first tests are its most telling
       ones); the bits grow with the number of rows, so that most buckets are empty.
    2. A query looks into its own bucket and those that differ in one bit (multi-probe hashing, Lv et al. 2007). Buckets
       with more than 24 rows are passed over: a corner that looks like that many others tells nothing.
    3. What was found is compared in full.

    Tables are two flat arrays, rows sorted by bucket and where each bucket begins, so a table costs four bytes a row.
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
        parts = [self._near(words, *self._bucketed(self._keys(words, t), *self._tables[t])) for t in range(TABLES)]
        query, row, distance = (np.concatenate(part) for part in zip(*parts, strict=True))
        # A pair can lie in one bucket of several tables.
        pair = np.unique(query * len(self) + row, return_index=True)[1]
        return Hits(query=query[pair], row=row[pair], distance=distance[pair])

    def _near(
        self, words: NDArray[np.uint64], query: NDArray[np.int64], row: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        bits = np.bitwise_count(self._words[row] ^ words[query])
        # Four columns added are several times faster than a sum over so short an axis.
        distance = bits[:, 0].astype(np.uint16) + bits[:, 1] + bits[:, 2] + bits[:, 3]
        near = np.flatnonzero(distance <= MAX_DISTANCE)
        return query[near], row[near], distance[near].astype(np.int64)

    def _keys(self, words: NDArray[np.uint64], table: int) -> NDArray[np.uint32]:
        octets = words.view(np.uint8)[:, 3 * table : 3 * table + 3].astype(np.uint32)
        joined = octets[:, 0] | octets[:, 1] << np.uint32(8) | octets[:, 2] << np.uint32(16)
        return np.asarray(joined & np.uint32(2**self._bits - 1), np.uint32)

    def _table(self, keys: NDArray[np.uint32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        order = np.argsort(keys, kind="stable").astype(np.int32)
        begins = np.searchsorted(keys[order], np.arange(2**self._bits + 1)).astype(np.int32)
        return order, begins

    def _bucketed(
        self, keys: NDArray[np.uint32], order: NDArray[np.int32], begins: NDArray[np.int32]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return query and row of everything in the probed buckets."""
        bucket = (keys[:, None] ^ self._flips).ravel()
        first = begins[bucket].astype(np.int64)
        size = begins[bucket + 1] - first
        size[size > FULLEST] = 0
        query = np.repeat(np.arange(len(keys)).repeat(len(self._flips)), size)
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        return query, order[np.repeat(first, size) + within].astype(np.int64)
