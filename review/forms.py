"""Forms as browsers send them: texts and files, read within limits."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from review.first_use import FieldError, SentFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

MOST_FILES = 500
MOST_FIELDS = 50
TEXT_BYTES_LIMIT = 256 * 1024
FILE_BYTES_LIMIT = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The texts of a form by their fields' names, the last one of each name, and its files in their order."""

    texts: Mapping[str, str] = field(default_factory=dict)
    files: tuple[SentFile, ...] = ()


@asynccontextmanager
async def sent_form(request: Request) -> AsyncIterator[Form]:
    """Give what a form sent; its files can be read until the block ends.

    Raises:
        FieldError: it holds more than a form of ours ever does, or cannot be understood.
    """
    try:
        sent = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=TEXT_BYTES_LIMIT)
    except HTTPException as error:
        remedy = f"Send at most {MOST_FILES} files at once."
        raise FieldError("files", f"the form could not be read ({error.detail})", remedy=remedy) from None
    try:
        texts = {name: value for name, value in sent.multi_items() if isinstance(value, str)}
        files = [value for _, value in sent.multi_items() if isinstance(value, UploadFile)]
        yield Form(
            texts=texts,
            files=tuple(
                SentFile(name=file.filename or "", read=partial(_read, file.file))
                for file in files
                if file.filename or file.size
            ),
        )
    finally:
        await sent.close()


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(FILE_BYTES_LIMIT + 1)  # one byte more than may be kept shows that it is too large
