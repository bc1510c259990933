"""The nouns of published scores: one cell, a mean that a source prints, a table, a file of tables."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Published:
    """One cell of a published table.

    `value` is on the scale 0 to 1, exactly as printed (19.19 percent is 0.1919). `subset` is a language or another part of
    the task, often empty. `kind` says who measured: `authors`, `independent`, or `repeated` for a cell that another table
    holds in full. A mean that is printed beside its cells (`is_mean`) stands under the benchmark's name as its task.
    """

    task: str
    subset: str
    system: str
    measure: str
    value: float
    source: str
    table: str
    kind: str
    note: str = ""
    is_mean: bool = False

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What no two cells share."""
        return (self.table, self.task, self.subset, self.system, self.measure)

    def row(self) -> dict[str, str | float]:
        """The row that `--format json` prints; subset and note only where there is one."""
        row: dict[str, str | float] = {"task": self.task, "system": self.system, "measure": self.measure}
        row |= {"value": self.value, "source": self.source}
        return row | {name: text for name, text in (("subset", self.subset), ("note", self.note)) if text}


@dataclass(frozen=True)
class PrintedMean:
    """The mean that a source prints for a system, and the mean of its printed cells, both in percentage points.

    `exception` says why they differ by more than 0.01, where they do.
    """

    system: str
    printed: Decimal
    recomputed: Decimal
    exception: str = ""

    @property
    def agrees(self) -> bool:
        """Whether they are within 0.01 percentage points."""
        return abs(self.printed - self.recomputed) <= Decimal("0.01")


@dataclass(frozen=True)
class Table:
    """A published table: its cells row by row, the means that it prints among them, and what is said of the whole."""

    id: str
    unit: str
    cells: tuple[Published, ...]
    means: tuple[PrintedMean, ...]
    source: str
    note: str = ""


@dataclass(frozen=True)
class ReferenceFile:
    """The tables of one file: `name` is the file's, `benchmark` what they belong to, `aliases` other names of it."""

    name: str
    benchmark: str
    title: str
    aliases: tuple[str, ...]
    tables: tuple[Table, ...]

    @property
    def cells(self) -> tuple[Published, ...]:
        """All cells, table by table."""
        return tuple(cell for table in self.tables for cell in table.cells)
