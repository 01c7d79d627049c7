"""How values stand in the columns: times as sortable text, lists as JSON, texts as valid UTF-8."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Column = str | int | float | bytes | None


def column(value: object) -> Column:
    """Return the value as a column holds it. ValueError: a time without zone."""
    match value:
        case None | int() | float() | bytes():
            return value
        case str():
            # A page can hold half a surrogate pair, which is no character and which SQLite refuses.
            return value.encode("utf-8", "replace").decode("utf-8")
        case datetime():
            return time_text(value)
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def columns(values: Mapping[str, object]) -> dict[str, Column]:
    return {name: column(value) for name, value in values.items()}


def time_text(at: datetime) -> str:
    """Return ISO-8601 in UTC with all six decimals and `Z`: as text it sorts as the times do."""
    if at.tzinfo is None:
        raise ValueError(f"a time without zone: {at}")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def time_or_none(text: str | None) -> datetime | None:
    return None if text is None else time(text)
