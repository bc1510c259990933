"""BM25 that weighs the query as it weighs a document, as the code of R2MED (and BRIGHT before it) does through gensim.

score = sum over the terms of w(term, query) * w(term, document) with w = idf * tf / (tf + k1 * (1 - b + b * length / mean
length)), Lucene's idf, and as a query's length the number of its tokens that occur in the corpus. Source of the formula:
gensim 4.4.0, `LuceneBM25Model`; of its use for queries: GitHub R2MED/R2MED @ 45cbac5, src/eval_bench_BM25.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, TextRule
from corpora.workspace import Workspace
from indexes import Candidates, Hits
from retrieval.lexical import BM25System, LexicalRetriever
from retrieval.lexical_makers import bm25
from retrieval.spec import Spec, no_args, no_target, read_options, without_defaults
from retrieval.system import Retriever

DEFAULTS: dict[str, Any] = {"analyser": "", "k1": 0.9, "b": 0.4}


@dataclass(frozen=True)
class QuerySideIndex:
    """A TextIndex over a BM25Index of the form `lucene`: the same postings, other weights for the terms of a query."""

    index: Any
    k1: float
    b: float

    def __len__(self) -> int:
        return len(self.index)

    def search(self, queries: list[str], k: int, candidates: Candidates | None = None) -> Hits:
        """The best k of each query: rows int64 (q, k) and scores float32 (q, k), in the total order."""
        from indexes.bm25.search import best

        asked = self.index.ask(queries)
        weighed = asked._replace(weights=self.weights(asked.starts, asked.terms, asked.weights))
        return best(self.index.postings, weighed, min(k, len(self)), self.index.order, candidates)

    def weights(self, starts: NDArray[np.int64], terms: NDArray[np.int32], counts: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weight of every asked term, float32 (t): query i asks `terms[starts[i]:starts[i+1]]`, each `counts` times."""
        facts, spoken = self.index.facts, counts.astype(np.float64)
        documents = facts["documents"] - facts["empty_documents"]
        frequency = np.diff(self.index.postings.starts)[terms].astype(np.float64)
        ends = np.concatenate([[0.0], np.cumsum(spoken)])[starts]
        length = np.repeat(np.diff(ends), np.diff(starts))
        norm = self.k1 * (1 - self.b + self.b * length / max(facts["tokens"] / max(documents, 1), 1e-9))
        idf = np.log1p((documents - frequency + 0.5) / (frequency + 0.5))
        return (idf * spoken / (spoken + norm)).astype(np.float32)


@dataclass(frozen=True)
class QuerySideSystem:
    """`bm25-query-side(analyser=, k1=, b=)`: over the index that `bm25` of the same options keeps."""

    spec: str
    plain: BM25System

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score."""
        return {**self.plain.identity(language), "engine": "bm25-query-side-1"}

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever, its index opened or built."""
        found = cast(LexicalRetriever, self.plain.bind(corpus, workspace, rule=rule, language=language))
        return replace(found, index=QuerySideIndex(found.index, self.plain.k1, self.plain.b))


def query_side(spec: Spec) -> QuerySideSystem:
    """The maker of `bm25-query-side(...)`."""
    no_target(spec)
    no_args(spec)
    read_options(spec, DEFAULTS)
    plain = bm25(Spec("bm25", options=spec.options))
    return QuerySideSystem(str(without_defaults(spec, DEFAULTS)), plain)
