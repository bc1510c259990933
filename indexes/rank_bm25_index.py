"""The library rank-bm25 as an engine: its formulas and its arithmetic, our tokens, order and candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from corpora import UsageError
from corpora.errors import missing_extra
from corpora.registry import suggest

from .analysis.analyser import Analyser
from .candidates import allowed_rows, best, stacked
from .hits import Candidates, Hits, Rows

CLASSES = {"okapi": "BM25Okapi", "bm25l": "BM25L", "bm25+": "BM25Plus"}


class RankBM25Index:
    """N documents scored by `rank_bm25`; `order` int64 (N) breaks ties. Held in memory: the library keeps no index files."""

    def __init__(self, model: Any, postings: dict[str, Rows], analyser: Analyser, order: Rows) -> None:
        self._model, self._postings = model, postings
        self._analyser, self._order = analyser, order

    def __len__(self) -> int:
        return len(self._order)

    def search(self, queries: list[str], k: int, candidates: Candidates | None = None) -> Hits:
        """The best k of each query: of the documents with at least one of its terms, whatever their scores' sign."""
        allowed = allowed_rows(candidates, len(queries), len(self))
        per_query = allowed if isinstance(allowed, list) else [allowed] * len(queries)
        return stacked([self._search(query, k, rows) for query, rows in zip(queries, per_query, strict=True)], k)

    def _known(self, query: str) -> list[str]:
        return [term for term in self._analyser(query) if term in self._postings]

    def _search(self, query: str, k: int, allowed: Rows | None) -> Hits:
        terms = self._known(query)
        rows = np.unique(np.concatenate([np.zeros(0, np.int64), *(self._postings[term] for term in set(terms))]))
        if allowed is not None:
            rows = np.intersect1d(rows, allowed, assume_unique=True)
        scores = self._model.get_batch_scores(terms, rows.tolist()) if len(rows) else []
        return best(rows, np.array(scores, np.float32), self._order, k)


def build_rank_bm25(
    texts: Iterable[pa.Array], analyser: Analyser, order: Rows, *, form: str = "okapi", **parameters: float
) -> RankBM25Index:
    """The index of `texts` (string arrays, N in all) in one of rank-bm25's forms: `okapi`, `bm25l` or `bm25+`.

    `parameters` are the library's own (`k1`, `b`, and `epsilon` or `delta`), with its defaults. Raises UsageError for an
    unknown form or parameter, SurroundingsError where rank-bm25 is not installed.
    """
    model = _class(form)
    documents = [analyser(text) for block in texts for text in block.to_pylist()]
    postings = _postings(documents)
    try:
        return RankBM25Index(model(documents, **parameters) if postings else None, postings, analyser, order)
    except TypeError as problem:
        mend = "okapi takes k1, b and epsilon; bm25l and bm25+ take k1, b and delta"
        raise UsageError(f"rank-bm25 refuses the parameters: {problem}", mend=mend) from None


def _class(form: str) -> Any:
    if form not in CLASSES:
        raise UsageError(f"rank-bm25 has no form {form!r}", mend=suggest(form, list(CLASSES)))
    try:
        import rank_bm25
    except ImportError:
        raise missing_extra("rank-bm25", "rank-bm25") from None
    return getattr(rank_bm25, CLASSES[form])


def _postings(documents: list[list[str]]) -> dict[str, Rows]:
    """The rows of each term, ascending."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, terms in enumerate(documents):
        for term in set(terms):
            rows[term].append(row)
    return {term: np.array(found, np.int64) for term, found in rows.items()}
