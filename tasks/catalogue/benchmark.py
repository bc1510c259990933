"""A benchmark: which tasks it has, and how their values are averaged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Literal

from corpora.card_file import read_table
from corpora.errors import InputError, UsageError
from corpora.registry import suggest

from .entry import Entry

Averaging = Literal["tasks"]
KEYS = ("title", "citation", "tasks", "only", "groups", "averaging", "version")


@dataclass(frozen=True)
class Member:
    """A task of a benchmark, and the splits and subsets that count (one empty subset where the task has none)."""

    task: str
    splits: tuple[str, ...]
    subsets: tuple[str, ...]

    def runs(self) -> Iterator[tuple[str, str, str]]:
        """Task, split and subset of everything that is scored."""
        yield from ((self.task, split, subset) for split, subset in product(self.splits, self.subsets))


@dataclass(frozen=True)
class Benchmark:
    """Tasks that are averaged. `averaging` "tasks": a task's value is the plain mean over its splits and subsets, the
    benchmark's the plain mean over its tasks. `groups` name parts of it that are averaged in the same way.
    """

    name: str
    title: str
    members: tuple[Member, ...]
    citation: str = ""
    averaging: Averaging = "tasks"
    version: int = 1
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of its tasks, in order."""
        return tuple(member.task for member in self.members)

    def runs(self) -> list[tuple[str, str, str]]:
        """Task, split and subset of everything that is scored, in order."""
        return [run for member in self.members for run in member.runs()]


def read_benchmarks(path: Path, known: Mapping[str, Entry]) -> dict[str, Benchmark]:
    """The benchmarks of a file by name. Raises InputError, with file and name, for an unknown key, task, split or subset."""
    return {name: _benchmark(name, table, known, f"{path}, {name}") for name, table in read_table(path).items()}


def _benchmark(name: str, table: Mapping[str, Any], known: Mapping[str, Entry], where: str) -> Benchmark:
    if wrong := [key for key in table if key not in KEYS]:
        raise InputError(f"unknown key {wrong[0]!r}", where=where, mend=f"use one of: {', '.join(KEYS)}")
    if table.get("averaging", "tasks") != "tasks":
        raise InputError(f"'averaging' is {table['averaging']!r}", where=where, mend="use: tasks")
    tasks, groups = table["tasks"], {group: tuple(names) for group, names in table.get("groups", {}).items()}
    only = table.get("only", {})
    for task in [*tasks, *only, *(task for names in groups.values() for task in names)]:
        if task not in known or task not in tasks:
            raise InputError(f"there is no task {task!r}", where=where, mend=suggest(task, list(tasks)))
    members = tuple(_member(known[task], only.get(task, {}), where) for task in tasks)
    return Benchmark(name, table["title"], members, table.get("citation", ""), "tasks", table.get("version", 1), groups)


def _member(entry: Entry, only: Mapping[str, Any], where: str) -> Member:
    try:
        splits = tuple(entry.split(split) for split in only.get("splits", entry.splits))
        subsets = tuple(entry.subset(subset) for subset in only.get("subsets", entry.subsets or [""]))
    except UsageError as problem:
        raise InputError(problem.what, where=where, mend=problem.mend) from None
    return Member(entry.name, splits, subsets)
