"""The data that a page's scripts assign: `window.name = {…}`, `Module.setup({…})`, `'initial': […]`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import chompjs

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any

_DECODER = json.JSONDecoder(strict=False)
_TOKEN = re.compile(r"[\"'`{}\[\]]|//|/\*")
_QUOTED = {quote: re.compile(rf"(?:[^{quote}\\]++|\\.)*+{quote}", re.DOTALL) for quote in "\"'`"}
_LONGEST_LITERAL = 3_000_000  # characters; the largest seen has 160,000
_MOST_TOKENS = 400_000
_NEAR = 200  # characters between a marker and the value it announces
_MOST_MARKERS = 20


def values_after(text: str, marker: str | re.Pattern[str]) -> Iterator[Json]:
    """Yield the object or list that follows each place where `marker` stands in a text, where it can be read.

    It begins within 200 characters behind the marker. Strict JSON is tried first, then a JavaScript literal (bare or
    numeric keys, single quotes, trailing commas) up to its closing bracket. Nothing is ever executed.
    """
    pattern = re.compile(re.escape(marker)) if isinstance(marker, str) else marker
    for number, found in enumerate(pattern.finditer(text)):
        if number >= _MOST_MARKERS:
            return
        start = _opening(text, found.end())
        if start is None:
            continue
        try:
            yield _DECODER.raw_decode(text, start)[0]
            continue
        except (ValueError, RecursionError):
            pass
        literal = _literal(text, start)
        if literal is not None:
            try:
                yield chompjs.parse_js_object(literal, loader_kwargs={"strict": False})
            except (ValueError, RecursionError, IndexError):
                continue


def value_after(text: str, marker: str | re.Pattern[str]) -> Json:
    """Return the first value that `values_after` gives and that is not empty, or None."""
    return next((value for value in values_after(text, marker) if value), None)


def _opening(text: str, start: int) -> int | None:
    places = [place for bracket in "{[" if (place := text.find(bracket, start, start + _NEAR)) >= 0]
    return min(places, default=None)


def _literal(text: str, start: int) -> str | None:
    """Return the text from one bracket to the one that closes it; brackets in strings and comments do not count."""
    depth, place = 0, start
    for _ in range(_MOST_TOKENS):
        found = _TOKEN.search(text, place, start + _LONGEST_LITERAL)
        if found is None:
            return None
        mark, place = found[0], found.end()
        if mark in _QUOTED:
            closed = _QUOTED[mark].match(text, place, start + _LONGEST_LITERAL)
            if closed is None:
                return None
            place = closed.end()
        elif mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth == 0:
                return text[start:place]
        else:
            end = text.find("\n" if mark == "//" else "*/", place)
            place = end if end >= 0 else len(text)
    return None
