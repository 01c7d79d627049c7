"""Take an address apart, whatever a stranger wrote into it."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

LONGEST_URL = 8000  # characters; what servers accept ends about there, and the time to take longer ones apart is theirs
_NOTHING = SplitResult("", "", "", "", "")


def origin(url: str) -> tuple[str | None, int | None]:
    """Return host and port; http and https of one host are the same shop."""
    parts = split_url(url)
    port = parts.port
    return parts.hostname, None if port in (None, 80, 443) else port


def split_url(url: str) -> SplitResult:
    """Return the parts of an address; all of them empty where it is none, such as `http://[x`."""
    try:
        return urlsplit(url)
    except ValueError:
        return _NOTHING
