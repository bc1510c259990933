"""`medir reference`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby

from baselines.reference import Published, reference_files
from baselines.reference import reference as published_under
from medir.report import Format, as_csv, as_table, check_format


def reference(name: str = "", *, format: str = "table") -> None:
    """Print what systems scored in print, each number with its source.

    Parameters
    ----------
    name
        A benchmark, a task or a table; without it, list what there is.
    format
        table, markdown, csv or json.
    """
    form = check_format(format)
    print(_cells_text(published_under(name), form) if name else _list_text(form))


def _list_text(form: Format) -> str:
    rows = [
        {
            "name": file.name,
            "benchmark": file.benchmark,
            "table": table.id,
            "systems": len({cell.system for cell in table.cells}),
            "cells": len(table.cells),
            "source": table.source,
        }
        for file in reference_files()
        for table in file.tables
    ]
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1)
    if form == "csv":
        return as_csv(rows)
    return as_table([list(rows[0]), *([str(value) for value in row.values()] for row in rows)], form)


def _cells_text(cells: Sequence[Published], form: Format) -> str:
    if form == "json":
        return json.dumps([cell.row() for cell in cells], ensure_ascii=False, indent=1)
    if form == "csv":
        return as_csv([{"subset": "", "note": "", **cell.row()} for cell in cells])
    ordered = groupby(cells, key=lambda cell: cell.table)
    return "\n\n".join(_table_text(table, list(group), form) for table, group in ordered)


def _table_text(table: str, cells: Sequence[Published], form: Format) -> str:
    """One published table: a row a system, a column for each task, subset and measure; then sources and notes."""
    columns = list(dict.fromkeys(_column(cell) for cell in cells))
    values = {(cell.system, _column(cell)): f"{cell.value:.4f}" for cell in cells}
    systems = list(dict.fromkeys(cell.system for cell in cells))
    measures = {cell.measure for cell in cells}
    heads = [_head(column, with_measure=len(measures) > 1) for column in columns]
    rows = [["system", *heads], *([system, *(values.get((system, c), "") for c in columns)] for system in systems)]
    title = f"{'## ' if form == 'markdown' else ''}{table}{f' ({measures.pop()})' if len(measures) == 1 else ''}"
    return "\n\n".join([title, as_table(rows, form), "\n".join(_remarks(cells))])


def _column(cell: Published) -> tuple[str, str, str]:
    return (cell.task, cell.subset, cell.measure)


def _head(column: tuple[str, str, str], *, with_measure: bool) -> str:
    task, subset, measure = column
    return " ".join(part for part in (task, subset, measure if with_measure else "") if part)


def _remarks(cells: Sequence[Published]) -> list[str]:
    """Sources and notes, each with the systems that it speaks of unless those are all."""
    everyone = list(dict.fromkeys(cell.system for cell in cells))
    sources = _systems_by((cell.source, cell.system) for cell in cells)
    notes = _systems_by((part, cell.system) for cell in cells for part in cell.note.split("; ") if part)
    lines = []
    for kind, found in (("source", sources), ("note", notes)):
        for text, systems in found.items():
            whose = "" if len(systems) == len(everyone) else f" of {', '.join(systems)}"
            lines.append(f"{kind}{whose}: {text}")
    return lines


def _systems_by(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The systems of each text, both in order of appearance."""
    found: dict[str, dict[str, None]] = {}
    for text, system in pairs:
        found.setdefault(text, {})[system] = None
    return {text: list(systems) for text, systems in found.items()}
