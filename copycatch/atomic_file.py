"""Files that are either old or new, never half: written beside their place and renamed over it."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

_CLOSED_TO_OTHERS = 0o640


def _mode(path: Path) -> int:
    """Return the rights of a file that is written: those it had, and none for strangers where it is new."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return _CLOSED_TO_OTHERS


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step; where that fails (a full disk), what stood there before is untouched."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
