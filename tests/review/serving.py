"""A real server on loopback with the review of a workspace, and requests to it that say exactly what a test wants."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from urllib3.filepost import encode_multipart_formdata

from copycatch.desk import WorkspaceDesk
from review.app import create_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from copycatch.workspace import Workspace
    from review.desk import Desk


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class Site:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> Answer:
        """Send one request as it is written here, with no redirect followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            known = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, known, answer.read())
        finally:
            connection.close()

    def post(
        self,
        path: str,
        fields: Mapping[str, str] | Iterable[tuple[str, Any]] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a form, as from a page of its own; a field is (name, text) or (name, (file name, bytes))."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        body, kind = encode_multipart_formdata(pairs or [("x", "")])
        own = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        return self.ask(path, "POST", {**(own if headers is None else headers), "Content-Type": kind}, body)


@contextmanager
def served(
    workspace: Workspace, *, desk: Desk | None = None, hosts: Collection[str] = (), sign_in: bool = False
) -> Iterator[Site]:
    """Serve the review of a workspace until the block ends."""
    with running(create_app(desk or WorkspaceDesk(workspace), hosts=hosts, sign_in=sign_in)) as site:
        yield site


@contextmanager
def running(app: ASGIApp) -> Iterator[Site]:
    """Serve an application until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield Site(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
