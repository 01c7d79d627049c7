"""Matches and the evidence they rest on. Evidence is what stages said; a match is what follows from it, derived again
whenever something else has come to be known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from casebook.edits import Relation, edit_of, edit_record
from casebook.findings import Evidence, Geometry, Match, Rendering, Verdict
from casebook.store import Store

if TYPE_CHECKING:
    from datetime import datetime

# What the matches of one picture come to, weighed against one another: any of them, with other verdicts and sentences.
Decide = Callable[[Sequence[Match]], Sequence[Match]]

_UPSERT_MATCH = """
INSERT INTO match VALUES (
    :picture, :reference, :verdict, :score, :because, :side_by_side, :inliers, :difference, :at, NULL, :relation,
    :edits, :expected_false_alarms
) ON CONFLICT (picture_sha256, reference_sha256) DO UPDATE SET
    verdict = excluded.verdict,
    score = excluded.score,
    because = excluded.because,
    side_by_side = excluded.side_by_side,
    inliers = excluded.inliers,
    difference = excluded.difference,
    found_at = excluded.found_at,
    superseded_at = NULL,
    relation = excluded.relation,
    edits = excluded.edits,
    expected_false_alarms = excluded.expected_false_alarms
"""

_DECIDED = """
UPDATE match SET
    verdict = :verdict, score = :score, because = :because, relation = :relation, edits = :edits,
    expected_false_alarms = :expected_false_alarms
WHERE picture_sha256 = :picture AND reference_sha256 = :reference
"""

_UPSERT_EVIDENCE = """
INSERT INTO evidence VALUES (
    :evidence_id, :picture, :reference, :stage, :stage_version, :parameters, :verdict, :score, :because, :mirrored,
    :measures, :geometry, :relation, :edits, :log_odds
) ON CONFLICT (evidence_id) DO UPDATE SET
    verdict = excluded.verdict,
    score = excluded.score,
    because = excluded.because,
    mirrored = excluded.mirrored,
    measures = excluded.measures,
    geometry = excluded.geometry,
    relation = excluded.relation,
    edits = excluded.edits,
    log_odds = excluded.log_odds
"""

_EVIDENCE = """
SELECT e.* FROM match_evidence AS m JOIN evidence AS e USING (evidence_id)
WHERE m.picture_sha256 = :picture AND m.reference_sha256 = :reference ORDER BY m.place
"""

# Those with references that are not in the owner's folder now count for nothing until they are back.
_CURRENT = """
SELECT * FROM match
WHERE picture_sha256 = :picture AND superseded_at IS NULL
    AND EXISTS (SELECT 1 FROM reference WHERE sha256 = reference_sha256 AND current)
ORDER BY reference_sha256
"""


class Matches(Store):
    def rendering(self, picture_sha256: str, reference_sha256: str) -> Rendering | None:
        """Return what was drawn for this picture and reference when they were matched."""
        row = self._first(
            "SELECT * FROM match WHERE picture_sha256 = :picture AND reference_sha256 = :reference",
            {"picture": picture_sha256, "reference": reference_sha256},
        )
        if row is None or row["side_by_side"] is None:
            return None
        return Rendering(side_by_side=row["side_by_side"], inliers=row["inliers"], difference=row["difference"])

    def _decide_matches(self, picture_sha256: str, decide: Decide) -> None:
        """Make the current matches of a picture what `decide` says of them."""
        rows = self._run(_CURRENT, {"picture": picture_sha256}).fetchall()
        known = [self._match(row) for row in rows]
        for match in set(decide(known)).difference(known):
            self._run(_DECIDED, _pair(match) | _said(match))

    def _match(self, row: Any) -> Match:
        """Return the match that a row holds the columns of, with its evidence."""
        pair = {"picture": row["picture_sha256"], "reference": row["reference_sha256"]}
        return Match(
            picture_sha256=row["picture_sha256"],
            reference_sha256=row["reference_sha256"],
            verdict=Verdict(row["verdict"]),
            score=row["score"],
            because=row["because"],
            evidence=tuple(_evidence(found) for found in self._run(_EVIDENCE, pair)),
            relation=_relation(row),
            edits=tuple(map(edit_of, json.loads(row["edits"]))),
            expected_false_alarms=row["expected_false_alarms"],
        )

    def _add_match(self, match: Match, rendering: Rendering | None, at: datetime) -> None:
        drawn = {
            "side_by_side": rendering and rendering.side_by_side,
            "inliers": rendering and rendering.inliers,
            "difference": rendering and rendering.difference,
        }
        self._run(_UPSERT_MATCH, _pair(match) | _said(match) | drawn | {"at": at})
        self._run(
            "DELETE FROM match_evidence WHERE picture_sha256 = :picture AND reference_sha256 = :reference", _pair(match)
        )
        for place, evidence in enumerate(match.evidence):
            self._add_evidence(evidence)
            self._run(
                "INSERT INTO match_evidence VALUES (:picture, :reference, :place, :evidence_id)",
                _pair(match) | {"place": place, "evidence_id": evidence.evidence_id},
            )

    def _add_evidence(self, evidence: Evidence) -> None:
        self._run(
            _UPSERT_EVIDENCE,
            _pair(evidence)
            | {
                "evidence_id": evidence.evidence_id,
                "stage": evidence.stage,
                "stage_version": evidence.stage_version,
                "parameters": evidence.parameters,
                "verdict": evidence.verdict,
                "score": evidence.score,
                "because": evidence.because,
                "mirrored": int(evidence.mirrored),
                "measures": dict(evidence.measures),
                "geometry": evidence.geometry and asdict(evidence.geometry),
                "relation": evidence.relation,
                "edits": [edit_record(edit) for edit in evidence.edits],
                "log_odds": evidence.log_odds,
            },
        )


def _pair(of: Match | Evidence) -> dict[str, object]:
    return {"picture": of.picture_sha256, "reference": of.reference_sha256}


def _said(match: Match) -> dict[str, object]:
    """Return the columns that follow from evidence."""
    return {
        "verdict": match.verdict,
        "score": match.score,
        "because": match.because,
        "relation": match.relation,
        "edits": [edit_record(edit) for edit in match.edits],
        "expected_false_alarms": match.expected_false_alarms,
    }


def _evidence(row: Any) -> Evidence:
    return Evidence(
        picture_sha256=row["picture_sha256"],
        reference_sha256=row["reference_sha256"],
        stage=row["stage"],
        stage_version=row["stage_version"],
        parameters=row["parameters"],
        verdict=Verdict(row["verdict"]),
        score=row["score"],
        because=row["because"],
        mirrored=bool(row["mirrored"]),
        measures=tuple(json.loads(row["measures"]).items()),
        geometry=_geometry(row["geometry"]),
        relation=_relation(row),
        edits=tuple(map(edit_of, json.loads(row["edits"]))),
        log_odds=row["log_odds"],
    )


def _relation(row: Any) -> Relation | None:
    return None if row["relation"] is None else Relation(row["relation"])


def _geometry(text: str | None) -> Geometry | None:
    if text is None:
        return None
    fields = json.loads(text)
    # Evidence of older versions has no outline and no agreed part.
    tuples = {name: tuple(fields.get(name, ())) for name in ("transform", "outline", "agreed")}
    return Geometry(**fields | tuples)
