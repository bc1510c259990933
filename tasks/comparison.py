"""Systems on the same task held against each other, query by query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpora import InputError

from .result import Result
from .significance import holm, sign_flip_test, tukey_hsd
from .statistics import bootstrap_intervals

LEVEL = 0.05
SAME = ("task", "version", "scoring", "split", "corpus", "queries", "qrels", "language", "text_rule", "roll_up", "parents", "k")


@dataclass(frozen=True)
class Comparison:
    """One measure of one system against another's, over the same queries.

    `difference` is the mean of system minus baseline, `low` and `high` its 95 % bootstrap interval, `p` two-sided (10,000
    sign flips, or randomised Tukey HSD), `adjusted` the p after Holm over all the comparisons asked (Tukey's p is
    adjusted as it stands), `wins` and `losses` the queries on which the system is above and below.
    """

    task: str
    measure: str
    system: str
    baseline: str
    difference: float
    low: float
    high: float
    p: float
    adjusted: float
    wins: int
    losses: int

    @property
    def mark(self) -> str:
        """▲ or ▼ where the difference holds at 5 % after adjustment, else nothing."""
        if self.adjusted >= LEVEL:
            return ""
        return "▲" if self.difference > 0 else "▼"


def against_first(results: Sequence[Result], measures: Sequence[str] = ()) -> list[Comparison]:
    """Every result against the first, each measure by sign flips, Holm over all of them."""
    check_comparable(results)
    found = [_pair(results[0], other, name) for other in results[1:] for name in measures or compared(results)]
    return [_adjusted(one, p) for one, p in zip(found, holm([one.p for one in found]), strict=True)]


def all_pairs(results: Sequence[Result], measures: Sequence[str] = ()) -> list[Comparison]:
    """Every result against every earlier one, by randomised Tukey HSD, which adjusts for the number of pairs itself."""
    check_comparable(results)
    found = []
    for name in measures or compared(results):
        p = tukey_hsd(np.stack([r.per_query.values[name] for r in results]), results[0].per_query.groups or None)
        for j in range(1, len(results)):
            found += [_pair(results[i], results[j], name, float(p[i, j])) for i in range(j)]
    return found


def compared(results: Sequence[Result]) -> list[str]:
    """The measures that all results have, less Judged, which describes the judgements and not the system."""
    return [name for name in results[0].measures if not name.startswith("Judged") and all(name in r.measures for r in results)]


def check_comparable(results: Sequence[Result]) -> None:
    """Raise InputError where two results are not of the same task, version, data and depth."""
    first = results[0]
    for other in results[1:]:
        differing = [name for name in SAME if first.identity.get(name) != other.identity.get(name)]
        if differing:
            raise InputError(
                f"not comparable with {first.system}: they differ in {', '.join(differing)}",
                where=str(other.folder or other.system),
                mend="compare results of the same task, split, data and depth; run them again where a version has changed",
            )


def _pair(first: Result, second: Result, name: str, p: float | None = None) -> Comparison:
    a, b = second.per_query.values[name], first.per_query.values[name]
    groups = first.per_query.groups or None
    interval = bootstrap_intervals((a - b)[None, :], groups)[0]
    p = sign_flip_test(a, b, groups) if p is None else p
    wins, losses = int(np.count_nonzero(a > b)), int(np.count_nonzero(a < b))
    return Comparison(
        first.task, name, second.system, first.system, interval.mean, interval.low, interval.high, p, p, wins, losses
    )


def _adjusted(one: Comparison, p: float) -> Comparison:
    return Comparison(**{**vars(one), "adjusted": float(p)})
