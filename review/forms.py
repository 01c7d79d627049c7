"""Forms as browsers send them: texts and files, read within limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from review.first_use import FieldError, SentFile

if TYPE_CHECKING:
    from collections.abc import Mapping

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


async def read_form(request: Request) -> Form:
    """Return what a form sent.

    Raises:
        FieldError: it holds more than a form of ours ever does, or cannot be understood.
    """
    texts: dict[str, str] = {}
    files = []
    try:
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=TEXT_BYTES_LIMIT) as sent:
            for name, value in sent.multi_items():
                if not isinstance(value, UploadFile):
                    texts[name] = value
                elif value.filename or value.size:
                    # One byte more than may be kept shows that a file is too large.
                    files.append(SentFile(name=value.filename or "", data=await value.read(FILE_BYTES_LIMIT + 1)))
    except HTTPException as error:
        remedy = f"Send at most {MOST_FILES} files at once."
        raise FieldError("files", f"the form could not be read ({error.detail})", remedy=remedy) from None
    return Form(texts=texts, files=tuple(files))
