"""`/api/candidates`: what review says of every candidate, change by change, and one candidate with all its evidence."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from casebook.candidate_records import candidate_record, match_record
from casebook.feed import FeedFilter
from casebook.findings import Verdict
from casebook.rulings import Reviewed
from review.api.decisions import decision_record
from review.api.models import CandidateLine, CandidateWhole, FeedQuery, FirstUse, Pictures, WithdrawnLine
from review.api.problems import RefusedError, documented, documented_beside

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from casebook.feed import Change
    from casebook.renditions import Shown
    from casebook.rulings import Decision
    from review.desk import Desk

CURSOR = "Copycatch-Cursor"
_VERDICTS = (Verdict.COPY.value, Verdict.POSSIBLE.value)
_STATES = tuple(state.value for state in Reviewed)
_YEARS = range(1970, 9000)
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The id of a candidate.")]


class JsonLines(Response):
    """One JSON object on each line, in ASCII, so that nothing in a title can be taken for the end of a line."""

    media_type = "application/x-ndjson"


def candidates_router(desk: Desk) -> APIRouter:
    """Return `/candidates` and `/candidates/{candidate_id}`."""
    router = APIRouter(tags=["candidates"])
    header = {CURSOR: {"description": "Give it as cursor with the next request.", "schema": {"type": "integer"}}}

    @router.get(
        "/candidates",
        summary="Candidates as JSON Lines",
        response_class=JsonLines,
        response_model=CandidateLine | WithdrawnLine,
        responses={**documented_beside(409), 200: {"description": "A candidate on each line.", "headers": header}},
    )
    def feed(asked: Annotated[FeedQuery, Query()]) -> Response:
        """The candidates that changed since the cursor, in the order of their changes; from the beginning without one.

        `infringing` are those alone of which a person said so on that very listing; what a decision on another listing
        recognises is `to_confirm`.
        """
        wanted = _wanted(asked)
        with desk.casebook() as casebook:
            casebook.settle_what_ended(desk.now(), people=desk.people())
            last = casebook.last_change()
            if asked.cursor > last:
                raise RefusedError(
                    409,
                    f"the cursor {asked.cursor} is ahead of this casebook, which ends at {last}",
                    remedy="The casebook was restored or is another one: begin again without a cursor.",
                )
            found, cursor = casebook.changes(asked.cursor, last, wanted, withdrawn=asked.withdrawn, limit=asked.limit)
            lines = _lines(casebook, found)
        body = "".join(f"{json.dumps(line.model_dump(mode='json'), ensure_ascii=True)}\n" for line in lines)
        return JsonLines(body, headers={CURSOR: str(cursor)})

    @router.get("/candidates/{candidate_id}", summary="One candidate", responses=documented(404, 410))
    def candidate(candidate_id: Id) -> CandidateWhole:
        """A candidate with every match and its evidence, all decisions on it, and the owner's own listings."""
        with desk.casebook() as casebook:
            casebook.settle_what_ended(desk.now(), people=desk.people())
            return _whole(casebook, candidate_id)

    return router


def _wanted(asked: FeedQuery) -> FeedFilter:
    """Return the filter that a request describes. Verdicts and states each narrow it, where any are named."""
    since = asked.since
    if since is not None:
        if since.year not in _YEARS:
            raise RefusedError(
                422, f"since cannot be in the year {since.year}", remedy="Give a time such as 2026-11-21."
            )
        since = since.replace(tzinfo=UTC) if since.tzinfo is None else since.astimezone(UTC)
    verdicts = tuple(each for each in asked.verdict if each in _VERDICTS)
    states = {each for each in asked.verdict if each not in _VERDICTS} | set(asked.reviewed)
    return FeedFilter(verdicts=verdicts or _VERDICTS, reviewed=tuple(sorted(states)) or _STATES, since=since)


def _lines(casebook: Casebook, changes: list[Change]) -> list[CandidateLine | WithdrawnLine]:
    """Return a line for each change, whole where the filter lets it through."""
    rows = casebook.changed_rows([each.candidate_id for each in changes if each.passes])
    shown = casebook.renditions([str(row[name]) for row in rows.values() for name in _SHOWN])
    numbers = [number for row in rows.values() if (number := _number(row["settled_by"])) is not None]
    decisions = casebook.decisions_numbered(numbers)
    return [
        CandidateLine(**_values(rows[each.candidate_id], shown, decisions))
        if each.candidate_id in rows
        else WithdrawnLine(
            candidate_id=each.candidate_id,
            change=each.change,
            verdict=Verdict(each.verdict),
            reviewed=Reviewed(each.reviewed),
            settled_by=each.settled_by,
        )
        for each in changes
    ]


def _whole(casebook: Casebook, candidate_id: str) -> CandidateWhole:
    found, row = casebook.candidate(candidate_id), casebook.changed_rows([candidate_id]).get(candidate_id)
    if found is None:
        raise RefusedError(404, f"there is no candidate {candidate_id}", remedy="/api/candidates names them.")
    if row is None:
        raise RefusedError(
            410,
            "nothing at this listing matches the work any more",
            remedy="/api/decisions keeps what was decided of it; should it match again, the candidate is back.",
        )
    number = _number(row["settled_by"])
    values = _values(
        row,
        casebook.renditions([str(row[name]) for name in _SHOWN]),
        casebook.decisions_numbered([] if number is None else [number]),
    )
    return CandidateWhole(
        **values,
        matches=[match_record(match) for match in found.matches],
        decisions=[decision_record(each) for each in casebook.decisions(candidate_id)],
        first_uses=[FirstUse(**use) for use in casebook.first_uses(str(row["work_id"]))],
    )


_SHOWN = ("picture_sha256", "reference_sha256")


def _values(row: dict[str, Any], shown: dict[str, Shown], decisions: dict[int, Decision]) -> dict[str, Any]:
    """Return the fields of a candidate's line."""
    picture, reference = (shown.get(str(row[name])) for name in _SHOWN)
    drawn = {name: _address(row[name]) for name in ("side_by_side", "inliers", "difference")}
    decision = decisions.get(_number(row["settled_by"]) or 0)
    return candidate_record(row) | {
        "direct": bool(row["direct"]),
        "decision": None if decision is None else decision_record(decision),
        "pictures": Pictures(
            listing=_address(row["picture_sha256"]) or "",
            listing_shown=_address(picture and picture.jpeg_sha256),
            reference_shown=_address(reference and reference.jpeg_sha256),
            **drawn,
        ),
    }


def _address(sha256: object) -> str | None:
    return f"/api/pictures/{sha256}" if sha256 else None


def _number(name: object) -> int | None:
    """Return the number of the decision that something follows from; None where it follows from something else."""
    text = str(name or "")
    return int(text[2:]) if text.startswith("D-") else None
