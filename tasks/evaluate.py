"""From a task and a system to a Result: the page to read first."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.state import digest_json
from corpora.workspace import Workspace
from retrieval.system import System

from .measures import Scores, score
from .provenance import describe_machine
from .result import PerQuery, Result, Value
from .result_folder import read_result, write_result
from .retrieval_task import RetrievalTask
from .statistics import bootstrap_intervals

LIBRARIES = (
    "medir",
    "numpy",
    "faiss-cpu",
    "numba",
    "pyarrow",
    "pytrec-eval-terrier",
    "torch",
    "sentence-transformers",
    "transformers",
)


def evaluate(task: RetrievalTask, system: System, workspace: Workspace, *, force: bool = False) -> Result:
    """The result of `system` on `task`: the kept one if nothing that it depends on has changed, else computed and kept."""
    card = task.collection.card
    identity = {**task.identity, "spec": system.spec, "system": system.identity(card.language), "versions": library_versions()}
    folder = workspace.folder("results", slug(task.name), f"{slug(system.spec)}-{digest_json(identity)[:16]}")
    if force or not folder.exists():
        _compute(task, system, workspace, identity, _fresh(folder))
    newest = _newest(folder)
    return read_result(newest)


def _compute(task: RetrievalTask, system: System, workspace: Workspace, identity: Mapping[str, Any], folder: Path) -> None:
    of, began = task.collection, time.perf_counter()
    retriever = system.bind(of.corpus, workspace, rule=of.card.text_rule, language=of.card.language)
    bound = time.perf_counter()
    run = task.retrieve(retriever)
    retrieved = time.perf_counter()
    scores = score(run, of.qrels, task.measures)
    result = _result(task, system, identity, scores, _added(of.notes, run.notes, scores.notes))
    echo = getattr(retriever, "echo", None)
    result = replace(result, prompts=echo(of.queries, of.corpus) if echo else {})
    scored = time.perf_counter()
    seconds = {"index": bound - began, "retrieve": retrieved - bound, "score": scored - retrieved}
    write_result(folder, result, run, _config(task, system), describe_machine(seconds))


def _result(task: RetrievalTask, system: System, identity: Mapping[str, Any], scores: Scores, notes: Mapping[str, int]) -> Result:
    of = task.collection
    names = [str(measure) for measure in task.measures]
    values = np.stack([scores.values[measure] for measure in task.measures])
    row_of = {query: row for row, query in enumerate(of.queries.ids)}
    rows = [row_of[query] for query in scores.queries]
    groups = tuple(of.queries.group[row] for row in rows) if of.queries.group else ()
    intervals = bootstrap_intervals(values, groups or None)
    per_query = PerQuery(scores.queries, groups, dict(zip(names, values, strict=True)))
    metadata = [of.queries.metadata[row] for row in rows] if of.queries.metadata else [{}] * len(rows)
    slices = {field: _slice([str(row.get(field, "")) for row in metadata], per_query.values) for field in of.card.slices}
    return Result(
        task=task.name,
        subset="default",
        split=of.split,
        system=system.spec,
        k=task.k,
        queries=len(scores.queries),
        measures={name: Value(i.mean, i.low, i.high) for name, i in zip(names, intervals, strict=True)},
        notes={name: int(count) for name, count in sorted(notes.items())},
        identity=identity,
        per_query=per_query,
        slices=slices,
        macro=_macro(slices.get(of.card.macro, {}), names),
        versions=library_versions(),
    )


def _added(*notes: Mapping[str, int]) -> dict[str, int]:
    """Counts of several sources; what two of them count under one name adds up."""
    found: dict[str, int] = {}
    for counts in notes:
        for name, count in counts.items():
            found[name] = found.get(name, 0) + count
    return found


def _slice(labels: Sequence[str], values: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    """Per label: how many queries carry it, and the mean of each measure over them."""
    found, place = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)
    counts = np.bincount(place, minlength=len(found))
    means = {name: np.bincount(place, column, minlength=len(found)) / counts for name, column in values.items()}
    return {str(f): {"queries": int(counts[i])} | {n: float(m[i]) for n, m in means.items()} for i, f in enumerate(found)}


def _macro(by_value: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in by_value.values()])) for name in names} if by_value else {}


def _config(task: RetrievalTask, system: System) -> dict[str, Any]:
    card = task.collection.card
    chosen = {"task": task.name, "split": task.collection.split, "retriever": system.spec, "k": task.k}
    return chosen | {"measures": [str(m) for m in task.measures], "text_rule": card.text_rule, "language": card.language}


def library_versions() -> dict[str, str]:
    """The installed versions of all that can move a score, without importing any of it."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def slug(name: str) -> str:
    """A name as part of a path: letters, digits, dot, plus and minus, at most 60 characters."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:60] or "unnamed"


def _fresh(folder: Path) -> Path:
    """Results are append-only: the folder itself, or the next free `-2`, `-3`... beside it."""
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def _newest(folder: Path) -> Path:
    number, newest = 2, folder
    while (behind := folder.with_name(f"{folder.name}-{number}")).exists():
        number, newest = number + 1, behind
    return newest
