"""`/api/pictures`: pictures by the hash of their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from review.api.problems import RefusedError, documented
from review.pictures import picture_response

if TYPE_CHECKING:
    from review.desk import Desk

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="The SHA-256 of the picture's bytes.")]
_SERVED = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp")


def pictures_router(desk: Desk) -> APIRouter:
    """Return `/pictures/{sha256}`."""
    router = APIRouter(tags=["pictures"])
    bytes_of = {"schema": {"type": "string", "format": "binary"}}

    @router.get(
        "/pictures/{sha256}",
        summary="The bytes of a picture",
        response_class=Response,
        responses={
            **documented(404, 415),
            200: {"description": "As it was received.", "content": dict.fromkeys(_SERVED, bytes_of)},
            304: {"description": "If-None-Match named this picture."},
        },
    )
    def picture(request: Request, sha256: Sha256) -> Response:
        """A picture of a listing, or one of those drawn of a match, as the fields of a candidate name them."""
        answer = picture_response(desk, sha256, request.headers.get("if-none-match"))
        if answer.status_code >= 400:
            message = bytes(answer.body).decode().strip()
            raise RefusedError(answer.status_code, message, remedy="The fields of a candidate name its pictures.")
        return answer

    return router
