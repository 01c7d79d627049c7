"""Who sits before the page: the name under which decisions are written down, kept in a cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

if TYPE_CHECKING:
    from review.desk import Desk

LONGEST = 100
_A_YEAR = 365 * 24 * 3600


def reviewer_in(request: Request, desk: Desk) -> str:
    """Return the name that the browser keeps, else that of the configuration; it may be empty."""
    kept = unquote(request.cookies.get(_cookie(desk), "")).strip()
    return kept if kept.isprintable() and 0 < len(kept) <= LONGEST else desk.reviewer()


def reviewer_router(desk: Desk) -> APIRouter:
    """Return `/reviewer`, which takes the name."""
    router = APIRouter(include_in_schema=False)

    @router.post("/reviewer")
    async def named(request: Request) -> Response:
        async with request.form() as form:
            given = str(form.get("name", "")).strip()[:LONGEST]
            back = str(form.get("back", ""))
        response = RedirectResponse(back if back.startswith("/") and back[1:2] not in "/\\" else "/", status_code=303)
        if given.isprintable():
            name = _cookie(desk)
            response.set_cookie(name, quote(given), max_age=_A_YEAR, httponly=True, samesite="strict", path="/")
        return response

    return router


def _cookie(desk: Desk) -> str:
    return f"reviewer-{desk.mark()}"
