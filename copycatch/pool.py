"""Spread work over processes, and survive a piece of work that kills one of them.

The standard library's pools cannot tell which piece of work killed a process; this one gives each process a pipe of its
own. A process always has one piece ahead of the one it works on, so that it never waits for its next.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Generic, TypeVar

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

Task = TypeVar("Task")
Result = TypeVar("Result")

IN_HAND = 2  # pieces of work a process has: the one it works on, and the next


class PoolError(CopycatchError):
    """The worker processes do not start."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[Task, Result]):
    """What became of one piece of work: its result, or the problem that kept it from having one."""

    task: Task
    result: Result | None
    problem: str | None = None


class Pool(Generic[Task, Result]):
    """Worker processes. Each calls `begin` once and then what that returned for every piece of work.

    `begin`, tasks and results travel between processes: they must be small and can be pickled.
    """

    def __init__(self, begin: Callable[[], Callable[[Task], Result]], processes: int = 0) -> None:
        self._begin = begin
        self._processes = processes or os.cpu_count() or 1

    def run(self, tasks: Iterable[Task]) -> Iterator[Answer[Task, Result]]:
        """Yield every task's answer as it is ready; tasks are taken from the iterable as they are needed.

        1. Each process has at most two tasks: memory stays flat, and answers come in the order of the tasks, so that
           the first one unanswered is the one that a process died of.
        2. That task gets a `problem`, the other one goes back to those waiting, and a new process takes the place of
           the dead one.

        Raises:
            PoolError: a process died before it could begin, or says why it cannot.
        """
        waiting = _Waiting(tasks, at_first=self._processes)
        working = [_Process[Task, Result](self._begin, waiting) for _ in range(waiting.at_hand)]
        ended = []
        try:
            while working:
                ready = wait([process.connection for process in working])
                for process in [process for process in working if process.connection in ready]:
                    try:
                        answer = process.answer()
                    except (EOFError, OSError):
                        working.remove(process)
                        answer = process.died_of(waiting)
                        if waiting.any():
                            working.append(_Process(self._begin, waiting))
                    else:
                        process.fill(waiting, IN_HAND)
                        if not process.tasks:
                            working.remove(process)
                            ended.append(process)
                            process.connection.close()  # it goes home by itself
                    if answer is not None:
                        yield answer
        finally:
            for process in working:
                process.kill()
            for process in ended:
                process.join()


class _Waiting(Generic[Task]):
    """The tasks that no process has yet."""

    def __init__(self, tasks: Iterable[Task], at_first: int) -> None:
        self._tasks = iter(tasks)
        self._at_hand = deque(islice(self._tasks, at_first))

    @property
    def at_hand(self) -> int:
        return len(self._at_hand)

    def any(self) -> bool:
        self._at_hand.extend(islice(self._tasks, 0 if self._at_hand else 1))
        return bool(self._at_hand)

    def take(self) -> Task:
        return self._at_hand.popleft()

    def give_back(self, tasks: Iterable[Task]) -> None:
        self._at_hand.extend(tasks)


class _Process(Generic[Task, Result]):
    """One worker process, our end of its pipe, and the tasks it has, in the order it has them."""

    def __init__(self, begin: Callable[[], Callable[[Task], Result]], waiting: _Waiting[Task]) -> None:
        # spawn, everywhere: a forked child of a process with threads may hang, and Windows has nothing else
        context = multiprocessing.get_context("spawn")
        self.connection, other_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(other_end, begin), daemon=True)
        self._process.start()
        other_end.close()  # so that our end reads an end of file when the process dies
        self.tasks: deque[Task] = deque()
        self._began = False
        self.fill(waiting, 1)  # of few tasks every process is to get one

    def answer(self) -> Answer[Task, Result] | None:
        """Return its next answer, or None for the word that it can begin.

        Raises:
            EOFError, OSError: it died.
            PoolError: it says why it cannot begin.
        """
        result, problem = self.connection.recv()
        if not self._began:
            if problem is not None:
                raise PoolError(problem, remedy=result)
            self._began = True
            return None
        return Answer(self.tasks.popleft(), result, problem)

    def fill(self, waiting: _Waiting[Task], in_hand: int) -> None:
        """Give it tasks until it has so many."""
        while len(self.tasks) < in_hand and waiting.any():
            self.tasks.append(waiting.take())
            with suppress(OSError):  # it died; reading from it will say so
                self.connection.send(self.tasks[-1])

    def died_of(self, waiting: _Waiting[Task]) -> Answer[Task, Result]:
        """Bury it, and give back the task it had not begun."""
        self.kill()
        if not self._began:
            raise PoolError(
                "a worker process ended before it began",
                remedy="Run `copycatch doctor`; there may be too little memory for the reference library.",
            )
        culprit = self.tasks.popleft()
        waiting.give_back(self.tasks)
        return Answer(culprit, None, "its process crashed")

    def kill(self) -> None:
        self._process.kill()
        self.connection.close()
        self._process.join()

    def join(self) -> None:
        self._process.join()


def _serve(connection: Connection, begin: Callable[[], Callable[[Task], Result]]) -> None:
    """Be a worker process: say that it can begin, or why not; then answer every task until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all processes; the one that began them ends them
    try:
        work = begin()
    except CopycatchError as error:
        connection.send((error.remedy, error.message))
        return
    connection.send((None, None))
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:
            return
        answer: tuple[Result | None, str | None]
        try:
            answer = work(task), None
        except CopycatchError as error:
            answer = None, error.message
        except Exception as error:
            answer = None, repr(error)
        connection.send(answer)
