"""The oracle: inner products in float64 with NumPy alone, every document scored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .candidates import allowed_rows, best, query_matrix, stacked, vector_matrix
from .hits import Candidates, Hits, Rows, Scores

DOCUMENTS = 8192
QUERIES = 64


class ExactIndex:
    """All of `vectors` float32 (N, d), scored in float64 and rounded once to float32; `order` int64 (N) breaks ties.

    Each score is one sum in the order of the dimensions (no BLAS), so it depends on nothing but its two vectors.
    """

    def __init__(self, vectors: NDArray[np.float32], order: Rows) -> None:
        self._vectors, self._order = vector_matrix(vectors, order), order
        self.dim = int(vectors.shape[1])

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, queries: NDArray[np.float32], k: int, candidates: Candidates | None = None) -> Hits:
        """The best k of each query, float32 (q, d), in the total order. Raises InputError for unfit arrays."""
        queries = query_matrix(queries, self.dim, k)
        allowed = allowed_rows(candidates, len(queries), len(self))
        if isinstance(allowed, list):
            pairs = zip(queries, allowed, strict=True)
            return stacked([best(rows, self._scores(query[None], rows)[0], self._order, k) for query, rows in pairs], k)
        rows = np.arange(len(self), dtype=np.int64) if allowed is None else allowed
        blocks = (self._scores(queries[start : start + QUERIES], rows) for start in range(0, len(queries), QUERIES))
        return stacked([best(rows, scores, self._order, k) for block in blocks for scores in block], k)

    def _scores(self, queries: NDArray[np.float32], rows: Rows) -> Scores:
        scores = np.empty((len(queries), len(rows)), np.float32)
        wide = queries.astype(np.float64)
        for start in range(0, len(rows), DOCUMENTS):
            some = self._vectors[rows[start : start + DOCUMENTS]].astype(np.float64)
            scores[:, start : start + len(some)] = np.einsum("qd,nd->qn", wide, some)
        return scores
