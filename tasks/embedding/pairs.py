"""Pair classification as mteb measures it: pairs ranked by the similarity of their sides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError
from corpora.labelled import TextPairs

from ..result import PerQuery
from .items import Items
from .ranked_pairs import MEASURES as OF_ONE
from .ranked_pairs import RankedPairs
from .resampling import Counts, percentile_values
from .scikit import Vectors, similarities
from .task import Scored
from .two_sides import both_sides, pair_identity, pair_notes, tied

SIMILARITIES = ("cosine", "dot", "manhattan", "euclidean")
MEASURES = tuple(f"{similarity}_{measure}" for similarity in ("max", *SIMILARITIES) for measure in OF_ONE)
DEFAULT = ("max_ap", "max_accuracy", "max_f1", *(f"{similarity}_ap" for similarity in SIMILARITIES))


@dataclass(frozen=True)
class PairClassification:
    """Pairs of value 1 told from those of value 0 by the cosine, the dot product and two distances of their vectors.

    `max_...` is the best of the four similarities. An interval resamples the pairs (10,000 times, seed 0), the best
    threshold and similarity being found anew in each resample.
    """

    data: TextPairs

    type = "pair"
    unit = "pairs"

    def __post_init__(self) -> None:
        """Raise InputError for a value other than 0 and 1, and where all pairs have the same."""
        wrong = np.flatnonzero(~np.isin(self.data.values, (0.0, 1.0)))
        if wrong.size:
            what = f"the value of pair {self.data.ids[int(wrong[0])]!r} is {self.data.values[wrong[0]]:g}, not 0 or 1"
            raise InputError(what, where=self.data.name, mend="graded pairs are the type sts")
        if len(np.unique(self.data.values)) < 2:
            what = f"all pairs have the value {self.data.values[0]:g}"
            raise InputError(what, where=self.data.name, mend="pair classification needs pairs of value 1 and of value 0")

    @property
    def size(self) -> int:
        """How many pairs."""
        return len(self.data)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Digests of the data."""
        return {"scoring": "pair-1", **pair_identity(self.data)}

    @property
    def notes(self) -> Mapping[str, int]:
        """What is odd in the data, and how many pairs have the value 1."""
        return {**pair_notes(self.data), "positive_pairs": int(self.data.values.sum())}

    def items(self) -> Items:
        """The left sides, then the right ones."""
        return both_sides(self.data)

    def without(self, keys: Collection[str]) -> PairClassification:
        """Itself: pairs are of texts, none of which is unreadable."""
        return self

    def score(self, vectors: Vectors, measures: Sequence[str]) -> Scored:
        """The measures; of each pair its label and similarities."""
        scores = similarities(vectors[: self.size], vectors[self.size :])
        positive = self.data.values == 1
        ranked = {name: RankedPairs.of(values, positive) for name, values in scores.items()}
        alike = {name: one.key for name, one in ranked.items()}  # of unit vectors, three of the four rank alike
        different = {one.key: one for one in ranked.values()}

        def measured(counts: Counts) -> dict[str, NDArray[np.float64]]:
            found = {key: one.measured(counts) for key, one in different.items()}
            return _named({name: found[key] for name, key in alike.items()}, measures)

        columns = {"label": self.data.values, **{name: values.astype(np.float64) for name, values in scores.items()}}
        found = percentile_values(self.size, measured)
        return Scored(found, PerQuery(self.data.ids, (), columns), {"tied_pairs": tied(scores["cosine"])})


def _named(
    by_similarity: Mapping[str, Mapping[str, NDArray[np.float64]]], names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    found = {}
    for name in names:
        similarity, _, measure = name.partition("_")
        of = [by_similarity[one][measure] for one in (SIMILARITIES if similarity == "max" else (similarity,))]
        found[name] = np.max(of, axis=0)
    return found
