"""The one spider: it works through the frontier of a run and commits each finished URL in one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest

from casebook.errors import CopycatchError
from casebook.types import ListingState, PictureFound, Purpose, Task, TaskState, Visit
from crawler.addresses import LONGEST_URL
from crawler.admission import KeyMissingError
from crawler.formats import sniff
from crawler.guard import NOT_PUBLIC, GuardedResolver
from crawler.lines import Lines
from crawler.pace import Stopping
from crawler.page import Page
from crawler.reading_process import UnreadableError
from crawler.readings import description_visit, error_look, page_visit, sitemap_visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from casebook.types import Fetch
    from crawler.crawl import Crawl


class ListingSpider(Spider):
    """Ask for what the frontier holds, hand the answers to their readers, follow what they lead to."""

    name = "listings"

    def __init__(self, *, crawl: Crawl, **kwargs: Any):
        super().__init__(**kwargs)
        self.crawl = crawl
        self._lines = Lines()

    async def start(self) -> AsyncIterator[Request]:
        loop = asyncio.get_running_loop()
        loop.call_later(self.crawl.job.limits.hours_limit * 3600, self.crawl.stop)
        try:
            await self.crawl.readers.start()  # ask nobody for a page while there is nobody to read it
        except CopycatchError as error:
            self.crawl.stop(error)
            return
        for task in self.crawl.casebook.pending_tasks(self.crawl.job.run_id):
            for request in self._requests(task, task.url, ()):
                yield request

    def _requests(self, task: Task, url: str, fetches: tuple[Fetch, ...]) -> Iterator[Request]:
        """Yield who may go now that a URL is to be asked for as well; or commit that it is none."""
        limits = self.crawl.job.limits
        picture = task.purpose is Purpose.PICTURE
        headers = {"Accept": "image/avif,image/webp,image/*;q=0.9" if picture else "text/html,*/*;q=0.5"}
        try:
            if len(url) > LONGEST_URL:
                raise ValueError(f"it is longer than {LONGEST_URL} characters")
            asked = self.crawl.admission.asked(task.target, url) if task.purpose is Purpose.PAGE else None
            if asked is not None:
                # Uncompressed, so that an answer which tells a secret is known before it is written down.
                headers = {"Accept": "application/json", "Accept-Encoding": "identity", **asked.headers}
            request = Request(
                url if asked is None else asked.url,
                callback=self.answered,
                errback=self.unanswered,
                dont_filter=True,
                headers=headers,
                meta={
                    "task": task,
                    "fetches": list(fetches),
                    "download_maxsize": limits.picture_bytes_limit if picture else limits.page_bytes_limit,
                },
            )
        except ValueError as error:
            refused = replace(task, state=TaskState.REFUSED, note=f"not an address: {error}")
            self.crawl.commit(Visit(task=refused, fetches=fetches))
        except KeyMissingError as error:
            self.crawl.commit(Visit(task=replace(task, state=TaskState.REFUSED, note=str(error)), fetches=fetches))
        else:
            yield from self._lines.join(request)

    async def answered(self, response: Response) -> AsyncIterator[Request]:
        """Read an answer, commit what it shows, and ask for what it leads to."""
        assert response.request is not None
        for waiting in self._lines.leave(response.request):
            yield waiting
        meta = response.request.meta
        task: Task = meta["task"]
        fetches = tuple(meta["fetches"])
        try:
            if task.purpose is Purpose.PICTURE:
                found = self._picture(task, response)
                if found is None and task.fallbacks:
                    url, *further = task.fallbacks
                    for request in self._requests(replace(task, fallbacks=tuple(further)), url, fetches):
                        yield request
                    return
                visit = self._picture_visit(task, response, found)
            else:
                visit = await self._page_visit(task, response, fetches)
        except CopycatchError as error:
            self.crawl.stop(error)
            return
        except UnreadableError as error:
            self.logger.warning("%s: %s", task.url, error, exc_info=None if error.ended else error)
            visit = Visit(task=replace(task, state=TaskState.FAILED, note=str(error)))
        except Exception as error:
            # One page that trips a parser must cost that page only; it is kept, so it can be read again.
            self.logger.exception("could not read %s", task.url)
            visit = Visit(task=replace(task, state=TaskState.FAILED, note=f"could not be read: {error!r}"))
        self.crawl.commit(replace(visit, fetches=fetches))
        for following in visit.discovered:
            for request in self._requests(following, following.url, ()):
                yield request

    def unanswered(self, failure: Failure) -> Iterator[Request]:
        """Commit why a URL gave no answer; leave it pending where only we have stopped."""
        yield from self._lines.leave(failure.request)  # type: ignore[attr-defined]
        error = failure.value
        if isinstance(error, Stopping):
            return
        if isinstance(error, CopycatchError):
            self.crawl.stop(error)
            return
        request: Request = failure.request  # type: ignore[attr-defined]
        task: Task = request.meta["task"]
        fetches = tuple(request.meta["fetches"])
        private = GuardedResolver.why_refused(urlsplit(request.url).hostname or "")
        refused = isinstance(error, IgnoreRequest) or private is not None
        note = NOT_PUBLIC if private is not None else str(error) or type(error).__name__
        done = replace(task, state=TaskState.REFUSED if refused else TaskState.FAILED, note=note)
        looks = () if refused else error_look(self.crawl, task, note, fetches)
        self.crawl.commit(Visit(task=done, fetches=fetches, looks=looks))

    def _picture(self, task: Task, response: Response) -> PictureFound | None:
        """Return the picture of an answer, stored exactly as received, or None where the bytes are not one."""
        picture = sniff(response.body) if response.status == 200 else None
        if picture is None:
            return None
        self.crawl.blobs.put(response.body)
        meta = response.request.meta  # type: ignore[union-attr]
        source: Fetch = meta["stored"] if "trusted" in response.flags else meta["fetches"][-1]
        return PictureFound(url=task.url, picture=picture, fetch_id=source.fetch_id, at=self.crawl.job.now())

    def _picture_visit(self, task: Task, response: Response, found: PictureFound | None) -> Visit:
        if found is not None:
            note = "unchanged" if "trusted" in response.flags else "fetched"
            return Visit(task=replace(task, state=TaskState.DONE, note=note), picture=found)
        kind = response.headers.get("Content-Type", b"no content type").decode("latin-1")  # type: ignore[union-attr]
        note = f"not a picture ({kind})" if response.status == 200 else f"HTTP {response.status}"
        return Visit(task=replace(task, state=TaskState.FAILED, note=note))

    async def _page_visit(self, task: Task, response: Response, fetches: tuple[Fetch, ...]) -> Visit:
        page = Page(
            url=response.url,
            status=response.status,
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, values in response.headers.items()
                for value in values
            ),
            body=response.body,
            redirected_from=tuple(response.request.meta.get("redirect_urls", ())),  # type: ignore[union-attr]
        )
        if task.purpose is Purpose.SITEMAP:
            return await sitemap_visit(self.crawl, task, page)
        if task.purpose is Purpose.DESCRIPTION:
            return await description_visit(self.crawl, task, page)
        visit, state = await page_visit(self.crawl, task, page, fetches)
        if state is ListingState.BLOCKED:
            self.crawl.watch.stop(task.target, f"the site does not want us ({visit.task.note})", task.url)
        return visit
