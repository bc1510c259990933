"""Chunks rolled up to their parents, against plain Python."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest

from corpora import Corpus, Queries, corpus_of
from corpora.workspace import Workspace
from retrieval.roll_up import RollUp, retrieve_parents
from retrieval.systems import make_system

WORDS = ["fever", "cough", "rash", "pain", "chills"]


@pytest.fixture
def corpus() -> Corpus:
    rng = np.random.default_rng(0)
    chunks = [(f"p{p:02}", " ".join(rng.choice(WORDS, 4))) for p in range(40) for _ in range(int(rng.integers(1, 6)))]
    rows = {"id": [f"c{i:03}" for i in range(len(chunks))], "text": [text for _, text in chunks]}
    return corpus_of(pa.table({**rows, "parent": [parent if parent != "p07" else "" for parent, _ in chunks]}))


@pytest.mark.parametrize("how", ["max", "sum", "first"])
@pytest.mark.parametrize("k", [1, 5, 100])
def test_equals_the_definition(corpus: Corpus, how: RollUp, k: int) -> None:
    queries = Queries.of_texts(["1", "2"], ["fever cough", "rash"])
    retriever = make_system("bm25").bind(corpus, Workspace())
    found = retrieve_parents(retriever, corpus, queries, k, how).rankings()
    own = dict(zip(corpus.ids.to_pylist(), corpus.table.column("parent").to_pylist(), strict=True))
    for query, chunks in retriever.retrieve(queries, len(corpus)).rankings().items():
        scores: dict[str, list[float]] = defaultdict(list)
        firsts = {parent or chunk: chunk for chunk, parent in reversed(own.items())}
        for chunk, score in chunks.items():
            parent = own[chunk] or chunk
            if how != "first" or firsts[parent] == chunk:
                scores[parent].append(score)
        total = {parent: float(np.float32(sum(all_) if how == "sum" else max(all_))) for parent, all_ in scores.items()}
        best = sorted(total.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)[:k]
        if how != "sum" or k == 100:  # a sum is over what was fetched
            assert list(found[query].items()) == [(parent, pytest.approx(score)) for parent, score in best]
        assert len(found[query]) == len(best)
