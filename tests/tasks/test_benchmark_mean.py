"""A benchmark's mean against sums by hand and a resampling written apart, and what must not be averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from corpora import InputError
from tasks.benchmark_mean import averages, benchmark_mean
from tasks.catalogue.entries import Benchmark, Member
from tasks.result import PerQuery, Result, Value


def result(task: str, values: Sequence[float], subset: str = "default", **more: object) -> Result:
    column = np.array(values, np.float64)
    single = PerQuery(tuple(map(str, range(len(values)))), (), {"nDCG@10": column})
    value = {"nDCG@10": Value(float(column.mean()), 0.0, 1.0)}
    counted = {"notes": {"empty_queries": 1}, "identity": {"version": 1}}
    made = Result(task, subset, "test", "bm25", 10, len(values), value, per_query=single, **counted)  # type: ignore[arg-type]
    return replace(made, **more)  # type: ignore[arg-type]


ALL = Benchmark("all", "All", (Member("a", ("test",), ("",)), Member("b", ("test",), ("en", "es"))), version=3)
RUNS = [result("a", [0, 1, 1, 0]), result("b", [0.2, 0.4], "en"), result("b", [0.6, 0.8, 1.0], "es")]


def test_a_task_counts_once_however_many_subsets_it_has() -> None:
    mean = benchmark_mean(ALL, RUNS, "bm25")
    assert mean.measures["nDCG@10"].mean == pytest.approx((0.5 + (0.3 + 0.8) / 2) / 2)
    assert (mean.task, mean.subset, mean.split, mean.queries, mean.notes) == ("all", "mean", "2 tasks", 9, {"empty_queries": 3})


def test_the_interval_resamples_each_run_within_itself() -> None:
    rng = np.random.default_rng(7)
    columns = [run.per_query.values["nDCG@10"] for run in RUNS]
    drawn = [rng.choice(column, (20_000, len(column))).mean(axis=1) for column in columns]
    low, high = np.quantile(0.5 * drawn[0] + 0.25 * drawn[1] + 0.25 * drawn[2], [0.025, 0.975])
    found = benchmark_mean(ALL, RUNS, "bm25").measures["nDCG@10"]
    assert (found.low, found.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))


def test_without_values_of_single_queries_the_ends_are_averaged() -> None:
    bare = result("c", [0.5], per_query=PerQuery((), (), {}), measures={"max_ap": Value(0.5, 0.4, 0.7)})
    with_c = replace(ALL, members=(ALL.members[0], Member("c", ("test",), ("",))))
    found = benchmark_mean(with_c, [RUNS[0], bare], "bm25").measures
    assert found == {"main": Value(pytest.approx(0.5), pytest.approx(0.2), pytest.approx(0.85))}


def test_groups_are_averaged_in_the_same_way() -> None:
    grouped = replace(ALL, groups={"first": ("a",), "second": ("b",)})
    found = [(one.task, one.subset, one.split, one.measures["nDCG@10"].mean) for one in averages(grouped, RUNS, "bm25")]
    assert [one[:3] for one in found] == [("all", "first", "1 task"), ("all", "second", "1 task"), ("all", "mean", "2 tasks")]
    assert [one[3] for one in found] == pytest.approx([0.5, 0.55, 0.525])
    assert [one.subset for one in averages(grouped, RUNS[:1], "bm25")] == ["first", "mean"]
    assert averages(grouped, [], "bm25") == []


def test_a_mean_that_lacks_runs_says_so_and_is_another_than_the_whole() -> None:
    whole, part = benchmark_mean(ALL, RUNS, "bm25"), benchmark_mean(ALL, RUNS[:2], "bm25")
    assert (part.split, part.notes["runs_missing"]) == ("1 of 2 tasks", 1)
    assert "runs_missing" not in whole.notes
    assert (whole.identity["version"], whole.identity["tasks"]) == (3, ["a", "b"])


def test_what_must_not_be_averaged_is_refused() -> None:
    with pytest.raises(InputError, match="a is there twice"):
        benchmark_mean(ALL, [*RUNS, RUNS[0]], "bm25")
    newer = result("b", [1], "fr", identity={"version": 2})
    with pytest.raises(InputError, match="b was scored in versions 1 and 2"):
        benchmark_mean(ALL, [*RUNS, newer], "bm25")
    with pytest.raises(InputError, match="without results"):
        benchmark_mean(ALL, [], "bm25")
