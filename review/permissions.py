"""`/permissions`: licences and places, added, imported and taken out as by the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from review.desk import Desk
    from review.rendering import Show

FILE_BYTES_LIMIT = 4 * 1024 * 1024
_UNUSABLE = 422


def permissions_router(desk: Desk, show: Show) -> APIRouter:
    """Return the page and what its forms do."""
    router = APIRouter(include_in_schema=False)

    def page(request: Request, status: int = 200, **values: Any) -> Response:
        with desk.casebook() as casebook:
            known = {
                "licences": casebook.licences(),
                "places": casebook.places(),
                "works": casebook.works(),
                "today": desk.now().date(),
            }
        return show(
            request, "permissions.html", {"error": None, "told": "", "sent": {}, "form": "", **known, **values}, status
        )

    @router.get("/permissions")
    def permissions(request: Request) -> Response:
        return page(request)

    def changed(request: Request, kind: str, form: FormData, data: bytes | None) -> Response:
        cells = {name: str(value) for name, value in form.items() if not isinstance(value, UploadFile)}
        cells["works"] = ";".join(str(each) for each in form.getlist("works"))
        try:
            if "remove" in cells:
                desk.remove_permission(cells["remove"])
                return RedirectResponse("/permissions", status_code=303)
            told = desk.add_permission(kind, cells) if data is None else desk.import_permissions(kind, data)
        except CopycatchError as error:
            return page(request, _UNUSABLE, error=error, sent=cells, form=kind)
        return page(request, told=told, form=kind)

    @router.post("/permissions/{kind}")
    async def change(request: Request, kind: Literal["licences", "places"]) -> Response:
        async with request.form(max_files=1, max_fields=1000) as form:
            file = form.get("file")
            data = await file.read(FILE_BYTES_LIMIT + 1) if isinstance(file, UploadFile) and file.filename else None
            return await run_in_threadpool(changed, request, kind, form, data)

    return router
