"""What the process of `crawler.reading_process` does: read, answer, and never outlive the one that started it."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

READ, FAILED, MEMORY = "read", "failed", "memory"
MEMORY_GIB = 2  # of address space; the largest real page takes 0.2 in all
_GRACE_SECONDS = 10.0
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def serve(seconds: float, parent: int) -> None:
    """Answer every piece of work that comes by standard input until that ends; each may take so many seconds.

    Whoever started us ends what takes longer. In case he is dead by then, on Linux his death ends us at once, and on
    any Unix an alarm does a little later, which no parser and no loop can hold off.
    """
    _bind_to(parent)
    _bound()
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    logging.disable()
    warnings.simplefilter("ignore")
    from crawler.marketplaces import all_marketplaces  # here: within the bounds, and not in who starts us

    all_marketplaces()
    reply = pickle.dumps(None)
    while True:
        try:
            outgoing.write(reply)
            outgoing.flush()
            work = pickle.load(incoming)  # noqa: S301 - written by the process that started us
        except (EOFError, OSError):
            os._exit(0)
        _alarm(seconds + _GRACE_SECONDS)
        reply = _answer(work)
        _alarm(0)


def _answer(work: Callable[[], object]) -> bytes:
    try:
        return pickle.dumps((READ, work()))
    except MemoryError:
        return pickle.dumps((MEMORY, None))
    except Exception as error:
        return pickle.dumps((FAILED, (repr(error), traceback.format_exc())))


def _bind_to(parent: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask to be told
        os._exit(0)


def _bound() -> None:
    """Take no more memory than a page may, and let a system that runs out of it end us before others."""
    with suppress(OSError):
        if sys.platform == "linux":
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        bound = MEMORY_GIB << 30
        resource.setrlimit(resource.RLIMIT_AS, (bound if most == resource.RLIM_INFINITY else min(bound, most), most))


def _alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)  # SIGALRM, left alone, ends a process
