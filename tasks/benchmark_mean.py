"""A benchmark's value: the mean over its tasks, with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from corpora import InputError

from .intervals import stratified_interval
from .result import PerQuery, Result, Value


def benchmark_mean(name: str, results: Sequence[Result], system: str) -> Result:
    """One system's results on the runs of a benchmark, averaged: a task's value is the plain mean over its splits and
    subsets, the benchmark's the plain mean over its tasks.

    The measure is the tasks' main one, called `main` where they differ. The interval resamples every run within itself; where
    a run has no values of single queries, its ends are the means of the runs' own, which is wider. `queries` and counts add up.
    Raises InputError where a run is there twice or a task in two versions, which must not be averaged.
    """
    _check(results)
    runs = Counter(result.task for result in results)
    weights = [1 / (len(runs) * runs[result.task]) for result in results]
    mean = sum(weight * result.measures[result.main].mean for weight, result in zip(weights, results, strict=True))
    notes: Counter[str] = Counter()
    for result in results:
        notes.update(result.notes)
    mains = {result.main for result in results}
    return Result(
        task=name,
        subset="mean",
        split=f"{len(runs)} tasks",
        system=system,
        k=0,
        queries=sum(result.queries for result in results),
        measures={mains.pop() if len(mains) == 1 else "main": _value(results, weights, mean)},
        notes=dict(sorted(notes.items())),
        identity={"task": name, "versions": {result.task: result.identity.get("version") for result in results}},
        per_query=PerQuery((), (), {}),
    )


def group_means(groups: Mapping[str, Sequence[str]], results: Sequence[Result], system: str) -> dict[str, Result]:
    """The mean over each group's tasks, by the group's name; groups with no result are left out."""
    found = {group: [result for result in results if result.task in tasks] for group, tasks in groups.items()}
    return {group: benchmark_mean(group, own, system) for group, own in found.items() if own}


def _value(results: Sequence[Result], weights: Sequence[float], mean: float) -> Value:
    singles = [result.per_query.values.get(result.main) for result in results]
    if any(values is None for values in singles):
        ends = [(result.measures[result.main].low, result.measures[result.main].high) for result in results]
        low, high = (sum(weight * end[side] for weight, end in zip(weights, ends, strict=True)) for side in (0, 1))
        return Value(mean, low, high)
    values = [column for column in singles if column is not None]
    groups = [result.per_query.groups or None for result in results]
    found = stratified_interval(values, groups, weights=weights)
    return Value(mean, found.low, found.high)


def _check(results: Sequence[Result]) -> None:
    if not results:
        raise InputError("a benchmark without results has no mean")
    for (task, _, _), own in groupby(sorted(results, key=lambda one: one.key), key=lambda one: one.key[:3]):
        if len(list(own)) > 1:
            raise InputError(f"{task} is there twice", mend="give one result a task, split and subset")
    for task, same in groupby(sorted(results, key=lambda one: one.task), key=lambda one: one.task):
        versions = {str(one.identity.get("version")) for one in same}
        if len(versions) > 1:
            what = f"{task} was scored in versions {' and '.join(sorted(versions))}, which are not averaged"
            raise InputError(what, mend="run it again with this version of medir")
