"""BM25 on both sides against its formula, written out term by term."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from baselines.query_side import query_side
from corpora import Queries, UsageError, corpus_of
from corpora.workspace import Workspace
from indexes.analysis.named import analyser
from retrieval.spec import parse_spec

DOCUMENTS = {
    "a": "aspirin lowers fever and pain, and aspirin thins blood",
    "b": "ibuprofen lowers fever",
    "c": "insulin lowers blood sugar in diabetes",
    "d": "fever fever fever after vaccination",
    "e": "of the",
}
QUERIES = ["aspirin fever fever unheard", "blood sugar sugar sugar pain lowers", "unheard"]


def expected(query: str, k1: float, b: float) -> dict[str, float]:
    cut = analyser("english")

    def bag(text: str) -> Counter[str]:
        return Counter(term for term in cut(text) if term)

    bags = {name: bag(text) for name, text in DOCUMENTS.items()}
    filled = [one for one in bags.values() if one]
    mean = sum(one.total() for one in filled) / len(filled)
    df = Counter(term for one in filled for term in one)

    def weights(one: Counter[str]) -> dict[str, float]:
        known = {term: tf for term, tf in one.items() if term in df}
        norm = k1 * (1 - b + b * sum(known.values()) / mean)
        idf = {term: math.log(1 + (len(filled) - df[term] + 0.5) / (df[term] + 0.5)) for term in known}
        return {term: idf[term] * tf / (tf + norm) for term, tf in known.items()}

    asked = weights(bag(query))
    scores = {name: sum(asked.get(term, 0.0) * w for term, w in weights(one).items()) for name, one in bags.items()}
    return {name: score for name, score in scores.items() if score}


@pytest.mark.parametrize(("k1", "b"), [(0.9, 0.4), (1.5, 0.75)])
def test_scores_follow_the_formula(k1: float, b: float, tmp_path: Path) -> None:
    corpus = corpus_of(pa.table({"id": list(DOCUMENTS), "text": list(DOCUMENTS.values())}))
    system = query_side(parse_spec(f"bm25-query-side(analyser=english, k1={k1}, b={b})"))
    retriever = system.bind(corpus, Workspace(tmp_path), rule="text")
    run = retriever.retrieve(Queries.of_texts(["1", "2", "3"], QUERIES), 5)
    for query, text in zip(["1", "2", "3"], QUERIES, strict=True):
        assert run.rankings()[query] == pytest.approx(expected(text, k1, b), rel=1e-5)


def test_its_spec_is_canonical_and_strange_options_are_refused() -> None:
    assert query_side(parse_spec("bm25-query-side(b=0.40, analyser=english)")).spec == "bm25-query-side(analyser=english)"
    with pytest.raises(UsageError):
        query_side(parse_spec("bm25-query-side(variant=okapi)"))
    with pytest.raises(UsageError):
        query_side(parse_spec("bm25-query-side(k1=-1)"))
