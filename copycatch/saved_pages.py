"""Pages that a person saved in her own browser go into the casebook: the same readers, nothing fetched."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from casebook.errors import CopycatchError
from casebook.types import (
    Description,
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
from copycatch.output import counted
from copycatch.saved_pictures import SavedPictures
from copycatch.saved_reading import read_saved
from copycatch.version import PROGRAM
from copycatch.ways import Stores
from crawler.archives import exchanges
from crawler.archives.exchange import AddressFrom, ArchiveError, Exchange, Flaw
from crawler.claims import under_its_name
from crawler.descriptions import description_pictures, own_pictures
from crawler.formats import sniff
from crawler.page import Page
from crawler.reading_process import ReadingProcess, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from casebook.types import Listing
    from copycatch.comparing import Compared
    from copycatch.scan import Progress
    from copycatch.workspace import Workspace
    from crawler.marketplaces import Marketplace
    from crawler.page import Reading

log = logging.getLogger("copycatch.import")

TARGET = "import"
_MOST_FLAWS = 50  # told of one file
_MOST_HARM = 3  # pages of one file that take the process that reads them with them
_MARKUP = (b"<", b"{", b"[", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """One page of a saved file, what it proves, and who says where it came from."""

    url: str
    address_from: AddressFrom
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What became of one saved file: its pages that tell of listings, how many others and how many pictures it holds,
    and what could not be read of it."""

    path: Path
    pages: tuple[ReadPage, ...] = ()
    others: int = 0
    pictures: int = 0
    flaws: tuple[Flaw, ...] = ()
    error: ArchiveError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How an import ended: each file, how many listings and pictures it brought, and how many pictures of these
    listings no file held, or held in a form that cannot be decoded."""

    run_id: str
    files: tuple[Read, ...]
    listings: int
    pictures: int
    missing: int
    undecodable: int
    removed: int
    compared: Compared | None = None
    report: Path | None = None


def take_in(
    workspace: Workspace,
    casebook: Casebook,
    files: Iterable[Path],
    *,
    now: Callable[[], datetime],
    progress: Progress,
    url: str | None = None,
    opening: Callable[[Path], None] = lambda path: None,
) -> Imported:
    """Read saved pages into the casebook as a run of its own kind; the caller holds the workspace's lock.

    1. Every file is read for itself; what cannot be read of one costs nothing else. `opening` hears of each before.
       Pages are read, and pictures decoded, in a process that is ended when it takes too long.
    2. Pages and pictures are kept byte for byte, dated by what the file says, never later than now.
    3. A page of a known marketplace, or of a store that a target names, is read by its reader, any other as an
       independent shop's.
    4. A listing's pictures are those that lie in one of the files, under their own address or at another size; of
       several one that can be decoded.
    5. A page that alone says where it came from counts like a card on a page of results: for what nothing better is
       known of, and never as a proof.
    6. A look at a saved page that is dated counts like a visit: two that show a listing gone, six hours apart, prove it
       removed where another listing of that host was readable.
    """
    paths, started_at, stores = list(files), now(), Stores(workspace.config().targets)
    run = ScanRun(
        run_id=f"{started_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}",
        started_at=started_at,
        program=PROGRAM,
        job=json.dumps({"import": [str(path) for path in paths]}),
        kind=RunKind.IMPORT,
    )
    read = []
    casebook.give_up_imports(started_at)
    casebook.begin_run(run)
    with ReadingProcess() as reader:
        importer = _Importer(casebook, workspace.blobs(), run, reader, stores)
        for number, path in enumerate(paths, start=1):
            opening(path)
            read.append(importer.read(path, url))
            progress("import", number, len(paths))
        importer.settle_pictures()
    removed = casebook.confirm_removals(run.run_id, now())
    stats = {"listings": len(importer.listings), "pictures": importer.pictures, "missing": importer.missing}
    casebook.finish_run(run.run_id, RunState.FINISHED, now(), stats)
    return Imported(
        run_id=run.run_id,
        files=tuple(read),
        listings=len(importer.listings),
        pictures=importer.pictures,
        missing=importer.missing,
        undecodable=importer.undecodable,
        removed=removed,
    )


@dataclass(slots=True)
class _Reading:
    """One file being read."""

    pages: list[ReadPage] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    others: int = 0
    pictures: int = 0
    untold: int = 0
    harm: int = 0

    def add_flaw(self, flaw: Flaw) -> None:
        if len(self.flaws) < _MOST_FLAWS:
            self.flaws.append(flaw)
        else:
            self.untold += 1

    def done(self, path: Path, error: ArchiveError | None) -> Read:
        if self.untold:
            self.flaws.append(Flaw(where=path.name, why=f"{self.untold:,} more parts of it cannot be read"))
        if error is None and not (self.pages or self.others or self.pictures):
            error = ArchiveError(
                f"Nothing could be read of {path}." if self.flaws else f"{path} holds no page.",
                remedy="Save the page anew, once it shows in your browser; docs/guide.md tells how.",
            )
        return Read(
            path=path,
            pages=tuple(self.pages),
            others=self.others,
            pictures=self.pictures,
            flaws=tuple(self.flaws),
            error=error,
        )


def _unproven(reading: Reading, exchange: Exchange) -> Reading:
    """Return what a page proves that alone says where it came from: as little as a card on a page of results."""
    if exchange.address_from is not AddressFrom.CLAIMED or reading.listing is None:
        return reading
    return replace(reading, listing=replace(reading.listing, partial=True))


class _Importer:
    """One import under way."""

    def __init__(self, casebook: Casebook, blobs: Blobs, run: ScanRun, reader: ReadingProcess, stores: Stores):
        self._casebook, self._blobs, self._run, self._reader, self._stores = casebook, blobs, run, reader, stores
        self._saved = SavedPictures(blobs, reader)
        self._twins: list[tuple[str, str]] = []
        self._descriptions: dict[str, str] = {}
        self.listings: dict[str, Listing] = {}
        self.pictures = self.missing = self.undecodable = 0

    def read(self, path: Path, url: str | None) -> Read:
        """Take in one file."""
        read = _Reading()
        error = None
        try:
            for exchange in exchanges(path, url):
                if isinstance(exchange, Flaw):
                    read.add_flaw(exchange)
                elif (picture := sniff(exchange.body)) is not None:
                    self._blobs.put(exchange.body)
                    self._saved.add(picture, exchange)
                    read.pictures += 1
                else:
                    self._page_of(read, exchange)
        except ArchiveError as why:
            error = why
        except CopycatchError:  # a full disk, a casebook that cannot be written: no other file would fare better
            raise
        except Exception as why:
            # Readers of archives raise whatever hostile bytes drive them to; one file must cost that file only.
            log.warning("could not read %s: %r", path, why)
            read.add_flaw(Flaw(where=path.name, why=f"it cannot be read any further ({type(why).__name__})"))
        return read.done(path, error)

    def _page_of(self, read: _Reading, exchange: Exchange) -> None:
        """Take in one page of a file; what cannot be read costs itself only, unless the file is full of it."""
        try:
            reading = self._page(exchange)
        except UnreadableError as error:
            log.info("%s: %s", exchange.url, error, exc_info=None if error.ended else error)
            read.add_flaw(Flaw(where=exchange.url, why=f"it {error}"))
            read.harm += error.ended
            if read.harm >= _MOST_HARM:
                raise ArchiveError(
                    f"{_MOST_HARM} pages of one file {error}; what follows them was left out.",
                    remedy="Save the pages that you need one by one.",
                ) from error
            return
        if reading is None:
            read.others += 1
        else:
            read.pages.append(ReadPage(url=exchange.url, address_from=exchange.address_from, reading=reading))

    def _page(self, exchange: Exchange) -> Reading | None:
        """Read and keep a page; None where it is none, or none that says anything."""
        if not exchange.body.lstrip()[:3].startswith(_MARKUP) and exchange.status < 400:
            return None
        page = Page(url=exchange.url, status=exchange.status, headers=exchange.headers, body=exchange.body)
        if exchange.url in self._descriptions:
            self._describe(self._descriptions[exchange.url], page, exchange)
            return None
        place = self._stores.of(exchange.url)
        saved = self._reader.read(partial(read_saved, page, place.NAME))
        reading = _unproven(under_its_name(saved.reading, self._casebook.listing), exchange)
        self._twins += saved.twins
        shown = [*([reading.listing] if reading.listing else []), *reading.found]
        asked = place.listing_id(exchange.url)
        if exchange.address_from is not AddressFrom.CLAIMED:
            self._settle_lead(place.canonical_url(exchange.url), reading, self._at(exchange))
        known = self._known(place, exchange.url) if not shown else None
        if not shown and asked is None and known is None and reading.state is not ListingState.BLOCKED:
            return None  # a script, a frame, an answer that tells of no listing
        at = self._at(exchange)
        fetch = self._fetch(exchange, Purpose.PAGE, self._blobs.put(exchange.body))
        looks = [self._look(listing, reading, fetch, at) for listing in shown]
        if known is not None:
            # Without a date of its own a file could be imported again hours later, and prove its own removal.
            claimed = exchange.address_from is AddressFrom.CLAIMED
            gone = reading.gone and exchange.at is not None and not claimed
            look = self._look_at(known.key, reading.state, reading.reason, at, fetch, gone=gone)
            looks.append(replace(look, partial=claimed))
        state = TaskState.FAILED if reading.state is ListingState.BLOCKED else TaskState.DONE
        note = f"blocked: {reading.reason}" if reading.state is ListingState.BLOCKED else reading.reason
        task = replace(self._task(exchange.url, Purpose.PAGE, state, note), layout=reading.layout if shown else None)
        self._casebook.record(Visit(task=task, fetches=(fetch,), listings=tuple(shown), looks=tuple(looks)))
        for listing in shown:
            earlier = self.listings.get(listing.key)
            if earlier is None or earlier.partial or not listing.partial:
                self.listings[listing.key] = listing
        if reading.listing is not None and reading.description_url is not None:
            self._descriptions[reading.description_url] = reading.listing.key
        return reading

    def _known(self, place: Marketplace, url: str) -> Listing | None:
        """Return the listing that an address asks for, as it is known: by its number, or by its own address."""
        asked = place.listing_id(url)
        by_number = None if asked is None else self._casebook.listing(f"{place.KEY}:{asked}")
        return by_number or self._casebook.listing_at(place.canonical_url(url))

    def _settle_lead(self, url: str, reading: Reading, at: datetime) -> None:
        """A page that a person looked at herself settles the lead to it, also where it shows no listing."""
        state = TaskState.FAILED if reading.state is ListingState.BLOCKED else TaskState.DONE
        key = None if reading.listing is None else reading.listing.key
        self._casebook.settle_lead(url, key, state, reading.reason, at)

    def _describe(self, key: str, page: Page, exchange: Exchange) -> None:
        """Keep what a listing's description shows, where that is an answer of its own."""
        described = self._reader.read(partial(description_pictures, page)) if page.status == 200 else ()
        pictures = own_pictures(described, self.listings[key])
        if not pictures:
            return
        fetch = self._fetch(exchange, Purpose.DESCRIPTION, self._blobs.put(exchange.body))
        description = Description(listing_key=key, pictures=pictures, at=self._at(exchange))
        task = self._task(exchange.url, Purpose.DESCRIPTION, TaskState.DONE, counted(len(pictures), "picture"))
        self._casebook.record(Visit(task=task, fetches=(fetch,), description=description))
        listing = self.listings[key]
        self.listings[key] = replace(listing, gallery=(*listing.gallery, *pictures))

    def settle_pictures(self) -> None:
        """Give every listing its pictures, and count those that lie in none of the files or cannot be decoded."""
        for local, remote in self._twins:
            self._saved.rename(local, remote)
        wanted = {one.url: (key, one) for key, listing in self.listings.items() for one in listing.gallery}
        for url, (key, picture) in wanted.items():
            found = self._saved.find(picture)
            if found is None:
                self.missing += 1
                continue
            (known, exchange), decodable = found
            if decodable:
                self.pictures += 1
            else:
                self.undecodable += 1
                if any(seen.url == url for seen in self._casebook.sightings(key)):
                    continue  # what was seen there before says more
            fetch = self._fetch(exchange, Purpose.PICTURE, known.sha256, known.bytes)
            shown = PictureFound(url=url, picture=known, fetch_id=fetch.fetch_id, at=self._at(exchange))
            task = self._task(url, Purpose.PICTURE, TaskState.DONE, "imported")
            self._casebook.record(Visit(task=task, fetches=(fetch,), picture=shown))

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
