"""What is watched, and what the matcher finds: works, references, evidence, matches, candidates.

As in `casebook.types`, every value is frozen, and nothing but the standard library is needed to read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - `get_type_hints` works on every type here
from enum import StrEnum

from casebook.edits import Edit, Relation  # noqa: TC001 - as above
from casebook.types import content_id


class Verdict(StrEnum):
    """What the matcher says of one picture and one reference."""

    COPY = "copy"
    POSSIBLE = "possible"
    NONE = "none"


class WorkKind(StrEnum):
    """What is protected: the photograph itself, or the art wherever it is printed."""

    PHOTO = "photo"
    ARTWORK = "artwork"


class ReferenceKind(StrEnum):
    """What a reference picture shows: the work, or the owner's mark."""

    PICTURE = "picture"
    WATERMARK = "watermark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something the owner made and watches over."""

    work_id: str
    title: str
    kind: WorkKind = WorkKind.PHOTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One reference picture or watermark of a work; `path` is relative to the reference folder, with `/`."""

    sha256: str
    work_id: str
    path: str
    kind: ReferenceKind = ReferenceKind.PICTURE
    problem: str | None = None

    @property
    def reference_id(self) -> str:
        return content_id(self.work_id, self.sha256, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How a crawled picture lies over a reference.

    `transform` is the 3 x 3 homography, row by row, that maps pixels of the picture (after its EXIF turn, origin top
    left) to pixels of the reference (after its EXIF turn, not mirrored: a mirrored match has a negative determinant).
    Shares are parts of the area, 0 to 1: how much of the reference is shown, how much of the picture it fills.
    `outline` is where the four corners of the reference's frame lie in the picture: x, y, x, y … in pixels. `agreed` is
    the box around all that agrees: left, top, right and bottom, shares of the reference's width and height.
    """

    transform: tuple[float, ...]
    inliers: int
    reference_share: float
    picture_share: float
    outline: tuple[float, ...] = ()
    agreed: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one matching stage found for one picture and one reference.

    `score` runs from 0 to 1. `measures` are the figures the verdict follows from. `because` is a sentence for people.
    `parameters` names stage settings and library versions; with `stage_version` it is part of the key, so evidence of
    another program version stands beside this one instead of replacing it silently.
    """

    picture_sha256: str
    reference_sha256: str
    stage: str
    stage_version: int
    parameters: str
    verdict: Verdict
    score: float
    because: str
    mirrored: bool = False
    measures: tuple[tuple[str, float], ...] = ()
    geometry: Geometry | None = None
    relation: Relation | None = None
    edits: tuple[Edit, ...] = ()
    log_odds: float | None = None

    @property
    def evidence_id(self) -> str:
        return content_id(self.picture_sha256, self.reference_sha256, self.stage, self.stage_version, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One picture against one reference, all stages weighed: one verdict with its reasons.

    `expected_false_alarms` says how many of 100,000 pictures that copy nothing would look at least this much like a
    copy.
    """

    picture_sha256: str
    reference_sha256: str
    verdict: Verdict
    score: float
    because: str
    evidence: tuple[Evidence, ...]
    relation: Relation | None = None
    edits: tuple[Edit, ...] = ()
    expected_false_alarms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """Pictures drawn once, at match time, for people: blob names of JPEG files, None where there is no geometry."""

    side_by_side: str
    inliers: str | None = None
    difference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A listing that shows a work: one row per listing and work, with every match that says so, best first."""

    listing_key: str
    work_id: str
    verdict: Verdict
    score: float
    because: str
    matches: tuple[Match, ...]
    first_found_at: datetime
    last_found_at: datetime

    @property
    def candidate_id(self) -> str:
        return content_id(self.listing_key, self.work_id)
