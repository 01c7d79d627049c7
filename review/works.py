"""`/works` and `/works/{id}`: what is watched, and who shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from review.desk import Desk
    from review.rendering import Show


def works_router(desk: Desk, show: Show) -> APIRouter:
    """Return the list of works and the page of each."""
    router = APIRouter(include_in_schema=False)

    @router.get("/works")
    def works(request: Request, q: str = "") -> Response:
        with desk.casebook() as casebook:
            rows = casebook.work_rows(q.strip() or None)
            drawn = {work_id: shown for (work_id, _), shown in casebook.drawn_references().items()}
        return show(request, "works.html", {"rows": rows, "drawn": drawn, "q": q}, 200)

    @router.get("/works/{work_id}")
    def work(request: Request, work_id: str) -> Response:
        with desk.casebook() as casebook:
            found = casebook.work_row(work_id)
            if found is None:
                raise HTTPException(404, "There is no such work, or no scan has met it yet.")
            references = casebook.references_of(work_id)
            values = {
                "work": found,
                "references": references,
                "renditions": casebook.renditions([each.sha256 for each in references]),
                "cases": casebook.of_work(work_id, 200),
                "first_uses": casebook.first_uses(work_id),
                "licences": [each for each in casebook.licences() if not each.works or work_id in each.works],
            }
        return show(request, "work.html", values, 200)

    return router
