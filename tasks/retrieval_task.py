"""A retrieval task: a collection, how deep it is searched, and what is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from corpora import Collection, Corpus, Queries, UsageError
from corpora.state import digest_json
from retrieval import Run
from retrieval.fusion import FusedRetriever
from retrieval.roll_up import RollUp, parents_of, retrieve_parents
from retrieval.run import stack
from retrieval.system import Retriever

from .measures import Measure, parse_measure

SCORING_VERSION = 1


@dataclass(frozen=True)
class RetrievalTask:
    """A collection searched to depth k. `measures[0]` is the main one."""

    collection: Collection
    measures: tuple[Measure, ...]
    k: int

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.collection.name

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything but the system that can move a score, as JSON."""
        of, card = self.collection, self.collection.card
        return {
            "task": of.name,
            "version": card.version,
            "scoring": SCORING_VERSION,
            "split": of.split,
            "corpus": of.corpus.fingerprint,
            "queries": queries_digest(of),
            "qrels": qrels_digest(of),
            "language": card.language,
            "text_rule": card.text_rule,
            "slices": [*card.slices, card.macro],
            "roll_up": card.roll_up or "none",
            "parents": _parents_digest(of),
            "notes": dict(of.notes),
            "measures": [str(measure) for measure in self.measures],
            "k": self.k,
        }

    def retrieve(self, retriever: Retriever) -> Run:
        """The run of every query, without the documents that its ranking must leave out, cut at k."""
        return retrieve_without(retriever, self.collection, self.k)


def make_task(collection: Collection, measures: Sequence[str] = (), k: int = 1000) -> RetrievalTask:
    """The task of a collection; without measures, the card's; Judged@10 stands beside every score.

    Raises UsageError where k is too shallow for a measure.
    """
    names = list(measures) or [collection.card.main, *(m for m in collection.card.measures if m != collection.card.main)]
    if k < 1:
        raise UsageError(f"k is {k}", mend="search at least one document deep: --k 1000")
    parsed = tuple(dict.fromkeys(parse_measure(name) for name in [*names, f"Judged@{min(k, 10)}"]))
    for measure in parsed:
        if measure.cutoff is not None and measure.cutoff > k:
            raise UsageError(
                f"{measure} looks deeper than k = {k}", mend=f"use --k {measure.cutoff} or more, or a shallower measure"
            )
    return RetrievalTask(collection, parsed, k)


def retrieve_without(retriever: Retriever, collection: Collection, k: int) -> Run:
    """The run cut at k after each query's ignored documents are taken out; as much deeper is searched as that needs.

    They are taken out of every ranking that is fused, before it is.
    """
    if isinstance(retriever, FusedRetriever):
        return retriever.fuse([retrieve_without(part, collection, k) for part in retriever.parts]).cut(k)
    queries, ignored = collection.queries, collection.qrels.ignored
    how = collection.card.roll_up or "none"
    extra = np.array([len(ignored.get(query, ())) for query in queries.ids], np.int64)
    depths = k + np.where(extra > 0, 2 ** np.ceil(np.log2(np.maximum(extra, 1))), 0).astype(np.int64)
    runs, rows = [], []
    for depth in np.unique(depths):
        group = np.flatnonzero(depths == depth)
        run = _ranked(retriever, collection.corpus, queries.take(group.tolist()), min(int(depth), len(collection.corpus)), how)
        runs.append(run.without(ignored).cut(k))
        rows.append(group)
    if not runs:
        return retriever.retrieve(queries, k)
    return stack(runs, np.concatenate(rows), _notes(runs))


def _ranked(retriever: Retriever, corpus: Corpus, queries: Queries, depth: int, how: str) -> Run:
    if how == "none" or corpus.parents is None:
        return retriever.retrieve(queries, depth)
    return retrieve_parents(retriever, corpus, queries, depth, cast(RollUp, how))


def _notes(runs: Sequence[Run]) -> dict[str, int]:
    """Counts per query add up over groups of queries; all others speak of the corpus and are the same in each."""
    total: Counter[str] = Counter()
    for run in runs:
        for name, count in run.notes.items():
            total[name] = total[name] + count if name.endswith("_queries") else max(total[name], count)
    return dict(total)


def queries_digest(collection: Collection) -> str:
    """sha256 over the ids, parts, groups and sliced metadata of the queries."""
    queries, fields = collection.queries, [*collection.card.slices, collection.card.macro]
    parts = [
        [(p.text, p.role, p.weight, str(p.image), None if p.vector is None else p.vector.tolist()) for p in q]
        for q in queries.parts
    ]
    sliced = [[str(row.get(field)) for field in fields] for row in queries.metadata]
    return digest_json([queries.ids, parts, queries.group, sliced])


def _parents_digest(collection: Collection) -> str:
    """What pins the parents, which a corpus's fingerprint leaves out; nothing where chunks are ranked as they are."""
    if collection.card.roll_up in ("", "none"):
        return ""
    return digest_json(parents_of(collection.corpus).to_pylist())


def qrels_digest(collection: Collection) -> str:
    """sha256 over the judgements and the ignored documents."""
    qrels = collection.qrels
    return digest_json(
        [{q: dict(docs) for q, docs in qrels.grades.items()}, {q: sorted(docs) for q, docs in qrels.ignored.items()}]
    )
