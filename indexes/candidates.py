"""Which rows a search may return, and the best k among scored rows: what every exact vector search shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpora import InputError

from .hits import PADDING, Candidates, Hits, Rows, Scores, cut, in_order


def allowed_rows(candidates: Candidates | None, queries: int, documents: int) -> Rows | list[Rows] | None:
    """None where every row may be found, the rows of a mask (ascending), or each query's own rows (ascending, distinct).

    Raises InputError for a mask of another length, another number of lists than of queries, or a row outside the corpus.
    """
    if candidates is None:
        return None
    if isinstance(candidates, np.ndarray):
        if candidates.dtype != np.bool_ or candidates.shape != (documents,):
            raise _unfit(f"the mask is {candidates.dtype} {candidates.shape}", f"give bool ({documents},)")
        return np.flatnonzero(candidates).astype(np.int64, copy=False)
    if len(candidates) != queries:
        raise _unfit(f"{len(candidates)} lists of rows for {queries} queries", "give one list a query")
    return [_distinct(rows, documents) for rows in candidates]


def _distinct(rows: Rows, documents: int) -> Rows:
    rows = np.unique(np.asarray(rows, np.int64))
    if len(rows) and not 0 <= rows[0] <= rows[-1] < documents:
        raise _unfit(f"row {rows[0] if rows[0] < 0 else rows[-1]}", f"rows run from 0 to {documents - 1}")
    return rows


def _unfit(what: str, mend: str) -> InputError:
    return InputError(f"candidates do not fit the corpus: {what}", mend=mend)


def best(rows: Rows, scores: Scores, order: Rows, k: int) -> Hits:
    """One query's best k (1, k) in the total order, of rows int64 (n) and their scores float32 (n); ties at the cut by id."""
    if len(rows) > k:
        last = np.partition(scores, len(scores) - k)[len(scores) - k]
        rows, scores = rows[scores >= last], scores[scores >= last]
    return cut(in_order(rows[None], scores[None], order), k)


def stacked(parts: list[Hits], k: int) -> Hits:
    """Hits (q, k) from the hits of successive queries; (0, k) from none."""
    empty = Hits(np.full((0, k), PADDING, np.int64), np.zeros((0, k), np.float32))
    parts = [empty, *parts]
    return Hits(np.concatenate([p.rows for p in parts]), np.concatenate([p.scores for p in parts]))


def vector_matrix(vectors: NDArray[np.float32], order: Rows) -> NDArray[np.float32]:
    """The vectors as a plain C-contiguous float32 (N, d) view (no copy where they are that already, memory-mapped or not).

    Raises InputError for another shape or dtype, or an `order` that is not int64 (N).
    """
    if vectors.ndim != 2 or vectors.dtype != np.float32 or order.shape != (len(vectors),):
        raise InputError(
            f"an index takes float32 vectors (N, d) and an order (N), not {vectors.dtype} {vectors.shape} and {order.shape}",
            mend="convert the vectors to float32, one row a document",
        )
    return np.ascontiguousarray(vectors).view(np.ndarray)


def query_matrix(queries: NDArray[np.float32], dim: int, k: int) -> NDArray[np.float32]:
    """The query vectors as C-contiguous float32 (q, dim). Raises InputError for another shape or dtype, or k below 1."""
    if queries.ndim != 2 or queries.shape[1] != dim or queries.dtype != np.float32:
        raise InputError(f"query vectors are {queries.dtype} {queries.shape}", mend=f"give float32 (q, {dim})")
    if k < 1:
        raise InputError(f"k is {k}", mend="ask for at least one document a query")
    return np.ascontiguousarray(queries).view(np.ndarray)
