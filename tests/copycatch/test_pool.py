"""Work goes on whatever a task does to the process that works on it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from casebook.errors import CopycatchError
from copycatch.pool import IN_HAND, Answer, Pool, PoolError


def begin(work: Callable[[int], int]) -> Callable[[int], int]:
    return work


def twice(task: int) -> int:
    return 2 * task


def deadly(task: int) -> int:
    """Tasks that are divisible by five kill the process."""
    if task % 5 == 0:
        os._exit(11)
    return task


def picky(task: int) -> int:
    if task == 1:
        raise CopycatchError("one is none", remedy="Take two.")
    if task == 2:
        raise ValueError("two")
    return task


def interrupted(task: int) -> int:
    """What Ctrl+C in a terminal does to every process in it."""
    signal.raise_signal(signal.SIGINT)
    return task


def slow_process_id(task: int) -> int:
    time.sleep(0.3)
    return os.getpid()


def stillborn() -> Callable[[int], int]:
    os._exit(12)


def refusing() -> Callable[[int], int]:
    raise CopycatchError("the file was taken away", remedy="Put it back.")


def run(work: Callable[[int], int], tasks: int, processes: int = 2) -> dict[int, Answer[int, int]]:
    answers = list(Pool(partial(begin, work), processes).run(range(tasks)))
    assert len(answers) == tasks
    return {answer.task: answer for answer in answers}


@pytest.mark.parametrize("tasks", [0, 1, 2, 3, 20])
def test_every_task_has_its_answer(tasks: int) -> None:
    assert {task: answer.result for task, answer in run(twice, tasks).items()} == {n: 2 * n for n in range(tasks)}


def test_a_task_that_kills_its_process_has_a_problem_and_all_others_their_results() -> None:
    answers = run(deadly, 12)
    assert {task for task, answer in answers.items() if answer.problem} == {0, 5, 10}
    assert all(answer.result == task for task, answer in answers.items() if not answer.problem)


def test_a_task_that_fails_has_the_reason_as_its_problem() -> None:
    answers = run(picky, 4)
    assert [answers[task].problem for task in range(4)] == [None, "one is none", "ValueError('two')", None]


def test_of_two_tasks_each_process_gets_one() -> None:
    assert len({answer.result for answer in run(slow_process_id, 2).values()}) == 2


def test_tasks_are_taken_only_as_they_are_needed() -> None:
    taken = []

    def tasks() -> Iterator[int]:
        for task in range(30):
            taken.append(task)
            yield task

    for count, _ in enumerate(Pool(partial(begin, twice), 1).run(tasks()), start=1):
        assert len(taken) <= count + IN_HAND + 1


def test_processes_that_do_not_begin_are_an_error() -> None:
    with pytest.raises(PoolError):
        list(Pool(stillborn, 2).run(range(3)))


def test_processes_that_cannot_begin_say_why() -> None:
    with pytest.raises(PoolError, match="the file was taken away") as caught:
        list(Pool(refusing, 2).run(range(3)))
    assert caught.value.remedy == "Put it back."


def test_work_that_is_given_up_leaves_no_process_behind() -> None:
    answers = Pool(partial(begin, slow_process_id), 2).run(range(10))
    next(answers)
    assert len(multiprocessing.active_children()) == 2
    answers.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_a_worker_leaves_an_interruption_to_the_process_that_began_it() -> None:
    answers = list(Pool(partial(begin, interrupted), 1).run([1, 2]))
    assert [answer.result for answer in answers] == [1, 2]
