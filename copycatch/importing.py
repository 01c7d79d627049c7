"""Take in pages that a person saved in her own browser: the same readers, the same casebook, nothing fetched."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote
from uuid import uuid4

from casebook.errors import CopycatchError
from casebook.types import (
    Fetch,
    ListingState,
    Look,
    PictureFound,
    Purpose,
    RunKind,
    RunState,
    ScanRun,
    Task,
    TaskState,
    Visit,
)
from copycatch.scan import no_progress, run_match, utc_now
from copycatch.version import PROGRAM
from crawler.archives import exchanges
from crawler.archives.exchange import ArchiveError, Exchange, Flaw
from crawler.formats import sniff
from crawler.marketplaces import marketplace_of
from crawler.page import Page
from crawler.picture_urls import picture_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from casebook.types import GalleryPicture, Listing, Picture
    from copycatch.comparing import Compared
    from copycatch.scan import Progress
    from copycatch.workspace import Workspace
    from crawler.page import Reading

log = logging.getLogger("copycatch.import")

TARGET = "import"
_LAZY = (
    "data-zoom-src", "data-src", "data-original", "data-old-hires", "data-src-zoom-image", "data-lazy",
    "data-large_image",
)  # fmt: skip
_MOST_IMAGES = 5000
_MARKUP = (b"<", b"{", b"[", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What became of one saved file: its pages with what they prove, and what could not be read of it."""

    path: Path
    pages: tuple[tuple[str, Reading], ...] = ()
    flaws: tuple[Flaw, ...] = ()
    error: ArchiveError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How an import ended: each file, how many listings and pictures it brought, and how many pictures of these
    listings no file held."""

    run_id: str
    files: tuple[Read, ...]
    listings: int
    pictures: int
    missing: int
    removed: int
    compared: Compared | None


@dataclass(slots=True)
class _Saved:
    """The pictures that the files hold, by address and by what names a picture at any size."""

    by_url: dict[str, tuple[Picture, Exchange]] = field(default_factory=dict)
    by_key: dict[str, tuple[Picture, Exchange]] = field(default_factory=dict)

    def add(self, picture: Picture, exchange: Exchange) -> None:
        self.by_url.setdefault(unquote(exchange.url), (picture, exchange))
        key = picture_key(exchange.url)
        known = self.by_key.get(key)
        if known is None or known[0].bytes < picture.bytes:
            self.by_key[key] = (picture, exchange)

    def find(self, wanted: GalleryPicture) -> tuple[Picture, Exchange] | None:
        """Return the picture under one of its addresses, else the largest copy of it at any size."""
        urls = (wanted.url, *wanted.fallbacks)
        exact = (self.by_url.get(unquote(url)) for url in urls)
        at_any_size = (self.by_key.get(picture_key(url)) for url in urls)
        return next((found for found in (*exact, *at_any_size) if found is not None), None)


def run_import(
    workspace: Workspace,
    files: Iterable[Path],
    *,
    url: str | None = None,
    compare: bool = True,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> Imported:
    """Read saved pages into the casebook, and compare their pictures with the works.

    1. Every file is read for itself; what cannot be read of one costs nothing else.
    2. Pages and pictures are kept byte for byte, dated by what the file says, never later than now.
    3. A page of a known marketplace is read by that marketplace's reader, any other as an independent shop's.
    4. A listing's pictures are those that lie in one of the files, under their own address or at another size.
    5. A look at a saved page that is dated counts like a visit: two that show a listing gone, six hours apart, prove it
       removed where another listing of that host was readable.
    """
    paths, started_at = list(files), now()
    run = ScanRun(
        run_id=f"{started_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}",
        started_at=started_at,
        program=PROGRAM,
        job=json.dumps({"import": [str(path) for path in paths]}),
        kind=RunKind.IMPORT,
    )
    with workspace.lock("A scan, match or import"), workspace.casebook() as casebook:
        importer = _Importer(casebook, workspace.blobs(), run)
        read = []
        casebook.give_up_imports(started_at)
        casebook.begin_run(run)
        for number, path in enumerate(paths, start=1):
            read.append(importer.read(path, url))
            progress("import", number, len(paths))
        missing = importer.settle_pictures()
        removed = casebook.confirm_removals(run.run_id, now())
        stats = {"listings": len(importer.listings), "pictures": importer.pictures}
        casebook.finish_run(run.run_id, RunState.FINISHED, now(), stats)
    return Imported(
        run_id=run.run_id,
        files=tuple(read),
        listings=len(importer.listings),
        pictures=importer.pictures,
        missing=missing,
        removed=removed,
        compared=run_match(workspace, now=now, progress=progress) if compare else None,
    )


def _twins(page: Page) -> Iterator[tuple[str, str]]:
    """Yield the two addresses of each image that a browser gave a file of its own: in `src` that file, in another
    attribute, which browsers leave alone, where the picture really lies."""
    for node in page.selector.xpath("//img[@src]")[:_MOST_IMAGES]:
        local = page.join(node.root.get("src"))
        if local is None or "_files/" not in local:
            continue
        for attribute in _LAZY:
            remote = page.join(node.root.get(attribute))
            if remote is not None and remote != local:
                yield local, remote


class _Importer:
    """One import under way."""

    def __init__(self, casebook: Casebook, blobs: Blobs, run: ScanRun):
        self._casebook, self._blobs, self._run = casebook, blobs, run
        self._saved = _Saved()
        self._twins: list[tuple[str, str]] = []
        self.listings: dict[str, Listing] = {}
        self.pictures = 0

    def read(self, path: Path, url: str | None) -> Read:
        """Take in one file."""
        pages: list[tuple[str, Reading]] = []
        flaws: list[Flaw] = []
        try:
            for exchange in exchanges(path, url):
                if isinstance(exchange, Flaw):
                    flaws.append(exchange)
                elif (picture := sniff(exchange.body)) is not None:
                    self._blobs.put(exchange.body)
                    self._saved.add(picture, replace(exchange, body=b""))
                elif (reading := self._page(exchange)) is not None:
                    pages.append((exchange.url, reading))
        except ArchiveError as error:
            return Read(path=path, pages=tuple(pages), flaws=tuple(flaws), error=error)
        except CopycatchError:  # a full disk, a casebook that cannot be written: no other file would fare better
            raise
        except Exception as error:
            # Readers of archives raise whatever hostile bytes drive them to; one file must cost that file only.
            log.warning("could not read %s: %r", path, error)
            flaws.append(Flaw(where=path.name, why=f"it cannot be read any further ({type(error).__name__})"))
        return Read(path=path, pages=tuple(pages), flaws=tuple(flaws))

    def _page(self, exchange: Exchange) -> Reading | None:
        """Read and keep a page; None where it is none, or none that says anything."""
        if not exchange.body.lstrip()[:3].startswith(_MARKUP) and exchange.status < 400:
            return None
        place = marketplace_of(exchange.url)
        page = Page(url=exchange.url, status=exchange.status, headers=exchange.headers, body=exchange.body)
        reading = place.read(page)
        self._twins += _twins(page)
        shown = [*([reading.listing] if reading.listing else []), *reading.found]
        asked = place.listing_id(exchange.url)
        if not shown and asked is None and reading.state is not ListingState.BLOCKED:
            return None  # a script, a frame, an answer that tells of no listing
        at = self._at(exchange)
        fetch = self._fetch(exchange, Purpose.PAGE, self._blobs.put(exchange.body))
        key = None if asked is None else f"{place.KEY}:{asked}"
        looks = [self._look(listing, reading, fetch, at) for listing in shown]
        if not shown and key is not None and self._casebook.listing(key) is not None:
            # Without a date of its own a file could be imported again hours later, and prove its own removal.
            gone = reading.gone and exchange.at is not None
            looks.append(self._look_at(key, reading.state, reading.reason, at, fetch, gone=gone))
        state = TaskState.FAILED if reading.state is ListingState.BLOCKED else TaskState.DONE
        note = f"blocked: {reading.reason}" if reading.state is ListingState.BLOCKED else reading.reason
        task = self._task(exchange.url, Purpose.PAGE, state, note)
        self._casebook.record(Visit(task=task, fetches=(fetch,), listings=tuple(shown), looks=tuple(looks)))
        for listing in shown:
            known = self.listings.get(listing.key)
            if known is None or known.partial or not listing.partial:
                self.listings[listing.key] = listing
        return reading

    def settle_pictures(self) -> int:
        """Give every listing its pictures; return how many lie in none of the files."""
        for local, remote in self._twins:
            saved = self._saved.by_url.get(unquote(local))
            if saved is not None:
                self._saved.add(saved[0], replace(saved[1], url=remote))
        missing = 0
        for picture in {one.url: one for listing in self.listings.values() for one in listing.gallery}.values():
            found = self._saved.find(picture)
            if found is None:
                missing += 1
                continue
            known, exchange = found
            fetch = self._fetch(exchange, Purpose.PICTURE, known.sha256, known.bytes)
            shown = PictureFound(url=picture.url, picture=known, fetch_id=fetch.fetch_id, at=self._at(exchange))
            task = self._task(picture.url, Purpose.PICTURE, TaskState.DONE, "imported")
            self._casebook.record(Visit(task=task, fetches=(fetch,), picture=shown))
            self.pictures += 1
        return missing

    def _at(self, exchange: Exchange) -> datetime:
        return min(exchange.at or self._run.started_at, self._run.started_at)

    def _task(self, url: str, purpose: Purpose, state: TaskState, note: str) -> Task:
        return Task(run_id=self._run.run_id, target=TARGET, purpose=purpose, url=url, state=state, note=note)

    def _fetch(self, exchange: Exchange, purpose: Purpose, sha256: str, size: int | None = None) -> Fetch:
        return Fetch(
            run_id=self._run.run_id,
            purpose=purpose,
            url=exchange.url,
            requested_at=self._at(exchange),
            elapsed_seconds=0.0,
            request_headers=(),
            status=exchange.status,
            response_headers=exchange.headers,
            body_sha256=sha256,
            body_bytes=len(exchange.body) if size is None else size,
        )

    def _look(self, listing: Listing, reading: Reading, fetch: Fetch, at: datetime) -> Look:
        look = self._look_at(listing.key, listing.state, listing.state_reason, at, fetch, gone=False)
        return replace(look, partial=listing.partial)

    def _look_at(self, key: str, state: ListingState, reason: str, at: datetime, fetch: Fetch, *, gone: bool) -> Look:
        return Look(
            listing_key=key,
            run_id=self._run.run_id,
            at=at,
            state=state,
            reason=reason,
            gone=gone,
            fetch_id=fetch.fetch_id,
        )
