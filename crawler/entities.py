"""HTML entities, whatever a stranger wrote."""

from __future__ import annotations

import html


def unescape(text: str) -> str:
    """Return a text with its HTML entities resolved, as it is where one of them is a number that no program reads."""
    try:
        return html.unescape(text)
    except ValueError:  # `&#` and thousands of digits
        return text
