"""Exact search with FAISS over a float32 matrix that is never copied, in the total order and reproducible to the bit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
from numpy.typing import NDArray

from corpora import InputError

from .candidates import allowed_rows, best, query_matrix, stacked, vector_matrix
from .hits import Candidates, Hits, Rows, Scores, cut, in_order
from .rescore import TINY, error_bound, score_pairs

QUERIES = 4096
CELLS = 1 << 22
GATHERED = 64 << 20
GROWTH = 16
LAST_MARGIN = 1 << 12
LONGEST = 1e38


class FlatIndex:
    """All of `vectors` float32 (N, d), memory-mapped or not; `order` int64 (N) breaks ties.

    FAISS fetches a few more than k by its own scores; they are scored again by `score_pairs`. Where the k-th score is not
    above all that was left out by more than both roundings can amount to, more is fetched, and at last everything is
    scored: the ranking is the exact one for `score_pairs`' scores, ties at the cut included, whatever the batch.
    """

    def __init__(self, vectors: NDArray[np.float32], order: Rows) -> None:
        self._vectors, self._order = vector_matrix(vectors, order), order
        self.dim = int(vectors.shape[1])
        self._longest = longest(self._vectors)

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, queries: NDArray[np.float32], k: int, candidates: Candidates | None = None) -> Hits:
        """The best k of each query, float32 (q, d), in the total order.

        A mask is searched as if the other rows were not there; rows per query are scored directly. Raises InputError
        for unfit arrays, and for vectors so long that their inner products leave float32.
        """
        queries = query_matrix(queries, self.dim, k)
        if self._longest * longest(queries) > LONGEST:
            raise InputError("the vectors' inner products do not fit in float32", mend="normalise or scale the vectors")
        allowed = allowed_rows(candidates, len(queries), len(self))
        if isinstance(allowed, list):
            return stacked(self._each(queries, allowed, k), k)
        return self._all(queries, k, allowed, GROWTH + k // GROWTH)

    def _all(self, queries: NDArray[np.float32], k: int, allowed: Rows | None, margin: int) -> Hits:
        if margin > LAST_MARGIN + k:
            rows = np.arange(len(self), dtype=np.int64) if allowed is None else allowed
            return stacked(self._each(queries, [rows] * len(queries), k), k)
        step = max(1, min(QUERIES, CELLS // (k + margin)))
        return stacked([self._block(queries[at : at + step], k, allowed, margin) for at in range(0, len(queries), step)], k)

    def _block(self, queries: NDArray[np.float32], k: int, allowed: Rows | None, margin: int) -> Hits:
        rows, outside = self._fetch(queries, k + margin, allowed)
        scores = score_pairs(queries, self._vectors, rows, faiss.omp_get_max_threads())
        hits = cut(in_order(rows, scores, self._order), k)
        unsure = np.flatnonzero((outside > -np.inf) & (outside + self._errors(queries) >= hits.scores[:, -1]))
        if len(unsure):
            again = self._all(queries[unsure], k, allowed, margin * GROWTH)
            hits.rows[unsure], hits.scores[unsure] = again.rows, again.scores
        return hits

    def _fetch(self, queries: NDArray[np.float32], most: int, allowed: Rows | None) -> tuple[Rows, Scores]:
        """FAISS's best rows (q, <= most), and a score (q) that it gave to nothing left out; -inf where nothing was."""
        there = len(self) if allowed is None else len(allowed)
        if there <= most:
            rows = np.arange(there, dtype=np.int64) if allowed is None else allowed
            return np.tile(rows, (len(queries), 1)), np.full(len(queries), -np.inf, np.float32)
        rows, scores = self._nearest(queries, most, self._vectors) if allowed is None else self._gather(queries, most, allowed)
        return rows, scores.min(axis=1)

    def _nearest(self, queries: NDArray[np.float32], most: int, vectors: NDArray[np.float32]) -> tuple[Rows, Scores]:
        scores, rows = faiss.knn(queries, vectors, most, metric=faiss.METRIC_INNER_PRODUCT)
        return rows, scores

    def _gather(self, queries: NDArray[np.float32], most: int, allowed: Rows) -> tuple[Rows, Scores]:
        """As `_nearest`, over the allowed rows alone, some MB of them at a time."""
        rows = np.zeros((len(queries), 0), np.int64)
        scores = np.zeros((len(queries), 0), np.float32)
        step = max(1, GATHERED // (4 * self.dim))
        for start in range(0, len(allowed), step):
            some = allowed[start : start + step]
            near, near_scores = self._nearest(queries, min(most, len(some)), self._vectors[some])
            rows, scores = np.hstack([rows, some[near]]), np.hstack([scores, near_scores])
            if scores.shape[1] > most:
                keep = np.argpartition(-scores, most - 1, axis=1)[:, :most]
                rows, scores = np.take_along_axis(rows, keep, 1), np.take_along_axis(scores, keep, 1)
        return rows, scores

    def _each(self, queries: NDArray[np.float32], allowed: list[Rows], k: int) -> list[Hits]:
        """The best k of each query's own rows, every one of them scored."""

        def one(query: int) -> Hits:
            rows = allowed[query]
            return best(rows, score_pairs(queries[query, None], self._vectors, rows[None])[0], self._order, k)

        with ThreadPoolExecutor(faiss.omp_get_max_threads()) as pool:
            return list(pool.map(one, range(len(queries))))

    def _errors(self, queries: NDArray[np.float32]) -> NDArray[np.float64]:
        lengths = np.sqrt(np.einsum("qd,qd->q", queries, queries, dtype=np.float64))
        return np.asarray(lengths * (self._longest * error_bound(self.dim)) + self.dim * TINY)


def longest(vectors: NDArray[np.float32], rows: int = 1 << 14) -> float:
    """The greatest norm of vectors float32 (n, d), a block of rows at a time; 0 of none."""
    blocks = (vectors[start : start + rows] for start in range(0, len(vectors), rows))
    return max((float(np.sqrt(np.einsum("nd,nd->n", some, some, dtype=np.float64).max())) for some in blocks), default=0.0)
