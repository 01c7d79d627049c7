"""`/queue`: cases in the order in which a look at them is worth most, one line for each seller and work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from casebook.cases import CaseFilter
from casebook.findings import Verdict
from casebook.rulings import Reviewed
from review.filters import filter_of, query_of
from review.reviewer import reviewer_in

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from review.desk import Desk
    from review.rendering import Show

PAGE = 40


def queue_router(desk: Desk, show: Show) -> APIRouter:
    """Return `/queue`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/queue")
    def queue(request: Request) -> Response:
        wanted = filter_of(request.query_params)
        after = request.query_params.get("after") or None
        with desk.casebook() as casebook:
            casebook.settle_what_ended(desk.now(), people=desk.people())
            counts = casebook.case_counts(wanted)
            found = casebook.cases(wanted, PAGE + 1, after)
            rows = [row | {"group": casebook.group_size(row) if wanted.groups else 1} for row in found[:PAGE]]
            values = {
                "rows": rows,
                "more": rows[-1]["candidate_id"] if len(found) > PAGE else None,
                "after": after,
                "counts": [(state, counts[state].cases if state in counts else 0) for state in Reviewed],
                "found": counts.get(wanted.reviewed),
                "marketplaces": casebook.case_marketplaces(),
                "wanted": wanted,
                "query": query_of(wanted),
                "filtered": wanted != CaseFilter(reviewed=wanted.reviewed),
                "last": _last(casebook, reviewer_in(request, desk)),
                "verdicts": [Verdict.COPY, Verdict.POSSIBLE],
            }
        return show(request, "queue.html", values, 200)

    return router


def _last(casebook: Casebook, reviewer: str) -> dict[str, Any] | None:
    """Return what the reviewer decided last, with its first title; None where nothing is to be undone."""
    decided = casebook.last_act(reviewer)
    if not decided:
        return None
    row = casebook.case(decided[0].candidate_id)
    return {"decisions": decided, "title": None if row is None else row["listing_title"]}
