"""The nouns that cross the borders between packages.

Every value is frozen, slotted and keyword-only, and this module imports nothing but the standard library, so any
package (and any other tool) can read it first. Times are aware UTC datetimes. Hashes are lower-case hexadecimal
SHA-256 of the plain bytes. Identifiers are derived from content, so running a stage twice changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - `get_type_hints` works on every type here
from decimal import Decimal  # noqa: TC003
from enum import StrEnum

from casebook.claims import Claim  # noqa: TC001 - as above


def content_id(*parts: object) -> str:
    """Return 32 hexadecimal digits that name these parts and no others (each part is length-prefixed)."""
    digest = hashlib.sha256()
    for part in parts:
        data = str(part).encode(errors="surrogatepass")  # a page can hold half a surrogate pair
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:32]


class ListingState(StrEnum):
    """What is proven about a listing; `removed` is never a default (two looks prove it, see `Casebook`)."""

    LIVE = "live"
    SOLD_OUT = "sold_out"
    ENDED = "ended"
    REMOVED = "removed"
    BLOCKED = "blocked"
    ERROR = "error"
    UNKNOWN = "unknown"

    @property
    def readable(self) -> bool:
        """Whether a page in this state shows the listing itself."""
        return self in (ListingState.LIVE, ListingState.SOLD_OUT, ListingState.ENDED)


class Purpose(StrEnum):
    """Why a URL is asked for."""

    PAGE = "page"
    PICTURE = "picture"
    SITEMAP = "sitemap"
    DESCRIPTION = "description"  # what a listing's page shows in a frame of its own
    ROBOTS = "robots"
    TOKEN = "token"  # noqa: S105 - what lets us into an official interface; its answer is never kept


class TaskState(StrEnum):
    """How far one URL of a run's frontier has come. Everything but `pending` is final for that run."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"  # by robots.txt, the address guard or a limit of ours
    FAILED = "failed"  # the server or the network


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A price as shown; `currency` is an ISO 4217 code or None where the page names none."""

    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who offers a listing, as the marketplace names him. `badges` are its own marks of standing ("Verified Supplier"),
    `since` is how long he has been there, in its words ("8 yrs", "2016-02-11")."""

    marketplace: str
    seller_id: str
    name: str
    url: str | None = None
    badges: tuple[str, ...] = ()
    since: str | None = None

    @property
    def key(self) -> str:
        return f"{self.marketplace}:{self.seller_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One HTTP exchange: one per redirect hop and per retry, taken as it came over the wire.

    `status` is None where no answer came; `error` then says why. `body_sha256` names the blob with the body exactly
    as received (still content-encoded); it is None for an answer without body, such as 304. Header names and values
    are latin-1 text in the order received. `certificate_sha256` names the blob with the server's DER certificate.
    """

    run_id: str
    purpose: Purpose
    url: str
    requested_at: datetime
    elapsed_seconds: float
    request_headers: tuple[tuple[str, str], ...]
    status: int | None
    error: str | None = None
    protocol: str | None = None
    response_headers: tuple[tuple[str, str], ...] = ()
    body_sha256: str | None = None
    body_bytes: int = 0
    server_address: str | None = None
    certificate_sha256: str | None = None

    @property
    def fetch_id(self) -> str:
        return content_id(self.url, self.requested_at.isoformat(), self.status, self.error, self.body_sha256)

    def header(self, name: str) -> str | None:
        """Return the first response header of that name (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.response_headers if key.lower() == wanted), None)


class PictureRole(StrEnum):
    """Where in a listing a picture stands."""

    GALLERY = "gallery"
    VARIANT = "variant"  # a colour or size of the same listing
    DESCRIPTION = "description"


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryPicture:
    """One picture of a listing: the best URL known and, in order, what to ask where that fails."""

    url: str
    fallbacks: tuple[str, ...] = ()
    role: PictureRole = PictureRole.GALLERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One offer on one marketplace, as one reading of its page shows it.

    `listing_id` is stable within the marketplace and the same on every URL of the listing; `url` is canonical.
    `layout` names the generation of the page that the parser recognised. `gallery` holds variant and description
    pictures as well, behind those of the gallery itself. `sold_count` is how often the marketplace says it was sold.
    `partial` is what a card on a page of results shows: facts and pictures may be missing.
    """

    marketplace: str
    listing_id: str
    url: str
    title: str
    state: ListingState
    state_reason: str
    layout: str
    price: Money | None = None
    seller: Seller | None = None
    gallery: tuple[GalleryPicture, ...] = ()
    sold_count: int | None = None
    partial: bool = False

    @property
    def key(self) -> str:
        return f"{self.marketplace}:{self.listing_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one visit to a listing's page showed; looks are only ever added.

    `gone` is true for a positive sign of removal (404, 410, a removal notice). One such look proves nothing yet:
    the listing becomes `unknown`, and `removed` only after a second one (see `Casebook.confirm_removals`). A `partial`
    look saw a card on a page of results: it counts only while nobody looked at the listing's own page. `search` are the
    words of the search that led to it; `pictures` is how many the page showed, None where it could not be read.
    `screenshot_sha256` names the blob with what a person saw, where she looked herself.
    """

    listing_key: str
    run_id: str
    at: datetime
    state: ListingState
    reason: str
    gone: bool
    fetch_id: str | None
    partial: bool = False
    search: str | None = None
    pictures: int | None = None
    screenshot_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Picture bytes seen somewhere. `format`, `width` and `height` (pixels as stored, before any EXIF turn) are None
    until known; `problem` says why the picture cannot be compared; `claims` are read when it is examined."""

    sha256: str
    bytes: int
    format: str | None
    width: int | None = None
    height: int | None = None
    problem: str | None = None
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A picture at a place in a listing's gallery (position from 0), and the URL that gave it."""

    picture_sha256: str
    listing_key: str
    position: int
    url: str
    first_seen_at: datetime
    last_seen_at: datetime


class RunState(StrEnum):
    """`running` without a process that holds the workspace's lock means: interrupted, to be taken up again."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class RunKind(StrEnum):
    """Who fetched what a run brought."""

    SCAN = "scan"  # the crawler
    IMPORT = "import"  # a person, in her own browser


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRun:
    """One scan or import. `job` is the JSON text of what was asked for; `phase` is crawl, match, report or done."""

    run_id: str
    started_at: datetime
    program: str
    job: str
    kind: RunKind = RunKind.SCAN
    phase: str = "crawl"
    state: RunState = RunState.RUNNING
    finished_at: datetime | None = None
    stats: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One URL of a run's frontier. The same URL stands once per run and purpose, a description's once per listing.

    `target` names the target of the configuration that led here, `depth` counts links from its start page,
    `listing_key` is set where a listing already known is looked at again, `fallbacks` are the next URLs to ask where a
    picture's own URL fails. `search` are the words of the search whose results led here. `layout` is the generation by
    which the page that came was read, None where it was not.
    """

    run_id: str
    target: str
    purpose: Purpose
    url: str
    depth: int = 0
    listing_key: str | None = None
    fallbacks: tuple[str, ...] = ()
    state: TaskState = TaskState.PENDING
    note: str | None = None
    search: str | None = None
    layout: str | None = None


Known = tuple[Purpose, str, str]


def known_as(purpose: Purpose, url: str, listing_key: str | None) -> Known:
    """Return what a run knows a task by: a page may stand as a picture elsewhere, and one description for several
    listings."""
    return purpose, url, (listing_key or "") if purpose is Purpose.DESCRIPTION else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Pages that a visit led to and that are not asked for in this run: how many, why, and where one of them lies."""

    why: str
    pages: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFound:
    """The bytes that a gallery URL stood for at `at`; `url` is the gallery's URL even where a fallback served them."""

    url: str
    picture: Picture
    fetch_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The pictures that stood in a listing's description at `at`, where that is a page of its own."""

    listing_key: str
    pictures: tuple[GalleryPicture, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """All that one finished task adds to the casebook, written in one transaction or not at all."""

    task: Task
    fetches: tuple[Fetch, ...] = ()
    listings: tuple[Listing, ...] = ()
    looks: tuple[Look, ...] = ()
    picture: PictureFound | None = None
    description: Description | None = None
    discovered: tuple[Task, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
