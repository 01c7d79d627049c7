"""Read a stranger's JSON without trusting its shape."""

from __future__ import annotations

import math


def at(value: object, *steps: str | int) -> object:
    """Return what lies at these keys and places of a JSON value; None where there is nothing."""
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    return value


def rows(value: object, *steps: str | int) -> list[object]:
    """Return the list at these keys and places; an empty one where there is none."""
    found = at(value, *steps)
    return found if isinstance(found, list) else []


def text(value: object, *steps: str | int, longest: int = 8000) -> str | None:
    """Return the text at these keys and places; None where there is none, or an empty or monstrous one."""
    found = at(value, *steps)
    return found if isinstance(found, str) and 0 < len(found) <= longest else None


def number(value: object, *steps: str | int) -> float | None:
    """Return the finite number at these keys and places, or None."""
    found = at(value, *steps)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        whole = float(found)
    except OverflowError:
        return None
    return whole if math.isfinite(whole) else None
