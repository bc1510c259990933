"""Systems on the same task held against each other, query by query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora import InputError

from .result import Result
from .significance import holm, mcnemar_exact, sign_flip_test, tukey_hsd
from .statistics import bootstrap_intervals

LEVEL = 0.05
Pair = tuple[Result, Result, str]
SAME = (
    "task",
    "version",
    "scoring",
    "split",
    "subset",
    "corpus",
    "queries",
    "questions",
    "qrels",
    "language",
    "text_rule",
    "roll_up",
    "parents",
    "k",
    "candidates",
    "role",
)


@dataclass(frozen=True)
class Comparison:
    """One measure of one system against another's, over the same queries.

    `difference` is the mean of system minus baseline, `low` and `high` its 95 % bootstrap interval, `p` two-sided (10,000
    sign flips, of questions and pictures that are right or wrong exact McNemar, or randomised Tukey HSD), `adjusted` the p
    after Holm over all the comparisons asked (Tukey's p is adjusted as it stands), `wins` and `losses` the queries on which
    the system is above and below.
    """

    task: str
    subset: str
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
        return _mark(self.difference, self.adjusted)


def against_first(results: Sequence[Result], measures: Sequence[str] = ()) -> list[Comparison]:
    """Every result against the first, each measure by sign flips, or exact McNemar (see `_p`); Holm over all of them."""
    pairs, p = _tested(results, measures)
    return _compared(pairs, p, holm(p).tolist())


def marks(results: Sequence[Result]) -> dict[tuple[str, ...], str]:
    """The mark (see `Comparison.mark`) of every result's key and measure against the first system, without the intervals.

    A result that was scored over other items than the first has none.
    """
    pairs, p = _tested([one for one in results if same_items(results[0], one)], ())
    found: dict[tuple[str, ...], str] = {}
    for (first, second, name), adjusted in zip(pairs, holm(p).tolist(), strict=True):
        gap = second.measures[name].mean - first.measures[name].mean
        found[*second.key, name] = _mark(gap, adjusted)
    return found


def _tested(results: Sequence[Result], measures: Sequence[str]) -> tuple[list[Pair], list[float]]:
    check_comparable(results)
    pairs = [(results[0], other, name) for other in results[1:] for name in measures or compared(results)]
    return pairs, [_p(*pair) for pair in pairs]


def _p(first: Result, second: Result, name: str) -> float:
    """The two-sided p of a measure: by exact McNemar where questions (or what a task calls `binary`) without shared groups are
    right or wrong, else by sign flips, as a gain between two answerers is tested.
    """
    ours, theirs, groups = _values(second, name), _values(first, name), first.per_query.groups
    binary = first.unit == "questions" or first.identity.get("binary", False)
    if binary and len(set(groups)) == len(groups) and np.isin([ours, theirs], (0, 1)).all():
        return mcnemar_exact(int((ours > theirs).sum()), int((ours < theirs).sum()))
    return sign_flip_test(ours, theirs, groups or None)


def _mark(difference: float, adjusted: float) -> str:
    if adjusted >= LEVEL:
        return ""
    return "▲" if difference > 0 else "▼"


def all_pairs(results: Sequence[Result], measures: Sequence[str] = ()) -> list[Comparison]:
    """Every result against every earlier one, by randomised Tukey HSD, which adjusts for the number of pairs itself."""
    check_comparable(results)
    pairs, p = [], []
    for name in measures or compared(results):
        found = tukey_hsd(np.stack([_values(result, name) for result in results]), _groups(results[0]))
        for j in range(1, len(results)):
            pairs += [(results[i], results[j], name) for i in range(j)]
            p += found[:j, j].tolist()
    return _compared(pairs, p, p)


def compared(results: Sequence[Result]) -> list[str]:
    """The measures of which all results have each query's value, less Judged, which describes the judgements.

    None of a clustering's `restarts`: they are experiments over one set of texts, no sample from which a test could infer.
    """
    if any(result.identity.get("restarts") for result in results):
        return []
    shared = [name for name in results[0].measures if all(name in result.per_query.values for result in results)]
    return [name for name in shared if not name.startswith("Judged")]


def same_items(first: Result, other: Result) -> bool:
    """Whether two results hold values of the same queries or items, in one order, so that these can be paired."""
    return first.per_query.ids == other.per_query.ids


def check_comparable(results: Sequence[Result]) -> None:
    """Raise InputError where two results are not of the same task, version, data and depth, or not over the same items.

    Which judgements a corpus has is no matter where answers are compared: they may be drawn from another corpus.
    """
    first = results[0]
    same = [name for name in SAME if name != "qrels" or first.unit != "questions"]
    for other in results[1:]:
        differing = [name for name in same if first.identity.get(name) != other.identity.get(name)]
        if differing:
            raise InputError(
                f"not comparable with {first.system}: they differ in {', '.join(differing)}",
                where=str(other.folder or other.system),
                mend="compare results of the same task, split, data and depth; run them again where a version has changed",
            )
        if not same_items(first, other):
            what = f"not comparable with {first.system}: they were scored over different {first.unit}"
            mend = "mend the pictures that one of them could not decode, and run both again"
            raise InputError(what, where=str(other.folder or other.system), mend=mend)


def _compared(pairs: Sequence[Pair], p: Sequence[float], adjusted: Sequence[float]) -> list[Comparison]:
    """The comparisons of some pairs (baseline, system, measure); all differences are resampled together."""
    if not pairs:
        return []
    gaps = np.stack([_values(second, name) - _values(first, name) for first, second, name in pairs])
    intervals = bootstrap_intervals(gaps, _groups(pairs[0][0]))
    rows = zip(pairs, gaps, intervals, p, adjusted, strict=True)
    return [
        Comparison(
            first.task,
            first.subset,
            name,
            second.system,
            first.system,
            i.mean,
            i.low,
            i.high,
            one,
            after,
            int((gap > 0).sum()),
            int((gap < 0).sum()),
        )
        for (first, second, name), gap, i, one, after in rows
    ]


def _values(result: Result, name: str) -> NDArray[np.float64]:
    return result.per_query.values[name]


def _groups(result: Result) -> tuple[str, ...] | None:
    return result.per_query.groups or None
