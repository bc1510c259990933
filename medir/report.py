"""Results and comparisons as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from types import SimpleNamespace
from typing import Any, Literal

from corpora.errors import UsageError
from tasks.comparison import Comparison, same_items
from tasks.result import Result, Value

from .printable import printable, printable_json, printable_lines, printable_markdown
from .report_cost import cost_columns, cost_fields, cost_remarks

Format = Literal["table", "markdown", "csv", "json"]
Marks = Mapping[tuple[str, ...], str]


def results_text(results: Sequence[Result], marks: Marks, form: Format, *, slices: bool = False) -> str:
    """All results, one table a task; a mark says which differ from the first system."""
    if form == "json":
        return printable_json(json.dumps([result.row() for result in results], ensure_ascii=False, indent=1))
    if form == "csv":
        costly = any(result.cost for result in results)
        return as_csv([row | (cost_fields(result) if costly else {}) for result in results for row in _flat(result)])
    parts = []
    for _, of_task in groupby(results, key=lambda result: result.key[:3]):
        parts += _task_text(list(of_task), marks, form, slices)
    return "\n\n".join(parts)


def _task_text(results: list[Result], marks: Marks, form: Format, slices: bool) -> list[str]:
    names = list(results[0].measures)
    rows = [["system", *names]]
    for result in results:
        rows.append([result.system, *(_cell(result.measures[n], marks.get((*result.key, n), "")) for n in names)])
    if any(result.macro for result in results):
        rows[0].append(f"macro {results[0].main}")
        for row, result in zip(rows[1:], results, strict=True):
            row.append(f"{result.macro[result.main]:.4f}")
    rows = [[*row, *spent] for row, spent in zip(rows, cost_columns(results), strict=True)]
    parts = [heading(results[0], form), as_table(rows, form), *_remarks(results, marks)]
    if slices:
        parts += [_slices(results, name, form) for name in results[0].slices]
    return parts


def heading(result: Result, form: Format) -> str:
    """The task, its split and its size."""
    counts = f"{result.queries:,} {result.unit}" + (f" averaged, k {result.k:,}" if result.k else "")
    subset = f", {result.subset}" if result.subset != "default" else ""
    return f"{'## ' if form == 'markdown' else ''}{printable(result.task)} ({printable(result.split + subset)}): {counts}"


def _cell(value: Value, mark: str) -> str:
    return f"{value.mean:.4f} [{value.low:.4f}, {value.high:.4f}]{' ' + mark if mark else ''}"


def _remarks(results: Sequence[Result], marks: Marks) -> list[str]:
    over = "queries (by group where queries share one)" if results[0].k else f"{results[0].unit} or experiments"
    lines = [f"intervals: 95 % bootstrap over {over}"]
    if len(results) > 1:
        test = "exact McNemar" if results[0].identity.get("binary") else "paired sign flips"
        lines.append(f"▲ ▼ above or below {results[0].system} at p < 0.05 ({test}, Holm over all comparisons)")
    lines += cost_remarks(results)
    for result in results:
        lines += [counted_line(result.system, result.notes), *faulty_lines(result)]
        if not same_items(results[0], result):
            lines.append(f"  not tested against {results[0].system}, which was scored over other {result.unit}")
    return ["\n".join(lines)]


def faulty_lines(result: Result) -> list[str]:
    """The pictures that could not be read, the first of them by name, a line each."""
    return [f"  faulty picture: {printable_lines(fault)}" for fault in result.details.get("faulty_images", ())]


def counted_line(system: str, notes: Mapping[str, int]) -> str:
    """All that was counted of a system's run and is not 0."""
    counted = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in notes.items() if count)
    return f"{printable(system)}: {printable(counted) or 'nothing to note'}"


def _slices(results: Sequence[Result], name: str, form: Format) -> str:
    main = results[0].main
    rows = [[name, "queries", *(f"{main} {result.system}" for result in results)]]
    for value, row in results[0].slices[name].items():
        rows.append([value, f"{row['queries']:,}", *(f"{result.slices[name][value][main]:.4f}" for result in results)])
    return as_table(rows, form)


def _flat(result: Result) -> list[dict[str, Any]]:
    head = {
        "task": result.task,
        "subset": result.subset,
        "split": result.split,
        "system": result.system,
        "queries": result.queries,
    }
    return [{**head, "measure": name, **asdict(value)} for name, value in result.measures.items()]


def comparisons_text(comparisons: Sequence[Comparison], form: Format) -> str:
    """Every comparison as a row."""
    if form == "json":
        return printable_json(
            json.dumps([{**asdict(one), "mark": one.mark} for one in comparisons], ensure_ascii=False, indent=1)
        )
    if form == "csv":
        return as_csv([asdict(one) for one in comparisons])
    rows = [["task", "measure", "system", "against", "difference", "p", "adjusted p", "better", "worse", ""]]
    for one in comparisons:
        gap = f"{one.difference:+.4f} [{one.low:+.4f}, {one.high:+.4f}]"
        counts = [f"{one.p:.4f}", f"{one.adjusted:.4f}", f"{one.wins:,}", f"{one.losses:,}"]
        name = one.task if one.subset == "default" else f"{one.task} ({one.subset})"
        rows.append([name, one.measure, one.system, one.baseline, gap, *counts, one.mark])
    return as_table(rows, form)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal keys as CSV with a header, a line feed behind each but the last; empty for no rows."""
    lines: list[str] = []
    if rows:
        # a writer quotes a cell that holds one of its own line ends: with both of them no cell can end a line
        writer = csv.DictWriter(SimpleNamespace(write=lines.append), list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return "\n".join(line.removesuffix("\r\n") for line in lines)


def as_table(rows: Sequence[Sequence[str]], form: Format = "table") -> str:
    """Rows of cells, the first a header, aligned as text or as Markdown; what a cell holds is shown, and orders nothing."""
    if form == "markdown":
        lines = [" | ".join(map(printable_markdown, row)) for row in rows]
        return "\n".join(f"| {line} |" for line in [lines[0], " | ".join("---" for _ in rows[0]), *lines[1:]])
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in rows[0]:
        table.add_column(printable(name), overflow="fold")
    for row in rows[1:]:
        table.add_row(*map(printable, row))
    file = io.StringIO()
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
    Console(file=file, width=max(wide, 100), highlight=False, markup=False).print(table)
    return "\n".join(line.rstrip() for line in file.getvalue().rstrip("\n").splitlines())


def check_format(form: str) -> Format:
    """The format's name. Raises UsageError for an unknown one."""
    if form not in ("table", "markdown", "csv", "json"):
        raise UsageError(f"unknown format {form!r}", mend="use table, markdown, csv or json")
    return form  # type: ignore[return-value]
