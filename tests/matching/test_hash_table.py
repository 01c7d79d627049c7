from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.hash_table import HashTable

BITS = 8


@settings(deadline=None)
@given(keys=st.lists(st.integers(0, 2**BITS - 1)), sought=st.lists(st.integers(0, 2**BITS - 1)))
def test_a_bucket_holds_the_rows_of_its_key_and_empty_ones_are_left_out(keys, sought):
    table = HashTable(np.array(keys, np.uint32), BITS)
    found = table.find(np.array(sought, np.int64))
    told = {
        int(place): table.rows[begin : begin + size].tolist()
        for place, begin, size in zip(found.sought, found.begin, found.size, strict=True)
    }
    rows = {place: [row for row, key in enumerate(keys) if key == asked] for place, asked in enumerate(sought)}
    assert told == {place: held for place, held in rows.items() if held}
