"""The chain over the ledger: each decision is hashed together with all before it, so that none can be changed, left out
or put between others without the hashes after it being other ones."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# The columns of a table never change; what a decision rests on is added beside it.
LINKED = """
SELECT
    seq, candidate_id, listing_key, work_id, seller_key, decided_at, reviewer, act, ruling, scope, until,
    region_reference, region, note, answers, work_references, evidence_sha256, undoes,
    (
        SELECT json_group_array(picture_sha256) FROM (
            SELECT picture_sha256 FROM decision_picture AS p WHERE p.seq = d.seq ORDER BY picture_sha256
        )
    ) AS pictures
FROM decision AS d WHERE seq > :after ORDER BY seq
"""


def links(before: str, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, str]]:
    """Yield the number and the hash of each row of `LINKED`; `before` is the hash of the one before them, "" at the
    beginning.

    A hash is the SHA-256 of the one before it, a line feed, and the row as a JSON list, in ASCII.
    """
    for row in rows:
        before = hashlib.sha256(f"{before}\n{json.dumps(list(row))}".encode()).hexdigest()
        yield int(row[0]), before
