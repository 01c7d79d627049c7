"""Examinations: which pictures the matcher has seen, and what it found."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from casebook.candidates import Candidates
from casebook.pictures import picture_columns, picture_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from casebook.types import Evidence, Match, Picture, Rendering

_TO_EXAMINE = """
SELECT * FROM picture
WHERE EXISTS (SELECT 1 FROM sighting WHERE picture_sha256 = sha256) AND NOT EXISTS (
    SELECT 1 FROM examination AS e
    WHERE e.picture_sha256 = sha256 AND e.library_key = :library_key AND e.matcher_key = :matcher_key
)
ORDER BY sha256 LIMIT :limit
"""

_UPSERT_PICTURE = """
INSERT INTO picture VALUES (:sha256, :bytes, :format, :width, :height, :problem, :claims)
ON CONFLICT (sha256) DO UPDATE SET
    format = coalesce(excluded.format, format),
    width = coalesce(excluded.width, width),
    height = coalesce(excluded.height, height),
    problem = excluded.problem,
    claims = excluded.claims
"""

_UPSERT_EXAMINATION = """
INSERT INTO examination VALUES (:sha256, :library_key, :matcher_key, :at)
ON CONFLICT (picture_sha256) DO UPDATE SET
    library_key = excluded.library_key, matcher_key = excluded.matcher_key, examined_at = excluded.examined_at
"""

_UPSERT_MATCH = """
INSERT INTO match VALUES (
    :picture, :reference, :verdict, :score, :because, :side_by_side, :inliers, :difference, :at, NULL
) ON CONFLICT (picture_sha256, reference_sha256) DO UPDATE SET
    verdict = excluded.verdict,
    score = excluded.score,
    because = excluded.because,
    side_by_side = excluded.side_by_side,
    inliers = excluded.inliers,
    difference = excluded.difference,
    found_at = excluded.found_at,
    superseded_at = NULL
"""

_UPSERT_EVIDENCE = """
INSERT INTO evidence VALUES (
    :evidence_id, :picture, :reference, :stage, :stage_version, :parameters, :verdict, :score, :because, :mirrored,
    :measures, :geometry
) ON CONFLICT (evidence_id) DO UPDATE SET
    verdict = excluded.verdict,
    score = excluded.score,
    because = excluded.because,
    mirrored = excluded.mirrored,
    measures = excluded.measures,
    geometry = excluded.geometry
"""


class Examinations(Candidates):
    def pictures_to_examine(self, library_key: str, matcher_key: str, limit: int | None = None) -> list[Picture]:
        """Return the pictures seen in a listing that this matcher has not yet held against this library."""
        rows = self._run(
            _TO_EXAMINE,
            {"library_key": library_key, "matcher_key": matcher_key, "limit": -1 if limit is None else limit},
        )
        return [picture_of(row) for row in rows]

    def record_examination(
        self,
        picture: Picture,
        library_key: str,
        matcher_key: str,
        matches: Sequence[tuple[Match, Rendering | None]],
        at: datetime,
    ) -> None:
        """Add what the matcher found in this picture, in one transaction, and settle the candidates it concerns.

        The newest examination of a picture holds: matches it does not confirm are kept, marked as superseded. A match
        has the verdict copy or possible; sqlite3.IntegrityError where it has none.
        """
        with self.immediate():
            self._run(_UPSERT_PICTURE, picture_columns(picture))
            concerned = self._run(
                "UPDATE match SET superseded_at = coalesce(superseded_at, :at) WHERE picture_sha256 = :sha256",
                {"sha256": picture.sha256, "at": at},
            ).rowcount
            for match, rendering in matches:
                self._add_match(match, rendering, at)
            self._run(
                _UPSERT_EXAMINATION,
                {"sha256": picture.sha256, "library_key": library_key, "matcher_key": matcher_key, "at": at},
            )
            if matches or concerned:
                self._settle_candidates_of(picture.sha256, at)

    def _settle_candidates_of(self, picture_sha256: str, at: datetime) -> None:
        listings = self._run(
            "SELECT DISTINCT listing_key FROM sighting WHERE picture_sha256 = :sha256", {"sha256": picture_sha256}
        )
        for row in listings.fetchall():
            self._settle_candidates(row["listing_key"], at)

    def _add_match(self, match: Match, rendering: Rendering | None, at: datetime) -> None:
        pair = {"picture": match.picture_sha256, "reference": match.reference_sha256}
        self._run(
            _UPSERT_MATCH,
            {
                **pair,
                "verdict": match.verdict,
                "score": match.score,
                "because": match.because,
                "side_by_side": rendering and rendering.side_by_side,
                "inliers": rendering and rendering.inliers,
                "difference": rendering and rendering.difference,
                "at": at,
            },
        )
        self._run("DELETE FROM match_evidence WHERE picture_sha256 = :picture AND reference_sha256 = :reference", pair)
        for place, evidence in enumerate(match.evidence):
            self._add_evidence(evidence)
            self._run(
                "INSERT INTO match_evidence VALUES (:picture, :reference, :place, :evidence_id)",
                {**pair, "place": place, "evidence_id": evidence.evidence_id},
            )

    def _add_evidence(self, evidence: Evidence) -> None:
        self._run(
            _UPSERT_EVIDENCE,
            {
                "evidence_id": evidence.evidence_id,
                "picture": evidence.picture_sha256,
                "reference": evidence.reference_sha256,
                "stage": evidence.stage,
                "stage_version": evidence.stage_version,
                "parameters": evidence.parameters,
                "verdict": evidence.verdict,
                "score": evidence.score,
                "because": evidence.because,
                "mirrored": int(evidence.mirrored),
                "measures": dict(evidence.measures),
                "geometry": evidence.geometry and asdict(evidence.geometry),
            },
        )
