"""JSON as shops really write it: one loader that would rather give nothing than raise."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import chompjs

from crawler.entities import unescape

if TYPE_CHECKING:
    from collections.abc import Iterator

_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>)\s*$"
)
_TRAILING_COMMA = re.compile(r",(?=\s{0,200}[}\]])")
# chompjs is made for short literals; a megabyte of broken JSON is not worth its time.
_MOST_FOR_CHOMPJS = 300_000
_DEEPEST = 200

Json = Any


def load_lenient(text: str) -> list[Json]:
    """Return the JSON values in a script block: none for an empty or hopeless block.

    1. Comment and CDATA wrappers, byte order mark and a closing semicolon are cut off.
    2. Strict JSON, but control characters inside strings are let through; several values in a row are all read.
    3. Trailing commas are dropped; then HTML entities are resolved (templates escape quotes).
    4. What still fails is read as a JavaScript literal by chompjs.
    """
    text = _WRAPPING.sub("", _WRAPPING.sub("", text.lstrip("\ufeff"))).strip().rstrip(";").strip()
    if not text:
        return []
    for attempt in (text, _TRAILING_COMMA.sub("", text), unescape(text) if "&" in text else ""):
        values = _strict(attempt) if attempt else None
        if values is not None:
            return values
    # A block that the transport cut off is no block: half a product would overwrite what is known of the whole one.
    if text[-1] in "}]" and len(text) <= _MOST_FOR_CHOMPJS and text.count("{") + text.count("[") <= 20_000:
        try:
            return [chompjs.parse_js_object(text, loader_kwargs={"strict": False})]
        except (ValueError, RecursionError, IndexError):
            return []
    return []


def dicts(value: Json) -> Iterator[dict[str, Json]]:
    """Yield every object inside a JSON value, outer before inner, to a depth of 200."""
    waiting: list[tuple[Json, int]] = [(value, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEEPEST:
            continue
        if isinstance(node, dict):
            yield node
            waiting.extend((child, depth + 1) for child in reversed(list(node.values())))
        elif isinstance(node, list):
            waiting.extend((child, depth + 1) for child in reversed(node))


def _strict(text: str) -> list[Json] | None:
    decoder = json.JSONDecoder(strict=False)
    values, position = [], 0
    try:
        while position < len(text):
            value, position = decoder.raw_decode(text, position)
            values.append(value)
            while position < len(text) and text[position] in " \t\r\n;,":
                position += 1
    except (ValueError, RecursionError):
        return None
    return values
