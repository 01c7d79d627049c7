"""Listings: what their pages said last, and what the looks at them prove.

Visits may be recorded in any order, so nothing here means "whatever came last". What a page said is replaced only by
a reading of higher rank (readable before not, a whole page before a card on a page of results, then later before
earlier), and the state follows from all looks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from casebook.galleries import Galleries
from casebook.types import GalleryPicture, Listing, ListingState, Look, Money, PictureRole, Seller, content_id
from casebook.values import time, time_text

_UPSERT_SELLER = """
INSERT INTO seller (seller_key, marketplace, seller_id, name, url, badges, since, reading, first_seen_at, last_seen_at)
VALUES (:seller_key, :marketplace, :seller_id, :name, :url, :badges, :since, :reading, :at, :at)
ON CONFLICT (seller_key) DO UPDATE SET
    name = iif(excluded.reading > reading, excluded.name, name),
    url = iif(excluded.reading > reading, excluded.url, url),
    badges = iif(excluded.reading > reading, excluded.badges, badges),
    since = iif(excluded.reading > reading, excluded.since, since),
    reading = max(reading, excluded.reading),
    first_seen_at = min(first_seen_at, excluded.first_seen_at),
    last_seen_at = max(last_seen_at, excluded.last_seen_at)
"""

# State, target and times stand here only until `_settle_listing` derives them from the looks.
_UPSERT_LISTING = """
INSERT INTO listing (
    listing_key, marketplace, listing_id, host, url, title, price_amount, price_currency, seller_key, layout,
    sold_count, state, state_reason, reading, target, first_seen_at, last_looked_at
) VALUES (
    :listing_key, :marketplace, :listing_id, :host, :url, :title, :price_amount, :price_currency, :seller_key, :layout,
    :sold_count, 'unknown', '', :reading, '', :at, :at
) ON CONFLICT (listing_key) DO UPDATE SET
    host = excluded.host,
    url = excluded.url,
    title = excluded.title,
    price_amount = excluded.price_amount,
    price_currency = excluded.price_currency,
    seller_key = excluded.seller_key,
    layout = excluded.layout,
    sold_count = excluded.sold_count,
    reading = excluded.reading
WHERE excluded.reading > reading
"""

_ADD_LOOK = """
INSERT INTO look (
    look_id, listing_key, run_id, target, at, state, reason, gone, fetch_id, partial, search, pictures,
    screenshot_sha256
) VALUES (
    :look_id, :listing_key, :run_id, :target, :at, :state, :reason, :gone, :fetch_id, :partial, :search, :pictures,
    :screenshot_sha256
)
ON CONFLICT (look_id) DO NOTHING
"""

_LATEST_LOOK = """
SELECT * FROM look WHERE listing_key = :listing_key ORDER BY partial, at DESC, readable DESC, look_id DESC LIMIT 1
"""

_STANDING_REMOVAL = """
SELECT reason FROM removal WHERE listing_key = :listing_key AND NOT EXISTS (
    SELECT 1 FROM look
    WHERE look.listing_key = removal.listing_key AND look.at > removal.at AND NOT look.gone AND NOT look.partial
) ORDER BY at DESC LIMIT 1
"""

_SETTLE_LISTING = """
UPDATE listing SET
    state = :state,
    state_reason = :reason,
    target = (
        -- A page that somebody imported must not take the listing away from the target that visits it.
        SELECT target FROM look JOIN run USING (run_id) WHERE listing_key = :listing_key
        ORDER BY run.kind = 'import', at, target LIMIT 1
    ),
    search = (SELECT search FROM look WHERE listing_key = :listing_key ORDER BY at, target LIMIT 1),
    (first_seen_at, last_seen_at, last_live_at, last_looked_at) = (
        SELECT min(at), max(at) FILTER (WHERE readable), max(at) FILTER (WHERE state = 'live'), max(at)
        FROM look WHERE listing_key = :listing_key
    )
WHERE listing_key = :listing_key
"""

# The canary is the first or the last readable listing of the host, whichever is not the listing itself.
_REMOVED_NOW = """
WITH
latest AS (
    SELECT listing_key, run_id, at, gone, row_number() OVER (
        PARTITION BY listing_key ORDER BY at DESC, readable DESC, look_id DESC
    ) AS place
    FROM look
    WHERE NOT partial AND listing_key IN (SELECT listing_key FROM look WHERE run_id = :run_id AND gone)
),
canaries AS (
    SELECT host, min(listing_key) AS first_key, max(listing_key) AS last_key
    FROM look JOIN listing USING (listing_key)
    WHERE look.run_id = :run_id AND look.readable AND NOT look.partial
    GROUP BY host
)
SELECT
    latest.listing_key,
    latest.at,
    max(earlier.at) AS earlier_at,
    iif(first_key <> listing.listing_key, first_key, last_key) AS canary_key
FROM latest
JOIN listing USING (listing_key)
JOIN canaries ON canaries.host = listing.host
    AND (first_key <> listing.listing_key OR last_key <> listing.listing_key)
JOIN look AS earlier ON earlier.listing_key = latest.listing_key AND earlier.gone
    AND round((julianday(latest.at) - julianday(earlier.at)) * 86400, 3) >= :wait_seconds
WHERE latest.place = 1 AND latest.gone AND latest.run_id = :run_id AND listing.state <> 'removed' AND NOT EXISTS (
    SELECT 1 FROM look AS between_them
    WHERE between_them.listing_key = latest.listing_key AND between_them.readable
            AND NOT between_them.partial
        AND between_them.at BETWEEN earlier.at AND latest.at
)
GROUP BY latest.listing_key
"""

_SELECT_LISTING = """
SELECT listing.*, seller.seller_id, seller.name AS seller_name, seller.url AS seller_url,
    seller.badges AS seller_badges, seller.since AS seller_since, (
    SELECT json_group_array(json_array(url, json(fallbacks), role)) FROM (
        SELECT url, fallbacks, role FROM gallery
        WHERE gallery.listing_key = listing.listing_key AND gallery.current ORDER BY position
    )
) AS gallery
FROM listing LEFT JOIN seller USING (seller_key)
"""


_HEALTH = """
SELECT
    target,
    count(*) AS looks,
    count(*) FILTER (WHERE readable) AS looks_read,
    coalesce(sum(pictures) FILTER (WHERE readable), 0) AS pictures
FROM look JOIN run USING (run_id)
WHERE NOT partial AND NOT gone AND look.state NOT IN ('error', 'blocked') AND run.kind = 'scan' AND run_id = :run_id
GROUP BY target
"""

_LAYOUTS_READ = """
SELECT look.target, marketplace, layout, count(DISTINCT listing_key) AS listings
FROM look JOIN listing USING (listing_key)
WHERE look.run_id = :run_id AND look.readable
GROUP BY look.target, marketplace, layout ORDER BY look.target, layout
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How well the pages of one target were read in one run: how many looks found an answer that was neither a wall nor
    an error, how many of these could be read, and how many pictures these showed."""

    looks: int
    looks_read: int
    pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutRead:
    """How many listings of a target were read by one layout in one run."""

    target: str
    marketplace: str
    layout: str
    listings: int


class Listings(Galleries):
    def health(self, run_id: str) -> dict[str, Health]:
        """Return target -> how well its listings' own pages were read in a scan."""
        rows = self._run(_HEALTH, {"run_id": run_id})
        return {
            row["target"]: Health(looks=row["looks"], looks_read=row["looks_read"], pictures=row["pictures"])
            for row in rows
        }

    def layouts_read(self, run_id: str) -> list[LayoutRead]:
        """Return which layouts the listings of a run were read by."""
        return [LayoutRead(**dict(row)) for row in self._run(_LAYOUTS_READ, {"run_id": run_id})]

    def listing(self, listing_key: str) -> Listing | None:
        """Return the listing as last known: its newest readable page, its proven state, its current gallery."""
        row = self._first(_SELECT_LISTING + "WHERE listing_key = :key", {"key": listing_key})
        return None if row is None else _listing(row)

    def listing_at(self, url: str) -> Listing | None:
        """Return the listing whose canonical address this is."""
        row = self._first(_SELECT_LISTING + "WHERE listing.url = :url", {"url": url})
        return None if row is None else _listing(row)

    def target_of(self, listing_key: str) -> str | None:
        """Return the target that found a listing first."""
        row = self._first("SELECT target FROM listing WHERE listing_key = :key", {"key": listing_key})
        return None if row is None else str(row["target"])

    def screenshot_used(self, sha256: str) -> datetime | None:
        """Return when the look was to which this screenshot belongs."""
        row = self._first("SELECT at FROM look WHERE screenshot_sha256 = :sha256 LIMIT 1", {"sha256": sha256})
        return None if row is None else time(row["at"])

    def known_listings(self, target: str) -> list[Listing]:
        """Return the listings which that target of the configuration found first, oldest first."""
        rows = self._run(
            _SELECT_LISTING + "WHERE target = :target ORDER BY listing.first_seen_at, listing_key", {"target": target}
        )
        return [_listing(row) for row in rows]

    def looks(self, listing_key: str) -> list[Look]:
        """Return every look at the listing, oldest first."""
        rows = self._run("SELECT * FROM look WHERE listing_key = :key ORDER BY at, look_id", {"key": listing_key})
        return [
            Look(
                listing_key=row["listing_key"],
                run_id=row["run_id"],
                at=time(row["at"]),
                state=ListingState(row["state"]),
                reason=row["reason"],
                gone=bool(row["gone"]),
                fetch_id=row["fetch_id"],
                partial=bool(row["partial"]),
                search=row["search"],
                pictures=row["pictures"],
                screenshot_sha256=row["screenshot_sha256"],
            )
            for row in rows
        ]

    def confirm_removals(self, run_id: str, now: datetime, wait: timedelta = timedelta(hours=6)) -> int:
        """Call `removed` what two looks prove gone; return how many listings that were.

        1. The latest look at the listing is of this run and showed a positive sign of removal.
        2. An earlier look, at least `wait` before it, showed one too.
        3. No look between the two could read the listing.
        4. The canary: another listing of the same host was readable in this run, so the shop itself answers.
        """
        with self.immediate():
            found = self._run(_REMOVED_NOW, {"run_id": run_id, "wait_seconds": wait.total_seconds()}).fetchall()
            for row in found:
                reason = (
                    f"gone at {row['earlier_at']} and again at {row['at']}, "
                    f"while {row['canary_key']} on the same host was readable"
                )
                self._run(
                    "INSERT INTO removal (listing_key, at, confirmed_at, reason) VALUES (:key, :at, :now, :reason)",
                    {"key": row["listing_key"], "at": row["at"], "now": now, "reason": reason},
                )
                self._settle_listing(row["listing_key"])
        return len(found)

    def _add_reading(self, listing: Listing, run_id: str, at: datetime) -> None:
        reading = f"{int(listing.state.readable)}{int(not listing.partial)} {time_text(at)} {content_id(listing)}"
        if listing.seller is not None:
            self._upsert_seller(listing.seller, reading, at)
        self._run(
            _UPSERT_LISTING,
            {
                "listing_key": listing.key,
                "marketplace": listing.marketplace,
                "listing_id": listing.listing_id,
                "host": urlsplit(listing.url).hostname or "",
                "url": listing.url,
                "title": listing.title,
                "price_amount": listing.price and listing.price.amount,
                "price_currency": listing.price and listing.price.currency,
                "seller_key": listing.seller and listing.seller.key,
                "layout": listing.layout,
                "sold_count": listing.sold_count,
                "reading": reading,
                "at": at,
            },
        )
        self._read_gallery(listing, reading, run_id, at)

    def _upsert_seller(self, seller: Seller, reading: str, at: datetime) -> None:
        self._run(
            _UPSERT_SELLER,
            {
                "seller_key": seller.key,
                "marketplace": seller.marketplace,
                "seller_id": seller.seller_id,
                "name": seller.name,
                "url": seller.url,
                "badges": seller.badges,
                "since": seller.since,
                "reading": reading,
                "at": at,
            },
        )

    def _add_look(self, look: Look, target: str) -> None:
        self._run(
            _ADD_LOOK,
            {
                "look_id": content_id(look.listing_key, look.run_id, look.at, look.state, look.reason, look.fetch_id),
                "listing_key": look.listing_key,
                "run_id": look.run_id,
                "target": target,
                "at": look.at,
                "state": look.state,
                "reason": look.reason,
                "gone": int(look.gone),
                "fetch_id": look.fetch_id,
                "partial": int(look.partial),
                "search": look.search,
                "pictures": look.pictures,
                "screenshot_sha256": look.screenshot_sha256,
            },
        )
        self._settle_listing(look.listing_key)

    def _settle_listing(self, listing_key: str) -> None:
        """Derive state, target and times from all looks at the listing and its confirmed removals."""
        key = {"listing_key": listing_key}
        look = self._first(_LATEST_LOOK, key)
        state, reason = ListingState(look["state"]), look["reason"]
        if look["gone"]:
            removal = self._first(_STANDING_REMOVAL, key)
            if removal is not None:
                state, reason = ListingState.REMOVED, removal["reason"]
            else:
                state, reason = ListingState.UNKNOWN, f"looked gone at {look['at']}, not yet confirmed: {reason}"
        self._run(_SETTLE_LISTING, {**key, "state": state, "reason": reason})


def _listing(row: Any) -> Listing:
    return Listing(
        marketplace=row["marketplace"],
        listing_id=row["listing_id"],
        url=row["url"],
        title=row["title"],
        state=ListingState(row["state"]),
        state_reason=row["state_reason"],
        layout=row["layout"],
        price=_price(row),
        seller=_seller(row),
        gallery=tuple(
            GalleryPicture(url=url, fallbacks=tuple(fallbacks), role=PictureRole(role))
            for url, fallbacks, role in json.loads(row["gallery"])
        ),
        sold_count=row["sold_count"],
    )


def _price(row: Any) -> Money | None:
    if row["price_amount"] is None:
        return None
    return Money(amount=Decimal(row["price_amount"]), currency=row["price_currency"])


def _seller(row: Any) -> Seller | None:
    if row["seller_key"] is None:
        return None
    return Seller(
        marketplace=row["marketplace"],
        seller_id=row["seller_id"],
        name=row["seller_name"],
        url=row["seller_url"],
        badges=tuple(json.loads(row["seller_badges"])),
        since=row["seller_since"],
    )
