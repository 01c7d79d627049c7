"""The interface put together, with the document that describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer

from review.api.candidates import candidates_router
from review.api.decisions import decisions_router
from review.api.gate import Gate
from review.api.pictures import pictures_router
from review.api.problems import add_problems

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from review.desk import Desk

VERSION = "1"  # of the interface: fields are added without a new one, never renamed or taken away

_ABOUT = """\
Candidates that show an owner's works, with the evidence, and decisions on them.

Every request bears a token: `Authorization: Bearer TOKEN` (`copycatch tokens add TITLE` makes one). Every problem is
answered with `message` and `remedy`. Times are ISO 8601 in UTC. Fields may be added; none is renamed or taken away.
"""


def api_app(desk: Desk) -> ASGIApp:
    """Return the application that stands under `/api`."""
    app = FastAPI(
        title="copycatch",
        version=VERSION,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        dependencies=[Security(HTTPBearer(auto_error=False, description="A token of `copycatch tokens add`."))],
    )
    add_problems(app)
    for router in (candidates_router(desk), pictures_router(desk), decisions_router(desk)):
        app.include_router(router)
    return Gate(app, desk)
