"""What the answers of official interfaces have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.interfaces import host_of
from crawler.json_path import text_at
from crawler.shop_answers import json_body

if TYPE_CHECKING:
    from crawler.page import Page

_REFUSALS = {
    401: "it does not accept the key, or no longer",
    403: "it does not let the key in",
    429: "it was asked more often than the key allows",
}
_LONGEST = 200


def interface_refusal(page: Page) -> str | None:
    """Return why an interface refuses us, with what it says itself; None where it does not, or is none."""
    if page.status not in _REFUSALS or host_of(page.url) is None:
        return None
    told = told_error(page)
    says = f', and says "{told}"' if told else ""
    return f"the official interface answers {page.status}: {_REFUSALS[page.status]}{says}"


def told_error(page: Page) -> str | None:
    """Return what an answer says is wrong, in its own words: one line, 200 characters at most."""
    answer = json_body(page)
    paths = (("error_description",), ("errors", 0, "longMessage"), ("errors", 0, "message"), ("error",), ("message",))
    told = next((text for path in paths if (text := text_at(answer, *path))), None)
    return told and told[:_LONGEST]
