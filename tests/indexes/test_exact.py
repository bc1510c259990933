"""The NumPy oracle, against plain float64 products, by hand and by definition."""

from __future__ import annotations

import numpy as np
import pytest

from corpora import InputError
from indexes.exact import ExactIndex


def test_three_vectors_by_hand() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32)
    hits = ExactIndex(vectors, np.array([2, 1, 0])).search(np.array([[1, 0], [1, 1]], np.float32), 3)
    assert hits.rows.tolist() == [[0, 2, 1], [2, 1, 0]]  # the second query scores all three 1: ids decide
    assert hits.scores.tolist() == [[1, 0.5, 0], [1, 1, 1]]


def test_scores_are_the_float64_products() -> None:
    rng = np.random.default_rng(0)
    vectors, queries = rng.standard_normal((9000, 24), np.float32), rng.standard_normal((70, 24), np.float32)
    hits = ExactIndex(vectors, np.arange(9000)).search(queries, 9000)
    truth = queries.astype(float) @ vectors.astype(float).T
    np.testing.assert_allclose(hits.scores, np.take_along_axis(truth, hits.rows, 1), rtol=1e-7, atol=1e-7)
    assert (np.diff(hits.scores, axis=1) <= 0).all()
    assert (np.sort(hits.rows, axis=1) == np.arange(9000)).all()


def test_equal_vectors_score_equally_wherever_they_stand() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((20000, 100), np.float32)
    vectors[::7] = vectors[0]
    hits = ExactIndex(vectors, np.arange(20000)[::-1].copy()).search(vectors[:1], 2000)
    assert len(set(hits.scores[0].tolist())) == 1
    assert hits.rows[0].tolist() == list(range(0, 20000, 7))[::-1][:2000]


def test_candidates_and_padding() -> None:
    vectors = np.eye(4, dtype=np.float32)
    index = ExactIndex(vectors, np.arange(4))
    mask = np.array([False, True, False, True])
    assert index.search(vectors[:1], 3, mask).rows.tolist() == [[1, 3, -1]]
    hits = index.search(vectors[:2], 2, [np.array([3, 0, 3]), np.array([], np.int64)])
    assert hits.rows.tolist() == [[0, 3], [-1, -1]]
    assert hits.scores.tolist() == [[1, 0], [-np.inf, -np.inf]]


@pytest.mark.parametrize(("documents", "queries"), [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)])
def test_smallest_sizes(documents: int, queries: int) -> None:
    index = ExactIndex(np.ones((documents, 3), np.float32), np.arange(documents))
    hits = index.search(np.ones((queries, 3), np.float32), 5)
    assert hits.rows.shape == hits.scores.shape == (queries, 5)
    assert (hits.rows[:, documents:] == -1).all()
    assert (hits.rows[:, :documents] >= 0).all()


def test_what_does_not_fit_is_refused() -> None:
    index = ExactIndex(np.eye(3, dtype=np.float32), np.arange(3))
    for queries in (np.zeros((1, 4), np.float32), np.zeros((1, 3)), np.zeros(3, np.float32)):
        with pytest.raises(InputError, match=r"float32 \(q, 3\)"):
            index.search(queries, 1)
    with pytest.raises(InputError, match="k is 0"):
        index.search(np.zeros((1, 3), np.float32), 0)
    with pytest.raises(InputError, match="float32 vectors"):
        ExactIndex(np.eye(3), np.arange(3))
    with pytest.raises(InputError, match="order"):
        ExactIndex(np.eye(3, dtype=np.float32), np.arange(4))
