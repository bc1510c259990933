"""A retrieval task: a collection, how deep it is searched, and what is measured."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np

from corpora import Collection, Corpus, Part, Queries, UsageError
from corpora.images import FAULTS_NAMED
from corpora.state import digest_json
from corpora.workspace import Workspace
from indexes import Candidates
from retrieval import Run
from retrieval.augment.writer import meet
from retrieval.faults import faults_of
from retrieval.roll_up import RollUp, parents_of, retrieve_parents
from retrieval.run import stack
from retrieval.system import Retriever, System, is_composite

from .candidates import candidate_rows, with_every_candidate
from .measures import Measure, parse_measure
from .read_chunks import KeptFromChunks, chunks_of
from .retrieval_scores import scored
from .task import Evaluated

SCORING_VERSION = 1
ASIDE = ("revision_moved", "counts_unchecked")
"""Notes on where data came from: shown, but no part of what a score depends on."""


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
        narrowed = {"candidates": digest_json({q: list(names) for q, names in of.candidates.items()})} if of.candidates else {}
        return {
            **narrowed,
            "task": of.name,
            "version": card.version,
            "scoring": SCORING_VERSION,
            "split": of.split,
            "subset": card.subset,
            "corpus": of.corpus.fingerprint,
            "queries": queries_digest(of),
            "qrels": qrels_digest(of),
            "language": card.language,
            "text_rule": card.text_rule,
            "slices": [*card.slices, card.macro],
            "roll_up": card.roll_up or "none",
            "parents": _parents_digest(of),
            "notes": {name: count for name, count in of.notes.items() if name not in ASIDE},
            "measures": [str(measure) for measure in self.measures],
            "k": self.k,
        }

    @property
    def config(self) -> dict[str, Any]:
        """What the task was asked, as flat values."""
        card = self.collection.card
        chosen = {"task": self.name, "split": self.collection.split, "k": self.k, "measures": [str(m) for m in self.measures]}
        return chosen | {"text_rule": card.text_rule, "language": card.language}

    @property
    def language(self) -> str:
        """The language of the documents."""
        return self.collection.card.language

    @property
    def libraries(self) -> tuple[str, ...]:
        """None besides those that every task counts."""
        return ()

    def evaluate(self, system: System, workspace: Workspace) -> Evaluated:
        """The run of a system, scored."""
        of, began = self.collection, time.perf_counter()
        retriever = system.bind(of.corpus, workspace, rule=of.card.text_rule, language=of.card.language)
        bound = time.perf_counter()
        run = self.retrieve(retriever)
        retrieved = time.perf_counter()
        result = scored(of, run, self.measures, self.k, system.spec)
        echo = getattr(retriever, "echo", None)
        faults = list(dict.fromkeys((*of.corpus.faults, *of.queries.faults, *faults_of(retriever, of.queries))))
        named = {"faulty_images": faults[:FAULTS_NAMED]} if faults else {}
        result = replace(result, prompts=echo(of.queries, of.corpus) if echo else {}, details=named)
        seconds = {"index": bound - began, "retrieve": retrieved - bound, "score": time.perf_counter() - retrieved}
        return Evaluated(result, run, seconds)

    def retrieve(self, retriever: Retriever) -> Run:
        """The run of every query, without the documents that its ranking must leave out, cut at k.

        Where the collection names candidates, each query's ranking holds all of its own and nothing else.
        """
        run = retrieve_without(retriever, self.collection, self.k)
        return with_every_candidate(run, self.collection, self.k) if self.collection.candidates else run


def make_task(collection: Collection, measures: Sequence[str] = (), k: int = 1000) -> RetrievalTask:
    """The task of a collection; without measures, the card's; Judged@10 stands beside every score.

    Raises UsageError where k is too shallow for a measure, or where candidates would have to be rolled up to parents.
    """
    if collection.candidates and collection.corpus.parents is not None and collection.card.roll_up not in ("", "none"):
        raise UsageError(f"{collection.name} ranks candidates, which are not rolled up", mend="use --roll-up none")
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

    They are taken out of every ranking that another one is made of, before it is; with roll-up, what reads chunks is kept from
    theirs.
    """
    how = (collection.card.roll_up or "none") if collection.corpus.parents is not None else "none"
    if is_composite(retriever) and not (retriever.reads_documents and how != "none"):

        def search(inner: Retriever, asked: Queries, deep: int) -> Run:
            return retrieve_without(inner, replace(collection, queries=asked), deep)

        return retriever.through(search, collection.queries, k)
    if is_composite(retriever):
        meet(retriever, collection.queries)
        retriever = KeptFromChunks(retriever, chunks_of(collection.corpus, collection.qrels.ignored))
    queries, ignored = collection.queries, collection.qrels.ignored
    extra = np.array([len(ignored.get(query, ())) for query in queries.ids], np.int64)
    depths = k + np.where(extra > 0, 2 ** np.ceil(np.log2(np.maximum(extra, 1))), 0).astype(np.int64)
    narrowed = candidate_rows(collection) if collection.candidates else None
    runs, rows = [], []
    for depth in np.unique(depths):
        group = np.flatnonzero(depths == depth)
        own = None if narrowed is None else [narrowed[row] for row in group.tolist()]
        asked, deep = queries.take(group.tolist()), min(int(depth), len(collection.corpus))
        run = _ranked(retriever, collection.corpus, asked, deep, how, own)
        runs.append(run.without(ignored).cut(k))
        rows.append(group)
    if not runs:
        return retriever.retrieve(queries, k)
    return stack(runs, np.concatenate(rows), _notes(runs))


def _ranked(retriever: Retriever, corpus: Corpus, queries: Queries, depth: int, how: str, candidates: Candidates | None) -> Run:
    if how == "none" or corpus.parents is None:
        return retriever.retrieve(queries, depth, candidates)
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
        [(p.text, p.role, p.weight, _picture(p), None if p.vector is None else p.vector.tolist()) for p in q]
        for q in queries.parts
    ]
    sliced = [[str(row.get(field)) for field in fields] for row in queries.metadata]
    generated = dict(queries.generations.identities) if queries.generations else {}
    return digest_json([queries.ids, parts, queries.group, sliced, *([generated] if generated else [])])


def _picture(part: Part) -> str:
    """What pins the picture of a part, wherever it lies."""
    return str(None) if part.image is None else part.image.key


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
