"""Galleries: where a listing shows which pictures, and which of these places are those of its last reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.store import Store
from casebook.types import content_id
from casebook.values import time_text

if TYPE_CHECKING:
    from datetime import datetime

    from casebook.types import Description, Listing

_UPSERT_GALLERY = """
INSERT INTO gallery (
    listing_key, url, position, fallbacks, role, current, reading, run_id, first_read_at, last_read_at
) VALUES (:listing_key, :url, :position, :fallbacks, :role, 1, :reading, :run_id, :at, :at)
ON CONFLICT (listing_key, url) DO UPDATE SET
    position = iif(excluded.reading > reading, excluded.position, position),
    fallbacks = iif(excluded.reading > reading, excluded.fallbacks, fallbacks),
    role = iif(excluded.reading > reading, excluded.role, role),
    reading = max(reading, excluded.reading),
    run_id = excluded.run_id,
    first_read_at = min(first_read_at, excluded.first_read_at),
    last_read_at = max(last_read_at, excluded.last_read_at)
"""

# A picture of the description alone has no reading of the listing's page; a page that shows it comes before that.
_UPSERT_DESCRIBED = """
INSERT INTO gallery (
    listing_key, url, position, fallbacks, role, current, reading, run_id, first_read_at, last_read_at, described
) VALUES (
    :listing_key, :url, :place + (
        SELECT count(*) FROM gallery AS g JOIN listing AS l USING (listing_key)
        WHERE listing_key = :listing_key AND g.reading = l.reading
    ), :fallbacks, :role, 1, '', :run_id, :at, :at, :described
)
ON CONFLICT (listing_key, url) DO UPDATE SET
    position = iif(reading = '', excluded.position, position),
    described = max(coalesce(described, ''), excluded.described),
    run_id = excluded.run_id,
    first_read_at = min(first_read_at, excluded.first_read_at),
    last_read_at = max(last_read_at, excluded.last_read_at)
"""

_SETTLE_GALLERY = """
UPDATE gallery
SET current = (
    SELECT gallery.reading = listing.reading OR coalesce(gallery.described = listing.described, 0)
    FROM listing WHERE listing_key = :listing_key
)
WHERE listing_key = :listing_key
"""


class Galleries(Store):
    def _read_gallery(self, listing: Listing, reading: str, run_id: str, at: datetime) -> None:
        """Add what a reading of the listing's page shows."""
        places = {picture.url: place for place, picture in reversed(list(enumerate(listing.gallery)))}
        for url, place in places.items():
            self._run(
                _UPSERT_GALLERY,
                {
                    "listing_key": listing.key,
                    "url": url,
                    "position": place,
                    "fallbacks": listing.gallery[place].fallbacks,
                    "role": listing.gallery[place].role,
                    "reading": reading,
                    "run_id": run_id,
                    "at": at,
                },
            )
        self._run(_SETTLE_GALLERY, {"listing_key": listing.key})

    def _add_description(self, description: Description, run_id: str) -> None:
        """Add the pictures of a description; what an older one showed is no longer current."""
        key, urls = description.listing_key, [picture.url for picture in description.pictures]
        described = f"{time_text(description.at)} {content_id(*urls)}"
        for place, picture in enumerate(description.pictures):
            self._run(
                _UPSERT_DESCRIBED,
                {
                    "listing_key": key,
                    "url": picture.url,
                    "place": place,
                    "fallbacks": picture.fallbacks,
                    "role": picture.role,
                    "run_id": run_id,
                    "at": description.at,
                    "described": described,
                },
            )
        self._run(
            "UPDATE listing SET described = max(coalesce(described, ''), :described) WHERE listing_key = :key",
            {"described": described, "key": key},
        )
        self._run(_SETTLE_GALLERY, {"listing_key": key})
