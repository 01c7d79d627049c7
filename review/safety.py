"""What stands between strangers and the pages: everything a request must fulfil, and every answer must say.

Titles, names and pictures come from the people who are watched, and any page in the owner's browser can send requests
to this address. So a page of ours loads nothing from elsewhere and runs no script but its own file, and a write is
taken from our own pages only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BYTES_LIMIT = 2 * 1024**3

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


class Safety:
    """ASGI middleware around the whole application.

    `hosts` are the names under which it may be called besides those of this machine: a page elsewhere whose name was
    made to lead here is turned away by it.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower() for host in hosts}

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

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal is not None:
            code, why = refusal
            await PlainTextResponse(f"{why}\n", status_code=code)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Return the status and the reason for which a request is turned away; None where it is not."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _name(hosts[0]) not in self._hosts:
            return 421, "This address is answered under the name of this machine only."
        if not (headers.get("content-length") or "0").isdecimal():
            return 400, "The length of the request is no number."
        if int((headers.get("content-length") or "0")[:20]) > BYTES_LIMIT:
            return 413, "That is more than is taken at once."
        if method in WRITES and not _from_our_own_page(headers, hosts[0]):
            return 403, "Only copycatch's own pages may change something here. Open the page again and repeat it."
        return None


def _name(host: str) -> str:
    """Return the host in a Host header, without its port."""
    try:
        parts = urlsplit(f"//{host}")
        named = (parts.hostname or "").lower()
    except ValueError:
        return ""
    return f"[{named}]" if ":" in named else named


def _from_our_own_page(headers: Headers, host: str) -> bool:
    """Whether a browser says that a write comes from a page of ours. Programs bear a token instead, which no browser
    adds by itself."""
    if headers.get("authorization", "").lower().startswith("bearer "):
        return True
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return urlsplit(origin).netloc.lower() == host.lower()
    return site is not None
