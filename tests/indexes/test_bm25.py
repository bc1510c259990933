"""BM25 against float64 computations written from the papers' formulas, and against rank-bm25 itself."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from corpora import UsageError, corpus_of
from indexes.analysis.named import analyser
from indexes.bm25 import BM25Index, build_bm25
from indexes.bm25.variants import VARIANTS, variant
from indexes.lucene_lengths import coded_lengths

WORDS = [f"w{i}" for i in range(30)]
K1, B = 0.9, 0.4


def corpus_and_queries(seed: int) -> tuple[list[list[str]], list[list[str]]]:
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(WORDS) + 1)
    draw = lambda size: rng.choice(WORDS, size, p=weights / weights.sum()).tolist()  # noqa: E731
    docs = [draw(int(rng.integers(0, 60))) for _ in range(int(rng.integers(1, 40)))]
    return docs, [draw(int(rng.integers(1, 6))) for _ in range(5)]


def build(docs: list[list[str]], **options: object) -> BM25Index:
    corpus = corpus_of(pa.table({"id": [f"d{i:05}" for i in range(len(docs))], "text": [" ".join(doc) for doc in docs]}))
    return build_bm25(corpus.blocks("text"), analyser("plain"), corpus.order, **options)  # type: ignore[arg-type]


def idf_of(name: str, df: int, n: int, dfs: list[int]) -> float:
    """Kamphuis et al. 2020, Table 1; rank-bm25 for okapi."""
    robertson = math.log((n - df + 0.5) / (df + 0.5))
    if name == "okapi":
        mean = sum(math.log((n - d + 0.5) / (d + 0.5)) for d in dfs) / len(dfs)
        return 0.25 * mean if robertson < 0 else robertson
    return {
        "lucene": math.log(1 + (n - df + 0.5) / (df + 0.5)),
        "robertson": robertson,
        "atire": math.log(n / df),
        "bm25l": math.log((n + 1) / (df + 0.5)),
        "bm25+": math.log((n + 1) / df),
    }[name.removesuffix("-exact")]


def part_of(name: str, tf: int, length: float, mean: float) -> float:
    norm = 1 - B + B * length / mean
    if name.startswith("lucene") or name == "robertson":
        return tf / (tf + K1 * norm)
    if name == "bm25l":
        c = tf / norm
        return (K1 + 1) * (c + 0.5) / (K1 + c + 0.5)
    return (1.0 if name == "bm25+" else 0.0) + (K1 + 1) * tf / (tf + K1 * norm)


def reference(name: str, docs: list[list[str]], query: list[str]) -> dict[int, tuple[float, float]]:
    """Row -> (score, sum of the terms' absolute values), in float64, for documents that hold a term of the query."""
    dfs = {w: sum(w in doc for doc in docs) for w in {w for doc in docs for w in doc}}
    n = sum(map(bool, docs)) if name.startswith("lucene") else len(docs)
    mean = sum(map(len, docs)) / max(n, 1)
    coded = coded_lengths(np.array([len(doc) for doc in docs])).tolist() if name == "lucene-exact" else [len(doc) for doc in docs]
    found = {}
    for row, doc in enumerate(docs):
        terms = [w for w in query if w in doc]
        values = [idf_of(name, dfs[w], n, list(dfs.values())) * part_of(name, doc.count(w), coded[row], mean) for w in terms]
        if terms:
            found[row] = math.fsum(values), math.fsum(map(abs, values))
    return found


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_variant_equals_its_paper_on_200_random_corpora(name: str) -> None:
    compared = 0
    for seed in range(200):
        docs, queries = corpus_and_queries(seed)
        hits = build(docs, form=name, k1=K1, b=B).search([" ".join(q) for q in queries], len(docs))
        for query, rows, scores in zip(queries, hits.rows, hits.scores, strict=True):
            expected = reference(name, docs, query)
            kept = rows[rows >= 0]
            assert set(kept.tolist()) == set(expected)
            for row, score in zip(kept.tolist(), scores.tolist(), strict=False):
                value, size = expected[row]
                # float32 holds seven digits; where terms of both signs cancel, of the terms
                assert abs(score - value) <= 1e-6 * max(abs(value), 1e-3 * size)
                compared += 1
    assert compared > 5_000


def test_okapi_equals_rank_bm25() -> None:
    rank_bm25 = pytest.importorskip("rank_bm25")
    for seed in range(200):
        docs, queries = corpus_and_queries(seed)
        if not any(docs):
            continue
        theirs = rank_bm25.BM25Okapi(docs, k1=1.5, b=0.75, epsilon=0.25)
        hits = build(docs, form="okapi", k1=1.5, b=0.75).search([" ".join(q) for q in queries], len(docs))
        for query, rows, scores in zip(queries, hits.rows, hits.scores, strict=True):
            kept = rows >= 0
            np.testing.assert_allclose(scores[kept], theirs.get_scores(query)[rows[kept]], rtol=1e-6, atol=1e-6)


def test_the_order_is_score_then_id_descending_and_top_10_is_a_prefix_of_top_1000() -> None:
    rng = np.random.default_rng(1)
    docs = [rng.choice(WORDS[:6], 3).tolist() for _ in range(1500)]
    index = build(docs)
    deep, shallow = index.search(["w0 w1"], 1000), index.search(["w0 w1"], 10)
    assert (deep.rows[:, :10] == shallow.rows).all()
    assert len(set(deep.scores[0].tolist())) < 100, "there must be ties for this test to say anything"
    keys = list(zip((-deep.scores[0]).tolist(), (-deep.rows[0]).tolist(), strict=True))
    assert keys == sorted(keys)


def test_candidates_as_mask_and_as_rows() -> None:
    docs, _ = corpus_and_queries(3)
    index = build(docs)
    full = index.search(["w0 w1"], len(docs)).rows[0]
    mask = np.zeros(len(docs), bool)
    mask[::2] = True
    wanted = [row for row in full.tolist() if row >= 0 and row % 2 == 0]
    for candidates in (mask, [np.flatnonzero(mask)]):
        rows = index.search(["w0 w1"], len(docs), candidates).rows[0]
        assert rows[rows >= 0].tolist() == wanted


@pytest.mark.parametrize("documents", [0, 1, 2])
@pytest.mark.parametrize("queries", [0, 1, 2])
def test_tiny_corpora_and_no_queries(documents: int, queries: int) -> None:
    hits = build([["w0"]] * documents).search(["w0"] * queries, 5)
    assert hits.rows.shape == (queries, min(documents, 5))
    assert (hits.rows >= 0).all()


def test_a_query_without_a_known_term_finds_nothing() -> None:
    index = build([["w0"], ["w1"]])
    assert (index.search(["zzz"], 2).rows == -1).all()


def test_a_term_of_the_query_said_twice_counts_twice() -> None:
    index = build([["w0", "w1"], ["w2"]])
    assert index.search(["w0 w0"], 1).scores[0, 0] == pytest.approx(2 * index.search(["w0"], 1).scores[0, 0])


def test_threads_change_nothing() -> None:
    docs, _ = corpus_and_queries(5)
    index = build(docs)
    queries = [f"w{i % 30} w{i % 7}" for i in range(200)]
    alone = np.concatenate([index.search([query], 10).scores for query in queries])
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: index.search(queries, 10).scores, range(4)))
    assert all((scores == alone).all() for scores in together)


def test_an_unknown_variant_is_suggested() -> None:
    with pytest.raises(UsageError, match="did you mean lucene"):
        variant("lucen")
