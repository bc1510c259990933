"""Pair classification and similarity against scikit-learn and SciPy called directly, and by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpora import Card, InputError, UsageError
from corpora.labelled import TextPairs
from corpora.workspace import Workspace
from tasks.evaluate import evaluate
from tests.tasks.embedding_data import SYSTEM, graded

metrics = pytest.importorskip("sklearn.metrics")
pairwise = pytest.importorskip("sklearn.metrics.pairwise")
stats = pytest.importorskip("scipy.stats")

from tasks.embedding import pair_task, pairs, sts, sts_task  # noqa: E402
from tasks.embedding.correlated import Ranks, pearson  # noqa: E402
from tasks.embedding.ranked_pairs import RankedPairs  # noqa: E402
from tasks.embedding.resampling import draws  # noqa: E402
from tasks.embedding.scikit import similarities  # noqa: E402

SCORES = np.array([0.9, 0.8, 0.8, 0.5, 0.5, 0.1], np.float32)
RIGHT = np.array([1, 0, 1, 0, 1, 0], bool)


def best_thresholds(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Accuracy and F1 at the best threshold between two distinct scores of the drawn pairs, each tried in turn."""
    scores, labels = np.repeat(scores, weights), np.repeat(labels, weights)
    cuts = np.unique(scores)[1:]
    guesses = [scores >= cut for cut in cuts]
    accuracy = max((metrics.accuracy_score(labels, guess) for guess in guesses), default=0.0)
    return accuracy, max((metrics.f1_score(labels, guess, zero_division=0) for guess in guesses), default=0.0)


def test_a_ranking_by_hand() -> None:
    found = {name: float(values[0]) for name, values in RankedPairs.of(SCORES, RIGHT).measured(np.ones((1, 6))).items()}
    assert found["ap"] == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3 + 1 / 3 * 3 / 5)
    assert found["accuracy"] == pytest.approx(4 / 6)  # after the first, the third or the fifth pair
    assert found["f1"] == pytest.approx(2 * 3 / (5 + 3))  # five shown, all three found
    assert (found["precision"], found["recall"]) == pytest.approx((3 / 5, 1.0))


def test_resamples_are_what_scikit_learn_finds_in_them() -> None:
    rng = np.random.default_rng(0)
    scores, labels = np.round(rng.normal(size=40), 1).astype(np.float32), rng.random(40) < 0.4
    counts = next(draws(40))[:50]
    found = RankedPairs.of(scores, labels).measured(counts)
    for row, weights in enumerate(counts):
        assert found["ap"][row] == pytest.approx(metrics.average_precision_score(labels, scores, sample_weight=weights))
        assert (found["accuracy"][row], found["f1"][row]) == pytest.approx(best_thresholds(scores, labels, weights.astype(int)))


def test_resampled_correlations_are_what_scipy_finds_in_them() -> None:
    rng = np.random.default_rng(1)
    gold, scores = rng.integers(0, 4, 30).astype(np.float64), np.round(rng.normal(size=30), 1)
    counts = next(draws(30))[:50]
    spearman = pearson(counts, Ranks.of(gold).drawn(counts), Ranks.of(scores).drawn(counts))
    straight = pearson(counts, gold[None], scores[None])
    for row, weights in enumerate(counts.astype(int)):
        drawn = np.repeat(gold, weights), np.repeat(scores, weights)
        assert spearman[row] == pytest.approx(stats.spearmanr(*drawn)[0])
        assert straight[row] == pytest.approx(stats.pearsonr(*drawn)[0])
    assert np.isnan(pearson(counts[:1], Ranks.of(gold * 0).drawn(counts[:1]), Ranks.of(scores).drawn(counts[:1])))


def test_every_pair_is_drawn_n_times_in_sum_and_alike_each_time() -> None:
    first, second = np.concatenate(list(draws(7, 1000))), np.concatenate(list(draws(7, 1000)))
    assert (first == second).all()
    assert (first.shape, set(first.sum(axis=1))) == ((1000, 7), {7.0})
    assert first.mean() == 1
    assert np.abs(first.mean(axis=0) - 1).max() < 0.1


def test_pair_classification_is_that_of_scikit_learn(tmp_path: Path) -> None:
    data = graded()
    left, right = (SYSTEM.encoder.encode(side, "plain") for side in (data.left, data.right))
    result = evaluate(pair_task(data, pairs.MEASURES), SYSTEM, Workspace(tmp_path))
    distance = {
        "cosine": -pairwise.paired_cosine_distances(left, right),
        "manhattan": -pairwise.paired_manhattan_distances(left, right),
        "euclidean": -pairwise.paired_euclidean_distances(left, right),
        "dot": (left.astype(np.float64) * right).sum(axis=1),
    }
    theirs = {name: metrics.average_precision_score(data.values, scores) for name, scores in distance.items()}
    for name, value in theirs.items():
        assert result.measures[f"{name}_ap"].mean == pytest.approx(value)
    assert result.measures["max_ap"].mean == pytest.approx(max(theirs.values()))
    for value in result.measures.values():
        assert value.low <= value.mean <= value.high
    assert (result.queries, result.unit, result.notes["equal_sides"], result.notes["truncation_unknown"]) == (80, "pairs", 9, 1)
    assert (result.folder / "per_query.jsonl").exists()  # type: ignore[operator]
    assert not (result.folder / "run.trec.gz").exists()  # type: ignore[operator]


def test_similarity_is_that_of_scipy(tmp_path: Path) -> None:
    data = graded(levels=(0, 1, 2.5))
    left, right = (SYSTEM.encoder.encode(side, "plain") for side in (data.left, data.right))
    result = evaluate(sts_task(data, sts.MEASURES), SYSTEM, Workspace(tmp_path))
    cosine = 1 - pairwise.paired_cosine_distances(left, right)
    assert result.measures["cosine_spearman"].mean == pytest.approx(stats.spearmanr(data.values, cosine)[0])
    assert result.measures["euclidean_pearson"].mean == pytest.approx(
        stats.pearsonr(data.values, -pairwise.paired_euclidean_distances(left, right))[0]
    )
    value = result.measures["cosine_spearman"]
    theirs = stats.bootstrap(
        (data.values, cosine),
        lambda a, b: stats.spearmanr(a, b)[0],
        paired=True,
        vectorized=False,
        n_resamples=2000,
        method="percentile",
        rng=0,
    ).confidence_interval
    assert (value.low, value.high) == pytest.approx(tuple(theirs), abs=0.02)
    assert set(result.per_query.values) == {"score", "cosine", "dot", "manhattan", "euclidean"}


def test_vectors_of_length_1_have_their_cosine_as_dot_product() -> None:
    rng = np.random.default_rng(0)
    some = rng.normal(size=(50, 16)).astype(np.float32)
    unit = some / np.linalg.norm(some, axis=1, keepdims=True)
    found = similarities(unit, unit)
    assert (found["dot"] == 1).all()
    assert similarities(some, some)["dot"] == pytest.approx((some * some).sum(axis=1), rel=1e-5)


def test_what_cannot_be_scored_is_refused() -> None:
    data = graded(levels=(0, 1, 2))
    with pytest.raises(InputError, match="not 0 or 1"):
        pair_task(data)
    with pytest.raises(InputError, match="all pairs have the value 1"):
        pair_task(replace(data, values=np.ones(80)))
    with pytest.raises(InputError, match="all pairs have the score 0"):
        sts_task(replace(data, values=np.zeros(80)))
    with pytest.raises(UsageError, match="cosine_spearman"):
        sts_task(data, ["cosine_spaerman"])


def test_the_card_may_name_the_main_measure() -> None:
    data = replace(graded(), card=Card("pairs", main="cosine_ap"))
    assert pair_task(data).measures[:2] == ("cosine_ap", "max_ap")
    assert pair_task(graded()).measures[0] == "max_ap"


def test_constant_similarities_are_the_encoders_fault(tmp_path: Path) -> None:
    same = TextPairs(Card("c"), "test", ("a", "b"), ("x", "y"), ("x", "y"), np.array([0.0, 1.0]))
    with pytest.raises(InputError, match="all pairs have the same cosine"):
        evaluate(sts_task(same), SYSTEM, Workspace(tmp_path))
