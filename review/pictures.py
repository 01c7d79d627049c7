"""Pictures by the hash of their bytes, and nothing but pictures.

What strangers served is served again as what its bytes are, or not at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from casebook.errors import BlobDamaged, BlobMissing

if TYPE_CHECKING:
    from review.desk import Desk

_NAME = re.compile(r"[0-9a-f]{64}")
_POLICY = "default-src 'none'; sandbox"


def picture_type(data: bytes) -> str | None:
    """Return the media type of a picture that browsers show, told by its first bytes; None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    if data.startswith(b"BM") and data[6:10] == bytes(4) and len(data) > 54:
        return "image/bmp"
    return None


def pictures_router(desk: Desk) -> APIRouter:
    """Return `/pictures/{sha256}`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/pictures/{sha256}")
    def picture(request: Request, sha256: str) -> Response:
        return picture_response(desk, sha256, request.headers.get("if-none-match"))

    return router


def picture_response(desk: Desk, sha256: str, known: str | None = None) -> Response:
    """Return a picture of the blobs; `known` is what the caller has already, by its hash."""
    if not _NAME.fullmatch(sha256):
        return PlainTextResponse("There is no such picture.\n", status_code=404)
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Security-Policy": _POLICY,
        "ETag": f'"{sha256}"',
    }
    if known == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    try:
        data = desk.blobs().get(sha256)
    except (BlobMissing, BlobDamaged):
        return PlainTextResponse("This picture is not here.\n", status_code=404)
    kind = picture_type(data)
    if kind is None:
        return PlainTextResponse("This is no picture that a browser shows.\n", status_code=415)
    return Response(data, media_type=kind, headers=headers)
