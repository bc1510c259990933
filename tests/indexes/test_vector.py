"""Vector indexes by factory string: built alike each time, recall reported, damage and nonsense refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("faiss")

from corpora import InputError, StateError, UsageError
from indexes.exact import ExactIndex
from indexes.flat import FlatIndex
from indexes.vector import keep_vector_index, open_vector_index

RNG = np.random.default_rng(0)
VECTORS = RNG.standard_normal((1500, 32), np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
QUERIES = VECTORS[::50] + 0.05 * RNG.standard_normal((30, 32), np.float32)
ORDER = RNG.permutation(1500)

FACTORIES = {"HNSW32": 0.9, "HNSW16;efSearch=200": 0.95, "IVF16,Flat;nprobe=16": 1.0, "IVF16,PQ8": 0.1, "PQ16x4": 0.2, "SQ8": 0.9}


@pytest.mark.parametrize("factory", ["Flat", "exact"])
def test_exact_indexes_keep_nothing(tmp_path: Path, factory: str) -> None:
    assert keep_vector_index(tmp_path, VECTORS, factory) == {"factory": factory}
    assert list(tmp_path.iterdir()) == []
    index = open_vector_index(tmp_path, VECTORS, ORDER, factory)
    assert isinstance(index, {"Flat": FlatIndex, "exact": ExactIndex}[factory])


def test_flat_and_the_oracle_agree(tmp_path: Path) -> None:
    flat, oracle = (open_vector_index(tmp_path, VECTORS, ORDER, name).search(QUERIES, 100) for name in ("Flat", "exact"))
    np.testing.assert_allclose(flat.scores, oracle.scores, atol=1e-6)
    np.testing.assert_array_equal(flat.rows, oracle.rows)


@pytest.mark.parametrize("factory", FACTORIES)
def test_approximate_indexes_are_reproducible_and_say_their_recall(tmp_path: Path, factory: str) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    facts = keep_vector_index(one, VECTORS, factory)
    assert keep_vector_index(two, VECTORS, factory) == facts
    assert (one / "index.faiss").read_bytes() == (two / "index.faiss").read_bytes()
    assert facts["factory"] == factory
    assert 1 >= facts["recall@10"] >= FACTORIES[factory]
    assert 0 < facts["recall@100"] <= 1
    hits = open_vector_index(one, VECTORS, ORDER, factory).search(QUERIES, 10)
    exact = FlatIndex(VECTORS, ORDER).search(QUERIES, 10)
    found = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(hits.rows.tolist(), exact.rows.tolist(), strict=True)])
    assert found == pytest.approx(facts["recall@10"], abs=0.25)
    real = hits.rows >= 0
    assert (np.diff(hits.scores, axis=1)[real[:, 1:]] <= 0).all()
    assert (hits.scores[~real] == -np.inf).all()


def test_recall_is_what_it_says(tmp_path: Path) -> None:
    """Counted by hand: the share of the true top 10 of 200 evenly spaced vectors that the index returns."""
    facts = keep_vector_index(tmp_path, VECTORS, "IVF16,Flat")
    sample = VECTORS[np.linspace(0, 1499, 200).astype(int)]
    true = np.argsort(-(sample.astype(float) @ VECTORS.astype(float).T), axis=1)[:, :10]
    found = open_vector_index(tmp_path, VECTORS, ORDER, "IVF16,Flat").search(sample, 10).rows
    share = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(true.tolist(), found.tolist(), strict=True)])
    assert facts["recall@10"] == pytest.approx(share, abs=1e-9)
    assert facts["recall@10"] < 0.9  # one list of 16 is probed: it must not claim more


def test_candidates_of_an_approximate_index_are_searched_exactly(tmp_path: Path) -> None:
    keep_vector_index(tmp_path, VECTORS, "HNSW16")
    index, exact = open_vector_index(tmp_path, VECTORS, ORDER, "HNSW16"), FlatIndex(VECTORS, ORDER)
    mask = RNG.random(1500) < 0.01
    np.testing.assert_array_equal(index.search(QUERIES, 20, mask).rows, exact.search(QUERIES, 20, mask).rows)
    own = [RNG.integers(0, 1500, 12) for _ in QUERIES]
    np.testing.assert_array_equal(index.search(QUERIES, 5, own).rows, exact.search(QUERIES, 5, own).rows)


def test_approximate_edges(tmp_path: Path) -> None:
    keep_vector_index(tmp_path, VECTORS[:3], "HNSW16")
    index = open_vector_index(tmp_path, VECTORS[:3], ORDER[:3].argsort().argsort(), "HNSW16")
    assert (np.sort(index.search(QUERIES[:2], 5).rows, axis=1) == [-1, -1, 0, 1, 2]).all()
    assert index.search(QUERIES[:0], 5).rows.shape == (0, 5)
    with pytest.raises(InputError, match="query vectors"):
        index.search(QUERIES.astype(float), 5)  # type: ignore[arg-type]


def test_threads_share_an_approximate_index(tmp_path: Path) -> None:
    keep_vector_index(tmp_path, VECTORS, "HNSW16")
    index = open_vector_index(tmp_path, VECTORS, ORDER, "HNSW16")
    alone = index.search(QUERIES, 10)
    with ThreadPoolExecutor(4) as pool:
        assert all(np.array_equal(hits.rows, alone.rows) for hits in pool.map(lambda _: index.search(QUERIES, 10), range(12)))


@pytest.mark.parametrize(
    "factory",
    ["", "flat", "HNSW0", "HNSW1", "IVF0,Flat", "IVF9999,Flat", "PQ7", "PQ8x0", "NSG16", "LSH", "IDMap,Flat", "RR0,Flat",
     "IVF16,Flat;nprobe=0", "IVF16,Flat;wings=2", "IVF16,Flat;nprobe=many"],
)  # fmt: skip
def test_nonsense_is_refused_with_examples(tmp_path: Path, factory: str) -> None:
    with pytest.raises(UsageError, match="HNSW32") as caught:
        keep_vector_index(tmp_path, VECTORS, factory)
    assert repr(factory) in str(caught.value)
    assert "/" not in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_or_foreign_file_is_an_error(tmp_path: Path) -> None:
    keep_vector_index(tmp_path, VECTORS, "SQ8")
    path = tmp_path / "index.faiss"
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"nonsense" * 100):
        path.write_bytes(damaged)
        with pytest.raises(StateError, match=r"index\.faiss"):
            open_vector_index(tmp_path, VECTORS, ORDER, "SQ8")
    path.write_bytes(whole)
    with pytest.raises(StateError, match="1500 vectors of 32 dimensions"):
        open_vector_index(tmp_path, VECTORS[:9], np.arange(9), "SQ8")
    path.unlink()
    with pytest.raises(StateError):
        open_vector_index(tmp_path, VECTORS, ORDER, "SQ8")
