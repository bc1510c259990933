"""F1, precision and recall over labels, of many resamples of several experiments at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .resampling import Counts

AVERAGED = ("f1", "f1_weighted", "precision", "precision_weighted", "recall", "recall_weighted")


@dataclass(frozen=True)
class Confusion:
    """Of n texts, which label they have, which each of e experiments guessed, and where both agree; 0 or 1.

    `gold` float32 (n, c), `guessed` and `right` float32 (n, e * c) for c labels. Sums of them are whole numbers, so that
    they are exact whatever the number of threads.
    """

    gold: NDArray[np.float32]
    guessed: NDArray[np.float32]
    right: NDArray[np.float32]

    @classmethod
    def of(cls, gold: NDArray[np.int64], guesses: NDArray[np.int64]) -> Confusion:
        """From label codes: `gold` int64 (n), `guesses` int64 (e, n)."""
        labels = np.unique(np.append(guesses, gold))
        truth = gold[:, None] == labels
        guessed = guesses.T[:, :, None] == labels
        flat = (len(gold), guesses.shape[0] * len(labels))
        right = guessed & truth[:, None, :]
        return cls(*(each.astype(np.float32) for each in (truth, guessed.reshape(flat), right.reshape(flat))))

    def measured(self, counts: Counts, names: Collection[str]) -> dict[str, NDArray[np.float64]]:
        """The named measures of each resample, float64 (r), of counts (r, n): means over the experiments.

        Each as scikit-learn computes it: over the labels that are met or guessed; what divides by nothing is 0; weighted
        by how often a label is met, or all alike (macro).
        """
        if not names:
            return {}
        drawn = counts.astype(np.float32)
        gold, guessed, right = (drawn @ each for each in (self.gold, self.guessed, self.right))
        shape = (len(counts), -1, gold.shape[1])
        there, said, hit = gold[:, None, :].astype(np.float64), guessed.reshape(shape), right.reshape(shape)
        parts = {"f1": (2 * hit, there + said), "precision": (hit, said), "recall": (hit, there + 0 * said)}
        found = {}
        for name in sorted(names):
            kind, _, weighted = name.partition("_")
            above, below = parts[kind]
            each = np.where(below > 0, above / np.maximum(below, 1), 0.0)
            weight = there + 0 * said if weighted else (there + said > 0).astype(np.float64)
            found[name] = ((each * weight).sum(axis=2) / weight.sum(axis=2)).mean(axis=1)
        return found
