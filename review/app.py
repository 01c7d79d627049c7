"""The application: every page and its place, behind what keeps strangers out."""

from __future__ import annotations

import logging
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from casebook.errors import CopycatchError
from review.dashboard import dashboard_router
from review.newest_report import report_router
from review.pictures import pictures_router
from review.rendering import renderer
from review.safety import Safety
from review.setting_up import first_use_router

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from review.desk import Desk

log = logging.getLogger("copycatch.review")

_TITLES = {404: "There is nothing here", 405: "That cannot be done here", 413: "That is too much"}


def create_app(desk: Desk, *, hosts: Collection[str] = ()) -> ASGIApp:
    """Return the application for one workspace; `hosts` are names under which it is called besides this machine's."""
    # Around everything, the framework's own answer to a fault included.
    return Safety(_application(desk), hosts=hosts)


def _application(desk: Desk) -> FastAPI:
    app = FastAPI(title="copycatch", docs_url=None, redoc_url=None, openapi_url=None)
    show = renderer(lambda: _everywhere(desk))

    def failed(request: Request, status: int, title: str, message: str, remedy: str) -> Response:
        values = {"title": title, "message": message, "remedy": remedy}
        return show(request, "problem.html", values, status)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        title = _TITLES.get(error.status_code, "That did not work")
        return failed(request, error.status_code, title, str(error.detail), "Go back to the queue, and try again.")

    @app.exception_handler(CopycatchError)
    async def explained(request: Request, error: CopycatchError) -> Response:
        return failed(request, 409, "That did not work", error.message, error.remedy)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        remedy = "Nothing stored is lost. The workspace's logs folder has the details."
        return failed(request, 500, "A fault of copycatch", f"{type(error).__name__}", remedy)

    setup = desk.first_use()
    for router in (
        first_use_router(setup, show),
        report_router(setup, show),
        dashboard_router(desk, show),
        pictures_router(desk),
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=str(files("review").joinpath("static"))), name="static")
    return app


def _everywhere(desk: Desk) -> Mapping[str, Any]:
    """Return what every page knows."""
    try:
        return {"owner": desk.owner()}
    except CopycatchError:  # the page itself tells what is wrong with the configuration
        return {"owner": ""}
