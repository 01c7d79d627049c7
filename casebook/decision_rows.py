"""How a decision stands in its table."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from casebook.rulings import Box, Decision, Ruling, Scope
from casebook.values import time, time_or_none


def decision_columns(decision: Decision) -> dict[str, object]:
    """Return the columns of a decision, without its number."""
    region = decision.region
    return {
        "candidate_id": decision.candidate_id,
        "listing_key": decision.listing_key,
        "work_id": decision.work_id,
        "seller_key": decision.seller_key,
        "decided_at": decision.decided_at,
        "reviewer": decision.reviewer.strip(),
        "act": decision.act,
        "ruling": decision.ruling,
        "scope": decision.scope,
        "until": decision.until,
        "region_reference": region and region[0],
        "region": region and asdict(region[1]),
        "note": decision.note,
        "answers": dict(decision.answers),
        "work_references": list(decision.references),
        "evidence_sha256": decision.evidence_sha256,
        "undoes": decision.undoes,
    }


def decision_of(row: Any) -> Decision:
    """Return the decision in a row with all columns of the table, its `pictures` as a list, and `chain_sha256`."""
    region = row["region"] and (row["region_reference"], Box(**json.loads(row["region"])))
    return Decision(
        seq=row["seq"],
        candidate_id=row["candidate_id"],
        listing_key=row["listing_key"],
        work_id=row["work_id"],
        seller_key=row["seller_key"],
        decided_at=time(row["decided_at"]),
        reviewer=row["reviewer"],
        act=row["act"],
        ruling=Ruling(row["ruling"]),
        scope=Scope(row["scope"]),
        until=time_or_none(row["until"]),
        region=region,
        note=row["note"],
        answers=tuple(json.loads(row["answers"]).items()),
        pictures=tuple(json.loads(row["pictures"])),
        references=tuple(json.loads(row["work_references"])),
        evidence_sha256=row["evidence_sha256"],
        undoes=row["undoes"],
        chain_sha256=row["chain_sha256"] or "",
    )
