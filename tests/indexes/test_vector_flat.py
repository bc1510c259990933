"""Exact search with FAISS: against a float64 oracle, with ties, and the same to the bit however it is called."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("faiss")

from corpora import InputError
from indexes import Hits
from indexes.flat import FlatIndex


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Vectors with repeated rows, queries, an order, and a depth, all drawn from `seed`."""
    rng = np.random.default_rng(seed)
    documents, dim, queries = int(rng.integers(1, 400)), int(rng.integers(1, 80)), int(rng.integers(1, 40))
    vectors = rng.standard_normal((documents, dim), np.float32) * np.float32(10.0 ** rng.integers(-3, 4))
    vectors = vectors[rng.integers(0, documents, documents)]
    return vectors, rng.standard_normal((queries, dim), np.float32), rng.permutation(documents), int(rng.integers(1, 120))


def equal(a: Hits, b: Hits) -> bool:
    return np.array_equal(a.rows, b.rows) and np.array_equal(a.scores, b.scores)


@pytest.mark.parametrize("block", range(10))
def test_against_float64_on_random_problems(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        vectors, queries, order, k = problem(seed)
        hits = FlatIndex(vectors, order).search(queries, k)
        truth = queries.astype(float) @ vectors.astype(float).T
        scale = np.linalg.norm(queries.astype(float), axis=1)[:, None] * np.linalg.norm(vectors.astype(float), axis=1).max()
        want = -np.sort(-truth, axis=1)[:, :k]
        have = hits.rows[:, : want.shape[1]]
        assert (hits.rows[:, want.shape[1] :] == -1).all()
        assert (np.abs(np.take_along_axis(truth, have, 1) - want) <= 1e-6 * scale).all()
        assert (np.abs(hits.scores[:, : want.shape[1]] - want) <= 1e-6 * scale).all()
        assert all(len(set(row)) == len(row) for row in have.tolist())


def test_many_ties_are_ordered_by_id_and_cut_by_it() -> None:
    rng = np.random.default_rng(3)
    vectors = np.repeat(rng.standard_normal((5, 33), np.float32), 2000, axis=0)[rng.permutation(10_000)]
    queries, order = rng.standard_normal((30, 33), np.float32), rng.permutation(10_000)
    hits = FlatIndex(vectors, order).search(queries, 150)
    for query in range(30):
        group = np.flatnonzero((vectors == vectors[hits.rows[query, 0]]).all(axis=1))
        assert hits.rows[query].tolist() == group[np.argsort(order[group])][:150].tolist()
        assert len(set(hits.scores[query].tolist())) == 1


def test_a_zero_query_ranks_by_id_alone() -> None:
    vectors, order = np.random.default_rng(4).standard_normal((9000, 8), np.float32), np.random.default_rng(5).permutation(9000)
    hits = FlatIndex(vectors, order).search(np.zeros((2, 8), np.float32), 7)
    assert order[hits.rows].tolist() == [[0, 1, 2, 3, 4, 5, 6]] * 2
    assert (hits.scores == 0).all()


def clustered(seed: int, documents: int = 6000, dim: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors so near one another that FAISS's roundings reorder them, some equal, and queries among them."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((1, dim), np.float32) + 1e-4 * rng.standard_normal((documents, dim), np.float32)
    vectors[rng.integers(0, documents, 900)] = vectors[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, vectors[rng.integers(0, documents, 300)]


def test_the_top_10_begins_the_top_1000() -> None:
    vectors, queries = clustered(6)
    index = FlatIndex(vectors, np.arange(len(vectors)))
    deep = index.search(queries, 1000)
    for k in (1, 10, 100, 999):
        top = index.search(queries, k)
        assert equal(top, Hits(deep.rows[:, :k], deep.scores[:, :k]))


@pytest.mark.parametrize("size", [1, 7, 256])
def test_batches_do_not_matter(size: int) -> None:
    vectors, queries = clustered(7)
    index = FlatIndex(vectors, np.arange(len(vectors)))
    whole = index.search(queries, 50)
    parts = [index.search(queries[at : at + size], 50) for at in range(0, len(queries), size)]
    assert np.array_equal(np.concatenate([part.rows for part in parts]), whole.rows)
    assert np.array_equal(np.concatenate([part.scores for part in parts]), whole.scores)


def test_the_order_of_rows_does_not_matter() -> None:
    vectors, queries = clustered(8)
    order = np.random.default_rng(9).permutation(len(vectors))
    shuffle = np.random.default_rng(10).permutation(len(vectors))
    here, there = FlatIndex(vectors, order).search(queries, 60), FlatIndex(vectors[shuffle], order[shuffle]).search(queries, 60)
    assert equal(here, Hits(shuffle[there.rows], there.scores))


def test_a_mask_hides_the_other_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.flat.GATHERED", 4 * 48 * 700)  # several gathered blocks
    vectors, queries = clustered(11)
    mask = np.random.default_rng(12).random(len(vectors)) < 0.4
    rows, order = np.flatnonzero(mask), np.random.default_rng(13).permutation(len(vectors))
    index = FlatIndex(vectors, order)
    alone = FlatIndex(vectors[rows], order[rows]).search(queries, 40)
    assert equal(index.search(queries, 40, mask), Hits(rows[alone.rows], alone.scores))
    assert equal(index.search(queries, 40, np.ones(len(vectors), bool)), index.search(queries, 40))
    assert (index.search(queries, 3, np.zeros(len(vectors), bool)).rows == -1).all()


def test_rows_of_each_query() -> None:
    vectors, queries = clustered(14)
    index, rng = FlatIndex(vectors, np.arange(len(vectors))), np.random.default_rng(15)
    own = [rng.integers(0, len(vectors), int(n)) for n in rng.integers(0, 200, len(queries))]
    hits = index.search(queries, 30, own)
    for query, rows in enumerate(own):
        mask = np.zeros(len(vectors), bool)
        mask[rows] = True
        alone = index.search(queries[query : query + 1], 30, mask)
        assert equal(Hits(hits.rows[query : query + 1], hits.scores[query : query + 1]), alone)


@pytest.mark.parametrize("documents", [0, 1, 2, 30])
@pytest.mark.parametrize("queries", [0, 1, 2])
@pytest.mark.parametrize("k", [1, 29, 31, 1000])
def test_smallest_sizes(documents: int, queries: int, k: int) -> None:
    rng = np.random.default_rng(16)
    index = FlatIndex(rng.standard_normal((documents, 5), np.float32), np.arange(documents))
    hits = index.search(rng.standard_normal((queries, 5), np.float32), k)
    assert hits.rows.shape == hits.scores.shape == (queries, k)
    assert (hits.rows[:, documents:] == -1).all()
    assert (hits.scores[:, documents:] == -np.inf).all()
    assert (hits.rows[:, :documents] >= 0).all()
    assert len(index) == documents
    assert index.dim == 5


def test_threads_share_one_index() -> None:
    vectors, queries = clustered(17)
    index = FlatIndex(vectors, np.arange(len(vectors)))
    alone = index.search(queries, 20)
    with ThreadPoolExecutor(6) as pool:
        assert all(equal(hits, alone) for hits in pool.map(lambda _: index.search(queries, 20), range(18)))


def test_a_memory_map_is_searched_in_place(tmp_path: Path) -> None:
    vectors, queries = clustered(18)
    vectors.tofile(tmp_path / "vectors.f32")
    mapped = np.memmap(tmp_path / "vectors.f32", np.float32, mode="r").reshape(vectors.shape)
    index = FlatIndex(mapped, np.arange(len(vectors)))
    assert np.shares_memory(index._vectors, mapped)
    assert equal(index.search(queries, 20), FlatIndex(vectors, np.arange(len(vectors))).search(queries, 20))


def test_what_does_not_fit_is_refused() -> None:
    index = FlatIndex(np.eye(3, dtype=np.float32), np.arange(3))
    for queries in (np.zeros((1, 4), np.float32), np.zeros((1, 3)), np.zeros(3, np.float32)):
        with pytest.raises(InputError, match=r"float32 \(q, 3\)"):
            index.search(queries, 1)
    query = np.ones((1, 3), np.float32)
    for candidates in (np.ones(4, bool), np.ones(3), [np.array([0]), np.array([1])], [np.array([3])], [np.array([-1])]):
        with pytest.raises(InputError, match="candidates do not fit"):
            index.search(query, 1, candidates)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="k is -1"):
        index.search(query, -1)
    with pytest.raises(InputError, match="float32 vectors"):
        FlatIndex(np.eye(3), np.arange(3))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="do not fit in float32"):
        FlatIndex(np.full((2, 3), 1e20, np.float32), np.arange(2)).search(np.full((1, 3), 1e20, np.float32), 1)
