"""What we call ourselves, to the casebook and to every site we visit."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("copycatch")
PROGRAM = f"copycatch {VERSION}"


def user_agent(contact_url: str) -> str:
    """Return the user agent: product token, version, and where a shop's administrator can ask."""
    return f"copycatch/{VERSION} (+{contact_url})"
