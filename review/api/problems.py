"""What the interface answers where something cannot be done: one form of JSON, a status that says which kind it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from casebook.deciding import DecidingError
from casebook.decisions import DecidedMeanwhileError, UnknownCandidateError, UnusableDecisionError, UsedActError
from casebook.errors import CopycatchError
from review.api.models import Problem

_LONGEST = 300
_REMEDIES = {
    400: "Send JSON in UTF-8, with `Content-Type: application/json`.",
    404: "/api/openapi.json names every address.",
    405: "The header Allow names what this address takes.",
    413: "Send it in several requests.",
}
_MEANINGS = {
    400: "The request is no JSON that can be read.",
    401: "No token, or one that does not stand (any more).",
    404: "There is no such thing.",
    409: "It conflicts with what the casebook holds by now.",
    410: "Nothing at this listing matches the work any more.",
    413: "The request is too large.",
    415: "What is kept under this hash is no picture that can be shown.",
    422: "A value cannot be used; the message names it.",
    503: "The casebook or the configuration cannot be read or written at this moment.",
}


class RefusedError(CopycatchError):
    """Something that a request asked for cannot be done; `status` says of which kind that is."""

    def __init__(self, status: int, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return these answers for the OpenAPI document, with those that every address may give."""
    return {
        status: {"model": Problem, "description": _MEANINGS[status]} for status in sorted({401, 422, 503, *statuses})
    }


def documented_beside(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the same for an address whose good answer is no JSON: its problems are."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"content": content, "description": meant["description"]}
        for status, meant in documented(*statuses).items()
    }


def problem(status: int, message: str, remedy: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the answer that tells of a problem."""
    told = {"message": _plain(message), "remedy": _plain(remedy)}
    return JSONResponse(told, status_code=status, headers=dict(headers or {}))


def add_problems(app: FastAPI) -> None:
    """Have every error of the interface answered in this form."""

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        remedy = _REMEDIES.get(error.status_code, "docs/api.md describes what can be asked for.")
        return problem(error.status_code, str(error.detail), remedy, error.headers)

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> JSONResponse:
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        unread = any(each["type"] == "json_invalid" for each in error.errors())
        if request.method == "POST" and (unread or kind != "application/json"):
            return problem(400, "the request is no JSON that can be read", _REMEDIES[400])
        told = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}"[:_LONGEST] for each in error.errors()[:5]]
        found = "; ".join(told)
        return problem(422, f"this cannot be used: {found}", "/api/openapi.json describes each value.")

    @app.exception_handler(CopycatchError)
    async def explained(_request: Request, error: CopycatchError) -> JSONResponse:
        return problem(_status(error), error.message, error.remedy)

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, error: Exception) -> JSONResponse:
        remedy = "Nothing stored is lost. The workspace's logs folder has the details."
        return problem(500, f"a fault of copycatch: {type(error).__name__}", remedy)


def _status(error: CopycatchError) -> int:
    match error:
        case RefusedError():
            return error.status
        case UnknownCandidateError():
            return 404
        case DecidedMeanwhileError() | UsedActError():
            return 409
        case UnusableDecisionError() | DecidingError():
            return 422
    return 503  # the casebook or the configuration


def _plain(text: str) -> str:
    """Return a text that can be sent: names of fields come from the request, and may be no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
