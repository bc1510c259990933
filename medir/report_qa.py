"""Results of questions as text, Markdown, CSV and JSON: accuracy, what could not be read, and what passages gained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from tasks.costs import per_query
from tasks.qa.figures.details import plain as as_json
from tasks.qa.figures.gain import gains
from tasks.qa.figures.robustness import attack
from tasks.qa.files import graded_of, read_answers
from tasks.result import Result, Value

from .printable import printable, printable_json
from .report import Format, as_csv, as_table
from .report_cost import cost_columns
from .report_qa_notes import Row, remarks, small

FIRST = ("accuracy", "accuracy_read", "read")


def rows_of(results: Sequence[Result]) -> list[Row]:
    """Every result with its gain over the first of its model; Holm over all of a model's on the same questions."""
    found: dict[int, Row] = {}
    numbered = list(enumerate(results))
    for _, group in groupby(sorted(numbered, key=lambda one: (_key(one[1]), one[0])), key=lambda one: _key(one[1])):
        own = list(group)
        found |= dict(zip([number for number, _ in own], _against_first([result for _, result in own]), strict=True))
    return [found[number] for number, _ in numbered]


def _key(result: Result) -> tuple[str, ...]:
    return (*result.key[:3], str(result.details["llm"]))


def _against_first(results: Sequence[Result]) -> list[Row]:
    rows = [Row(result) for result in results]
    if any("accuracy" not in result.measures for result in results):
        return rows
    answers = [read_answers(result.folder) for result in results if result.folder is not None]
    graded = [graded_of([row for row in own if row["kind"] != "free"]) for own in answers]
    first = results[0]
    rows[1:] = [Row(result, first.system, gain) for result, gain in zip(results[1:], gains(graded[1:], graded[0]), strict=True)]
    clean = {(result.details["context"], result.details["k"]): number for number, result in enumerate(results)}
    for number, row in enumerate(rows):
        targets = row.result.details.get("targets")
        before = clean.get((row.result.details.get("poisoned_context", ""), row.result.details["k"]))
        if targets is not None and before is not None:
            wanted = [targets.get(name, "") for name in graded[before].ids]
            rows[number] = Row(row.result, row.baseline, row.gain, attack(graded[before], graded[number], wanted))
    return rows


def qa_text(results: Sequence[Result], form: Format, *, slices: bool = False) -> str:
    """All results, one table a set of questions."""
    rows = rows_of(results)
    if form == "json":
        return printable_json(json.dumps([as_row(row) for row in rows], ensure_ascii=False, indent=1))
    if form == "csv":
        return as_csv([flat for row in rows for flat in _flat(row)])
    parts = []
    for _, group in groupby(rows, key=lambda row: row.result.key[:3]):
        parts += _table(list(group), form, slices)
    return "\n\n".join(parts)


def as_row(row: Row) -> dict[str, Any]:
    """A result as `--format json` prints it: what was asked, the figures as fractions, what a gain over the first is."""
    result, told = row.result, dict(row.result.details)
    plain = result.row()
    found = {name: plain.pop(name) for name in ("task", "subset", "split", "system")}
    found |= {name: told.pop(name) for name in ("llm", "context", "k")} | {"n": plain.pop("queries")}
    found |= {name: value.mean for name, value in result.measures.items()}
    found |= {"failures": told.pop("failures", {})}
    if row.gain:
        found |= {"gain": {"against": row.baseline, **as_json(row.gain)}}
    found |= {"attack": as_json(row.attack)} if row.attack else {}
    return {**found, **plain, **told, **({"slices": result.slices} if result.slices else {})}


def _table(rows: list[Row], form: Format, slices: bool) -> list[str]:
    results = [row.result for row in rows]
    first, several = results[0], len({result.details["llm"] for result in results}) > 1
    names = sorted({name: None for result in results for name in result.measures}, key=_place)
    head = ["model", "context", "k", *names, "helped", "hurt", "difference", "p (Holm)"]
    body = [
        [*cells, *spent]
        for cells, spent in zip([head, *(_cells(row, names) for row in rows)], cost_columns(results), strict=True)
    ]
    table = as_table(_without_empty([cells[0 if several else 1 :] for cells in body]), form)
    parts = [_heading(first, form, several), table, "\n".join(remarks(rows, several))]
    return parts + ([_slices(rows, name, form) for name in first.slices] if slices else [])


def _place(name: str) -> int:
    """Accuracy on read answers, which some rows lack, stands behind accuracy; all else stays in its order."""
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _heading(result: Result, form: Format, several: bool) -> str:
    subset = f", {result.subset}" if result.subset != "default" else ""
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in result.details["kinds"].items())
    heading = printable(f"{result.task} ({result.split}{subset}): {result.queries:,} questions ({kinds})")
    model = "" if several else f"\n{printable('answered by ' + str(result.details['llm']))}"
    return f"## {heading}\n{model}" if form == "markdown" else f"{heading}{model}"


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    told, gain = row.result.details, row.gain
    values = [_value(row.result.measures.get(name)) for name in names]
    gap = ["", "", "", ""]
    if gain:
        wide = gain.strict.difference
        gap = [f"{gain.strict.helped:,}", f"{gain.strict.hurt:,}", f"{wide.mean:+.4f} [{wide.low:+.4f}, {wide.high:+.4f}]"]
        gap.append(f"{small(gain.adjusted)} {gain.mark}".strip())
    return [str(told["llm"]), str(told["context"]), str(told["k"] or ""), *values, *gap]


def _value(value: Value | None) -> str:
    return "–" if value is None else f"{value.mean:.4f} [{value.low:.4f}, {value.high:.4f}]"


def _without_empty(rows: list[list[str]]) -> list[list[str]]:
    """The table without columns that hold nothing."""
    kept = [column for column in range(len(rows[0])) if any(row[column] for row in rows[1:])]
    return [[row[column] for column in kept] for row in rows]


def _named(result: Result) -> str:
    k = result.details["k"]
    return f"{result.details['context']}{f' k={k}' if k else ''}"


def _slices(rows: Sequence[Row], name: str, form: Format) -> str:
    """A slice by its values: the main measure of each row; beside accuracies also the first measure of free-text answers."""
    first = rows[0].result
    texts = next(iter(first.details.get("free_text", {})), "")
    shown = [("questions", "queries", first.main)]
    if texts and any("free_questions" in cell for cell in first.slices[name].values()):
        shown.append(("free text", "free_questions", texts))
    head = [name, *(cell for what, _, measure in shown for cell in (what, *(f"{measure} {_named(row.result)}" for row in rows)))]
    body = [
        [value, *(cell for _, count, measure in shown for cell in _sliced(rows, name, value, count, measure))]
        for value in first.slices[name]
    ]
    return as_table([head, *body], form)


def _sliced(rows: Sequence[Row], name: str, value: str, count: str, measure: str) -> list[str]:
    """How many questions carry a value of a slice, and the measure of each row over them; nothing where none does."""
    cells = [row.result.slices[name][value] for row in rows]
    number = int(cells[0].get(count, 0))
    return [f"{number:,}" if number else "", *(f"{cell[measure]:.4f}" if number else "" for cell in cells)]


def _flat(row: Row) -> list[dict[str, Any]]:
    result, told = row.result, row.result.details
    head = {"task": result.task, "subset": result.subset, "split": result.split, "llm": told["llm"], "context": told["context"]}
    head |= {"k": told["k"], "questions": result.queries, "helped": "", "hurt": "", "p": ""}
    if row.gain:
        head |= {"helped": row.gain.strict.helped, "hurt": row.gain.strict.hurt, "p": row.gain.adjusted}
    own = per_query(result.cost)
    spent = {"tokens": own["tokens"], "seconds": own["seconds"], "price": own["price"]} if own else {}
    empty = {"tokens": "", "seconds": "", "price": ""}
    return [{**head, "measure": name, **asdict(value), **empty, **spent} for name, value in result.measures.items()]
