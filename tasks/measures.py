"""A run scored against its judgements: one value per query and measure, and counts of all that a mean would hide.

How grades are read (checked against trec_eval's source and by the tests):

- A document is relevant if its grade is at least the measure's `rel` (1). Grades of 0 and below are not relevant.
- nDCG (Järvelin and Kekäläinen 2002, as trec_eval computes it) has gain = grade, discount log2(rank + 1), and the ideal
  ranking of all judged documents of the query, retrieved or not, cut at the same depth. It ignores `rel`.
  A grade below 0 gives no gain and no penalty: the value is that of grade 0.
- trec_eval takes a grade below 0 for "in the pool, not judged". Of the measures here only Bpref can tell it from 0:
  it counts documents graded from 0 to rel - 1 as not relevant and passes over those below 0.
- A document without a judgement is not relevant. Judged counts a document that has any grade, below 0 too, and divides
  by the documents shown (at most the depth), as ir_measures does.
- P divides by its depth, however short the ranking. R and AP divide by all relevant documents of the query.
  RR@k is the reciprocal rank on the run cut at k.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, Qrels
from retrieval import Run

from .engines import compute
from .judged_run import equal_neighbours, meet
from .measure_names import Measure, parse_measure, parse_measures

__all__ = ["Measure", "Scores", "parse_measure", "parse_measures", "score"]


@dataclass(frozen=True)
class Scores:
    """The values of n averaged queries: `values[measure]` float64 (n), in the order of `queries`.

    Averaged are the queries of the run with at least one document graded 1 or more, whatever `rel` a measure has; an
    unanswered one (empty ranking) counts 0. Beside them are counted: `judged_without_relevant` and `unjudged_queries`
    of the run (left out of the mean), `absent_queries` (judged, with a relevant document, but not in the run: left out),
    `unanswered` (averaged), and `tied_queries`: averaged ones in whose first `tie_depth` ranks, or across that cut,
    two scores are equal as float32, so that ids decide.
    """

    queries: tuple[str, ...]
    values: Mapping[Measure, NDArray[np.float64]]
    judged_without_relevant: int = 0
    unjudged_queries: int = 0
    absent_queries: int = 0
    unanswered: int = 0
    tied_queries: int = 0
    tie_depth: int = 10

    def __len__(self) -> int:
        return len(self.queries)

    def mean(self, measure: Measure) -> float:
        """The mean over the averaged queries, whatever their order. Raises InputError when there are none."""
        if not self.queries:
            raise InputError("no query of the run has a relevant document", mend="check that run and judgements share query ids")
        return math.fsum(self.values[measure].tolist()) / len(self)

    @property
    def tie_rate(self) -> float:
        """The share of averaged queries that have a tie in or at the cut of the first `tie_depth` ranks; 0 of none."""
        return self.tied_queries / len(self) if self.queries else 0.0

    @property
    def notes(self) -> dict[str, int]:
        """The counts by name, as a result shows them."""
        names = ("judged_without_relevant", "unjudged_queries", "absent_queries", "unanswered", "tied_queries")
        return {name: int(getattr(self, name)) for name in names}


def score(run: Run, qrels: Qrels, measures: Sequence[Measure], *, tie_depth: int = 10) -> Scores:
    """The values of every measure for every averaged query, and the counts (see `Scores`, and above how grades are read).

    Documents in `qrels.ignored` are left out of the rankings first. Raises InputError for a run that is not in the
    total order, SurroundingsError for a measure whose engine is not installed.
    """
    run = run.without(qrels.ignored)
    best = [max(qrels.grades.get(query, {}).values(), default=None) for query in run.queries]
    rows = np.array([row for row, grade in enumerate(best) if grade is not None and grade >= 1], np.int64)
    judged = meet(run, qrels, rows)
    asked = set(run.queries)
    return Scores(
        queries=tuple(run.queries[row] for row in rows.tolist()),
        values=compute(judged, measures),
        judged_without_relevant=sum(grade is not None and grade < 1 for grade in best),
        unjudged_queries=sum(grade is None for grade in best),
        absent_queries=sum(query not in asked and max(own.values(), default=0) >= 1 for query, own in qrels.grades.items()),
        unanswered=int(np.count_nonzero(judged.lengths == 0)),
        tied_queries=int(np.isin(rows, _tied_rows(run, tie_depth)).sum()),
        tie_depth=tie_depth,
    )


def _tied_rows(run: Run, depth: int) -> NDArray[np.int64]:
    """The rows of queries with two equal scores among their first `depth` ranks, or at ranks `depth` and `depth` + 1."""
    ties = equal_neighbours(run)
    row = np.searchsorted(run.offsets, ties, side="right") - 1
    return np.unique(row[ties - run.offsets[row] < depth])
