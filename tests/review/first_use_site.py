"""A real server on loopback with the pages of first use, over a workspace of its own."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import urllib3
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader

from copycatch.first_use import FirstUseDesk
from review.newest_report import report_router
from review.setting_up import first_use_router

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from copycatch.workspace import Workspace

BASE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{% block title %}{% endblock %}</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/first_use.css"><script src="/static/first_use.js" defer></script></head>
<body><main>{% block content %}{% endblock %}</main></body></html>"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class Site:
    """What a browser without a script can do there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = urllib3.PoolManager()

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self._pool.request("GET", self.url + path, redirect=False, retries=False)

    def post(self, path: str, fields: Any = ()) -> urllib3.BaseHTTPResponse:
        """Send a form; a field is (name, text) or (name, (file name, bytes))."""
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
        return self._pool.request(
            "POST", self.url + path, fields=pairs or {"x": ""}, headers=headers, redirect=False, retries=False
        )

    def close(self) -> None:
        self._pool.clear()


def app_for(workspace: Workspace) -> FastAPI:
    environment = Environment(
        loader=ChoiceLoader([DictLoader({"base.html": BASE}), PackageLoader("review", "templates")]), autoescape=True
    )

    def show(_request: Request, name: str, values: Mapping[str, Any], status: int) -> Response:
        html = environment.get_template(name).render(**values)
        return HTMLResponse(html, status, headers={"Content-Security-Policy": POLICY})

    app = FastAPI(openapi_url=None)
    desk = FirstUseDesk(workspace)
    app.include_router(first_use_router(desk, show))
    app.include_router(report_router(desk, show))
    app.mount("/static", StaticFiles(packages=[("review", "static")]))
    return app


@contextmanager
def served(workspace: Workspace) -> Iterator[Site]:
    server = uvicorn.Server(uvicorn.Config(app_for(workspace), port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    site = Site(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    try:
        yield site
    finally:
        site.close()
        server.should_exit = True
        thread.join()
