"""Whether a difference could be luck: paired randomisation, Holm, randomised Tukey HSD and exact McNemar, in NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .intervals import CELLS_AT_ONCE, Groups, Values, check_values, group_sums

FLIPS = 10_000
ROUNDING = 1e-12
"""Statistics closer than this, relative to the sum of absolute differences, are equal: sums in another order."""


def sign_flip_test(a: Values, b: Values, groups: Groups | None = None, flips: int = FLIPS, seed: int = 0) -> float:
    """The two-sided p of the mean difference between paired values float64 (n), by random sign flips.

    Under the null hypothesis each query's difference is as likely to have the other sign (Smucker, Allan and Carterette
    2007; Fisher's randomisation); with `groups` (n names) all differences of a group flip together. p = (b + 1) / (B + 1)
    with b the flips at least as extreme, so never 0 (Phipson and Smyth 2010). Raises InputError for no values.
    """
    differences = (a - b)[None, :]
    check_values(differences)
    sums = group_sums(differences, groups)[0][0]
    observed, slack = abs(sums.sum()), ROUNDING * np.abs(sums).sum()
    extreme = np.abs(_flipped_sums(sums, flips, np.random.default_rng(seed))) >= observed - slack
    return (int(np.count_nonzero(extreme)) + 1) / (flips + 1)


def _flipped_sums(values: Values, flips: int, rng: np.random.Generator) -> Values:
    """Sums of `values` (g) under random signs, float64 (flips): eight signs are one random byte, looked up in a table."""
    blocks = np.pad(values, (0, -len(values) % 8)).reshape(-1, 8)
    signs = 1.0 - 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    table = (blocks[:, None, :] * signs).sum(axis=2)
    first = np.arange(len(blocks)) * 256
    step = max(1, CELLS_AT_ONCE // len(blocks))
    sums = [
        table.ravel().take(rng.integers(0, 256, (min(step, flips - start), len(blocks))) + first).sum(axis=1)
        for start in range(0, flips, step)
    ]
    return np.concatenate(sums)


def holm(p_values: Sequence[float]) -> Values:
    """The p values adjusted for their number by Holm's step-down (Holm 1979), float64 (c), in the order given.

    The i-th smallest of c is multiplied by c - i + 1, kept from falling below the one before it, and cut at 1.
    """
    p = np.asarray(p_values, np.float64)
    by_size = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[by_size] = np.minimum(np.maximum.accumulate(p[by_size] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def tukey_hsd(values: Values, groups: Groups | None = None, permutations: int = FLIPS, seed: int = 0) -> Values:
    """The p of every pair of s systems, float64 (s, s), by randomised Tukey HSD; symmetric, 1 on the diagonal.

    `values` float64 (s, n): each system's value for each query. Per permutation the systems' values change places within
    every query (with `groups`, alike for all queries of a group); p = (b + 1) / (B + 1) with b the permutations in which the
    largest difference between any two means is at least the pair's: the error over all pairs is controlled at once
    (Carterette, ACM TOIS 30(1), 2012). Raises InputError for no values.
    """
    check_values(values)
    sums = group_sums(values, groups)[0]
    centred = sums - sums.mean(axis=0)  # a constant within a query moves no difference
    totals = centred.sum(axis=1)
    differences = np.abs(totals[:, None] - totals[None, :])
    ranges = np.sort(_permuted_ranges(centred, permutations, np.random.default_rng(seed)))
    reached = np.searchsorted(ranges, differences - ROUNDING * np.abs(centred).sum())
    p: NDArray[np.float64] = (permutations - reached + 1) / (permutations + 1)
    np.fill_diagonal(p, 1.0)
    return p


def _permuted_ranges(sums: Values, permutations: int, rng: np.random.Generator) -> Values:
    """The range of the systems' totals when the columns of `sums` (s, g) are each permuted, float64 (permutations)."""
    systems, columns = sums.shape
    by_column = np.ascontiguousarray(sums.T)
    step = max(1, CELLS_AT_ONCE // max(1, sums.size))
    found = []
    for start in range(0, permutations, step):
        copies = np.broadcast_to(by_column, (min(step, permutations - start), columns, systems))
        found.append(np.ptp(rng.permuted(copies, axis=2).sum(axis=1), axis=1))
    return np.concatenate(found)


def mcnemar_exact(helped: int, hurt: int) -> float:
    """The two-sided p of McNemar's exact test: `helped` and `hurt` of the pairs that disagree (1 if none do).

    Twice the smaller tail of the binomial with probability one half, cut at 1; in whole numbers, so exact to the last digit.
    """
    n, fewer = helped + hurt, min(helped, hurt)
    term = tail = 1
    for i in range(fewer):
        term = term * (n - i) // (i + 1)
        tail += term
    return min(1.0, 2 * tail / (1 << n))
