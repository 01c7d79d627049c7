"""Spread the comparing of pictures over processes, and survive a picture that kills one of them.

Workers get the reference library once, and then one picture at a time through a pipe of their own; they read the blobs
themselves and give back rows and small drawings. Only the process that started them writes to the casebook.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from casebook.blobs import Blobs
from casebook.errors import CopycatchError
from matching.matcher import Matcher
from matching.overlays import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from casebook.types import Match, Picture
    from matching.library import ReferenceLibrary
    from matching.overlays import Drawn

MOST_DRAWN = 3  # matches drawn per picture; an operator looks at the best ones


class EngineError(CopycatchError):
    """The processes that compare pictures do not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One picture compared with the whole library: its facts, and its matches, the best ones with drawings."""

    picture: Picture
    matches: tuple[tuple[Match, Drawn | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every worker needs: the library, and where the bytes of pictures and references are."""

    library: ReferenceLibrary
    blobs: Path


class Worker:
    """What one process knows and does."""

    def __init__(self, job: Job):
        self._matcher = Matcher(job.library)
        self._blobs = Blobs(job.blobs)

    def examine(self, picture: Picture) -> Examined:
        """Compare one picture, and draw its best matches."""
        data = self._blobs.get(picture.sha256)
        found = self._matcher.examine(data)
        drawn = [
            (match, render(data, self._blobs.get(match.reference_sha256), match) if rank < MOST_DRAWN else None)
            for rank, match in enumerate(found.matches)
        ]
        return Examined(picture=found.picture, matches=tuple(drawn))


def serve(connection: Connection, job: Job, kind: type[Worker]) -> None:
    """Be a worker process: say that it stands, then answer every picture until the pipe is closed."""
    worker = kind(job)
    connection.send(None)
    while True:
        try:
            picture: Picture = connection.recv()
        except EOFError:
            return
        try:
            result = worker.examine(picture)
        except CopycatchError as error:
            result = _failed(picture, error.message)
        except Exception as error:
            result = _failed(picture, f"comparing it failed: {error!r}")
        connection.send(result)


class _Process:
    """One worker process, its end of the pipe, and the picture it has."""

    def __init__(self, job: Job, kind: type[Worker]):
        # spawn, everywhere: a forked child of a process with threads may hang, and Windows has nothing else
        context = multiprocessing.get_context("spawn")
        self.connection, other_end = context.Pipe()
        self._process = context.Process(target=serve, args=(other_end, job, kind), daemon=True)
        self._process.start()
        other_end.close()  # so that our end reads an end of file when the process dies
        self.picture: Picture | None = None

    def give(self, picture: Picture) -> None:
        self.picture = picture
        try:
            self.connection.send(picture)
        except OSError:
            return  # it died between two pictures; reading from it will say so

    def end(self) -> None:
        """Let it go home: it stops when its pipe is closed."""
        self.connection.close()
        self._process.join()

    def kill(self) -> None:
        self._process.kill()
        self.end()


class Engine:
    """Worker processes that compare pictures; `kind` is what runs in them."""

    def __init__(self, job: Job, processes: int = 0, kind: type[Worker] = Worker):
        self._job = job
        self._processes = processes or os.cpu_count() or 1
        self._kind = kind

    def examine_all(self, pictures: Iterable[Picture]) -> Iterator[Examined]:
        """Yield every picture's result as it is ready.

        1. Each process has one picture at a time: memory stays flat, and it is known which picture one died of.
        2. That picture gets a `problem`, and a new process takes the place of the dead one.

        Raises:
            EngineError: a process died before it had a picture.
        """
        waiting = deque(pictures)
        working = [_Process(self._job, self._kind) for _ in range(min(self._processes, len(waiting)))]
        try:
            while working:
                ready = wait([process.connection for process in working])
                for process in [process for process in working if process.connection in ready]:
                    try:
                        result = process.connection.recv()  # None at first: it stands and wants a picture
                    except (EOFError, OSError):
                        process.kill()
                        working.remove(process)
                        yield self._died(process.picture)
                        if waiting:
                            working.append(_Process(self._job, self._kind))
                        continue
                    if waiting:
                        process.give(waiting.popleft())
                    else:
                        working.remove(process)
                        process.end()
                    if result is not None:
                        yield result
        finally:
            for process in working:
                process.kill()

    def _died(self, picture: Picture | None) -> Examined:
        if picture is None:
            raise EngineError(
                "the process that compares pictures ended before it began",
                remedy="Run `copycatch doctor`; there may be too little memory for the reference library.",
            )
        return _failed(picture, "comparing it crashed the matcher")


def _failed(picture: Picture, problem: str) -> Examined:
    return Examined(picture=replace(picture, problem=problem), matches=())
