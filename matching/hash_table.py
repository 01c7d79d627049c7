"""Keys of a few bits, each with the rows filed under it; empty buckets cost one bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Buckets:
    """Those of the sought keys under which there is something: `sought` int64 (n,), their places among the sought keys;
    `begin` and `size` int32 (n,), which part of `HashTable.rows` it is."""

    sought: NDArray[np.int64]
    begin: NDArray[np.int32]
    size: NDArray[np.int32]


class HashTable:
    """Rows sorted by key, and where each key's begin.

    1. One bit for each possible key says whether anything is filed under it. Of 24-bit keys that is 2 MB, which stays
       in the processor's cache, and most keys asked for end there.
    2. Where the rows of a key begin is kept for the keys that have any. Which of those it is tells the number of set
       bits before its own: counted up to each word of 64, and inside the word (rank of a bit vector, Jacobson 1989).
    """

    def __init__(self, keys: NDArray[np.uint32], bits: int) -> None:
        # Sorting the pairs as one number takes a fraction of what argsort takes.
        pairs = keys.astype(np.uint64)
        pairs <<= np.uint64(32)
        pairs |= np.arange(len(keys), dtype=np.uint64)
        pairs.sort()
        self.rows = pairs.astype(np.uint32).view(np.int32)  # the lower half
        pairs >>= np.uint64(32)
        begins = np.flatnonzero(np.append(np.ones(min(len(keys), 1), np.bool_), pairs[1:] != pairs[:-1]))
        flags = np.zeros(max(2**bits, WORD), np.bool_)
        flags[pairs[begins]] = True
        self._occupied = _words(flags)
        counts = np.bitwise_count(self._occupied)
        self._before = np.cumsum(counts, dtype=np.int32) - counts
        self._begins = np.append(begins, len(keys)).astype(np.int32)

    def find(self, keys: NDArray[np.int64]) -> Buckets:
        """Return the buckets of these keys, (n,), that are not empty."""
        word, bit = keys >> 6, (keys & 63).astype(np.uint64)
        sought = np.flatnonzero(self._occupied.take(word) >> bit & np.uint64(1))
        word, below = word.take(sought), (np.uint64(1) << bit.take(sought)) - np.uint64(1)
        rank = self._before.take(word) + np.bitwise_count(self._occupied.take(word) & below)
        begin = self._begins.take(rank)
        return Buckets(sought=sought, begin=begin, size=self._begins.take(rank + 1) - begin)


def _words(flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack flags into words, the first into the lowest bit, whatever the byte order of this machine."""
    return np.packbits(flags, bitorder="little").view("<u8").astype(np.uint64, copy=False)
