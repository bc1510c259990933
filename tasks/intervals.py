"""How far a mean can be trusted: percentile bootstrap intervals (Efron and Tibshirani 1993, chapter 13), in NumPy alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora import InputError

Values = NDArray[np.float64]
Groups = Sequence[str]

RESAMPLES = 10_000
CELLS_AT_ONCE = 250_000
"""How many drawn values are held at a time (2 MB: what a core's cache keeps)."""


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its confidence interval, in the unit of the values."""

    mean: float
    low: float
    high: float


def bootstrap_interval(
    values: Values, groups: Groups | None = None, resamples: int = RESAMPLES, seed: int = 0, confidence: float = 0.95
) -> Interval:
    """The percentile bootstrap interval of the mean of `values` float64 (n).

    With `groups` (n names), whole groups are drawn with replacement and the mean is the ratio of sums, so that queries
    of one case or code, which share their luck, are not counted as independent. One value, or one group, gives an interval
    of width 0: nothing is known of its spread. Raises InputError for no values.
    """
    return bootstrap_intervals(values[None, :], groups, resamples, seed, confidence)[0]


def bootstrap_intervals(
    values: Values, groups: Groups | None = None, resamples: int = RESAMPLES, seed: int = 0, confidence: float = 0.95
) -> list[Interval]:
    """`bootstrap_interval` of each row of `values` float64 (m, n): m measures of the same queries, resampled together."""
    rng = np.random.default_rng(seed)
    return _percentiles(_means(values), _resampled_means(values, groups, resamples, rng), confidence)


def stratified_interval(
    tasks: Sequence[Values],
    groups: Sequence[Groups | None] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
    weights: Sequence[float] | None = None,
) -> Interval:
    """The interval of the mean over tasks of each task's mean: every task (float64 (n_t)) is resampled within itself.

    `groups`: per task its groups, or None. `weights`: what each task counts in the mean, the same by
    default. Raises InputError for no tasks, or a task without values.
    """
    if not tasks:
        raise InputError("a benchmark without tasks has no mean")
    grouping = groups if groups is not None else [None] * len(tasks)
    streams = [np.random.default_rng([seed, number]) for number in range(len(tasks))]
    parts = [_resampled_means(v[None, :], g, resamples, rng) for v, g, rng in zip(tasks, grouping, streams, strict=True)]
    mean = np.average([_means(values[None, :]) for values in tasks], axis=0, weights=weights)
    return _percentiles(mean, np.average(parts, axis=0, weights=weights), confidence)[0]


def group_sums(values: Values, groups: Groups | None) -> tuple[Values, Values]:
    """The sums of `values` (m, n) within each of g groups, float64 (m, g), and the group sizes (g), by ascending name.

    Without groups every query is its own: the values themselves, and ones.
    """
    if groups is None:
        return values, np.ones(values.shape[1])
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    return np.stack([np.bincount(group, row) for row in values]), np.bincount(group).astype(np.float64)


def check_values(values: Values) -> None:
    """Raises InputError for no values (rows of length 0), ValueError for values that are not finite."""
    if values.shape[1] == 0:
        raise InputError("no values to average", mend="no query has a relevant document: check the query ids of the judgements")
    if not np.isfinite(values).all():
        raise ValueError("values must be finite")


def _means(values: Values) -> Values:
    check_values(values)
    return np.array([math.fsum(row) / len(row) for row in values.tolist()])


def _resampled_means(values: Values, groups: Groups | None, resamples: int, rng: np.random.Generator) -> Values:
    """Means of each row of `values` (m, n) over `resamples` draws of groups, float64 (m, resamples).

    Drawn are deviations from the mean, so that equal values give an interval of no width. No BLAS, whose sums depend on
    the number of threads.
    """
    centre = _means(values)[:, None]
    sums, sizes = group_sums(values - centre, groups)
    drawn = np.empty((len(values), resamples))
    step = max(1, CELLS_AT_ONCE // len(sizes))
    for start in range(0, resamples, step):
        picks = rng.integers(0, len(sizes), (min(step, resamples - start), len(sizes)))
        divisor = sizes.take(picks, mode="clip").sum(axis=1) if groups is not None else float(len(sizes))
        for row, own in zip(drawn, sums, strict=True):
            row[start : start + len(picks)] = own.take(picks, mode="clip").sum(axis=1) / divisor
    return centre + drawn


def _percentiles(means: Values, resampled: Values, confidence: float) -> list[Interval]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=1)
    return [Interval(*ends) for ends in zip(means.tolist(), low.tolist(), high.tolist(), strict=True)]
