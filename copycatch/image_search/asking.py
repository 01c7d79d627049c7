"""Ask an image search over HTTPS: certificates checked, time and size bounded, no redirect followed with a key.

The key is in one header of one request. It stands in no address and no log, and is cut out of whatever an interface
says back. No proxy of the environment is used.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import urllib3

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copycatch.image_search import ImageSearch, Question

SECONDS_TO_CONNECT, SECONDS_TO_READ = 15.0, 60.0
ANSWER_BYTES_LIMIT = 8 * 1024 * 1024


class SearchError(CopycatchError):
    """An image search gave no usable answer. No further picture would fare better."""


class PictureRefused(SearchError):  # noqa: N818 - the name says it
    """An image search can do nothing with this picture; others may fare better."""


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(interface: ImageSearch, jpeg: bytes, *, key: str, user_agent: str, base_url: str | None = None) -> object:
    """Send one picture; return the JSON of the answer.

    `base_url` stands in for the interface's own, for tests.

    Raises:
        PictureRefused: the interface refuses this picture.
        SearchError: it refuses the key, wants money or patience, fails, cannot be reached, or is not understood.
    """
    asked = interface.question(jpeg)
    base = base_url or interface.BASE_URL
    where = f"{interface.TITLE} ({urlsplit(base).hostname})"
    answer = _sent(where, f"{base}{asked.path}", asked, jpeg, {"User-Agent": user_agent, asked.key_header: key})
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    said = (interface.complaint(value) or "").replace(key, "…")
    error = _refusal(where, interface.NAME, answer, said)
    if error is not None:
        raise error
    if not isinstance(value, dict):
        raise SearchError(
            f"{where} answered something that is no JSON object",
            remedy="Try again later; nothing found so far is lost.",
        )
    return value


def _sent(where: str, url: str, asked: Question, jpeg: bytes, headers: Mapping[str, str]) -> _Answer:
    """POST, and read no more of the answer than the limit."""
    if asked.file_field is not None:
        fields: dict[str, str | bytes | tuple[str, str | bytes] | tuple[str, str | bytes, str]] = {**asked.fields}
        fields[asked.file_field] = ("picture.jpg", jpeg, "image/jpeg")
        body, kind = urllib3.encode_multipart_formdata(fields)
    else:
        body, kind = (asked.json_body or "").encode(), "application/json"
    timeout = urllib3.Timeout(connect=SECONDS_TO_CONNECT, read=SECONDS_TO_READ)
    try:
        with (
            urllib3.PoolManager(cert_reqs="CERT_REQUIRED", timeout=timeout) as pool,
            pool.request(
                "POST",
                url,
                body=body,
                headers={**headers, "Content-Type": kind, "Accept": "application/json"},
                redirect=False,
                retries=False,
                preload_content=False,
            ) as response,
        ):
            data = response.read(ANSWER_BYTES_LIMIT + 1, decode_content=True)
            status, told = response.status, dict(response.headers)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise SearchError(
            f"{where} cannot be reached: {_reason(error)}",
            remedy="See whether this machine is online, and try again later; nothing found so far is lost.",
        ) from None
    if len(data) > ANSWER_BYTES_LIMIT:
        raise SearchError(
            f"{where} answered with more than {ANSWER_BYTES_LIMIT // 1024**2} MiB", remedy="Try again later."
        )
    return _Answer(status, told, data)


def _reason(error: Exception) -> str:
    """Return what went wrong without the address that urllib3 puts before it."""
    reason = getattr(error, "reason", None) or error
    return f"{type(reason).__name__}: {str(reason).rpartition('> ')[2].rpartition(': ')[2]}"[:200]


def _refusal(where: str, service: str, answer: _Answer, said: str) -> SearchError | None:
    """Return what a status or a complaint means for the owner; None where there is nothing to complain of."""
    status, quoted = answer.status, f': "{said}"' if said else ""
    if status == 401 or (status == 400 and "api key" in said.lower()):
        remedy = f"Put the right key under [{service}] into keys.toml."
        return SearchError(f"{where} does not accept the key{quoted}", remedy=remedy)
    if status in (402, 403):
        remedy = (
            "See in your account there whether searches are left, the interface and its billing are on for this key."
        )
        return SearchError(f"{where} will not search for you any more (HTTP {status}){quoted}", remedy=remedy)
    if status == 429:
        wait = answer.headers.get("Retry-After", "")
        when = f"in {wait} seconds" if wait.isdecimal() else "later"
        return SearchError(f"{where} has been asked too often{quoted}", remedy=f"Go on {when} with the same command.")
    if 300 <= status < 400:
        return SearchError(
            f"{where} sends us elsewhere (HTTP {status}), where your key does not belong",
            remedy="Update copycatch; its address of this interface may be out of date.",
        )
    if status >= 500:
        return SearchError(f"{where} fails (HTTP {status}){quoted}", remedy="Try again later; nothing found is lost.")
    if status in (400, 413, 415, 422) or (status == 200 and said):
        return PictureRefused(
            f"{where} can do nothing with this picture (HTTP {status}){quoted}",
            remedy="Give that work another first picture: larger, and not too plain.",
        )
    if status != 200:
        return SearchError(
            f"{where} answered with HTTP {status}{quoted}", remedy="Update copycatch, or try again later."
        )
    return None
