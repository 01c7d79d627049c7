"""The row that a complaint tool would get of a case, to look at before anything is handed over."""

from __future__ import annotations

from typing import Any

_FIELDS = (
    ("candidate_id", "case"), ("listing_url", "listing"), ("listing_title", "title of the listing"),
    ("marketplace", "marketplace"), ("listing_id", "listing's number"), ("seller_name", "seller"),
    ("seller_url", "seller's page"), ("price_amount", "price"), ("price_currency", "currency"), ("state", "state"),
    ("picture_url", "address of the picture"), ("picture_sha256", "SHA-256 of the picture"), ("work_id", "work"),
    ("work_title", "title of the work"), ("reference_path", "your file"), ("reference_sha256", "SHA-256 of your file"),
    ("verdict", "what the matcher says"), ("because", "why"), ("edits", "what was done to it"),
    ("first_found_at", "first found"), ("last_live_at", "last seen live"), ("reviewed", "review"),
    ("settled_by", "decided by"),
)  # fmt: skip


def handoff_row(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the fields of the row: name, meaning and value."""
    return [(name, meaning, "" if row[name] is None else str(row[name])) for name, meaning in _FIELDS]
