"""Work spread over a few threads, each result handed over as soon as it is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def as_finished(work: Callable[[Item], Made], items: Iterable[Item], workers: int) -> Iterator[tuple[Item, Made]]:
    """Every item with what `work` makes of it, in the order in which they are finished.

    Never more than `workers` items have been begun and not handed over. One worker is the caller's own thread.
    """
    if workers == 1:
        yield from ((item, work(item)) for item in items)
        return
    running: dict[Future[Made], Item] = {}
    with ThreadPoolExecutor(workers) as pool:
        for item in items:
            running[pool.submit(work, item)] = item
            if len(running) == workers:
                yield from _finished(running)
        while running:
            yield from _finished(running)


def _finished(running: dict[Future[Made], Item]) -> Iterator[tuple[Item, Made]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for one in done:
        yield running.pop(one), one.result()


def ahead(begin: Callable[[Item], Made], items: Iterable[Item], most: int) -> Iterator[tuple[Item, Made]]:
    """Every item with what `begin` made of it, in order; `most` items are begun before the one that is handed over next."""
    begun: deque[tuple[Item, Made]] = deque()
    for item in items:
        begun.append((item, begin(item)))
        if len(begun) > most:
            yield begun.popleft()
    while begun:
        yield begun.popleft()
