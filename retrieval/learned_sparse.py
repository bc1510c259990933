"""The learned-sparse system: `splade:MODEL`, a model's term weights in postings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, InputError, Part, Queries, Role, TextRule, UsageError
from corpora.state import digest_json, kept_or_built
from corpora.workspace import Workspace
from indexes import Candidates

from .encoders.sparse_custom import resolve_sparse
from .encoders.sparse_weights import Sparse, SparseEncoder
from .multimodal.text_only import texts_alone
from .prompts import TaskPrompts
from .run import Run
from .spec import Spec, no_args
from .system import Retriever
from .vectors.sparse import blocks_of, keep_sparse
from .vectors.texts import CorpusTexts, ListedTexts

if TYPE_CHECKING:
    from indexes.bm25.search import Asked
    from indexes.impact import ImpactIndex


@dataclass(frozen=True)
class SparseRetriever:
    """A corpus's term weights in an index, and the encoder that queries go through."""

    corpus: Corpus
    rule: TextRule
    encoder: SparseEncoder
    index: ImpactIndex
    workspace: Workspace
    notes: Mapping[str, int]

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query, of documents that share a term with it: its parts' weights, each in its own role, summed.

        The parts that a dense retriever reads are read; pictures are not, and counted. Raises InputError for a query that is
        a picture without text, a ready vector or a negative weight.
        """
        queries, unread = texts_alone(queries, "dense", "a learned-sparse model")
        asked, counts = query_terms(self.encoder, queries, self.workspace)
        hits = self.index.search_terms(asked, k, candidates)
        return Run.from_hits(queries.ids, self.corpus, hits, {**self.notes, **counts, **unread})

    def echo(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """The first query's and the first document's text exactly as the model is fed them."""
        first = next((part for parts in queries.parts for part in parts if part.text and part.is_for("dense")), None)
        fed: dict[str, Any] = {"query": self.encoder.echo([first.text], first.role)} if first else {}
        if len(corpus):
            fed["document"] = self.encoder.echo(corpus.texts(self.rule, np.zeros(1, np.int64)).to_pylist(), "document")
        return fed


@dataclass(frozen=True)
class SparseSystem:
    """`splade:MODEL(...)`: the options are the model's own."""

    spec: str
    target: str
    options: tuple[tuple[str, str], ...] = ()
    prompts: tuple[tuple[str, str], ...] = ()

    @cached_property
    def encoder(self) -> SparseEncoder:
        """What MODEL names; it is loaded only when something must be weighed."""
        return resolve_sparse(self.target, dict([*self.prompts, *self.options]))

    def prompted(self, prompts: TaskPrompts) -> SparseSystem:
        """The same with a task's prompts, where the SPEC gives none; a class of the user's own has its own."""
        own = ":" in self.target
        return self if own else replace(self, prompts=tuple(sorted(prompts.for_model(self.target).items())))

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score."""
        return {"engine": "learned-sparse-1", "encoder": self.encoder.identity()}

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever: its index opened if it is kept, else the corpus weighed (resumably) and the index built."""
        from indexes.impact import open_impact

        if rule == "pair" and self.encoder.unit == "tok":
            raise UsageError("the text rule is 'pair', and this model takes one text", where=self.spec, mend="use joined or text")
        texts = CorpusTexts(corpus, rule)
        folder = workspace.folder("indexes", digest_json([corpus.arrival, rule, self.identity()]))
        if not folder.exists():
            keep_sparse(self.encoder, texts, "document", workspace)
        manifest = kept_or_built(
            folder, lambda draft: self._build(draft, texts, workspace), repair="the same command builds it anew"
        )
        return SparseRetriever(corpus, rule, self.encoder, open_impact(folder, corpus.order), workspace, manifest["notes"])

    def _build(self, folder: Path, texts: CorpusTexts, workspace: Workspace) -> dict[str, Any]:
        from indexes.impact import build_impact, write_impact

        store, places = keep_sparse(self.encoder, texts, "document", workspace)
        facts = write_impact(build_impact(lambda: blocks_of(store, places), texts.corpus.order), folder)
        lost, empty = store.lost[places], int((store.count[places] == 0).sum())
        cut = {"truncated_documents": int((lost > 0).sum()), "tokens_lost_in_documents": int(lost.sum())}
        notes = {**(cut if self.encoder.unit == "tok" else {"truncation_unknown": 1}), "zero_token_documents": empty}
        about = {"encoder": self.encoder.name, "corpus": texts.corpus.fingerprint, "identity": self.identity()}
        return {**facts, **about, "notes": notes}


def splade(spec: Spec) -> SparseSystem:
    """The maker of `splade:MODEL(model's options)`. Raises UsageError without a MODEL."""
    no_args(spec)
    if not spec.target:
        mend = "for example: splade:naver/splade-v3 or splade:my_model.py:MyEncoder"
        raise UsageError("splade needs a model behind a colon", where=str(spec), mend=mend)
    return SparseSystem(str(Spec(spec.name, spec.target, (), spec.options)), spec.target, spec.options)


def query_terms(encoder: SparseEncoder, queries: Queries, workspace: Workspace) -> tuple[Asked, dict[str, int]]:
    """Each query's parts summed by weight, and how many queries were cut, have no part, or have no term.

    A part marked `unit` is scaled to length one first. Raises InputError for a part that is no text, or weighs less than 0.
    """
    from indexes.weighted import asked

    by_role: dict[Role, list[tuple[int, Part]]] = {}
    for row, parts in enumerate(queries.parts):
        for part in (part for part in parts if part.is_for("dense")):
            by_role.setdefault(part.role, []).append((row, _text(part, queries.ids[row])))
    lost, entries = np.zeros(len(queries), np.int64), [_NOTHING]
    for role, mine in sorted(by_role.items()):
        rows = np.array([row for row, _ in mine], np.int64)
        names = [queries.ids[row] for row in rows.tolist()]
        store, places = keep_sparse(encoder, ListedTexts([part.text for _, part in mine], names), role, workspace)
        np.add.at(lost, rows, store.lost[places])
        entries.append(_weighted(rows, store.take(places), [part for _, part in mine]))
    query, terms, weights = (np.concatenate(column) for column in zip(*entries, strict=True))
    weighted = asked(query, terms, weights, len(queries))
    return weighted, _counts(encoder, queries, weighted, lost)


_NOTHING = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float64))


def _weighted(rows: NDArray[np.int64], found: Sparse, parts: Sequence[Part]) -> tuple[Any, Any, Any]:
    """Of parts of the queries at `rows`: the query, term and weight of every term, the part's own weight in it."""
    squares = np.bincount(np.repeat(np.arange(len(parts)), found.counts), found.weights.astype(np.float64) ** 2, len(parts))
    unit = np.array([part.unit for part in parts], bool) & (squares > 0)
    scales = np.array([part.weight for part in parts], np.float64) / np.where(unit, np.sqrt(squares), 1.0)
    return np.repeat(rows, found.counts), found.terms, found.weights * np.repeat(scales, found.counts)


def _counts(encoder: SparseEncoder, queries: Queries, weighted: Asked, lost: NDArray[np.int64]) -> dict[str, int]:
    partless = sum(not any(part.is_for("dense") for part in parts) for parts in queries.parts)
    counts = {"partless_queries": partless, "zero_token_queries": int((np.diff(weighted.starts) == 0).sum()) - partless}
    cut = {"truncated_queries": int((lost > 0).sum()), "tokens_lost_in_queries": int(lost.sum())}
    return {**counts, **(cut if encoder.unit == "tok" else {})}


def _text(part: Part, query: str) -> Part:
    if part.vector is not None:
        what = "a part is a ready vector, and a learned-sparse model reads text"
        raise InputError(what, where=f"query {query!r}", mend="give text")
    if part.weight < 0:
        raise InputError(f"a part weighs {part.weight:g}", where=f"query {query!r}", mend="give a weight of 0 or more")
    return part
