"""The bootstrap for statistics that are no means: every resample is how often each of n items was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ..intervals import CELLS_AT_ONCE, RESAMPLES
from ..result import Value

Counts = NDArray[np.float64]
Statistics = Callable[[Counts], Mapping[str, NDArray[np.float64]]]


def draws(n: int, resamples: int = RESAMPLES, seed: int = 0) -> Iterator[Counts]:
    """How often each of n items is drawn, float64 (some resamples, n), all resamples in turn; the rows sum to n."""
    rng = np.random.default_rng(seed)
    step = max(1, CELLS_AT_ONCE // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        picks = rng.integers(0, n, (rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(picks.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def percentile_values(
    n: int, statistics: Statistics, points: Mapping[str, float] | None = None, resamples: int = RESAMPLES
) -> dict[str, Value]:
    """Each statistic of n items with its 95 % percentile interval (Efron and Tibshirani 1993, chapter 13), seed 0.

    `statistics(counts (r, n))` gives float64 (r) by name, NaN where a resample has none (such a resample is left out).
    `points` are the values on the data itself, which is else asked with every count 1.
    """
    point = points or {name: float(values[0]) for name, values in statistics(np.ones((1, n))).items()}
    drawn: dict[str, list[NDArray[np.float64]]] = {name: [] for name in point}
    for counts in draws(n, resamples):
        for name, values in statistics(counts).items():
            drawn[name].append(values)
    return {name: _value(point[name], np.concatenate(drawn[name])) for name in point}


def _value(point: float, drawn: NDArray[np.float64]) -> Value:
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [0.025, 0.975]) if known.size else (point, point)
    return Value(point, float(low), float(high))
