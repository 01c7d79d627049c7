"""Candidates as records: what `candidates` prints, and what complaint tools read from it and from the interface."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from casebook.edits import edit_record
from casebook.evidence_record import evidence_record
from casebook.findings import Verdict
from casebook.rulings import NOT_CLEARED, Reviewed

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from casebook.casebook import Casebook
    from casebook.findings import Match


def candidate_records(
    casebook: Casebook,
    *,
    verdicts: Collection[Verdict] = (Verdict.COPY, Verdict.POSSIBLE),
    since: datetime | None = None,
    reviewed: Collection[Reviewed] = NOT_CLEARED,
) -> list[dict[str, Any]]:
    """Return the rows of the view `candidates`, each with all its `matches`, what a look at is worth most first."""
    wanted = {found.candidate_id: found.matches for found in casebook.candidates(verdicts=verdicts, since=since)}
    return [
        candidate_record(row) | {"matches": [match_record(match) for match in wanted[str(row["candidate_id"])]]}
        for row in casebook.reviewed_rows(reviewed)
        if row["candidate_id"] in wanted
    ]


def candidate_record(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the queue with true booleans and lists, without its place, which changes from day to day."""
    record = {name: value for name, value in row.items() if name != "place"}
    record["picture_claims"] = json.loads(record["picture_claims"])
    record["seller_badges"] = json.loads(record["seller_badges"] or "[]")
    return record | {name: bool(record[name]) for name in ("mirrored", "still_shown")}


def match_record(match: Match) -> dict[str, Any]:
    return {
        "picture_sha256": match.picture_sha256,
        "reference_sha256": match.reference_sha256,
        "verdict": match.verdict.value,
        "score": match.score,
        "because": match.because,
        "relation": match.relation and match.relation.value,
        "edits": [edit_record(edit) for edit in match.edits],
        "expected_false_alarms": match.expected_false_alarms,
        "evidence": [evidence_record(found) for found in match.evidence],
    }
