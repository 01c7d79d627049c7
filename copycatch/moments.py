"""Times as people read them, in one form everywhere: `2026-11-22 00:35 UTC`. Programs get ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ISO = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def moment(value: object) -> str:
    """Return a time for people, in UTC; ISO texts and aware datetimes are both fine, None is a dash."""
    if value is None:
        return "–"
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def with_moments(sentence: str) -> str:
    """Return a sentence with the ISO times in it written for people."""
    return _ISO.sub(lambda found: moment(found[0]), sentence)
