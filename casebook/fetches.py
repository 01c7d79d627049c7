"""Fetches: every HTTP exchange, and what they allow the next night to skip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from casebook.store import Store
from casebook.types import Fetch, Purpose
from casebook.values import time

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADD = """
INSERT INTO fetch VALUES (
    :fetch_id, :run_id, :purpose, :url, :requested_at, :elapsed_seconds, :request_headers, :status, :error,
    :protocol, :response_headers, :body_sha256, :body_bytes, :server_address, :certificate_sha256
) ON CONFLICT (fetch_id) DO NOTHING
"""

_STORED_RESPONSE = """
SELECT * FROM fetch WHERE url = :url AND status = 200 AND body_sha256 IS NOT NULL
ORDER BY requested_at DESC LIMIT 1
"""

_ROBOTS_ANSWER = """
SELECT * FROM fetch WHERE url = :url AND run_id = :run_id AND purpose = 'robots'
ORDER BY requested_at DESC LIMIT 1
"""


class Fetches(Store):
    def stored_response(self, url: str) -> Fetch | None:
        """Return the newest fetch of exactly this URL that was answered 200 with a body."""
        return _fetch_or_none(self._first(_STORED_RESPONSE, {"url": url}))

    def new_first(self, urls: Iterable[str]) -> list[str]:
        """Return these URLs, those that no run ever asked for first; otherwise in their order."""
        ordered = list(urls)
        known = self._run(
            "SELECT value FROM json_each(:urls) WHERE EXISTS (SELECT 1 FROM fetch WHERE fetch.url = value)",
            {"urls": ordered},
        )
        asked = {row["value"] for row in known}
        return sorted(ordered, key=asked.__contains__)

    def robots_answer(self, robots_url: str, run_id: str) -> Fetch | None:
        """Return this run's newest exchange for that robots.txt."""
        return _fetch_or_none(self._first(_ROBOTS_ANSWER, {"url": robots_url, "run_id": run_id}))

    def last_fetch(self, run_id: str) -> Fetch | None:
        """Return the exchange that a run began last; None before its first."""
        return _fetch_or_none(
            self._first(
                "SELECT * FROM fetch WHERE run_id = :run_id ORDER BY requested_at DESC LIMIT 1", {"run_id": run_id}
            )
        )

    def fetches(self, run_id: str) -> list[Fetch]:
        """Return all exchanges of a run, in the order they were begun."""
        rows = self._run("SELECT * FROM fetch WHERE run_id = :run_id ORDER BY requested_at", {"run_id": run_id})
        return [_fetch(row) for row in rows]

    def _add_fetch(self, fetch: Fetch) -> None:
        self._run(
            _ADD,
            {
                "fetch_id": fetch.fetch_id,
                "run_id": fetch.run_id,
                "purpose": fetch.purpose,
                "url": fetch.url,
                "requested_at": fetch.requested_at,
                "elapsed_seconds": fetch.elapsed_seconds,
                "request_headers": fetch.request_headers,
                "status": fetch.status,
                "error": fetch.error,
                "protocol": fetch.protocol,
                "response_headers": fetch.response_headers,
                "body_sha256": fetch.body_sha256,
                "body_bytes": fetch.body_bytes,
                "server_address": fetch.server_address,
                "certificate_sha256": fetch.certificate_sha256,
            },
        )


def _fetch_or_none(row: Any) -> Fetch | None:
    return None if row is None else _fetch(row)


def _fetch(row: Any) -> Fetch:
    return Fetch(
        run_id=row["run_id"],
        purpose=Purpose(row["purpose"]),
        url=row["url"],
        requested_at=time(row["requested_at"]),
        elapsed_seconds=row["elapsed_seconds"],
        request_headers=_headers(row["request_headers"]),
        status=row["status"],
        error=row["error"],
        protocol=row["protocol"],
        response_headers=_headers(row["response_headers"]),
        body_sha256=row["body_sha256"],
        body_bytes=row["body_bytes"],
        server_address=row["server_address"],
        certificate_sha256=row["certificate_sha256"],
    )


def _headers(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(text))
