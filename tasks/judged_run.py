"""A run met with its judgements: at which rank each judged document stands, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpora import InputError, Qrels
from retrieval import Run

Ints = NDArray[np.int64]

UNRETRIEVED = -1
LARGEST_GRADE = 10_000
"""trec_eval keeps an array as long as the highest grade."""


@dataclass(frozen=True)
class JudgedRun:
    """n rankings reduced to what measures look at: their `lengths` int64 (n) and j judgements, ordered by query.

    Judgement i is of query `query[i]` (0..n-1), gives `grade[i]`, and its document stands at `rank[i]` (from 0;
    UNRETRIEVED if the ranking lacks it). All int64 (j). Documents outside the judgements only take up ranks.
    """

    lengths: Ints
    query: Ints
    rank: Ints
    grade: Ints

    def __len__(self) -> int:
        return len(self.lengths)

    def best_grade(self) -> Ints:
        """The highest grade of each query, int64 (n)."""
        best = np.zeros(len(self), np.int64)
        np.maximum.at(best, self.query, self.grade)
        return best


def meet(run: Run, qrels: Qrels, rows: Ints) -> JudgedRun:
    """The rankings of the queries at `rows` int64 (n) of the run, each of which has judgements.

    Raises InputError for a run out of the total order and for a grade above LARGEST_GRADE.
    """
    check_order(run)
    judged = [qrels.grades[run.queries[row]] for row in rows.tolist()]
    query = np.repeat(np.arange(len(rows)), [len(grades) for grades in judged])
    grade = np.array([grade for grades in judged for grade in grades.values()], np.int64)
    docs = pa.array([doc for grades in judged for doc in grades], run.docs.type)
    if grade.size and grade.max() > LARGEST_GRADE:
        worst = int(grade.argmax())
        where = f"query {run.queries[rows[query[worst]]]!r}, document {docs[worst].as_py()!r}"
        raise InputError(f"grade {grade.max()} is above {LARGEST_GRADE}", where=where, mend="grade with small integers")
    return JudgedRun(np.diff(run.offsets)[rows], query, _ranks(run, rows[query], docs), grade)


def _ranks(run: Run, row: Ints, docs: pa.Array) -> Ints:
    """Where each judged document (of the ranking at `row` of the run) stands in its ranking, int64 (j)."""
    names = docs.unique()
    wanted = row * len(names) + _codes(docs, names)
    by_key = np.argsort(wanted)
    code = _codes(run.docs, names)
    hits = np.flatnonzero(code >= 0)
    row_of_hit = np.searchsorted(run.offsets, hits, side="right") - 1
    keys = row_of_hit * len(names) + code[hits]
    place = np.searchsorted(wanted, keys, sorter=by_key)
    same = place < len(wanted)
    same[same] = wanted[by_key[place[same]]] == keys[same]
    found = by_key[place[same]]
    if len(np.unique(found)) < len(found):
        twice = docs[int(np.bincount(found).argmax())].as_py()
        raise InputError("the run ranks a document twice for one query", where=f"document {twice!r}", mend="keep one")
    ranks = np.full(len(wanted), UNRETRIEVED, np.int64)
    ranks[found] = hits[same] - run.offsets[row_of_hit[same]]
    return ranks


def _codes(docs: pa.Array, names: pa.Array) -> Ints:
    """The place of each document in `names`, -1 for one that is not there."""
    return np.asarray(pc.fill_null(pc.index_in(docs, value_set=names), -1).to_numpy(zero_copy_only=False), np.int64)


def equal_neighbours(run: Run) -> Ints:
    """The positions i of `run.scores` where i and i+1 are of one query and tie, int64 (t)."""
    inside = _inside(run)
    return np.asarray(inside[run.scores[inside] == run.scores[inside + 1]])


def check_order(run: Run) -> None:
    """Raises InputError unless every ranking is in the total order: score as float32, then id, both descending."""
    inside = _inside(run)
    falls = run.scores[inside] >= run.scores[inside + 1]  # False for NaN too
    ties = equal_neighbours(run)
    rises = pc.greater(run.docs.take(pa.array(ties + 1)), run.docs.take(pa.array(ties))).to_numpy(zero_copy_only=False)
    wrong = np.concatenate([inside[~falls], ties[np.asarray(rises, bool)]])
    if wrong.size:
        row = int(np.searchsorted(run.offsets, wrong.min(), side="right")) - 1
        where = f"query {run.queries[row]!r}, rank {int(wrong.min() - run.offsets[row]) + 1}"
        raise InputError("the run is not sorted by score, then id, descending", where=where, mend="sort it (NaN is no score)")


def _inside(run: Run) -> Ints:
    """The positions whose successor belongs to the same query."""
    follows = np.ones(max(len(run.scores) - 1, 0), bool)
    ends = run.offsets[1:-1] - 1
    follows[ends[(ends >= 0) & (ends < len(follows))]] = False
    return np.flatnonzero(follows)
