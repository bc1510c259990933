"""What a search returns, and the one order that every ranking is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

PADDING = -1


@dataclass(frozen=True)
class Hits:
    """Rows int64 (q, k) and scores float32 (q, k), best first in the total order; padding is row -1, score -inf."""

    rows: Rows
    scores: Scores

    def __len__(self) -> int:
        return len(self.rows)


Candidates = Mask | list[Rows]
"""Which documents may be found: one bool mask (N) for all queries, or one int64 array of rows per query."""


class TextIndex(Protocol):
    """A searchable corpus of N texts. Pure and thread-safe: a search never changes it."""

    def __len__(self) -> int: ...

    def search(self, queries: list[str], k: int, candidates: Candidates | None = None) -> Hits:
        """The best k of each text query; only documents that match at least one term are returned."""
        ...


class VectorIndex(Protocol):
    """A searchable corpus of N vectors of d dimensions, by inner product."""

    dim: int

    def __len__(self) -> int: ...

    def search(self, queries: NDArray[np.float32], k: int, candidates: Candidates | None = None) -> Hits:
        """The best k of each query vector, float32 (q, d)."""
        ...


def in_order(rows: Rows, scores: Scores, order: Rows) -> Hits:
    """Any engine's hits (q, m), put in the total order: score as float32 descending, then document id descending.

    `order` int64 (N) is `Corpus.order`. Padding (row -1) goes last, with score -inf.
    """
    scores = np.where(rows == PADDING, np.float32(-np.inf), scores.astype(np.float32, copy=False))
    place = np.where(rows == PADDING, np.iinfo(np.int64).max, order[rows] if len(order) else rows)
    best = np.lexsort((place, -scores), axis=-1)
    return Hits(np.take_along_axis(rows, best, 1), np.take_along_axis(scores, best, 1))


def cut(hits: Hits, k: int) -> Hits:
    """The first k columns, padded where there are fewer."""
    have = hits.rows.shape[1]
    if have >= k:
        return Hits(hits.rows[:, :k], hits.scores[:, :k])
    gap = ((0, 0), (0, k - have))
    return Hits(np.pad(hits.rows, gap, constant_values=PADDING), np.pad(hits.scores, gap, constant_values=-np.inf))
