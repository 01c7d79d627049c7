"""Read what strangers wrote in a process of its own, which is ended when it takes too long or too much memory.

In: something to call without arguments that can be pickled, as a rule a reader with its page. Out: what it returned, or
`UnreadableError`. A process is started when it is first needed and serves until it is closed, fails or is ended.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar, cast

from casebook.errors import CopycatchError
from crawler.reading_worker import MEMORY, MEMORY_GIB, READ

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

READING_SECONDS = 20.0  # the largest real page takes 0.2
PROCESSES = 2  # while one reads a monstrous page, the other goes on with the rest
_STARTING_SECONDS = 120.0
# The path is handed over instead of made anew: the folder we stand in may hold what a stranger named pickle.py.
_BEGIN = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "seconds, parent, *sys.path = sys.argv[1:]; "
    "from crawler.reading_worker import serve; serve(float(seconds), int(parent))"
)
T = TypeVar("T")


class UnreadableError(Exception):
    """Something that could not be read, in words; `ended` where its process had to be ended or ended of itself."""

    def __init__(self, why: str, *, ended: bool = False):
        super().__init__(f"could not be read{why}")
        self.ended = ended


class ReadingProcessError(CopycatchError):
    """The process that reads does not start."""


class _Died(Exception):  # noqa: N818 - it never leaves this file
    """The process gave no answer."""


class ReadingProcess:
    """One process that reads, for one thread at a time."""

    def __init__(self, seconds: float = READING_SECONDS):
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._late = self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Start the process where none runs. Raises ReadingProcessError."""
        if self._process is None:
            self._start()

    def read(self, work: Callable[[], T]) -> T:
        """Return what `work` returns.

        A process that dies gets a second try in a new one: it may have been killed for what others did.

        Raises:
            UnreadableError: `work` raised, took longer than allowed or more memory, or crashed the process twice.
            ReadingProcessError: no process starts.
        """
        message = pickle.dumps(work)
        try:
            what, answer = self._answer(message)
        except _Died:
            try:
                what, answer = self._answer(message)
            except _Died:
                raise UnreadableError(": its reader crashed", ended=True) from None
        if what == READ:
            return cast("T", answer)
        if what == MEMORY:
            self._end()
            raise UnreadableError(f" in {MEMORY_GIB} GiB of memory", ended=True)
        said, trace = cast("tuple[str, str]", answer)
        error = UnreadableError(f": {said}")
        error.add_note(trace)
        raise error

    def close(self) -> None:
        """End the process, from whatever thread; none is started after that."""
        self._closed = True
        self._end()

    def _answer(self, message: bytes) -> tuple[str, object]:
        """Return what the process says to a piece of work. Raises `_Died`, and UnreadableError where it is too slow."""
        process = self._process or self._start()
        try:
            return cast("tuple[str, object]", self._heard(process, self._seconds, message))
        except _Died:
            self._end()
            if self._late:
                raise UnreadableError(f" within {self._seconds:.0f} seconds", ended=True) from None
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        if self._closed:
            raise UnreadableError(": we are about to stop")
        process = self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BEGIN, str(self._seconds), str(os.getpid()), *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread takes of the bounded memory
        )
        try:
            self._heard(process, _STARTING_SECONDS)
        except _Died:
            self._end()
            raise ReadingProcessError(
                f"The process that reads pages does not start (exit code {process.returncode}).",
                remedy="Run `copycatch doctor`; there may be too little memory.",
            ) from None
        if self._closed:
            self._end()
        return process

    def _heard(self, process: subprocess.Popen[bytes], seconds: float, message: bytes = b"") -> object:
        """Send a message and return what the process says next; end it when that takes too long. Raises `_Died`."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._late = False
        timer = threading.Timer(seconds, self._end_late, (process,))
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(message)
            process.stdin.flush()
            heard: object = pickle.load(process.stdout)  # noqa: S301 - written by our own process
        except Exception as error:  # a broken pipe, half an answer, whatever else a process in ruins may have written
            raise _Died from error
        finally:
            timer.cancel()
            timer.join()  # so that it does not end the process while it reads the next
        if self._late:
            self._end()
        return heard

    def _end_late(self, process: subprocess.Popen[bytes]) -> None:
        self._late = True
        process.kill()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()


class Readers:
    """Some processes that read, for an event loop. Each is started when the others are busy, and has its own thread."""

    def __init__(self, seconds: float = READING_SECONDS, processes: int = PROCESSES):
        self._seconds = seconds
        # A thread starts its process before it takes anything: what waits goes to the one that is ready first.
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="reader", initializer=self._start_own)
        self._own = threading.local()
        self._all: list[ReadingProcess] = []

    async def start(self) -> None:
        """Return when one process is ready to read. Raises ReadingProcessError."""
        await self.read(os.getpid)

    async def read(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; raises as `ReadingProcess.read` does."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    def close(self) -> None:
        """End all processes; what they read is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._all:
            process.close()

    def _start_own(self) -> None:
        own = self._own.process = ReadingProcess(self._seconds)
        self._all.append(own)
        with suppress(ReadingProcessError, UnreadableError):  # whoever reads next hears of it
            own.start()

    def _read(self, work: Callable[[], T]) -> T:
        own: ReadingProcess = self._own.process
        return own.read(work)
