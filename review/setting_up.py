"""The pages of first use: `/start`, `/works/add`, `/works/describe`, `/targets`, `/owner`, `/scan`.

Every form works without a script. What is refused stands beside its field, with everything that was written kept. A
page that shows a result is the answer to its form; what only does something (remove, start, stop) leads back by a
redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casebook.errors import CopycatchError
from review.first_use import FieldError, FirstUse, Note, OwnerShown, PlaceAdded, WorksAdded
from review.forms import sent_form
from review.rendering import Show

_UNUSABLE, _CONFLICT = 422, 409
# Where the page of each template stands, whichever form it answers.
_PATHS = {"start.html": "/start", "works_add.html": "/works/add", "targets.html": "/targets", "scan.html": "/scan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a form came to: notes by the field they concern ("" for none of them), the values it was sent with, and what
    was added. `about` names the form: pictures, describe, place, owner or scan."""

    about: str = ""
    wrong: Mapping[str, Note] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)
    works: WorksAdded | None = None
    place: PlaceAdded | None = None
    saved: bool = False


def first_use_router(desk: FirstUse, show: Show) -> APIRouter:
    """Return the pages, which do what they do through `desk`."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages(desk, show)
    router.get("/start")(pages.start)
    router.get("/works/add")(pages.works)
    router.post("/works/add")(pages.add_works)
    router.post("/works/describe")(pages.describe_work)
    router.get("/targets")(pages.targets)
    router.post("/targets")(pages.add_place)
    router.post("/targets/remove")(pages.remove_place)
    router.post("/owner")(pages.set_owner)
    router.get("/scan")(pages.scan)
    router.post("/scan")(pages.start_scan)
    router.post("/scan/stop")(pages.stop_scan)
    return router


class _Pages:
    def __init__(self, desk: FirstUse, show: Show) -> None:
        self._desk = desk
        self._show = show

    def start(self, request: Request) -> Response:
        return self._page(request, "start.html")

    def works(self, request: Request) -> Response:
        return self._page(request, "works_add.html")

    def targets(self, request: Request) -> Response:
        return self._page(request, "targets.html")

    def scan(self, request: Request) -> Response:
        return self._page(request, "scan.html")

    async def add_works(self, request: Request) -> Response:
        def add(texts: Mapping[str, str], files: Any) -> Answer:
            watermark = texts.get("watermark", "") == "yes"
            return Answer(works=self._desk.add_pictures(files, texts, watermark=watermark))

        return await self._answered(request, "pictures", "works_add.html", add)

    async def describe_work(self, request: Request) -> Response:
        def describe(texts: Mapping[str, str], _files: Any) -> Answer:
            self._desk.describe_work(texts)
            return Answer(saved=True)

        return await self._answered(request, "describe", "works_add.html", describe)

    async def add_place(self, request: Request) -> Response:
        def add(texts: Mapping[str, str], _files: Any) -> Answer:
            return Answer(place=self._desk.add_place(texts.get("text", ""), texts.get("marketplace", "")))

        return await self._answered(request, "place", "targets.html", add)

    async def set_owner(self, request: Request) -> Response:
        def save(texts: Mapping[str, str], _files: Any) -> Answer:
            self._desk.set_owner(OwnerShown(name=texts.get("name", ""), contact_url=texts.get("contact_url", "")))
            return Answer(saved=True)

        return await self._answered(request, "owner", "targets.html", save)

    async def remove_place(self, request: Request) -> Response:
        def remove(texts: Mapping[str, str], _files: Any) -> str:
            self._desk.remove_place(texts.get("target", ""), texts.get("key", ""), texts.get("value", ""))
            return "/start#place" if texts.get("back") == "start" else "/targets"

        return await self._answered(request, "remove", "targets.html", remove)

    async def start_scan(self, request: Request) -> Response:
        def start(_texts: Mapping[str, str], _files: Any) -> str:
            self._desk.start_scan()
            return "/scan"

        return await self._answered(request, "scan", "scan.html", start)

    async def stop_scan(self, request: Request) -> Response:
        def stop(_texts: Mapping[str, str], _files: Any) -> str:
            self._desk.stop_scan()
            return "/scan"

        return await self._answered(request, "scan", "scan.html", stop)

    async def _answered(
        self, request: Request, about: str, page: str, act: Callable[[Mapping[str, str], Any], Answer | str]
    ) -> Response:
        """Do what a form asks for; answer with the page it stands on, or lead to the address that `act` returns."""
        texts: Mapping[str, str] = {}
        try:
            async with sent_form(request) as form:
                texts = form.texts
                done = await run_in_threadpool(act, texts, form.files)
        except CopycatchError as error:
            where = error.field if isinstance(error, FieldError) else ""  # "": it concerns the form as a whole
            wrong = {where: Note(what=where, message=error.message, remedy=error.remedy)}
            done, status = Answer(about=about, wrong=wrong, sent=texts), _UNUSABLE if where else _CONFLICT
        else:
            nothing = isinstance(done, Answer) and done.works is not None and not done.works.added
            status = _UNUSABLE if nothing else 200
        if isinstance(done, str):
            return RedirectResponse(done, status_code=303)
        if texts.get("back") == "start":
            page = "start.html"
        answer = Answer(
            about=about, wrong=done.wrong, sent=done.sent, works=done.works, place=done.place, saved=done.saved
        )
        return await run_in_threadpool(self._page, request, page, answer, status)

    def _page(self, request: Request, name: str, answer: Answer | None = None, status: int = 200) -> Response:
        answer = answer or Answer()
        described = answer.sent.get("work") if answer.about == "describe" else request.query_params.get("work")
        values = {**self._known(), "answer": answer, "path": _PATHS[name], "described": described}
        return self._show(request, name, values, status)

    def _known(self) -> Mapping[str, Any]:
        """Return what the pages show of the workspace."""
        desk = self._desk
        return {
            "works": desk.works(),
            "places": desk.places(),
            "searchable": desk.places_to_search(),
            "me": desk.owner(),
            "scan": desk.scan(),
        }
