"""What to tell a person about an error, whatever it is."""

from __future__ import annotations

import errno
import sqlite3
from typing import NamedTuple

from casebook.errors import CopycatchError


class Failure(NamedTuple):
    """What went wrong, what to do about it, and whether it is a fault of this program."""

    message: str
    remedy: str
    unexpected: bool = False


def explained(error: BaseException) -> Failure:
    """Return what to tell a person about an error."""
    match error:
        case CopycatchError():
            return Failure(error.message, error.remedy)
        case KeyboardInterrupt():
            return Failure("interrupted", "What was stored stays stored; run the same command again.")
        case OSError() | sqlite3.Error() if _disk_is_full(error):
            remedy = "Free some space and run the command again; nothing stored is lost."
            return Failure(f"the disk is full ({error})", remedy)
        case OSError():
            place = f": {error.filename}" if error.filename else ""
            remedy = "See that it exists and that you may use it, then run again."
            return Failure(f"{error.strerror or error}{place}", remedy)
        case sqlite3.Error():
            return Failure(f"the casebook cannot be used: {error}", "Run `copycatch doctor`, which examines it.")
    remedy = "This is a fault of copycatch; the workspace's logs folder has the details, `copycatch --debug …` too."
    return Failure(f"unexpected error: {type(error).__name__}: {error}", remedy, unexpected=True)


def _disk_is_full(error: OSError | sqlite3.Error) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # Only errors that come from SQLite itself carry a code; those of the Python module have none.
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
