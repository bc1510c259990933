"""`medir reproduce`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from baselines.recipes import Recipe, recipe, recipes
from baselines.reference import Published
from baselines.reproduce import Reproduced, facts_of, reproduced
from corpora import InputError, SurroundingsError, UsageError
from corpora.generations import ENDINGS
from corpora.registry import suggest
from corpora.workspace import Workspace
from medir.api import evaluate, open_collection
from medir.report import Format, as_csv, as_table, check_format
from tasks.catalogue.entries import entry
from tasks.catalogue.entry import RANKED

from .options import workspace


def reproduce(
    name: str = "",
    *,
    task: list[str] | None = None,
    generations: Path | None = None,
    format: str = "table",
    offline: bool = False,
    force: bool = False,
) -> None:
    """Run a recipe and hold every number against the published one.

    Parameters
    ----------
    name
        A recipe, for example r2med/bm25; without it, list those there are.
    task
        Only these of the recipe's tasks; may be given several times.
    generations
        For recipes with stored generations: their file, or a folder with one a task. By default those that the data brings.
    format
        table, markdown, csv or json.
    offline
        Open no connection.
    force
        Compute again what is kept.
    """
    form = check_format(format)
    if not name:
        print(_list_text(form))
        return
    chosen = recipe(name)
    tasks = _tasks(chosen, task or [], generations)
    place = workspace(offline)
    with redirect_stdout(sys.stderr):
        found = [one for each in tasks for one in _of_task(chosen, each, generations, place, force=force)]
    print(_found_text(chosen, found, form))


def _tasks(chosen: Recipe, asked: Sequence[str], generations: Path | None) -> list[str]:
    """The tasks to run, which rank documents. Raises UsageError for one that the row has no cell of, or wrong generations."""
    there = list(dict.fromkeys(cell.task for cell in chosen.cells if not cell.subset and entry(cell.task).type in RANKED))
    if strange := [task for task in asked if task not in there]:
        raise UsageError(f"{chosen.name} has no published value for {strange[0]!r}", mend=suggest(strange[0], there))
    if chosen.waits_for:
        mend = "medir reference prints what is published; the recipe says how it was made"
        raise SurroundingsError(f"{chosen.name} cannot be run yet: it needs {chosen.waits_for}", mend=mend)
    tasks = list(asked) or list(chosen.tasks) or there
    _check_generations(chosen, tasks, generations)
    return tasks


def _check_generations(chosen: Recipe, tasks: Sequence[str], given: Path | None) -> None:
    """Raise UsageError for generations that are of no use, or missing, and for one file of them for several tasks."""
    mend = 'JSONL of {"query_id", "text"}; in a folder, one file a task'
    if given is not None and chosen.queries == "query":
        raise UsageError(f"{chosen.name}: leave out --generations", mend="it searches for the queries alone")
    if given is None and chosen.queries != "query" and not chosen.generator:
        raise UsageError(f"{chosen.name}: give --generations with {chosen.generations}", mend=mend)
    if given is not None and given.is_file() and len(tasks) > 1:
        what = f"one file of generations for {len(tasks)} tasks, whose query ids may repeat"
        raise UsageError(what, where=str(given), mend="give a folder with one file a task, or one --task")


def _of_task(chosen: Recipe, task: str, generations: Path | None, place: Workspace, *, force: bool) -> list[Reproduced]:
    """Every published cell of the row on a task, beside our value."""
    rule: Any = chosen.text_rule
    opened = open_collection(task, workspace=place)
    collection = replace(opened, card=replace(opened.card, text_rule=rule))
    texts = str(generations_file(generations, task)) if generations else ""
    cells = [cell for cell in chosen.cells if cell.task == task and not cell.subset]
    names = list(dict.fromkeys(cell.measure for cell in cells))
    result = evaluate(collection, chosen.spec_for(task, texts), measures=names, k=chosen.k, workspace=place, force=force)
    facts = facts_of(result.identity, result.prompts)
    return [reproduced(chosen, cell, result.measures[cell.measure].mean, facts) for cell in cells]


def generations_file(given: Path, task: str) -> Path:
    """The file for a task: what was given if it is a file, else `TASK.jsonl[.gz]` in the folder, by the task's last part.

    Raises InputError where there is none.
    """
    if given.is_file():
        return given
    wanted = [given / f"{task.rpartition('/')[2]}{ending}" for ending in ENDINGS]
    there = [path for path in wanted if path.is_file()]
    if not there:
        raise InputError(f"no generations for {task}", where=str(given), mend=f"put them into {wanted[0].name}")
    return there[0]


def _list_text(form: Format) -> str:
    rows = [
        {"name": one.name, "spec": one.spec, "cells": str(len(one.cells)), "needs": one.waits_for or _to_bring(one)}
        for one in recipes().values()
    ]
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1)
    return as_csv(rows) if form == "csv" else as_table([list(rows[0]), *(list(row.values()) for row in rows)], form)


def _to_bring(one: Recipe) -> str:
    """The stored texts that a user must give; empty where the data brings them."""
    return "" if one.generator else one.generations


def _found_text(chosen: Recipe, found: Sequence[Reproduced], form: Format) -> str:
    rows = [_row(one.cell, one) for one in found]
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1)
    if form == "csv":
        return as_csv(rows)
    shown = [name for name in rows[0] if name not in ("source", "subset")]
    table = as_table([shown, *([_shown(name, row[name]) for name in shown] for row in rows)], form)
    gaps = [f"known gap, {gap.kind}: {gap.text}" for gap in chosen.known_gaps]
    counts = ", ".join(f"{sum(one.verdict == word for one in found)} {word}" for word in ("ok", "near", "off"))
    return "\n\n".join([f"{chosen.name}: {chosen.title}; {chosen.spec}, k {chosen.k:,}", table, "\n".join([counts, *gaps])])


def _row(cell: Published, one: Reproduced) -> dict[str, Any]:
    head = {"task": cell.task, "subset": cell.subset, "system": cell.system, "measure": cell.measure}
    values = {"published": cell.value, "ours": one.ours}
    return {**head, **values, "difference": one.difference, "verdict": one.verdict, "cause": one.cause, "source": cell.source}


def _shown(name: str, value: Any) -> str:
    return f"{value:{'+' if name == 'difference' else ''}.4f}" if isinstance(value, float) else str(value)
