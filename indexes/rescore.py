"""Inner products in one fixed order of additions, so that equal vectors always have equal scores.

BLAS sums in an order that depends on the batch, the block and the machine. Here dimension j goes to lane j mod 8; the
lanes are added pairwise at the end; no fused multiply-add is used. A score is therefore the same bits in any batch, at
any row, with any number of threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .hits import PADDING, Rows, Scores

UNIT = 2.0**-24
TINY = 2.0**-120


def error_bound(dim: int) -> float:
    """How far two float32 summations of one inner product can lie apart, as a share of the product of the two norms.

    Each is within gamma_d = d u / (1 - d u) of the true value, u = 2^-24, in whatever order it adds
    (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., eq. 3.5).
    """
    return 2 * dim * UNIT / (1 - dim * UNIT)


def score_pairs(queries: NDArray[np.float32], vectors: NDArray[np.float32], rows: Rows, threads: int = 1) -> Scores:
    """Scores float32 (q, m) of queries float32 (q, d) with the vectors at rows int64 (q, m); padding scores -inf."""
    scores = np.empty(rows.shape, np.float32)
    step = max(1, -(-len(rows) // max(1, threads)))
    starts = range(0, len(rows), step)

    def part(start: int) -> None:
        span = slice(start, start + step)
        _score(queries[span], vectors, rows[span], scores[span])

    if len(starts) <= 1:
        _score(queries, vectors, rows, scores)
    else:
        with ThreadPoolExecutor(len(starts)) as pool:
            list(pool.map(part, starts))
    return scores


@njit(cache=True, nogil=True)
def _score(queries, vectors, rows, scores):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for query in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            row = rows[query, column]
            scores[query, column] = -np.inf if row == PADDING else _inner(queries[query], vectors[row])


@njit(cache=True, nogil=True)
def _inner(x, y):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    whole = len(x) - len(x) % 8
    a = b = c = d = e = f = g = h = np.float32(0)
    for j in range(0, whole, 8):
        a += x[j] * y[j]
        b += x[j + 1] * y[j + 1]
        c += x[j + 2] * y[j + 2]
        d += x[j + 3] * y[j + 3]
        e += x[j + 4] * y[j + 4]
        f += x[j + 5] * y[j + 5]
        g += x[j + 6] * y[j + 6]
        h += x[j + 7] * y[j + 7]
    for j in range(whole, len(x)):
        a += x[j] * y[j]
    return ((a + e) + (c + g)) + ((b + f) + (d + h))
