"""Take an address apart, whatever a stranger wrote into it."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_NOTHING = SplitResult("", "", "", "", "")


def split_url(url: str) -> SplitResult:
    """Return the parts of an address; all of them empty where it is none, such as `http://[x`."""
    try:
        return urlsplit(url)
    except ValueError:
        return _NOTHING
