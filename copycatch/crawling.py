"""Run one crawl in a subprocess of its own: memory, crashes and the reactor stay there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.job import CrawlJob

LAST_LINES = 8


class CrawlError(CopycatchError):
    """The crawl could not be finished; the next scan goes on where it stopped."""


def crawl(job: CrawlJob, *, logs: Path, progress: Callable[[int, int], None]) -> None:
    """Run a crawl to its end. `progress` hears (URLs finished, URLs known).

    The child stops by itself when we die, because its standard input then ends. Its log goes to `logs`.

    Raises:
        CrawlError: it ended without finishing.
    """
    logs.mkdir(exist_ok=True)
    job_path = logs / f"{job.run_id}.job.json"
    log_path = logs / f"{job.run_id}.crawl.log"
    job_path.write_text(job.to_json(), encoding="utf-8")
    with log_path.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "crawler", str(job_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # Not the folder we stand in, which may hold what a stranger named lxml.py: only where we came from.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        try:
            last = _listen(child, progress)
        finally:
            _end(child)
    if last.get("event") == "error":
        raise CrawlError(str(last["message"]), remedy=str(last["remedy"]))
    if last.get("event") != "finished":
        tail = "\n".join(log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
        raise CrawlError(
            f"the crawl ended unexpectedly (exit code {child.returncode}); its last words in {log_path}:\n{tail}",
            remedy="Nothing stored is lost: run the scan again and it goes on where it stopped.",
        )
    job_path.unlink(missing_ok=True)


def _listen(child: subprocess.Popen[bytes], progress: Callable[[int, int], None]) -> dict[str, object]:
    """Pass on progress until the child closes its output; return its last event."""
    last: dict[str, object] = {}
    assert child.stdout is not None
    for line in child.stdout:
        try:
            last = json.loads(line)
        except ValueError:  # a line cut off by a kill
            continue
        if last.get("event") == "progress":
            progress(int(str(last["finished"])), int(str(last["known"])))
    return last


def _end(child: subprocess.Popen[bytes]) -> None:
    """Let the child finish what it is writing: closing its input asks it to stop, and then it is killed."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    child.stdout.close()
