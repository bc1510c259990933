"""Every published score that medir knows, by task, benchmark, file or table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from corpora import UsageError
from corpora.registry import suggest

from .published import Published, ReferenceFile
from .read import read_reference


@cache
def reference_files() -> tuple[ReferenceFile, ...]:
    """All reference files, by name. Raises InputError for one that cannot be taken as it stands."""
    found = sorted((entry for entry in files(__package__).iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name)
    return tuple(read_reference(entry.name.removesuffix(".toml"), entry.read_text(encoding="utf-8")) for entry in found)


def published(task: str) -> list[Published]:
    """What is published for a task (or, as its means, for a benchmark), all subsets and measures; empty where nothing is.

    What a table only repeats comes last.
    """
    return sorted((cell for cell in _cells() if cell.task == task), key=lambda cell: cell.kind == "repeated")


def reference(name: str) -> list[Published]:
    """The cells of a benchmark, a file, a table, a task, or all tasks that begin with `name/`; the first that `name` is.

    Upper and lower case are alike. Raises UsageError, with the nearest names, where it is none of them.
    """
    asked = name.lower()
    of_benchmark = [cell for file in reference_files() if asked in _called(file) for cell in file.cells]
    of_table = [cell for cell in _cells() if cell.table == asked]
    found = of_benchmark or of_table or published(asked) or [cell for cell in _cells() if cell.task.startswith(f"{asked}/")]
    if not found:
        raise UsageError(f"no published scores under {name!r}", mend=suggest(asked, names()))
    return found


def names() -> list[str]:
    """Every name that `reference` knows, sorted: benchmarks, files, tables and tasks."""
    of_files = {name for file in reference_files() for name in (file.name, file.benchmark, *file.aliases)}
    return sorted(of_files | {cell.table for cell in _cells()} | {cell.task for cell in _cells()})


def _called(file: ReferenceFile) -> set[str]:
    return {name.lower() for name in (file.name, file.benchmark, *file.aliases)}


def _cells() -> Iterator[Published]:
    return (cell for file in reference_files() for cell in file.cells)
