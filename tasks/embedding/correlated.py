"""Spearman's and Pearson's correlation of many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .resampling import Counts


@dataclass(frozen=True)
class Ranks:
    """n values by size: `order` int64 (n), and `tie` int64 (n), the number of each value among the distinct ones, by place."""

    order: NDArray[np.int64]
    tie: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[np.floating]) -> Ranks:
        """The ranks of n values, equal ones sharing theirs."""
        order = np.argsort(values, kind="stable").astype(np.int64)
        rising = values[order]
        tie = np.cumsum(np.append(False, rising[1:] != rising[:-1]))
        return cls(order, tie.astype(np.int64))

    def drawn(self, counts: Counts) -> Counts:
        """The mean rank of each value in each resample, float64 (r, n), from 0; values that are not drawn have one too."""
        sums = np.cumsum(counts[:, self.order], axis=1)
        ends = np.flatnonzero(np.append(self.tie[1:] != self.tie[:-1], True))
        upper = sums[:, ends]
        lower = np.concatenate([np.zeros((len(counts), 1)), upper[:, :-1]], axis=1)
        ranks = np.empty_like(counts)
        ranks[:, self.order] = ((lower + upper - 1) / 2)[:, self.tie]
        return ranks


def pearson(counts: Counts, first: Counts, second: Counts) -> NDArray[np.float64]:
    """Pearson's correlation of each resample, float64 (r); values (r, n) or (1, n); NaN where one does not vary.

    No BLAS, whose sums depend on the number of threads.
    """
    n = counts.sum(axis=1, keepdims=True)
    a = first - (counts * first).sum(axis=1, keepdims=True) / n
    b = second - (counts * second).sum(axis=1, keepdims=True) / n
    both, left, right = ((counts * product).sum(axis=1) for product in (a * b, a * a, b * b))
    spread = np.sqrt(left * right)
    varies = np.minimum(left, right) > 1e-12 * n[:, 0]
    return np.where(varies, both / np.where(varies, spread, 1.0), np.nan)
