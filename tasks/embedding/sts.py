"""Semantic similarity as mteb measures it: graded pairs correlated with the similarity of their sides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError
from corpora.labelled import TextPairs

from ..result import PerQuery
from .correlated import Ranks, pearson
from .items import Items
from .pairs import SIMILARITIES
from .resampling import Counts, percentile_values
from .scikit import Vectors, correlation, similarities
from .task import Scored
from .two_sides import both_sides, pair_identity, pair_notes, tied

COEFFICIENTS = ("spearman", "pearson")
MEASURES = tuple(f"{similarity}_{coefficient}" for similarity in SIMILARITIES for coefficient in COEFFICIENTS)
DEFAULT = tuple(name for name in MEASURES if not name.startswith("dot"))


@dataclass(frozen=True)
class Similarity:
    """Gold scores correlated with the cosine, the dot product and minus two distances of the pairs' vectors.

    An interval resamples the pairs (10,000 times, seed 0), ranking each resample anew.
    """

    data: TextPairs

    type = "sts"
    unit = "pairs"

    def __post_init__(self) -> None:
        """Raise InputError where all scores are equal, since nothing correlates with them."""
        if len(np.unique(self.data.values)) < 2:
            what = f"all pairs have the score {self.data.values[0]:g}"
            raise InputError(what, where=self.data.name, mend="sts needs pairs of different scores")

    @property
    def size(self) -> int:
        """How many pairs."""
        return len(self.data)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Digests of the data."""
        return {"scoring": "sts-1", **pair_identity(self.data)}

    @property
    def notes(self) -> Mapping[str, int]:
        """What is odd in the data."""
        return pair_notes(self.data)

    def items(self) -> Items:
        """The left sides, then the right ones."""
        return both_sides(self.data)

    def without(self, keys: Collection[str]) -> Similarity:
        """Itself: pairs are of texts, none of which is unreadable."""
        return self

    def score(self, vectors: Vectors, measures: Sequence[str]) -> Scored:
        """The measures; of each pair its score and similarities."""
        scores = similarities(vectors[: self.size], vectors[self.size :])
        for name, values in scores.items():
            if len(np.unique(values)) < 2 and any(measure.startswith(name) for measure in measures):
                raise InputError(f"all pairs have the same {name}", where=self.data.name, mend="check the encoder")
        points = {name: self._correlation(name, scores) for name in measures}
        found = percentile_values(self.size, self._resampled(scores, measures), points)
        columns = {"score": self.data.values, **{name: values.astype(np.float64) for name, values in scores.items()}}
        return Scored(found, PerQuery(self.data.ids, (), columns), {"tied_pairs": tied(scores["cosine"])})

    def _correlation(self, name: str, scores: Mapping[str, NDArray[np.float32]]) -> float:
        similarity, _, coefficient = name.partition("_")
        return correlation(coefficient, self.data.values, scores[similarity])

    def _resampled(self, scores: Mapping[str, NDArray[np.float32]], measures: Sequence[str]) -> _Resampled:
        return _Resampled(self.data.values, {name: values.astype(np.float64) for name, values in scores.items()}, tuple(measures))


@dataclass(frozen=True)
class _Resampled:
    gold: NDArray[np.float64]
    scores: Mapping[str, NDArray[np.float64]]
    measures: tuple[str, ...]

    def __call__(self, counts: Counts) -> dict[str, NDArray[np.float64]]:
        """The correlations of each resample."""
        ranked = Ranks.of(self.gold).drawn(counts)
        straight = _standard(self.gold)
        found = {}
        for name in self.measures:
            similarity, _, coefficient = name.partition("_")
            values = self.scores[similarity]
            if coefficient == "spearman":
                found[name] = pearson(counts, ranked, Ranks.of(values).drawn(counts))
            else:
                found[name] = pearson(counts, straight, _standard(values))
        return found


def _standard(values: NDArray[np.float64]) -> Counts:
    """The values at mean 0 and variance 1, float64 (1, n), which no correlation sees."""
    return ((values - values.mean()) / values.std())[None, :]
