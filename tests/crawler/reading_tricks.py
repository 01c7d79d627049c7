"""What a hostile page may drive a reader to, as work for a reading process, and who is alive."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from crawler.reading_process import ReadingProcess

PATIENCE_SECONDS = 60.0
# The parser compares each attribute with all before it: half a minute and more, in one call of C.
MONSTROUS = b"<html><body><p " + b" ".join(b"a%d=1" % number for number in range(80_000)) + b">"


def hold_the_interpreter() -> None:
    """Compute in one piece of C that no other thread can interrupt."""
    pow(7, 10**9)


def loop_for_ever() -> None:
    while True:
        pass


def hang_over(picture: bytes) -> int:
    loop_for_ever()
    return len(picture)


def crash(picture: bytes = b"") -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def crash_once(marker: Path) -> str:
    if not marker.exists():
        marker.touch()
        crash()
    return "read"


def take_all_memory() -> int:
    return len(bytearray(64 << 30))


def print_and_log() -> str:
    sys.stdout.write("an answer?")
    sys.stdout.flush()
    os.write(1, b"an answer?\n")
    return "the answer"


def give_what_cannot_travel() -> object:
    return lambda: None


def raise_something() -> None:
    raise ValueError("page three")


def note_and_hang(note: Path, hang: Callable[[], Any]) -> None:
    note.write_text(str(os.getpid()), encoding="ascii")
    hang()


def read_and_hang(note: str, trick: str) -> None:
    """Be a program whose reading process hangs."""
    ReadingProcess().read(partial(note_and_hang, Path(note), globals()[trick]))


def read_and_wait(note: str) -> None:
    """Be a program whose reading process waits for its next work, and end without a word."""
    process = ReadingProcess()
    Path(note).write_text(str(process.read(os.getpid)), encoding="ascii")
    os._exit(0)


def noted(note: Path) -> int:
    """Return the process that a note names, once it is written."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (note.exists() and note.read_text(encoding="ascii")):
        assert time.monotonic() < give_up, "nothing was noted"
        time.sleep(0.02)
    return int(note.read_text(encoding="ascii"))


def ends(process_id: int) -> bool:
    """Whether a process ends, or is about to be buried by its parent."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        try:
            if "\nState:\tZ" in Path(f"/proc/{process_id}/status").read_text(encoding="ascii"):
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
