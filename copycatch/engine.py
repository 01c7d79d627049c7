"""Spread the comparing of pictures over processes, and survive a picture that kills one of them.

Workers get the reference library once, and then names of pictures; they read the blobs themselves and give back rows
and small drawings. Only the process that started them writes to the casebook.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from casebook.blobs import Blobs
from casebook.errors import CopycatchError
from matching.matcher import Matcher
from matching.overlays import render

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from casebook.types import Match, Picture
    from matching.library import ReferenceLibrary
    from matching.overlays import Drawn

MOST_DRAWN = 3  # matches drawn per picture; an operator looks at the best ones


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


class _Worker:
    """The state of one worker process."""

    matcher: Matcher
    blobs: Blobs

    @classmethod
    def start(cls, job: Job) -> None:
        cls.matcher = Matcher(job.library)
        cls.blobs = Blobs(job.blobs)

    @classmethod
    def examine(cls, picture: Picture) -> Examined:
        try:
            data = cls.blobs.get(picture.sha256)
        except CopycatchError as error:
            return Examined(picture=replace(picture, problem=error.message), matches=())
        found = cls.matcher.examine(data)
        drawn = [
            (match, render(data, cls.blobs.get(match.reference_sha256), match) if rank < MOST_DRAWN else None)
            for rank, match in enumerate(found.matches)
        ]
        return Examined(picture=found.picture, matches=tuple(drawn))


class Engine:
    """A pool of matching processes."""

    def __init__(self, job: Job, processes: int = 0):
        self._job = job
        self._processes = processes or os.cpu_count() or 1

    def examine_all(self, pictures: Iterable[Picture]) -> Iterator[Examined]:
        """Yield every picture's result, in the order given.

        1. Keep a few pictures per process under way, so that memory stays flat however many there are.
        2. Where a worker process dies, start a new pool and give it the pictures under way one at a time.
        3. A picture that kills its process even alone gets a `problem` instead of a result.
        """
        waiting = iter(pictures)
        while True:
            lost = yield from self._until_broken(waiting)
            if not lost:
                return
            for picture in lost:
                yield self._alone(picture)

    def _until_broken(self, waiting: Iterator[Picture]) -> Generator[Examined, None, list[Picture]]:
        under_way: deque[tuple[Picture, Future[Examined]]] = deque()
        with self._pool(self._processes) as pool:
            try:
                for picture in islice(waiting, self._processes * 4):
                    under_way.append((picture, pool.submit(_Worker.examine, picture)))
                while under_way:
                    result = under_way[0][1].result()
                    under_way.popleft()
                    for picture in islice(waiting, 1):
                        under_way.append((picture, pool.submit(_Worker.examine, picture)))
                    yield result
            except BrokenProcessPool:
                return [picture for picture, _ in under_way]
        return []

    def _alone(self, picture: Picture) -> Examined:
        with self._pool(1) as pool:
            try:
                return pool.submit(_Worker.examine, picture).result()
            except BrokenProcessPool:
                return Examined(picture=replace(picture, problem="comparing it crashed the matcher"), matches=())

    def _pool(self, processes: int) -> ProcessPoolExecutor:
        # spawn, everywhere: a forked child of a process with threads may hang, and Windows has nothing else
        return ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), initializer=_Worker.start, initargs=(self._job,)
        )
