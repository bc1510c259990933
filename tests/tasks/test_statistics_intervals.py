"""Bootstrap intervals against SciPy, by their coverage, and at the edges."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from corpora import InputError
from tasks.statistics import Interval, bootstrap_interval, bootstrap_intervals, stratified_interval

stats = pytest.importorskip("scipy.stats")

MANY = 50_000
"""With so many resamples an end's Monte-Carlo error is about 0.012 standard errors of the mean."""


def reciprocal_ranks(n: int, seed: int) -> np.ndarray:
    return 1 / np.random.default_rng(seed).integers(1, 12, n) ** 2


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_ends_are_those_of_scipy(confidence: float) -> None:
    values = reciprocal_ranks(80, 0)
    many = {"n_resamples": 4 * MANY, "batch": 1000, "rng": 1}
    mine = bootstrap_interval(values, resamples=4 * MANY, confidence=confidence)
    theirs = stats.bootstrap((values,), np.mean, confidence_level=confidence, method="percentile", **many)
    assert mine.mean == pytest.approx(values.mean(), abs=1e-15)
    tolerance = 0.04 * values.std() / np.sqrt(len(values))
    assert (mine.low, mine.high) == pytest.approx(tuple(theirs.confidence_interval), abs=tolerance)


def test_groups_are_resampled_whole_as_a_ratio_of_sums() -> None:
    rng = np.random.default_rng(2)
    group = rng.integers(0, 30, 150)
    values = np.clip(rng.random(30)[group] + 0.1 * rng.standard_normal(150), 0, 1)
    sums, sizes = np.bincount(group, values), np.bincount(group)

    def ratio(sums: np.ndarray, sizes: np.ndarray, axis: int = -1) -> np.ndarray:
        return sums.sum(axis=axis) / sizes.sum(axis=axis)

    theirs = stats.bootstrap((sums, sizes), ratio, paired=True, n_resamples=MANY, method="percentile", batch=1000, rng=1)
    mine = bootstrap_interval(values, [f"code {g}" for g in group], resamples=MANY)
    assert (mine.low, mine.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.1 * theirs.standard_error)
    alone = bootstrap_interval(values)
    assert mine.high - mine.low > 1.5 * (alone.high - alone.low)  # queries that share their luck are fewer than they look


def test_every_query_its_own_group_is_no_grouping() -> None:
    values = reciprocal_ranks(50, 3)
    grouped, plain = bootstrap_interval(values, [f"{i:02d}" for i in range(50)]), bootstrap_interval(values)
    assert (grouped.low, grouped.high) == pytest.approx((plain.low, plain.high), abs=1e-12)


@pytest.mark.parametrize("grouped", [False, True])
def test_ninety_five_percent_of_intervals_hold_the_truth(grouped: bool) -> None:
    rng, held, times = np.random.default_rng(4), 0, 600
    for _ in range(times):
        cases = rng.beta(0.5, 1.5, 60)
        group = rng.integers(0, 60, 120) if grouped else np.arange(60)
        interval = bootstrap_interval(cases[group], [str(g) for g in group] if grouped else None, resamples=400)
        held += interval.low <= 0.25 <= interval.high
    assert 0.91 <= held / times <= 0.98


def test_a_matrix_is_its_rows_resampled_together() -> None:
    values = np.stack([reciprocal_ranks(40, 5), reciprocal_ranks(40, 6)])
    assert bootstrap_intervals(values) == [bootstrap_interval(row) for row in values]
    same = bootstrap_intervals(np.stack([values[0], 1 - values[0]]))
    assert 1 - same[1].low == pytest.approx(same[0].high)


def test_a_benchmark_is_resampled_within_its_tasks() -> None:
    tasks = [reciprocal_ranks(n, n) for n in (30, 100, 400)]
    mine = stratified_interval(tasks, resamples=MANY)
    rng = np.random.default_rng(7)
    means = np.mean([task[rng.integers(0, len(task), (MANY, len(task)))].mean(axis=1) for task in tasks], axis=0)
    assert mine.mean == pytest.approx(np.mean([task.mean() for task in tasks]), abs=1e-12)
    assert (mine.low, mine.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.1 * means.std())
    once, twice = bootstrap_interval(tasks[0]), stratified_interval([tasks[0], tasks[0]])  # drawn apart: narrower by sqrt(2)
    assert (once.high - once.low) / (twice.high - twice.low) == pytest.approx(2**0.5, abs=0.1)
    everywhere_equal = stratified_interval([np.full(3, 0.2), np.full(9, 0.4)], groups=[None, list("aabbccdde")])
    assert (everywhere_equal.low, everywhere_equal.high) == pytest.approx((0.3, 0.3), abs=1e-15)


def test_edges() -> None:
    for value in (0.0, 0.1, 1.0):
        for n in (1, 7, 12_000):
            one = bootstrap_interval(np.full(n, value), resamples=50)
            assert (one.mean, one.low, one.high) == pytest.approx((value,) * 3, abs=1e-15)
    values = np.array([0.0, 1.0, 1.0])
    alone = bootstrap_interval(values, ["g"] * 3)
    assert (alone.mean, alone.low, alone.high) == pytest.approx((2 / 3,) * 3)
    none = np.array([])
    for empty in (lambda: bootstrap_interval(none), lambda: stratified_interval([]), lambda: stratified_interval([none])):
        with pytest.raises(InputError):
            empty()
    with pytest.raises(ValueError, match="finite"):
        bootstrap_interval(np.array([1.0, np.nan]))


def test_equal_inputs_give_equal_outputs_whatever_the_threads() -> None:
    code = (
        "import numpy as np; from tasks.statistics import *\n"
        "v = np.random.default_rng(0).random((3, 500)); g = [str(i // 3) for i in range(500)]\n"
        "print(bootstrap_intervals(v, g, 500), stratified_interval(list(v), resamples=500), sign_flip_test(v[0], v[1], g),"
        "tukey_hsd(v, permutations=300).tolist())"
    )

    def run(threads: str) -> bytes:
        env = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout

    assert run("1") == run("2")


def test_memory_does_not_grow_with_the_resamples() -> None:
    values = np.random.default_rng(8).random((1, 12_000))
    tracemalloc.start()
    found = bootstrap_intervals(values, resamples=2_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert isinstance(found[0], Interval)
