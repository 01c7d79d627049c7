"""Who decides, where the command line or the configuration says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.deciding import DecidingError

if TYPE_CHECKING:
    from copycatch.config import Config


def reviewer_of(config: Config, given: str | None = None) -> str:
    """Return who decides: the name given, that of the configuration, or the owner's.

    Raises:
        DecidingError: there is none.
    """
    name = given or config.review.reviewer or config.owner.name
    if not name.strip():
        raise DecidingError(
            "nobody is named who decides", remedy="Give a name with --as, or set review.reviewer in copycatch.toml."
        )
    return name.strip()
