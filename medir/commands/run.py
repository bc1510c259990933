"""`medir run`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from itertools import groupby, product
from pathlib import Path

from corpora import Collection, InputError, UsageError
from corpora.workspace import Workspace
from medir.report import check_format, results_text
from tasks.comparison import marks
from tasks.evaluate import evaluate, slug
from tasks.result import Result
from tasks.result_folder import copy_result
from tasks.retrieval_task import make_task

from .options import collections, commas, workspace


def run(
    *,
    retriever: list[str],
    task: list[str] | None = None,
    data: Path | None = None,
    split: str | None = None,
    k: int = 1000,
    measures: str = "",
    out: Path | None = None,
    format: str = "table",
    offline: bool = False,
    force: bool = False,
    allow_dangling: bool = False,
    language: str | None = None,
    text_rule: str | None = None,
    roll_up: str | None = None,
    slices: bool = False,
) -> None:
    """Score systems on a task and keep the results.

    Parameters
    ----------
    retriever
        A SPEC, once per system: bm25, dense:minilm, "rrf(bm25, dense:minilm)", dense:my_model.py:MyEncoder.
    task
        A built-in task by name (see medir collections); may be given several times.
    data
        A folder with corpus, queries and qrels.
    split
        The judgements to use; test by default, or the only one there is.
    k
        How deep each ranking is kept.
    measures
        Comma-separated; the first is the main one. By default the task's own.
    out
        A new folder that gets a copy of the results.
    format
        table, markdown, csv or json.
    offline
        Open no connection.
    force
        Compute again what is kept.
    allow_dangling
        Run even if more than 0.1 % of the judgements name unknown documents or queries.
    language
        The language of the data (en, zh...), which chooses the analyser.
    text_rule
        How title and text become one: joined, text or pair.
    roll_up
        How chunks are ranked as their parents: max, sum, first, or none.
    slices
        Also print the values by slice.
    """
    form = check_format(format)
    check_out(out)
    place = workspace(offline)
    found = collections(
        task or [], data, split, place, allow_dangling=allow_dangling, language=language, text_rule=text_rule, roll_up=roll_up
    )
    with redirect_stdout(sys.stderr):  # what a user's class prints must not stand among the results
        results = score_all(found, retriever, place, measures=commas(measures), k=k, force=force)
    results = copy_out(results, out)
    print(results_text(results, marks_of(results), form, slices=slices))
    if form == "table":
        print(f"\nresults: {where(results, out)}", file=sys.stderr)


def score_all(
    found: Sequence[Collection], specs: Sequence[str], place: Workspace, *, measures: Sequence[str], k: int, force: bool
) -> list[Result]:
    """Every system on every collection; names and options are checked before any work starts."""
    from retrieval.systems import make_system

    systems = [make_system(spec) for spec in specs]
    if len({system.spec for system in systems}) < len(systems):
        raise UsageError("the same system is given twice", mend="give each --retriever once")
    tasks = [make_task(collection, measures, k) for collection in found]
    for task, system in product(tasks, systems):
        system.identity(task.collection.card.language)  # a model that is not there says so now
    return [evaluate(task, system, place, force=force) for task in tasks for system in systems]


def marks_of(results: Sequence[Result]) -> dict[tuple[str, str, str], str]:
    """Within every task, how each system stands to the first."""
    found: dict[tuple[str, str, str], str] = {}
    for _, group in groupby(results, key=lambda result: (result.task, result.split)):
        found |= marks(list(group))
    return found


def check_out(out: Path | None) -> None:
    """Raise InputError where `--out` already holds something."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("--out is not empty", where=str(out), mend="name a new folder; nothing was written")


def copy_out(results: Sequence[Result], out: Path | None) -> list[Result]:
    """Results copied under `out`: into it if there is one, else into a folder each; they then say so."""
    if out is None:
        return list(results)
    names = [slug(f"{result.task}-{result.system}") for result in results]
    places = [out] if len(results) == 1 else [out / (f"{n}-{i}" if names.count(n) > 1 else n) for i, n in enumerate(names, 1)]
    for result, folder in zip(results, places, strict=True):
        copy_result(result, folder)
    return [replace(result, folder=folder) for result, folder in zip(results, places, strict=True)]


def where(results: Sequence[Result], out: Path | None) -> str:
    """The folders that hold the results."""
    return str(out) if out else "\n         ".join(str(result.folder) for result in results)
