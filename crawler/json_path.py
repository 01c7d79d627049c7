"""Reach into JSON that strangers wrote: what is not there, or is something else, is None and never an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crawler.entities import unescape

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any

_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<[^<>]{0,500}>")
_COUNT = re.compile(r"(\d[\d.,\s]*\d|\d)\s*([kKmM万千]?)")
_SCALE = {"k": 1_000, "m": 1_000_000, "千": 1_000, "万": 10_000, "": 1}


def at(value: Json, *path: str | int) -> Json:
    """Return what lies at a path of keys and list indices, or None."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return None
            value = value[step]
        else:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
    return value


def text_at(value: Json, *path: str | int) -> str | None:
    """Return the text or number at a path as one line without markup, or None where there is none."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    return one_line(str(found))


def items_at(value: Json, *path: str | int) -> Iterator[Json]:
    """Yield the entries of the list at a path, or the values of an object whose keys are all numbers."""
    found = at(value, *path)
    if isinstance(found, dict) and all(key.isdecimal() for key in found):
        found = [found[key] for key in sorted(found, key=int)]
    if isinstance(found, list):
        yield from found


def texts_at(value: Json, *path: str | int) -> Iterator[str]:
    """Yield the texts of the list at a path."""
    yield from (entry for entry in items_at(value, *path) if isinstance(entry, str))


def one_line(text: str | None) -> str | None:
    """Return a text as one line, entities resolved and tags dropped; None where nothing is left."""
    plain = _SPACE.sub(" ", unescape(_TAG.sub("", text or ""))).strip()
    return plain.replace("\x00", "").encode("utf-8", "replace").decode() or None


def count_in(text: object) -> int | None:
    """Return the first number of a text such as "1,234 sold", "5k+ sold" or "已售 1.2万", or None."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        return None
    found = _COUNT.search(str(text)[:200])
    if found is None:
        return None
    digits, scale = found[1].replace(" ", ""), _SCALE[found[2].lower()]
    if scale == 1:
        whole = re.sub(r"[.,\s]", "", digits)
    else:
        whole = digits.replace(",", ".")
        if whole.count(".") > 1:
            return None
        return round(float(whole) * scale)
    return int(whole) if len(whole) < 12 else None
