"""Forms sent to a running review, as a browser without a script sends them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import urllib3

from tests.review import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copycatch.workspace import Workspace


class Site:
    """What a browser without a script can do there; no redirect is followed."""

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
    """Serve the review of a workspace until the block ends."""
    with serving.served(workspace) as running:
        site = Site(running.url)
        try:
            yield site
        finally:
            site.close()
