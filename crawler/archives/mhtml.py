"""MHTML files (RFC 2557): a page with its pictures as one e-mail message, as Chromium saves it."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.errors import CloseBoundaryNotFoundDefect, HeaderParseError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING

from crawler.archives.exchange import (
    LARGEST_BODY,
    LONGEST_ADDRESS,
    MIB,
    ArchiveError,
    Exchange,
    Flaw,
    moment,
    web_address,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

_HEADER = re.compile(rb"^(?:[A-Za-z0-9-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+", re.MULTILINE)
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:From [^\n]*\n)?")
_RELATED = re.compile(rb"content-type:\s*multipart/related", re.IGNORECASE)


def begins(head: bytes) -> bool:
    """Whether a file begins like an MHTML file: the header of a message whose parts belong together."""
    header = _HEADER.match(_message(head).replace(b"\r\n", b"\n"))
    return header is not None and _RELATED.search(header[0]) is not None


def read(path: Path) -> Iterator[Exchange | Flaw]:
    """Yield the parts of an MHTML file under the addresses they came from.

    ArchiveError: it holds no part with an address.
    """
    with path.open("rb") as file:
        message = message_from_bytes(_message(whole(str(path), file)), policy=policy.compat32)
    at = moment(message.get("Date"))
    parts = [part for part in message.walk() if not part.is_multipart()]
    cut = any(isinstance(defect, CloseBoundaryNotFoundDefect) for part in message.walk() for defect in part.defects)
    found = False
    for number, part in enumerate(parts):
        url = _address(part.get("Content-Location"))
        if url is None and number == 0:
            url = _address(message.get("Snapshot-Content-Location"))
        if url is None or not web_address(url):
            continue
        found = True
        if cut and part is parts[-1]:
            yield Flaw(where=f"{path.name}, part {number + 1}", why="it is cut off")
            continue
        body = _body(part)
        if body is None or len(body) > LARGEST_BODY:
            why = "it cannot be decoded" if body is None else f"it is larger than {LARGEST_BODY // MIB} MiB"
            yield Flaw(where=f"{path.name}, part {number + 1}", why=why)
            continue
        charset = part.get_content_charset()
        kind = part.get_content_type() + (f"; charset={charset}" if charset else "")
        yield Exchange(url=url, status=200, headers=(("Content-Type", kind),), body=body, at=at)
    if not found:
        raise ArchiveError(f"{path} holds no page with its address.", remedy="Save the page again as MHTML.")


def _address(header: object) -> str | None:
    """Return the address in a header, which mail programs break into lines and encode like a subject."""
    if header is None or len(str(header)) > 3 * LONGEST_ADDRESS:  # decoding is slow on long ones
        return None
    try:
        text = str(make_header(decode_header(str(header))))
    except (HeaderParseError, ValueError, LookupError):
        text = str(header)
    return "".join(text.split())


def _message(data: bytes) -> bytes:
    """Return a message without the empty lines or the mailbox line that some programs write before it."""
    before = _BEFORE.match(data)
    return data[before.end() :] if before and before.end() else data


def _body(part: Message) -> bytes | None:
    try:
        body = part.get_payload(decode=True)
    except (ValueError, LookupError):
        return None
    return body if isinstance(body, bytes) else None
