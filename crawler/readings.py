"""From a page to what the casebook learns of it: listings, looks, and the URLs to ask for next."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from casebook.types import Description, LeftOut, ListingState, Look, Purpose, Task, TaskState, Visit, known_as
from crawler.block_signs import block_sign
from crawler.canonical import same_site
from crawler.claims import under_its_name
from crawler.descriptions import own_pictures, read_description
from crawler.page import Reading
from crawler.reading_process import UnreadableError
from crawler.sitemap import read_sitemap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from casebook.types import Fetch, GalleryPicture
    from crawler.crawl import Crawl
    from crawler.page import Page


T = TypeVar("T")


async def page_visit(crawl: Crawl, task: Task, page: Page, fetches: Sequence[Fetch]) -> tuple[Visit, ListingState]:
    """Read one page of a target; return all it adds to the casebook, and the state it was in."""
    place = crawl.watch.place(task.target, page.url)
    if task.depth == 0 and page.redirected_from and same_site(page.url, task.url):
        crawl.watch.adopt(task.target, page.url)
    reading = under_its_name(await _read(crawl, task, partial(place.read, page)), crawl.casebook.listing)
    if not crawl.watch.belongs(task.target, page.url) and reading.state is not ListingState.BLOCKED:
        reading = _elsewhere(page, reading)
    blocked = reading.state is ListingState.BLOCKED
    # "No longer there" is a clear answer about a page, and no failure of ours.
    answered = page.status < 400 or page.status in (404, 410) or reading.gone
    failed = blocked or reading.state is ListingState.ERROR or not answered
    note = f"blocked: {reading.reason}" if blocked else reading.reason  # the view `coverage` counts by this word
    discovered, left_out = _discovered(crawl, task, reading)
    visit = Visit(
        task=replace(task, state=TaskState.FAILED if failed else TaskState.DONE, note=note, layout=_layout(reading)),
        listings=(*(() if reading.listing is None else (reading.listing,)), *reading.found),
        looks=(*_looks(crawl, task, reading, fetches), *_cards(crawl, task, reading, fetches)),
        discovered=discovered,
        left_out=left_out,
    )
    return visit, reading.state


async def description_visit(crawl: Crawl, task: Task, page: Page) -> Visit:
    """Take the pictures out of a listing's description; those that the listing shows itself are left to it."""
    blocked, found = await _read(crawl, task, partial(read_description, page))
    if blocked or page.status != 200:
        if blocked:
            crawl.watch.stop_descriptions(task.target, f"its descriptions are kept from us ({blocked})", task.url)
        note = f"blocked: {blocked}" if blocked else f"HTTP {page.status}"
        return Visit(task=replace(task, state=TaskState.FAILED, note=note))
    key = task.listing_key or ""
    listing = crawl.casebook.listing(key)
    if listing is None:
        return Visit(task=replace(task, state=TaskState.FAILED, note="its listing is not known"))
    pictures = own_pictures(found, listing)
    return Visit(
        task=replace(task, state=TaskState.DONE, note=f"{len(found)} pictures", layout="description"),
        description=Description(listing_key=key, pictures=pictures, at=crawl.job.now()),
        discovered=tuple(_pictures(crawl, task, pictures)),
    )


async def _read(crawl: Crawl, task: Task, read: Callable[[], T]) -> T:
    """Return what a reader gives; raise UnreadableError where it gives nothing, and count the pages that do harm."""
    try:
        return await crawl.readers.read(read)
    except UnreadableError as error:
        if error.ended:
            crawl.watch.harmed(task.target, str(error), task.url)
        raise


async def sitemap_visit(crawl: Crawl, task: Task, page: Page) -> Visit:
    """Take the pages and further sitemaps out of a sitemap."""
    if page.status != 200:
        return Visit(task=replace(task, state=TaskState.FAILED, note=f"HTTP {page.status}"))
    found = await _read(crawl, task, partial(read_sitemap, page))
    if not found.page_urls and not found.sitemap_urls:
        wall = await _read(crawl, task, partial(block_sign, page))
        if wall:
            crawl.watch.stop(task.target, f"the site does not want us ({wall})", task.url)
            return Visit(task=replace(task, state=TaskState.FAILED, note=f"blocked: {wall}"))
    following = _Following(crawl, task)
    tasks = [
        *following.tasks(found.sitemap_urls, Purpose.SITEMAP),
        *following.tasks(crawl.casebook.new_first(found.page_urls), Purpose.PAGE),
    ]
    note = f"{len(found.page_urls)} pages, {len(found.sitemap_urls)} sitemaps"
    done = replace(task, state=TaskState.DONE, note=note, layout="sitemap" if tasks else None)
    return Visit(task=done, discovered=tuple(tasks), left_out=following.left_out())


def error_look(crawl: Crawl, task: Task, note: str, fetches: Sequence[Fetch]) -> tuple[Look, ...]:
    """Return the look at a known listing whose page gave no answer."""
    if task.listing_key is None or task.purpose is not Purpose.PAGE:
        return ()
    return (_look(crawl, task, task.listing_key, ListingState.ERROR, note, gone=False, fetches=fetches),)


def _layout(reading: Reading) -> str | None:
    """Return by which layout a page was read, "links" where it only leads to listings, None where it told nothing."""
    if reading.listing is not None or reading.found:
        return reading.layout
    return "links" if reading.listing_urls or reading.named else None


def _elsewhere(page: Page, reading: Reading) -> Reading:
    """A page that redirected out of its target shows nothing about the target, and is not followed."""
    return Reading(
        state=ListingState.UNKNOWN,
        reason="redirected to another site; where that is the shop's new home, write it into copycatch.toml",
        layout=reading.layout,
    )


def _looks(crawl: Crawl, task: Task, reading: Reading, fetches: Sequence[Fetch]) -> Iterator[Look]:
    shown = None if reading.listing is None else reading.listing.key
    if shown is not None and reading.listing is not None:
        look = _look(crawl, task, shown, reading.state, reading.reason, gone=reading.gone, fetches=fetches)
        yield replace(look, pictures=len(reading.listing.gallery))
    known = task.listing_key
    if known is None or known == shown:
        return
    if shown is not None:
        state, reason, gone = ListingState.UNKNOWN, f"its page now shows another listing: {shown}", False
    else:
        state, reason, gone = reading.state, reading.reason, reading.gone
    yield _look(crawl, task, known, state, reason, gone=gone, fetches=fetches)


def _cards(crawl: Crawl, task: Task, reading: Reading, fetches: Sequence[Fetch]) -> Iterator[Look]:
    for listing in reading.found:
        look = _look(crawl, task, listing.key, listing.state, listing.state_reason, gone=False, fetches=fetches)
        yield replace(look, partial=listing.partial, pictures=None if listing.partial else len(listing.gallery))


def _look(
    crawl: Crawl, task: Task, key: str, state: ListingState, reason: str, *, gone: bool, fetches: Sequence[Fetch]
) -> Look:
    return Look(
        listing_key=key,
        run_id=task.run_id,
        at=crawl.job.now(),
        state=state,
        reason=reason,
        gone=gone,
        fetch_id=fetches[-1].fetch_id if fetches else None,
        search=task.search,
    )


def _discovered(crawl: Crawl, task: Task, reading: Reading) -> tuple[tuple[Task, ...], tuple[LeftOut, ...]]:
    """Return what a page leads to, and what of it is not asked for tonight."""
    following = _Following(crawl, task)
    found: list[Task] = []
    for listing in (*(() if reading.listing is None else (reading.listing,)), *reading.found):
        found += _pictures(crawl, task, listing.gallery)
    if reading.listing is not None and reading.description_url is not None:
        described = _from(task, Purpose.DESCRIPTION, reading.description_url)
        described = replace(described, listing_key=reading.listing.key)
        found += [described] if crawl.learn(described) else []
    keys = {listing.url: listing.key for listing in reading.found}
    for page in following.tasks(reading.listing_urls, Purpose.PAGE):
        found.append(replace(page, listing_key=keys.get(page.url)))  # what its own page says outweighs its card
    # The next page of one list lies no deeper: a shop of a hundred pages is followed to its end, or its budget's.
    steps = 0 if reading.found or reading.named else 1
    found += following.tasks(reading.page_urls, Purpose.PAGE, steps)
    return tuple(found), following.left_out()


def _pictures(crawl: Crawl, task: Task, pictures: Iterable[GalleryPicture]) -> Iterator[Task]:
    for picture in pictures:
        following = replace(_from(task, Purpose.PICTURE, picture.url), fallbacks=picture.fallbacks)
        if crawl.learn(following):
            yield following


def _from(task: Task, purpose: Purpose, url: str, steps: int = 1) -> Task:
    return Task(run_id=task.run_id, target=task.target, purpose=purpose, url=url, depth=task.depth + steps)


class _Following:
    """The pages that one page leads to, and how many of them are left out, for which reason."""

    def __init__(self, crawl: Crawl, task: Task):
        self._crawl, self._task = crawl, task
        self._left_out: dict[str, list[str]] = {}

    def tasks(self, urls: Iterable[str], purpose: Purpose, steps: int = 1) -> Iterator[Task]:
        """Yield a task for each page that is new to this run, belongs to the target, is not too deep, `steps` deeper,
        and can still be reached by tonight's budget."""
        crawl, task, deepest = self._crawl, self._task, self._crawl.job.limits.depth_limit
        if crawl.watch[task.target].leads:
            return
        for url in urls:
            following = replace(_from(task, purpose, url, steps), search=task.search)
            if known_as(purpose, url, None) in crawl.known or not crawl.watch.belongs(task.target, url):
                continue
            if following.depth > deepest:
                self._leave_out(url, f"more than {deepest} links away from a start page (crawl.depth_limit)")
            elif not crawl.watch.plan(task.target):
                self._leave_out(url, crawl.watch.over_budget(task.target))
            elif crawl.learn(following):
                yield following

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return what was left out so far."""
        return tuple(LeftOut(why=why, pages=len(urls), example=urls[0]) for why, urls in self._left_out.items())

    def _leave_out(self, url: str, why: str) -> None:
        if url not in self._crawl.left_out:
            self._crawl.left_out.add(url)
            self._left_out.setdefault(why, []).append(url)
