"""Pictures: what a gallery's addresses stand for, and where each picture was seen."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from casebook.claims import Claim, ClaimSource
from casebook.store import Store
from casebook.types import Picture, PictureFound, Sighting
from casebook.values import time

# What is known of a picture is never lost to a visit that knows less.
_UPSERT_PICTURE = """
INSERT INTO picture (sha256, bytes, format, width, height, problem)
VALUES (:sha256, :bytes, :format, :width, :height, :problem)
ON CONFLICT (sha256) DO UPDATE SET
    format = coalesce(format, excluded.format),
    width = coalesce(width, excluded.width),
    height = coalesce(height, excluded.height),
    problem = coalesce(problem, excluded.problem)
"""

# A picture found without a fetch is trusted, not checked: it must not push its next check further away.
_UPSERT_URL = """
INSERT INTO picture_url VALUES (:url, :sha256, :at, :at, :run_id, :fetch_id)
ON CONFLICT (url) DO UPDATE SET
    since = iif(sha256 = excluded.sha256, min(since, excluded.since), excluded.since),
    sha256 = excluded.sha256,
    checked_at = iif(excluded.fetch_id IS NULL, checked_at, excluded.checked_at),
    checked_run = iif(excluded.fetch_id IS NULL, checked_run, excluded.checked_run),
    fetch_id = coalesce(excluded.fetch_id, fetch_id)
WHERE excluded.checked_run <> checked_run OR excluded.checked_at >= checked_at
"""

# A sighting needs both: the listing read in this run, and its address settled in this run. An address is settled when
# its task is done, or when the run asks no server about it because the stored picture is still trusted.
_SEE = """
INSERT INTO sighting (listing_key, url, picture_sha256, first_seen_at, last_seen_at)
SELECT g.listing_key, g.url, u.sha256, max(g.first_read_at, u.since), max(g.last_read_at, u.checked_at)
FROM gallery AS g JOIN picture_url AS u USING (url)
WHERE g.run_id = :run_id AND (g.listing_key = :listing_key OR g.url = :url) AND NOT EXISTS (
    SELECT 1 FROM task
    WHERE task.run_id = :run_id AND task.purpose = 'picture' AND task.url = g.url AND task.state <> 'done'
)
ON CONFLICT (listing_key, url, picture_sha256) DO UPDATE SET
    first_seen_at = min(first_seen_at, excluded.first_seen_at),
    last_seen_at = max(last_seen_at, excluded.last_seen_at)
"""


class Pictures(Store):
    def picture(self, sha256: str) -> Picture | None:
        row = self._first("SELECT * FROM picture WHERE sha256 = :sha256", {"sha256": sha256})
        return None if row is None else picture_of(row)

    def sightings(self, listing_key: str) -> list[Sighting]:
        """Return every picture ever seen in the listing, in the order of its gallery, oldest first at each place."""
        rows = self._run(
            "SELECT s.*, g.position FROM sighting AS s JOIN gallery AS g USING (listing_key, url) "
            "WHERE listing_key = :key ORDER BY g.current DESC, g.position, s.first_seen_at, s.picture_sha256",
            {"key": listing_key},
        )
        return [
            Sighting(
                picture_sha256=row["picture_sha256"],
                listing_key=row["listing_key"],
                position=row["position"],
                url=row["url"],
                first_seen_at=time(row["first_seen_at"]),
                last_seen_at=time(row["last_seen_at"]),
            )
            for row in rows
        ]

    def served_from(self, url: str, sha256: str) -> str | None:
        """Return the address whose answer held these bytes, which stand for a gallery's address: it may be a smaller
        copy, where the picture came from a saved page or a fallback. None where no exchange tells."""
        row = self._first(
            "SELECT fetch.url FROM picture_url JOIN fetch USING (fetch_id) "
            "WHERE picture_url.url = :url AND picture_url.sha256 = :sha256",
            {"url": url, "sha256": sha256},
        )
        return None if row is None else str(row["url"])

    def _add_picture(self, found: PictureFound, run_id: str) -> None:
        self._run(_UPSERT_PICTURE, picture_columns(found.picture))
        self._run(
            _UPSERT_URL,
            {
                "url": found.url,
                "sha256": found.picture.sha256,
                "at": found.at,
                "run_id": run_id,
                "fetch_id": found.fetch_id,
            },
        )

    def _see(self, run_id: str, *, listing_key: str | None = None, url: str | None = None) -> None:
        self._run(_SEE, {"run_id": run_id, "listing_key": listing_key, "url": url})


def picture_of(row: Any) -> Picture:
    return Picture(
        sha256=row["sha256"],
        bytes=row["bytes"],
        format=row["format"],
        width=row["width"],
        height=row["height"],
        problem=row["problem"],
        claims=claims_of(row["claims"]),
    )


def claims_of(text: str) -> tuple[Claim, ...]:
    """Return claims from the JSON text that the column `claims` holds."""
    return tuple(
        Claim(source=ClaimSource(claim["source"]), field=claim["field"], value=claim["value"])
        for claim in json.loads(text)
    )


def picture_columns(picture: Picture) -> dict[str, object]:
    return {
        "sha256": picture.sha256,
        "bytes": picture.bytes,
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "problem": picture.problem,
        "claims": [asdict(claim) for claim in picture.claims],
    }
