"""`/sign-in`: where review is reached from other machines, every page asks for a token first."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from casebook.errors import CopycatchError
from review.sessions import LASTS, Sessions

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from review.desk import Desk
    from review.rendering import Show

PLACE = "/sign-in"
_OPEN = ("/static/", "/api/")  # what holds nothing of the owner's, and what asks for a token itself


class SignedIn:
    """ASGI middleware that lets requests through which come with an open session, whose token still stands."""

    def __init__(self, app: ASGIApp, desk: Desk, sessions: Sessions, *, secure: bool) -> None:
        self._app = app
        self._desk = desk
        self._sessions = sessions
        self._cookie = cookie_name(desk, secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == PLACE or scope["path"].startswith(_OPEN):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            stands = await run_in_threadpool(self._stands, request.cookies.get(self._cookie, ""))
        except CopycatchError as error:
            await JSONResponse({"message": error.message, "remedy": error.remedy}, 503)(scope, receive, send)
            return
        if stands:
            await self._app(scope, receive, send)
            return
        await _refusal(request)(scope, receive, send)

    def _stands(self, session: str) -> bool:
        token = self._sessions.token_of(session, self._desk.now())
        if token is None:
            return False
        with self._desk.casebook() as casebook:
            return any(each.seq == token for each in casebook.tokens())


def sign_in_router(desk: Desk, show: Show, sessions: Sessions, *, secure: bool) -> APIRouter:
    """Return `/sign-in` and `/sign-out`."""
    router = APIRouter(include_in_schema=False)
    name = cookie_name(desk, secure=secure)

    def page(request: Request, back: str, refused: str, status: int) -> Response:
        return show(request, "sign_in.html", {"back": back, "refused": refused}, status)

    @router.get(PLACE)
    def ask(request: Request) -> Response:
        return page(request, _safe(request.query_params.get("back", "/")), "", 200)

    @router.post(PLACE)
    async def sign_in(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10) as form:
            secret, back = str(form.get("token", "")).strip(), _safe(str(form.get("back", "/")))
        token = await run_in_threadpool(_token_of, desk, secret)
        if token is None:
            return page(request, back, "That is no token that stands.", 403)
        answer = RedirectResponse(back, status_code=303)
        session = sessions.begin(token, desk.now())
        lasts = int(LASTS.total_seconds())
        answer.set_cookie(name, session, max_age=lasts, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        sessions.end(request.cookies.get(name, ""))
        answer = RedirectResponse(PLACE, status_code=303)
        answer.delete_cookie(name, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    return router


def cookie_name(desk: Desk, *, secure: bool) -> str:
    """Return the name of the cookie; with the prefix, no page of another name can set it."""
    return f"{'__Host-' if secure else ''}copycatch-{desk.mark()}"


def _token_of(desk: Desk, secret: str) -> int | None:
    with desk.casebook() as casebook:
        found = casebook.token_of(secret, desk.now())
    return None if found is None else found.seq


def _refusal(request: Request) -> Response:
    """Return where to sign in, to a browser that opens a page; anything else is told in JSON."""
    opened = request.headers.get("sec-fetch-dest", "document") == "document"
    if request.method in ("GET", "HEAD") and opened and "text/html" in request.headers.get("accept", ""):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{PLACE}?{urlencode({'back': back})}", status_code=303)
    told = {"message": "You are not signed in (any more).", "remedy": "Open the page again and sign in."}
    return JSONResponse(told, status_code=401)


def _safe(back: str) -> str:
    """Return the page of ours to go to afterwards, whatever an address says."""
    return back if back.startswith("/") and back[1:2] not in ("/", "\\") and back.isprintable() else "/"
