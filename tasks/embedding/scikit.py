"""scikit-learn and SciPy (extra `embed`), imported here and nowhere else."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.errors import missing_extra

Vectors = NDArray[np.float32]
Codes = NDArray[np.int64]
ITERATIONS = 100
UNIT = 1e-5


def classifier(seed: int) -> Any:
    """The logistic regression of at most 100 iterations that classification learns by."""
    return _module("sklearn.linear_model").LogisticRegression(max_iter=ITERATIONS, random_state=seed)


def predict(train: Vectors, codes: Codes, test: Vectors, seed: int) -> tuple[Codes, bool]:
    """What a logistic regression of at most 100 iterations predicts for `test` (n, d), int64 (n), and whether it converged."""
    model = classifier(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converging is counted, not warned of
        model.fit(train, codes)
    return np.asarray(model.predict(test), np.int64), bool(np.max(model.n_iter_) < ITERATIONS)


def clusters(vectors: Vectors, k: int, batch: int, seed: int) -> Codes:
    """The cluster of each vector, int64 (n), by mini-batch k-means from one k-means++ start (Sculley 2010)."""
    maker = _module("sklearn.cluster").MiniBatchKMeans
    model = maker(n_clusters=k, batch_size=batch, init="k-means++", n_init=1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct points than clusters
        return np.asarray(model.fit_predict(vectors), np.int64)


def v_measure(labels: Sequence[Any] | Codes, found: Codes) -> float:
    """The harmonic mean of homogeneity and completeness (Rosenberg and Hirschberg 2007)."""
    return float(_module("sklearn.metrics").v_measure_score(labels, found))


def ami(labels: Sequence[Any] | Codes, found: Codes) -> float:
    """The mutual information adjusted for chance (Vinh, Epps and Bailey 2010)."""
    return float(_module("sklearn.metrics").adjusted_mutual_info_score(labels, found))


def similarities(left: Vectors, right: Vectors) -> dict[str, NDArray[np.float32]]:
    """Of n pairs the cosine, the dot product, and minus the Manhattan and the Euclidean distance, each float32 (n).

    The dot product of vectors of length 1 is their cosine, taken from it: computed by itself it would differ in the last
    digit between pairs of equal texts, and rank them by chance.
    """
    pairwise = _module("sklearn.metrics.pairwise")
    cosine = 1 - pairwise.paired_cosine_distances(left, right)
    lengths = np.sqrt([np.einsum("nd,nd->n", side, side, dtype=np.float64) for side in (left, right)])
    found = {
        "cosine": cosine,
        "dot": cosine if np.abs(lengths - 1).max() < UNIT else np.einsum("nd,nd->n", left, right, dtype=np.float64),
        "manhattan": -pairwise.paired_manhattan_distances(left, right),
        "euclidean": -pairwise.paired_euclidean_distances(left, right),
    }
    return {name: np.asarray(values, np.float32) for name, values in found.items()}


def correlation(name: str, gold: NDArray[np.float64], scores: NDArray[np.float32]) -> float:
    """`spearman` or `pearson` of n values."""
    stats = _module("scipy.stats")
    return float({"spearman": stats.spearmanr, "pearson": stats.pearsonr}[name](gold, scores)[0])


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise missing_extra(name.partition(".")[0], "embed") from None
