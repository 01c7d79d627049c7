"""`/report`: the newest report, which is a page of its own, behind a policy of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from review.first_use import FirstUse
    from review.rendering import Show

# The report names the hash of its one style sheet in its own policy, before anything that came from a stranger.
_STYLE = re.compile(rb"style-src 'sha256-([A-Za-z0-9+/]{43}=)'")
_HEAD_BYTES = 2000


def report_policy(report: bytes) -> str:
    """Return the policy for a report: its own style sheet and the drawings within it, sandboxed; nothing else."""
    style = _STYLE.search(report[:_HEAD_BYTES])
    allowed = f"'sha256-{style[1].decode()}'" if style else "'none'"
    return (
        f"sandbox; default-src 'none'; img-src data:; style-src {allowed}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def report_router(desk: FirstUse, show: Show) -> APIRouter:
    """Return the router that serves the newest report as it lies in the workspace."""
    router = APIRouter(include_in_schema=False)

    @router.get("/report")
    def report(request: Request) -> Response:
        newest = desk.report()
        if newest is None:
            return show(request, "no_report.html", {}, 404)
        # Browsers show no sandboxed page that also asks to be kept apart from those that open it.
        headers = {"Content-Security-Policy": report_policy(newest), "Cross-Origin-Opener-Policy": "unsafe-none"}
        return Response(newest, media_type="text/html; charset=utf-8", headers=headers)

    return router
