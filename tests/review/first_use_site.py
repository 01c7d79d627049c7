"""A real server on loopback with the pages of first use, over a workspace of its own."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import urllib3
import uvicorn

from copycatch.desk import WorkspaceDesk
from review.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copycatch.workspace import Workspace


class Site:
    """What a browser without a script can do there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = urllib3.PoolManager()

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self._pool.request("GET", self.url + path, redirect=False, retries=False)

    def post(self, path: str, fields: Any = (), *, headers: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        """Send a form, as from a page of its own; a field is (name, text) or (name, (file name, bytes))."""
        if headers is None:
            headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
        return self._pool.request(
            "POST", self.url + path, fields=pairs or {"x": ""}, headers=headers, redirect=False, retries=False
        )

    def close(self) -> None:
        self._pool.clear()


@contextmanager
def served(workspace: Workspace) -> Iterator[Site]:
    server = uvicorn.Server(
        uvicorn.Config(create_app(WorkspaceDesk(workspace)), port=0, log_level="critical", lifespan="off")
    )
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
