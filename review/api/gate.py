"""Nothing of the interface is answered without a token; not even a body is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from casebook.errors import CopycatchError
from review.api.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from review.desk import Desk

_SCHEME = "bearer "


class Gate:
    """ASGI middleware that lets requests through which bear a token that stands."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            stands = await run_in_threadpool(self._stands, Headers(scope=scope).getlist("authorization"))
        except CopycatchError as error:
            await problem(503, error.message, error.remedy)(scope, receive, send)
            return
        if stands:
            await self._app(scope, receive, send)
            return
        remedy = "Send `Authorization: Bearer TOKEN`; `copycatch tokens add TITLE` makes a token."
        refused = problem(401, "this needs a token that stands", remedy, {"WWW-Authenticate": "Bearer"})
        await refused(scope, receive, send)

    def _stands(self, given: list[str]) -> bool:
        if len(given) != 1 or not given[0].lower().startswith(_SCHEME):
            return False
        with self._desk.casebook() as casebook:
            return casebook.token_of(given[0][len(_SCHEME) :].strip(), self._desk.now()) is not None
