"""The same work on many items, over a few spawned processes or in this one."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int,
    prepare: Callable[..., None],
    given: tuple[Any, ...],
    title: str,
) -> Iterator[Result]:
    """Yield `work(item)` in the order of the items; every process calls `prepare(*given)` first."""
    console = Console(stderr=True)
    if processes < 2:
        prepare(*given)
        yield from track(map(work, items), title, total=len(items), console=console, transient=True)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=prepare, initargs=given) as pool:
        yield from track(pool.map(work, items, chunksize=4), title, total=len(items), console=console, transient=True)
