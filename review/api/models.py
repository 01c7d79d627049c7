"""What the interface takes and gives. The names are those of the view `candidates` and of `candidates --json`."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from casebook.findings import Verdict
from casebook.rulings import Reviewed, Ruling, Scope

CandidateId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Cursor = Annotated[int, Field(ge=0, le=2**53)]
Change = Annotated[int, Field(ge=0, le=2**53, strict=True)]
Number = Annotated[int, Field(ge=1, le=2**53, strict=True)]
# No blanks: what takes a decision back is recorded under "undo " and the name of the act.
Act = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]
Name = Annotated[str, Field(min_length=1, max_length=100, description="The person who decides.")]
Sought = Literal[
    "copy", "possible", "open", "to_confirm", "infringing", "licensed", "own_shop", "own_photo", "not_a_match", "unsure"
]
Answer = Literal["yes", "no"]
Said = Literal["infringing", "licensed", "own_shop", "own_photo", "not_a_match", "unsure"]
_GIVEN = ConfigDict(extra="forbid")


def _no_number(value: object) -> object:
    """Refuse numbers, which would be taken for seconds since 1970."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    if isinstance(value, int | float):
        raise ValueError("a date such as 2026-11-21 is meant")
    return value


Moment = Annotated[datetime, BeforeValidator(_no_number)]
Day = Annotated[date, BeforeValidator(_no_number)]


class Problem(BaseModel):
    message: str = Field(description="What is wrong, and where.")
    remedy: str = Field(description="What to do about it.")


class FeedQuery(BaseModel):
    model_config = _GIVEN

    verdict: list[Sought] = Field(
        [], description="What the matcher says (copy, possible) or what review came to (all others). Repeatable."
    )
    reviewed: list[Reviewed] = Field([], description="What review came to; the same as naming it as verdict.")
    since: Moment | None = Field(None, description="Only candidates first found then or later.")
    cursor: Cursor = Field(0, description="Where the last answer ended: its header Copycatch-Cursor.")
    limit: int = Field(500, ge=1, le=1000, description="How many lines at most.")
    withdrawn: bool = Field(
        False, description="Also a short line for each change of a candidate that the filter does not let through."
    )


class LedgerQuery(BaseModel):
    model_config = _GIVEN

    cursor: Cursor = Field(0, description="The `cursor` of the last answer.")
    limit: int = Field(500, ge=1, le=1000)


class DecisionRecord(BaseModel):
    """A decision of the ledger; none is ever changed."""

    decision: str = Field(description="Its name, such as D-17.")
    number: int
    candidate_id: str
    listing_key: str
    work_id: str
    seller_key: str | None
    decided_at: datetime
    reviewer: str
    act: str = Field(description="Decisions of one act, such as on a group, share it.")
    ruling: Ruling
    scope: Scope
    until: datetime | None = Field(description="From then on it holds no more; null: for good.")
    note: str
    answers: dict[str, str] = Field(description="What the law asks, with the reviewer's answers.")
    pictures: list[str] = Field(description="SHA-256 of the listing's pictures that matched when it was taken.")
    references: list[str] = Field(description="SHA-256 of the references that the work had then.")
    evidence_sha256: str = Field(description="Of all evidence that was in sight.")
    chain_sha256: str = Field(
        description="Of this decision and all before it: who keeps it can prove the ledger later."
    )
    undoes: str | None = Field(description="The decision that this one takes back.")


class Pictures(BaseModel):
    """Addresses under this interface; null where nothing can be shown."""

    listing: str
    listing_shown: str | None = Field(description="The listing's picture as a JPEG.")
    reference_shown: str | None = Field(description="The owner's picture as a JPEG.")
    side_by_side: str | None
    inliers: str | None
    difference: str | None


class CandidateLine(BaseModel):
    """A listing that shows a work."""

    withdrawn: Literal[False] = False
    candidate_id: str
    change: int = Field(description="Grows whenever review says something else of the candidate.")
    reviewed: Reviewed
    review_because: str
    settled_by: str | None = Field(description="The decision (D-17), licence (L-3) or place (P-1) it follows from.")
    direct: bool = Field(description="Whether a person said so of this very listing.")
    until: datetime | None
    verdict: Verdict
    score: float
    because: str
    relation: str | None
    edits: str | None
    expected_false_alarms: float | None
    mirrored: bool
    stages: str | None
    work_id: str
    work_title: str
    work_kind: str
    listing_key: str
    marketplace: str
    listing_id: str
    listing_url: str
    listing_title: str
    price_amount: str | None
    price_currency: str | None
    state: str
    state_reason: str | None
    sold_count: int | None
    seller_key: str | None
    seller_name: str | None
    seller_url: str | None
    seller_badges: list[Any]
    seller_since: str | None
    picture_sha256: str
    picture_url: str
    picture_position: int | None
    picture_format: str | None
    picture_width: int | None
    picture_height: int | None
    picture_claims: list[Any]
    matching_pictures: int
    still_shown: bool
    reference_sha256: str
    reference_path: str | None
    first_found_at: datetime
    last_found_at: datetime
    first_seen_at: datetime
    last_seen_at: datetime | None
    last_live_at: datetime | None
    last_looked_at: datetime | None
    pictures: Pictures
    decision: DecisionRecord | None = Field(description="The decision that `settled_by` names.")


class WithdrawnLine(BaseModel):
    """A candidate that changed and that the filter does not let through (any more). `verdict` is `none` where nothing
    at the listing matches the work any more; `reviewed` is then what review said last."""

    withdrawn: Literal[True] = True
    candidate_id: str
    change: int
    verdict: Verdict
    reviewed: Reviewed
    settled_by: str | None


class FirstUse(BaseModel):
    """An own listing that shows the work."""

    listing_key: str
    url: str
    title: str
    first_seen_at: datetime


class CandidateWhole(CandidateLine):
    """A candidate with everything that is known of it."""

    matches: list[dict[str, Any]] = Field(description="Every match with its evidence, as in `candidates --json`.")
    decisions: list[DecisionRecord] = Field(description="All on this candidate, undone ones and undoings included.")
    first_uses: list[FirstUse] = Field(description="Where the owner herself shows the work, earliest first.")


class DecisionRequest(BaseModel):
    """One ruling on one candidate or several: all of it is recorded, or nothing."""

    model_config = _GIVEN

    candidates: list[CandidateId] = Field(min_length=1, max_length=1000)
    ruling: Said
    reviewer: Name
    scope: Scope | None = Field(
        None, description="How far it goes; null: the seller for licensed and own_shop, else the pictures seen."
    )
    until: Day | None = Field(None, description="The last day on which it holds (UTC).")
    note: str = Field("", max_length=5000)
    answers: dict[Literal["licensed", "own_upload", "fair_use", "same_picture"], Answer] = Field(
        default_factory=dict, description="What the law asks; all four are needed for infringing."
    )
    act: Act | None = Field(None, description="Your name for this request: sent twice, it is recorded once.")
    seen: dict[CandidateId, Change] = Field(
        default_factory=dict, description="By candidate the `change` that the reviewer saw; another one is a conflict."
    )


class UndoRequest(BaseModel):
    model_config = _GIVEN

    decisions: list[Number] = Field(min_length=1, max_length=1000, description="Numbers of decisions.")
    reviewer: Name


class Decided(BaseModel):
    decisions: list[DecisionRecord]


class Ledger(BaseModel):
    """Decisions and undoings in the order in which they were recorded."""

    decisions: list[DecisionRecord]
    cursor: int = Field(description="Give it with the next request.")
