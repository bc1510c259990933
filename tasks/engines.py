"""Who computes a measure: pytrec_eval, ir_measures for what that lacks, and NumPy for the share that is judged.

All are given ranks in place of scores and ids, so that one ranking and one tie rule serve every measure.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import groupby
from subprocess import SubprocessError

import numpy as np
from numpy.typing import NDArray

from corpora import SurroundingsError

from .judged_run import UNRETRIEVED, JudgedRun
from .measure_names import Measure

Values = NDArray[np.float64]

TREC_NAMES = {
    "nDCG": ("ndcg", "ndcg_cut"), "AP": ("map", "map_cut"), "P": ("", "P"), "R": ("", "recall"), "Success": ("", "success"),
    "RR": ("recip_rank", ""), "Rprec": ("Rprec", ""), "Bpref": ("bpref", ""),
}  # fmt: skip
"""trec_eval's name of a measure on the whole ranking, and at a depth. RR has no depth there: the run is cut."""


class RankDictionaries:
    """The dictionaries that evaluation libraries take, made of a JudgedRun: query i is `str(i)`, rank r is `d` and r in digits.

    Rankings of one length share one dictionary. Queries with an empty ranking are left out.
    """

    def __init__(self, judged: JudgedRun) -> None:
        self.judged = judged
        longest = int(judged.lengths.max(initial=0))
        self._names = [f"d{rank:07d}" for rank in range(longest)]
        self._scores = [-float(rank) for rank in range(longest)]

    def run(self, depth: int | None, queries: Iterable[int]) -> dict[str, dict[str, float]]:
        """Query -> document -> score, cut at `depth`, of the given queries that have a ranking."""
        lengths = np.minimum(self.judged.lengths, len(self._names) if depth is None else depth).tolist()
        shared: dict[int, dict[str, float]] = {}
        for length in set(lengths):
            shared[length] = dict(zip(self._names[:length], self._scores[:length], strict=True))
        return {str(query): shared[lengths[query]] for query in queries if lengths[query]}

    @cached_property
    def qrels(self) -> dict[str, dict[str, int]]:
        """Query -> document -> grade; a document that was not retrieved has a name of its own."""
        triples = zip(self.judged.query.tolist(), self.judged.rank.tolist(), self.judged.grade.tolist(), strict=True)
        return {
            str(query): {
                self._names[rank] if rank != UNRETRIEVED else f"u{place:07d}": grade for place, (_, rank, grade) in enumerate(own)
            }
            for query, own in groupby(triples, key=lambda triple: triple[0])
        }


def compute(judged: JudgedRun, measures: Iterable[Measure]) -> dict[Measure, Values]:
    """Each measure's value for each query, float64 (n), in the order asked; a query with an empty ranking has 0.

    Raises SurroundingsError when ir_measures needs a package or a program that is not installed.
    """
    asked = list(dict.fromkeys(measures))
    found: dict[Measure, Values] = {m: np.zeros(len(judged)) for m in asked}
    if not len(judged):
        return found
    dictionaries = RankDictionaries(judged)
    found |= {m: judged_share(judged, m.cutoff) for m in asked if m.common and m.name == "Judged"}
    for group in _by_evaluator(m for m in asked if m.common and m.name != "Judged"):
        _fill(found, _trec_values(dictionaries, group))
    if foreign := [m for m in asked if not m.common]:
        _fill(found, _ir_values(dictionaries, foreign))
    return found


def judged_share(judged: JudgedRun, cutoff: int | None) -> Values:
    """The share of the documents shown (the first `cutoff`, or as many as there are) that have any grade; 0 of none. (n)."""
    shown = judged.lengths if cutoff is None else np.minimum(judged.lengths, cutoff)
    seen = (judged.rank != UNRETRIEVED) & (judged.rank < shown[judged.query])
    return np.asarray(np.bincount(judged.query[seen], minlength=len(judged)) / np.maximum(shown, 1), np.float64)


def _by_evaluator(measures: Iterable[Measure]) -> list[list[Measure]]:
    """Measures that one trec_eval call can serve: one `rel`, and one cut of the run where RR asks for it."""
    groups: dict[tuple[int, int | None], list[Measure]] = {}
    for measure in measures:
        groups.setdefault((measure.rel, measure.cutoff if measure.name == "RR" else None), []).append(measure)
    return list(groups.values())


def _trec_values(dictionaries: RankDictionaries, group: list[Measure]) -> Iterable[tuple[Measure, int, float]]:
    import pytrec_eval

    # A query without a document graded `rel` has 0 in all of these; given to trec_eval it would be read past its grades.
    queries = np.flatnonzero(dictionaries.judged.best_grade() >= group[0].rel).tolist()
    run = dictionaries.run(_depth(group), queries)
    if not run:
        return
    qrels = {query: dictionaries.qrels[query] for query in run}
    names = {measure: _trec_name(measure) for measure in group}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, set(names.values()), relevance_level=group[0].rel)
    for query, values in evaluator.evaluate(run).items():
        for measure, name in names.items():
            yield measure, int(query), values[name]


def _trec_name(measure: Measure) -> str:
    whole, at_depth = TREC_NAMES[measure.name]
    return whole if measure.cutoff is None or not at_depth else f"{at_depth}_{measure.cutoff}"


def _depth(group: list[Measure]) -> int | None:
    """The depth that the deepest measure of the group looks at; None is all of it."""
    cutoffs = [measure.cutoff for measure in group]
    return None if None in cutoffs else max(cutoff for cutoff in cutoffs if cutoff is not None)


def _ir_values(dictionaries: RankDictionaries, group: list[Measure]) -> Iterable[tuple[Measure, int, float]]:
    import ir_measures

    names = {ir_measures.parse_measure(str(measure)): measure for measure in group}
    run = dictionaries.run(None, range(len(dictionaries.judged)))
    qrels = {query: dictionaries.qrels[query] for query in run}
    try:
        for value in ir_measures.iter_calc(list(names), qrels, run) if run else ():
            yield names[value.measure], int(value.query_id), float(value.value)
    except (ValueError, OSError, RuntimeError, ImportError, SubprocessError) as error:
        asked = ", ".join(map(str, group))
        raise SurroundingsError(f"ir_measures cannot compute {asked}", mend=str(error)) from None


def _fill(found: dict[Measure, Values], values: Iterable[tuple[Measure, int, float]]) -> None:
    for measure, query, value in values:
        found[measure][query] = value
