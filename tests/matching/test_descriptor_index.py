from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.descriptor_index import FULLEST, MAX_DISTANCE, DescriptorIndex


def drawn(seed, rows):
    return np.random.default_rng(seed).integers(0, 256, (rows, 32), np.uint8)


def noisy(descriptors, flips, seed):
    bits = np.unpackbits(descriptors, axis=1)
    rng = np.random.default_rng(seed)
    for row in bits:
        row[rng.choice(256, flips, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def distances(queries, rows):
    return np.bitwise_count(queries[:, None] ^ rows[None]).sum(axis=2)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 300), flips=st.integers(0, 64), repeats=st.integers(1, 4))
def test_what_is_found_is_near_and_found_once(seed, rows, flips, repeats):
    stored = np.repeat(drawn(seed, rows), repeats, axis=0)
    queries = noisy(stored[:: repeats * 2], flips, seed)
    hits = DescriptorIndex(stored).search(queries)
    truth = distances(queries, stored)
    assert (truth[hits.query, hits.row] == hits.distance).all()
    assert (hits.distance <= MAX_DISTANCE).all()
    assert len(set(zip(hits.query.tolist(), hits.row.tolist(), strict=True))) == len(hits.query)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 300), copies=st.integers(1, FULLEST))
def test_a_descriptor_is_found_wherever_it_is_stored(seed, rows, copies):
    # Apart from the others in the first table, so that only the copies of itself fill its bucket there.
    stored = drawn(seed, rows) | np.uint8(1)
    sought = np.zeros((1, 32), np.uint8)
    places = np.random.default_rng(seed).choice(rows + copies, copies, replace=False)
    mixed = np.empty((rows + copies, 32), np.uint8)
    mixed[places] = sought
    mixed[np.setdiff1d(np.arange(rows + copies), places)] = stored
    hits = DescriptorIndex(mixed).search(sought)
    assert set(places.tolist()) <= set(hits.row[hits.distance == 0].tolist())


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32), blocks=st.lists(st.integers(0, 150), min_size=1, max_size=8), kinds=st.integers(1, 60)
)
def test_an_index_that_grew_answers_like_one_built_at_once(seed, blocks, kinds):
    # Few kinds of descriptors, so that buckets fill up across the blocks until they are passed over.
    rng = np.random.default_rng(seed)
    stored = noisy(drawn(seed, kinds)[rng.integers(0, kinds, sum(blocks))], 4, seed)
    grown = DescriptorIndex(np.empty((0, 32), np.uint8))
    for end, size in zip(np.cumsum(blocks), blocks, strict=True):
        grown.add(stored[end - size : end])
    queries = noisy(drawn(seed, kinds), 8, seed + 1)
    expected, hits = DescriptorIndex(stored).search(queries), grown.search(queries)
    assert len(grown) == len(stored)
    assert (hits.query == expected.query).all()
    assert (hits.row == expected.row).all()
    assert (hits.distance == expected.distance).all()


def test_hits_come_by_query_then_nearest_first():
    stored = drawn(5, 400)
    hits = DescriptorIndex(np.concatenate((noisy(stored, 20, 6), noisy(stored, 5, 7)))).search(stored)
    order = np.lexsort((hits.row, hits.distance, hits.query))
    assert (order == np.arange(len(order))).all()
    assert len(order) > len(stored)


def test_what_looks_like_too_many_others_is_passed_over():
    same = np.zeros((FULLEST + 1, 32), np.uint8)
    assert len(DescriptorIndex(same).search(same[:1]).row) == 0


@pytest.mark.parametrize(("flips", "least"), [(10, 0.98), (25, 0.75)])
def test_most_near_descriptors_are_found(flips, least):
    stored = drawn(1, 2_000)
    hits = DescriptorIndex(stored).search(noisy(stored, flips, 2))
    assert np.count_nonzero(hits.query == hits.row) >= least * len(stored)


def test_an_empty_index_and_an_empty_query_find_nothing():
    nothing = np.empty((0, 32), np.uint8)
    assert len(DescriptorIndex(nothing).search(drawn(3, 5)).row) == 0
    assert len(DescriptorIndex(drawn(3, 5)).search(nothing).row) == 0
