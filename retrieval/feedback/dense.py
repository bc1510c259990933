"""Feedback to vectors: a query's vector is moved towards those of the documents found first (Rocchio, positive feedback).

Sources: Rocchio, "Relevance feedback in information retrieval", 1971; Li, Mourad, Zhuang, Koopman and Zuccon, "Pseudo
Relevance Feedback with Deep Language Models and Dense Retrievers: Successes and Pitfalls", which names both rules here:

    rocchio: q' = alpha * q + beta * mean of the documents' vectors
    average: q' = mean of q and the documents' vectors
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, Part, Queries
from indexes import Candidates

from ..dense import DenseRetriever
from ..run import Run
from ..system import Search, searching

RULES = ("rocchio", "average")


@dataclass(frozen=True)
class Rocchio:
    """How many documents are fed back, and what they and the query weigh; `average` weighs all vectors alike."""

    docs: int
    rule: str
    alpha: float
    beta: float


@dataclass(frozen=True)
class RocchioRetriever:
    """A dense retriever asked twice, and the kept vectors of its documents, float32 (N, d), read where they are needed."""

    inner: DenseRetriever
    vectors: NDArray[np.float32]
    how: Rocchio
    reads_documents = True

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query, at most k deep."""
        return self.through(searching(candidates), queries, k)

    def through(self, search: Search, queries: Queries, k: int) -> Run:
        """The same with both runs made through `search`. `unfed_queries` found nothing and are asked as they are."""
        first = search(self.inner, queries, self.how.docs)
        fed = np.diff(first.offsets) > 0
        own = self.inner.query_vectors(queries).vectors
        moved = self.moved(own, first)
        parts = tuple(
            (Part(vector=vector),) if was_fed else own_parts
            for vector, was_fed, own_parts in zip(moved, fed.tolist(), queries.parts, strict=True)
        )
        run = search(self.inner, replace(queries, parts=parts), k)
        return replace(run, notes={**run.notes, **first.notes, "unfed_queries": int((~fed).sum())})

    def moved(self, own: NDArray[np.float32], first: Run) -> NDArray[np.float32]:
        """The vectors of queries with their first runs fed back, float32 (q, d); summed in float64."""
        rows, out = self.inner.corpus.rows_of(first.docs), own.copy()
        for query in range(len(own)):
            start, stop = int(first.offsets[query]), int(first.offsets[query + 1])
            if stop > start:
                out[query] = self._mixed(own[query], np.asarray(self.vectors[rows[start:stop]], np.float64))
        return out

    def _mixed(self, own: NDArray[np.float32], found: NDArray[np.float64]) -> NDArray[np.float64]:
        alpha, beta = (self.how.alpha, self.how.beta) if self.how.rule == "rocchio" else _even(len(found))
        return np.asarray(alpha * own.astype(np.float64) + beta * found.mean(axis=0))

    def echo(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """What the inner system's model is fed first."""
        return self.inner.echo(queries, corpus)


def _even(documents: int) -> tuple[float, float]:
    return 1 / (documents + 1), documents / (documents + 1)
