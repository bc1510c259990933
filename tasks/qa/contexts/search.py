"""A system asked over a corpus for questions, and its run kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from corpora import Card, Collection, Corpus, Qrels, Queries
from corpora.state import digest, digest_json
from corpora.workspace import Workspace
from retrieval import Run
from retrieval.augment.writer import meet
from retrieval.run import stack
from retrieval.system import Retriever, System

from ...evaluate import library_versions
from ...retrieval_task import retrieve_without
from .documents import Rows
from .ground import corpus_identity
from .kept import Ranked, kept_or_ranked


@dataclass(frozen=True)
class Limits:
    """What each query may find: `records` (by row; empty for the whole corpus) whose chunks are searched alone, `rows` of each
    record, and by query id the documents that are `ignored`, left out of its ranking.
    """

    records: Sequence[str]
    rows: Mapping[str, Rows] = field(default_factory=dict)
    ignored: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Search:
    """A system over a corpus, under its card's text rule and language. Chunks are found as such, never as their parents."""

    system: System
    corpus: Corpus
    card: Card

    def identity(self) -> dict[str, Any]:
        """Everything besides the queries and the depth that decides what is found, as JSON."""
        told = {"system": self.system.identity(self.card.language), "spec": self.system.spec}
        return {**told, **corpus_identity(self.corpus), "rule": self.card.text_rule, "language": self.card.language}

    def ranked(self, queries: Queries, limits: Limits, depth: int, workspace: Workspace) -> Ranked:
        """The run of the queries to a depth: the kept one, or retrieved now and kept."""
        asked = {"ids": digest(*queries.ids), "texts": digest(*queries.texts), "records": digest(*limits.records)}
        if queries.pictured:
            asked["images"] = digest_json([[image.key for image in queries.images(row)] for row in range(len(queries))])
        ignored = {query: sorted(limits.ignored[query]) for query in queries.ids if limits.ignored.get(query)}
        key = {**self.identity(), **asked, "ignored": ignored, "depth": depth, "versions": library_versions()}
        folder = workspace.folder("runs", digest_json(key))
        return kept_or_ranked(folder, queries.ids, lambda: self._rank(queries, limits, depth, workspace))

    def _rank(self, queries: Queries, limits: Limits, depth: int, workspace: Workspace) -> Ranked:
        card = replace(self.card, roll_up="none")
        retriever = self.system.bind(self.corpus, workspace, rule=card.text_rule, language=card.language)
        meet(retriever, queries)
        asked = Collection(card, "", self.corpus, queries, Qrels({}, limits.ignored))
        run = _limited(retriever, asked, limits, depth)
        echo = getattr(retriever, "echo", None)
        return Ranked(run, echo(queries, self.corpus) if echo else {})


def _limited(retriever: Retriever, asked: Collection, limits: Limits, depth: int) -> Run:
    """The run of all queries, those with a record searched inside it."""
    inside = np.array([bool(record) for record in limits.records], bool)
    runs, places = [], []
    for rows in (np.flatnonzero(~inside), np.flatnonzero(inside)):
        if len(rows):
            some = replace(asked, queries=asked.queries.take(rows.tolist()))
            own = _candidates(asked, limits, rows) if inside[rows[0]] else {}
            runs.append(retrieve_without(retriever, replace(some, candidates=own), depth))
            places.append(rows)
    return runs[0] if len(runs) == 1 else stack(runs, np.concatenate(places), _notes(runs))


def _candidates(asked: Collection, limits: Limits, rows: Rows) -> dict[str, tuple[str, ...]]:
    ids = {record: tuple(asked.corpus.ids.take(own).to_pylist()) for record, own in limits.rows.items()}
    return {asked.queries.ids[row]: ids.get(limits.records[row], ()) for row in rows.tolist()}


def _notes(runs: Sequence[Run]) -> dict[str, int]:
    """Counts by query add up, all others speak of the corpus and are the same in each."""
    total: Counter[str] = Counter()
    for run in runs:
        for name, count in run.notes.items():
            total[name] = total[name] + count if name.endswith("_queries") else max(total[name], count)
    return dict(total)
