"""`/sellers` and `/sellers/{key}`: who shows the owner's works, and what was decided of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from casebook.cases import CaseFilter
from casebook.rulings import Reviewed

if TYPE_CHECKING:
    from review.desk import Desk
    from review.rendering import Show


def sellers_router(desk: Desk, show: Show) -> APIRouter:
    """Return the list of sellers and the page of each."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sellers")
    def sellers(request: Request, q: str = "") -> Response:
        with desk.casebook() as casebook:
            rows = casebook.seller_rows(q.strip() or None)
        return show(request, "sellers.html", {"rows": rows, "q": q}, 200)

    @router.get("/sellers/{seller_key:path}")
    def seller(request: Request, seller_key: str) -> Response:
        with desk.casebook() as casebook:
            found = casebook.seller_row(seller_key)
            if found is None:
                raise HTTPException(404, "No seller of that name shows anything that matches.")
            count = casebook.case_counts(CaseFilter(seller_key=seller_key)).get(Reviewed.OPEN)
            values = {
                "seller": found,
                "cases": casebook.of_seller(seller_key, 200),
                "open": count.cases if count else 0,
            }
        return show(request, "seller.html", values, 200)

    return router
