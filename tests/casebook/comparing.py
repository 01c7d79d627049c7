"""What two casebooks must agree on when they come from the same scans, however often one of them was interrupted."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")

# Of candidates only those shown: one that was possible while little was known of the cache, and is none at the end of
# the scan, leaves its row behind, and when the least is known depends on the interruptions.
_COMPARABLE = {
    "listings": """
        SELECT listing_key, host, url, title, price_amount, price_currency, seller_key, layout, state, state_reason,
            target
        FROM listing
    """,
    "sellers": "SELECT seller_key, name, url FROM seller",
    "galleries": "SELECT listing_key, url, position, fallbacks, current FROM gallery",
    "sightings": "SELECT listing_key, url, picture_sha256 FROM sighting",
    "picture_urls": "SELECT url, sha256 FROM picture_url",
    "pictures": "SELECT sha256, bytes, format, width, height, problem FROM picture",
    "looks": "SELECT listing_key, state, gone, count(*) FROM look GROUP BY listing_key, state, gone",
    "fetches": "SELECT DISTINCT url, status, body_sha256, body_bytes FROM fetch WHERE purpose = 'picture'",
    "works": "SELECT work_id, title, kind, current FROM work",
    "references": "SELECT reference_id, path, problem, current FROM reference",
    "numbered_references": "SELECT sha256, kinds, number FROM numbered_reference",
    "examinations": "SELECT picture_sha256, matcher_key, compared_with FROM examination",
    "matches": """
        SELECT picture_sha256, reference_sha256, verdict, score, because, side_by_side, inliers, difference,
            superseded_at IS NULL, relation, edits, expected_false_alarms
        FROM match
    """,
    "evidence": "SELECT * FROM evidence",
    "match_evidence": "SELECT * FROM match_evidence",
    "candidates": """
        SELECT candidate_id, listing_key, work_id, verdict, score, because, picture_sha256, reference_sha256
        FROM candidate WHERE verdict <> 'none'
    """,
}


def comparable(casebook_path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return table -> sorted rows without run ids, times, header fields and whatever follows from them."""
    with closing(sqlite3.connect(casebook_path)) as connection:
        return {table: sorted(map(_timeless, connection.execute(sql)), key=repr) for table, sql in _COMPARABLE.items()}


def _timeless(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(_TIME.sub("<time>", value) if isinstance(value, str) else value for value in row)
