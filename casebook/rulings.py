"""What people say: decisions, licences and places, and what these come to for a candidate.

As in `casebook.findings`, every value is frozen, and nothing but the standard library is needed to read it. The
matcher says `Verdict`; a person's word is a `Ruling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - `get_type_hints` works on every type here
from enum import StrEnum


class Ruling(StrEnum):
    """What a person says of a candidate."""

    INFRINGING = "infringing"
    LICENSED = "licensed"
    OWN_SHOP = "own_shop"
    OWN_PHOTO = "own_photo"  # the same product, in a photograph of the seller's own
    NOT_A_MATCH = "not_a_match"
    UNSURE = "unsure"
    UNDONE = "undone"  # an earlier decision holds no more

    @property
    def about_right(self) -> bool:
        """Whether it says who may show the work, whatever the picture; the others are about the pictures seen."""
        return self in (Ruling.LICENSED, Ruling.OWN_SHOP)

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


class Scope(StrEnum):
    """What else a ruling holds for; always for the work of the candidate it was said of, and no other."""

    LISTING = "listing"  # this listing only
    SELLER = "seller"  # every listing of this seller
    CONTENT = "content"  # these pictures, wherever and however encoded they turn up
    REGION = "region"  # whatever shows no more of the reference than this part of it: a logo that everyone has


class Reviewed(StrEnum):
    """How far the review of a candidate has come: `open`, or what was decided, by a person or by a rule of hers.

    An infringement is `to_confirm` while no person has said so of this very listing, or a second one has still to.
    """

    OPEN = "open"
    TO_CONFIRM = "to_confirm"
    INFRINGING = "infringing"
    LICENSED = "licensed"
    OWN_SHOP = "own_shop"
    OWN_PHOTO = "own_photo"
    NOT_A_MATCH = "not_a_match"
    UNSURE = "unsure"

    @property
    def cleared(self) -> bool:
        """Whether nothing is left to do or to file."""
        return self in (Reviewed.LICENSED, Reviewed.OWN_SHOP, Reviewed.OWN_PHOTO, Reviewed.NOT_A_MATCH)

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


NOT_CLEARED = tuple(state for state in Reviewed if not state.cleared)
"""What a candidate may be that somebody has still something to do about."""

QUESTIONS = {
    "licensed": "Has the seller a licence from you, or bought the picture to use it?",
    "own_upload": "Did you, or somebody for you, upload it there?",
    "fair_use": "Is it a review, news, a comparison or a parody, or otherwise free to use?",
    "same_picture": "Is it your very picture, and not only a similar one of the same thing?",
}
"""What the law asks before a complaint, by the name under which the answer is kept."""

REQUIRED_ANSWERS = {"licensed": "no", "own_upload": "no", "fair_use": "no", "same_picture": "yes"}
"""The answers without which nothing is infringing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a reference: shares of its width and height, 0 to 1, from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Box, slack: float = 0.0) -> bool:
        """Whether the other lies within this one, give or take `slack` on each side."""
        return (
            other.left >= self.left - slack
            and other.top >= self.top - slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision; none is ever changed. `seq` is 0 until it is recorded.

    `pictures` are the listing's pictures (SHA-256) that matched the work when it was taken, `references` those that the
    work had then, `seller_key` is the seller of then, `evidence_sha256` the hash of all evidence that was in sight, and
    `chain_sha256` that of this decision and all before it (`casebook.chain`); the casebook adds these. `answers` are
    what the law asks (see `QUESTIONS`). It holds until `until`, for ever where that is None. Decisions of one act, such
    as on a group, share `act`. `undoes` is the number of the one that an undoing takes back.
    """

    candidate_id: str
    decided_at: datetime
    reviewer: str
    ruling: Ruling
    act: str
    scope: Scope = Scope.LISTING
    until: datetime | None = None
    region: tuple[str, Box] | None = None
    note: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    listing_key: str = ""
    work_id: str = ""
    seller_key: str | None = None
    pictures: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    evidence_sha256: str = ""
    undoes: int | None = None
    chain_sha256: str = ""
    seq: int = 0

    def holds(self, at: datetime) -> bool:
        return self.until is None or at < self.until

    @property
    def name(self) -> str:
        """How it is called where something follows from it."""
        return f"D-{self.seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """Leave to show works at places. No works means all of them.

    A place is a seller (`marketplace:seller_id`, or the address of his page as listings give it, without a slash at its
    end), the host of an independent shop without `www.`, a whole marketplace, or `*`.
    `starts` and `ends` are the first and the last day, None for no bound.
    """

    licensee: str
    places: tuple[str, ...]
    works: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None
    note: str = ""
    seq: int = 0

    @property
    def name(self) -> str:
        return f"L-{self.seq}"


class PlaceKind(StrEnum):
    OWN = "own"  # the owner sells here herself: what stands here proves first use, and is never a candidate
    AUTHORISED = "authorised"  # somebody who may sell all her works


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the owner or somebody authorised by her sells; `place` is written as in a licence."""

    kind: PlaceKind
    place: str
    title: str = ""
    note: str = ""
    seq: int = 0

    @property
    def name(self) -> str:
        return f"P-{self.seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What all decisions, licences and places come to for one candidate.

    `settled_by` names what it follows from ("D-17", "L-12", "P-3"), None where the candidate is open. `because` says
    it in a sentence: why it is hidden, or, of an open one that was decided before, what is new. `direct` tells a
    person's word on this very listing. After `until` it may come to something else.
    """

    candidate_id: str
    reviewed: Reviewed
    because: str = ""
    settled_by: str | None = None
    direct: bool = False
    until: datetime | None = None
