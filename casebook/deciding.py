"""Decisions as people give them: names of candidates, rulings, scopes and dates, made into what the ledger takes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from casebook.errors import CopycatchError
from casebook.rulings import REQUIRED_ANSWERS, Box, Decision, Ruling, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from casebook.casebook import Casebook

_FEWEST_DIGITS = 6
_YEARS = range(2000, 9000)  # beyond these, times in the casebook would no longer sort as text, or be read back


class DecidingError(CopycatchError):
    """What was said names no case, or cannot be decided so."""


def reviewer_of(*names: str | None) -> str:
    """Return who decides: the first of these names that is one.

    Raises:
        DecidingError: none is.
    """
    found = next((name.strip() for name in names if name and name.strip()), None)
    if found is None:
        raise DecidingError(
            "nobody is named who decides", remedy="Give a name with --as, or set review.reviewer in copycatch.toml."
        )
    return found


def default_scope(ruling: Ruling) -> Scope:
    """Return how far a ruling goes where nothing is said: what is about pictures holds wherever these turn up, what is
    about the right holds for the seller."""
    return Scope.SELLER if ruling.about_right else Scope.CONTENT


def until_of(day: date | None) -> datetime | None:
    """Return the moment at which the last day ends.

    Raises:
        DecidingError: no decision holds until such a day.
    """
    if day is not None and day.year not in _YEARS:
        raise DecidingError(
            f"a decision cannot hold until the year {day.year}", remedy="Give a day such as 2027-01-31, or none."
        )
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)


def candidate_named(casebook: Casebook, name: str) -> str:
    """Return the id of the candidate that a whole id, or at least 6 digits of its beginning, names.

    Raises:
        DecidingError: none or several begin so.
    """
    if len(name) < _FEWEST_DIGITS:
        raise DecidingError(
            f"{name!r} is too short to name a candidate", remedy=f"Give at least {_FEWEST_DIGITS} digits of its id."
        )
    found = casebook.candidate_ids(name.lower())
    if len(found) != 1:
        what = f"{len(found)} candidates begin" if found else "no candidate begins"
        raise DecidingError(
            f"{what} with {name!r}",
            remedy="`copycatch candidates --all` gives their digits, with --json all of them.",
        )
    return found[0]


def region_of(casebook: Casebook, candidate_id: str) -> tuple[str, Box] | None:
    """Return the reference of a candidate's best match and the part of it that agrees; None where that is not known."""
    best = casebook.best_match(candidate_id)
    if best is None:
        return None
    found = next((one.geometry for one in best.evidence if one.geometry and one.geometry.agreed), None)
    if found is None:
        return None
    left, top, right, bottom = found.agreed
    return best.reference_sha256, Box(left=left, top=top, right=right, bottom=bottom)


def made_decisions(
    casebook: Casebook,
    candidates: Iterable[str],
    ruling: Ruling,
    *,
    reviewer: str,
    now: datetime,
    scope: Scope | None = None,
    until: datetime | None = None,
    note: str = "",
    answers: Mapping[str, str] | None = None,
    act: str | None = None,
) -> list[Decision]:
    """Return one decision for each candidate, all of one act, not recorded yet."""
    named = act or uuid4().hex
    reach = scope or default_scope(ruling)
    return [
        Decision(
            candidate_id=candidate_id,
            decided_at=now,
            reviewer=reviewer,
            ruling=ruling,
            act=named,
            scope=reach,
            until=until,
            region=region_of(casebook, candidate_id) if reach is Scope.REGION else None,
            note=note,
            answers=tuple(sorted((answers or {}).items())),
        )
        for candidate_id in candidates
    ]


def unanswered(answers: Mapping[str, str]) -> list[str]:
    """Return the names of the questions that have no answer yet."""
    return [name for name in REQUIRED_ANSWERS if name not in answers]
