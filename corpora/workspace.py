"""What a run works with: where state is kept, whether the network may be used, and who shows progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .state import home


class Advance(Protocol):
    """Called with the amount of work just done."""

    def __call__(self, done: int) -> None:
        """Say that `done` more is finished."""
        ...


class Progress(Protocol):
    """Shows work of a known total; used as `with progress("embedding", tokens, "tok") as advance: advance(n)`."""

    def __call__(self, label: str, total: int, unit: str = "") -> AbstractContextManager[Advance]:
        """Begin to show the work called `label`."""
        ...


@contextmanager
def silent(label: str, total: int, unit: str = "") -> Iterator[Advance]:
    """Progress that shows nothing."""
    yield lambda done: None


@dataclass(frozen=True)
class Workspace:
    """The data folder (`collections/`, `indexes/`, `vectors/`, `results/`), the progress display, and the network switch."""

    root: Path = field(default_factory=home)
    progress: Progress = silent
    offline: bool = False

    def folder(self, *parts: str) -> Path:
        """A path under the data folder."""
        return self.root.joinpath(*parts)
