"""Progress on standard error: a bar with the time left once something takes over a second; lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from corpora.workspace import Advance

SHOWN_AFTER = 1.0
SECONDS_A_LINE = 20.0


@contextmanager
def shown(label: str, total: int, unit: str = "") -> Iterator[Advance]:
    """The progress display of the command line (see `corpora.workspace.Progress`)."""
    display = _bar if sys.stderr.isatty() else _lines
    with display(label, total, unit) as advance:
        yield advance


@contextmanager
def _bar(label: str, total: int, unit: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn())
    bar = Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True), transient=True)
    task, began = bar.add_task(label, total=total), time.monotonic()

    def advance(done: int) -> None:
        bar.advance(task, done)
        if not bar.live.is_started and time.monotonic() - began > SHOWN_AFTER:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()


@contextmanager
def _lines(label: str, total: int, unit: str) -> Iterator[Advance]:
    began = last = time.monotonic()
    so_far = 0

    def advance(done: int) -> None:
        nonlocal last, so_far
        so_far += done
        now = time.monotonic()
        if now - last > SECONDS_A_LINE and 0 < so_far < total:
            last = now
            left = (now - began) * (total - so_far) / so_far
            print(f"{label}: {so_far:,} of {total:,} {unit}, about {left:,.0f} s left", file=sys.stderr, flush=True)  # noqa: T201

    yield advance
