"""What stands between strangers and the pages: everything a request must fulfil, and every answer must say.

Titles, names and pictures come from the people who are watched, and any page in the owner's browser can send requests
to this address. So a page of ours loads nothing from elsewhere and runs no script but its own file, and a write is
taken from our own pages only.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("copycatch.review")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
READS = frozenset({"GET", "HEAD", "OPTIONS"})
# Fields and JSON are held in memory, files that are sent are not. Bytes.
BODY_LIMIT, UPLOAD_LIMIT = 4 * 1024**2, 2 * 1024**3
_API = "/api/"
_HOST = re.compile(r"([\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.IGNORECASE | re.ASCII)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A seller whose listing is opened shall not learn from where. `no-referrer` would have browsers send the forms of
    # our own pages as those of a stranger: `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_TOO_MUCH = "That is more than is taken at once."


class Safety:
    """ASGI middleware around the whole application.

    `hosts` are the names under which it may be called besides those of this machine: a page elsewhere whose name was
    made to lead here is turned away by it.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK | {_bracketed(host.lower()) for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        most = _most(scope["path"], headers)
        refusal = self._refusal(scope["method"], scope["path"], headers, most)
        if refusal is not None:
            await _refused(*refusal, program=scope["path"].startswith(_API))(scope, receive, guarded)
            return
        try:
            await self._app(scope, _counted(receive, most), guarded)
        except Exception:
            # It was answered with the page that tells of a fault; the framework passes it on to be written down.
            log.exception("%s %r failed", scope["method"], scope["path"])

    def _refusal(self, method: str, path: str, headers: Headers, most: int) -> tuple[int, str, str] | None:
        """Return the status, the reason and the remedy with which a request is turned away; None where it is not."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _name(hosts[0]) not in self._hosts:
            return (
                421,
                "This is not answered under that name.",
                "Call it as `copycatch review` said when it was opened.",
            )
        if path.startswith(_API) and "\n" in path:  # which leads past every address of the interface, to a page
            return 404, "There is nothing under such an address.", "/api/openapi.json names every address."
        length = headers.get("content-length") or "0"
        if not length.isdecimal():
            return 400, "The length of the request is no number.", "Send the number of its bytes."
        if int(length[:20]) > most:
            return 413, _TOO_MUCH, "Send it in several requests."
        if method not in READS and not _from_our_own_page(path, headers, hosts[0]):
            return 403, "Only copycatch's own pages may change something here.", "Open the page again and repeat it."
        return None


def _refused(status: int, message: str, remedy: str, *, program: bool) -> Response:
    """Return the answer to a request that is turned away, for a program or for a person."""
    if program:
        return JSONResponse({"message": message, "remedy": remedy}, status_code=status)
    return PlainTextResponse(f"{message} {remedy}\n", status_code=status)


def _most(path: str, headers: Headers) -> int:
    """Return how many bytes a request may have: files come from forms only."""
    files = headers.get("content-type", "").lower().startswith("multipart/form-data")
    return UPLOAD_LIMIT if files and not path.startswith(_API) else BODY_LIMIT


def _counted(receive: Receive, most: int) -> Receive:
    """Return what receives a request until it is longer than `most` bytes, whatever length it gave or did not give."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413, _TOO_MUCH)
        return message

    return counted


def _name(host: str) -> str:
    """Return the host in a Host header, without its port; empty where it is written in no way that a browser does."""
    found = _HOST.fullmatch(host)
    return found[1].lower() if found else ""


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def _from_our_own_page(path: str, headers: Headers, host: str) -> bool:
    """Whether a browser says that a write comes from a page of ours. Programs bear a token to the interface instead,
    which no browser adds by itself; a program that has none is told so there."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if path.startswith(_API):
        bears = headers.get("authorization", "").lower().startswith("bearer ")
        return bears or (site is None and origin is None)
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return urlsplit(origin).netloc.lower() == host.lower()
    return site is not None
