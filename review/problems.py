"""What a page says when something cannot be done: what was wrong and what to do, never how the program is built."""

from __future__ import annotations

import errno

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from casebook.errors import CopycatchError
from review.rendering import Show

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_TITLES = {404: "There is nothing here", 405: "That cannot be done here", 413: "That is too much"}


def add_problem_pages(app: FastAPI, show: Show) -> None:
    """Have every error of an application answered by a page."""

    def failed(request: Request, status: int, title: str, message: str, remedy: str) -> Response:
        values = {"title": title, "message": message, "remedy": remedy, "back": None}
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

    @app.exception_handler(OSError)
    async def unwritten(request: Request, error: OSError) -> Response:
        if error.errno in _FULL:
            remedy = "Free some space and do it again; what was stored stays stored."
            return failed(request, 507, "The disk is full", "There is no room for that.", remedy)
        if error.errno in _CLOSED:
            message = f"{error.filename or 'The workspace'} cannot be read or written by this program."
            remedy = "Give it the right to, or start `copycatch review` as the owner of the workspace."
            return failed(request, 409, "That did not work", message, remedy)
        raise error

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody is there to read it

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        remedy = "Nothing stored is lost. The workspace's logs folder has the details."
        return failed(request, 500, "A fault of copycatch", f"{type(error).__name__}", remedy)
