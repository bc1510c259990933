"""Pairs ranked by similarity: average precision and the best threshold, of many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .resampling import Counts

MEASURES = ("ap", "accuracy", "f1", "precision", "recall")


@dataclass(frozen=True)
class RankedPairs:
    """n pairs by falling score: `order` int64 (n), `ends` int64 (t) the last place of each run of equal scores, and
    whether each pair in this order is a positive one, float64 (n).
    """

    order: NDArray[np.int64]
    ends: NDArray[np.int64]
    positive: NDArray[np.float64]

    @classmethod
    def of(cls, scores: NDArray[np.float32], positive: NDArray[np.bool_]) -> RankedPairs:
        """The ranking of n pairs by their scores float32 (n)."""
        order = np.argsort(-scores, kind="stable").astype(np.int64)
        falling = scores[order]
        ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
        return cls(order, ends, positive[order].astype(np.float64))

    @property
    def key(self) -> bytes:
        """Equal for two rankings of the same pairs that are the same, ties included."""
        return self.order.tobytes() + self.ends.tobytes()

    def measured(self, counts: Counts) -> dict[str, NDArray[np.float64]]:
        """The five measures of each resample, float64 (r), of counts (r, n); NaN for one without positives.

        `ap` sums precision times gained recall over distinct scores. A threshold lies between two distinct scores, never
        before the first or behind the last; `accuracy` is the best over thresholds, and so is `f1`, whose `precision`
        and `recall` go with it. All as scikit-learn's average_precision_score and mteb's pair classification compute.
        """
        drawn = counts[:, self.order]
        shown = np.cumsum(drawn, axis=1)[:, self.ends]
        right = np.cumsum(drawn * self.positive, axis=1)[:, self.ends]
        total, wanted = shown[:, -1:], right[:, -1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(shown > 0, right / shown, 0.0)
            recall = right / wanted
            ap = (np.diff(recall, axis=1, prepend=0.0) * precision).sum(axis=1)
            accuracy = (2 * right - shown + total - wanted) / total
            f1 = np.where(right > 0, 2 * right / (shown + wanted), 0.0)
        inside = (shown > 0) & (shown < total)
        best = np.argmax(np.where(inside, f1, -1.0), axis=1)[:, None]
        chosen = [
            np.take_along_axis(np.where(inside & (f1 > 0), each, 0.0), best, axis=1)[:, 0] for each in (f1, precision, recall)
        ]
        found = dict(zip(MEASURES, (ap, np.where(inside, accuracy, 0.0).max(axis=1), *chosen), strict=True))
        return {name: np.where(wanted[:, 0] > 0, values, np.nan) for name, values in found.items()}
