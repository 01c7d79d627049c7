"""Text of unknown encoding: what metadata holds is UTF-8, or what Windows wrote where its author lived."""

from __future__ import annotations


def decoded(raw: bytes) -> str:
    """Return bytes as text: UTF-8 where they are, else Windows-1252 (Latin-1 and its quotation marks)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
