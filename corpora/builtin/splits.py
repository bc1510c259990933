"""From what is asked to the queries and judgements of one split, with whole groups on one side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..errors import UsageError
from ..queries import Qrels, Queries
from .overlap import fold

SPLITS = ("test", "dev", "all")


@dataclass(frozen=True)
class Asked:
    """One query of a built-in: its text, the documents that it stands on (in corpus order), and all that count as right.

    `ignored` documents are left out of its ranking. `side` is `test`, `dev` or empty (in `all` alone).
    """

    text: str
    on: tuple[str, ...]
    relevant: frozenset[str]
    ignored: frozenset[str]
    side: str
    metadata: Mapping[str, str]

    @cached_property
    def id(self) -> str:
        """The first document it stands on and 8 hex digits of its folded text's sha256: content, never position."""
        return f"{self.on[0]}-{hashlib.sha256(fold(self.text).encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Sides:
    """All queries of a collection, the group of each, and the split of each group."""

    asked: tuple[Asked, ...]
    groups: tuple[str, ...]
    sides: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """How many queries there are, in all and by split, and how many judgements."""
        return {
            "queries": len(self.asked),
            "queries_test": self.sides.count("test"),
            "queries_dev": self.sides.count("dev"),
            "queries_only_in_all": self.sides.count(""),
            "judgements": sum(len(ask.relevant) for ask in self.asked),
        }

    def take(self, split: str) -> tuple[Queries, Qrels]:
        """The queries and judgements (grade 1) of a split."""
        rows = [row for row, side in enumerate(self.sides) if split in (side, "all")]
        asked = [self.asked[row] for row in rows]
        queries = Queries.of_texts(
            [ask.id for ask in asked],
            [ask.text for ask in asked],
            metadata=tuple(ask.metadata for ask in asked),
            group=tuple(self.groups[row] for row in rows),
        )
        grades = {ask.id: dict.fromkeys(sorted(ask.relevant), 1) for ask in asked}
        return queries, Qrels(grades, {ask.id: ask.ignored for ask in asked if ask.ignored})


def check_split(split: str, name: str) -> None:
    """Nothing for a known split. Raises UsageError that lists them."""
    if split not in SPLITS:
        raise UsageError(f"{name} has no split {split!r}", mend=f"use one of: {', '.join(SPLITS)}")


def sided(asked: Sequence[Asked]) -> Sides:
    """The queries with their groups, and each group's split.

    Queries that share a right answer, directly or through others, are one group, named by its least document id. A
    group whose queries are not all on one side stands in neither `test` nor `dev`.
    """
    root = linked(ask.relevant for ask in asked)
    groups = tuple(root[ask.on[0]] for ask in asked)
    seen: dict[str, set[str]] = {}
    for group, ask in zip(groups, asked, strict=True):
        seen.setdefault(group, set()).add(ask.side)
    return Sides(tuple(asked), groups, tuple(only(seen[group]) for group in groups))


def only(sides: Iterable[str]) -> str:
    """The one side that all of them are; empty where they differ."""
    different = set(sides)
    return different.pop() if len(different) == 1 else ""


def linked(sets: Iterable[Iterable[str]]) -> dict[str, str]:
    """Each element's group: elements of one set are together, and so are sets that share one. A group's name is its least."""
    parent: dict[str, str] = {}

    def root(element: str) -> str:
        while parent.setdefault(element, element) != element:
            parent[element] = element = parent[parent[element]]
        return element

    for together in sets:
        roots = sorted({root(element) for element in together})
        parent.update(dict.fromkeys(roots, roots[0]))
    return {element: root(element) for element in list(parent)}
