"""How much memory this process has held at most."""

from __future__ import annotations

import sys


def peak_megabytes() -> float:
    """Return the peak resident size in megabytes; not a number on Windows, which does not keep it for us."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
