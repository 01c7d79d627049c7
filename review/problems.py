"""What a page says when something cannot be done: what was wrong and what to do, never how the program is built."""

from __future__ import annotations

import logging

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from casebook.errors import CopycatchError
from review.rendering import Show

log = logging.getLogger("copycatch.review")

_TITLES = {404: "There is nothing here", 405: "That cannot be done here", 413: "That is too much"}


def add_problem_pages(app: FastAPI, show: Show) -> None:
    """Have every error of an application answered by a page."""

    def failed(request: Request, status: int, title: str, message: str, remedy: str) -> Response:
        values = {"title": title, "message": message, "remedy": remedy}
        return show(request, "problem.html", values, status)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        title = _TITLES.get(error.status_code, "That did not work")
        answer = failed(request, error.status_code, title, str(error.detail), "Go back to the queue, and try again.")
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> Response:
        fields = sorted({str(found["loc"][-1]) for found in error.errors() if found.get("loc")})
        message = f"This cannot be read: {', '.join(fields)}."
        return failed(request, 422, "That did not work", message, "Correct it in the address or the form.")

    @app.exception_handler(CopycatchError)
    async def explained(request: Request, error: CopycatchError) -> Response:
        return failed(request, 409, "That did not work", error.message, error.remedy)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        remedy = "Nothing stored is lost. The workspace's logs folder has the details."
        return failed(request, 500, "A fault of copycatch", f"{type(error).__name__}", remedy)
