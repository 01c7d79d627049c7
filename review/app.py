"""The application: every page and its place, behind what keeps strangers out."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from casebook.errors import CopycatchError
from review.api.app import api_app
from review.case import case_router
from review.dashboard import dashboard_router
from review.decisions import decisions_router
from review.newest_report import report_router
from review.permissions import permissions_router
from review.pictures import pictures_router
from review.problems import add_problem_pages
from review.queue import queue_router
from review.rendering import renderer
from review.reviewer import reviewer_router
from review.safety import Safety
from review.sellers import sellers_router
from review.sessions import Sessions
from review.setting_up import first_use_router
from review.sign_in import SignedIn, sign_in_router
from review.works import works_router

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.types import ASGIApp, Scope

    from review.desk import Desk


def create_app(desk: Desk, *, hosts: Collection[str] = (), sign_in: bool = False, secure: bool = False) -> ASGIApp:
    """Return the application for one workspace; `hosts` are names under which it is called besides this machine's.

    With `sign_in` every page asks for a token first; `secure` tells that browsers reach it over TLS alone.
    """
    sessions = Sessions()
    app = _application(desk, signed_in=sign_in)
    if not sign_in:
        # Around everything, the framework's own answer to a fault included.
        return Safety(app, hosts=hosts)
    app.include_router(
        sign_in_router(desk, renderer(lambda: {"owner": "", "signed_in": False}), sessions, secure=secure)
    )
    return Safety(SignedIn(app, desk, sessions, secure=secure), hosts=hosts)


def _application(desk: Desk, *, signed_in: bool) -> FastAPI:
    app = FastAPI(title="copycatch", docs_url=None, redoc_url=None, openapi_url=None)
    show = renderer(lambda: {**_everywhere(desk), "signed_in": signed_in})

    add_problem_pages(app, show)
    setup = desk.first_use()
    for router in (
        dashboard_router(desk, show),
        queue_router(desk, show),
        case_router(desk, show),
        decisions_router(desk, show),
        sellers_router(desk, show),
        first_use_router(setup, show),  # before the works: /works/add is no work
        works_router(desk, show),
        permissions_router(desk, show),
        report_router(setup, show),
        reviewer_router(desk),
        pictures_router(desk),
    ):
        app.include_router(router)
    app.mount("/api", api_app(desk))
    app.mount("/static", _OwnFiles(directory=str(files("review").joinpath("static"))), name="static")
    return app


class _OwnFiles(StaticFiles):
    """The style sheet and the script: the browser asks about them each time. The icon: it keeps it for a day."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "max-age=86400" if path == "icon.svg" else "no-cache"
        return answer


def _everywhere(desk: Desk) -> Mapping[str, Any]:
    """Return what every page knows, the page that tells of an unusable configuration too."""
    try:
        return {"owner": desk.owner()}
    except CopycatchError:
        return {"owner": ""}
