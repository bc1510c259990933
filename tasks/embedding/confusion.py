"""F1, precision and recall over labels, of many resamples at once, experiment by experiment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .resampling import Counts

Flags = NDArray[np.bool_]
Flags32 = NDArray[np.float32]
AVERAGED = ("f1", "f1_weighted", "precision", "precision_weighted", "recall", "recall_weighted")
BALANCED = "balanced_accuracy"
"""The mean recall of the labels that are met, as scikit-learn's `balanced_accuracy_score` has it;
macro `recall` counts labels that are only guessed too."""


@dataclass(frozen=True)
class Confusion:
    """Of n texts, which of the c labels they have, and which each of e experiments guessed.

    `labels` int64 (c), `gold` int64 (n) and `guesses` int64 (e, n) are label codes. They are counted by sums of 0 and 1 in
    float32, which are whole numbers and so exact whatever the number of threads; no array is larger than (n, c) or (r, c).
    """

    labels: NDArray[np.int64]
    gold: NDArray[np.int64]
    guesses: NDArray[np.int64]

    @classmethod
    def of(cls, gold: NDArray[np.int64], guesses: NDArray[np.int64]) -> Confusion:
        """From label codes: `gold` int64 (n), `guesses` int64 (e, n)."""
        return cls(np.unique(np.append(guesses, gold)), gold, guesses)

    def measured(self, counts: Counts, names: Collection[str]) -> dict[str, NDArray[np.float64]]:
        """The named measures (of AVERAGED, or BALANCED) of each resample, float64 (r), of counts (r, n): means over experiments.

        Each as scikit-learn computes it: over the labels that are met or guessed; what divides by nothing is 0; weighted
        by how often a label is met, or all alike (macro).
        """
        if not names:
            return {}
        drawn, truth = counts.astype(np.float32), self.gold[:, None] == self.labels
        there = _sums(drawn, truth)
        each = [_measures(names, there, *_guessed(drawn, truth, guess[:, None] == self.labels)) for guess in self.guesses]
        return {name: np.mean([one[name] for one in each], axis=0) for name in sorted(names)}


def _guessed(drawn: Flags32, truth: Flags, guess: Flags) -> tuple[Counts, Counts]:
    """How often each label is guessed, and rightly guessed, in each resample, float64 (r, c)."""
    return _sums(drawn, guess), _sums(drawn, guess & truth)


def _sums(drawn: Flags32, flags: Flags) -> Counts:
    return (drawn @ flags.astype(np.float32)).astype(np.float64)


def _measures(names: Collection[str], there: Counts, said: Counts, hit: Counts) -> dict[str, NDArray[np.float64]]:
    """The named measures of one experiment, float64 (r), from how often labels are met, guessed and rightly guessed (r, c)."""
    parts = {"f1": (2 * hit, there + said), "precision": (hit, said), "recall": (hit, there)}
    found = {}
    for name in names:
        kind, _, weighted = ("recall", "", "") if name == BALANCED else name.partition("_")
        above, below = parts[kind]
        each = np.where(below > 0, above / np.maximum(below, 1), 0.0)
        counted = there > 0 if name == BALANCED else there + said > 0
        weight = there if weighted else counted.astype(np.float64)
        found[name] = (each * weight).sum(axis=1) / weight.sum(axis=1)
    return found
