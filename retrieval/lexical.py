"""Lexical systems: our BM25, and the same protocol over rank-bm25 and Lucene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from corpora import Corpus, Queries, TextRule, UsageError
from corpora.state import digest_json, kept_or_built
from corpora.workspace import Workspace
from indexes import Candidates, TextIndex
from indexes.analysis.named import analyser, default_analyser

from .run import Run
from .spec import Spec, no_args, no_target, read_options, without_defaults
from .system import Retriever

BM25_DEFAULTS: dict[str, Any] = {"analyser": "", "variant": "lucene", "k1": 0.9, "b": 0.4, "delta": ""}


class Counting(TextIndex, Protocol):
    """A TextIndex that also says how many queries hold no known term."""

    def unknown(self, queries: list[str]) -> int:
        """How many of these queries hold no known term."""
        ...


@dataclass(frozen=True)
class LexicalRetriever:
    """A text index bound to its corpus; the text parts of a query are joined by a space."""

    corpus: Corpus
    index: Counting
    notes: Mapping[str, int]

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query, of documents that share a term with it."""
        texts = queries.texts
        counts = {**self.notes, "zero_token_queries": self.index.unknown(texts)}
        return Run.from_hits(queries.ids, self.corpus, self.index.search(texts, k, candidates), counts)


@dataclass(frozen=True)
class BM25System:
    """`bm25(analyser=, variant=, k1=, b=, delta=)`; without an analyser, the one of the corpus's language."""

    spec: str
    analyser: str
    variant: str
    k1: float
    b: float
    delta: float | None

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score."""
        chosen = analyser(self.analyser or default_analyser(language))
        numbers = {"k1": self.k1, "b": self.b, "delta": self.delta}
        return {"engine": "bm25-1", "analyser": chosen.name, "pinned": chosen.identity, "variant": self.variant, **numbers}

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever, its index opened or built."""
        from indexes.bm25 import build_bm25, open_bm25, write_bm25

        identity = self.identity(language)
        cut = analyser(str(identity["analyser"]))

        def build(folder: Path) -> dict[str, Any]:
            with workspace.progress("indexing", len(corpus), "doc") as advance:
                texts = _watched(corpus, rule, advance)
                index = build_bm25(texts, cut, corpus.order, form=self.variant, k1=self.k1, b=self.b, delta=self.delta)
            return {"identity": identity, "corpus": corpus.fingerprint, **write_bm25(index, folder)}

        folder = workspace.folder("indexes", digest_json([corpus.arrival, rule, identity]))
        manifest = kept_or_built(folder, build, repair=f"medir index --retriever '{self.spec}'")
        index = open_bm25(folder, manifest, cut, corpus.order)
        return LexicalRetriever(corpus, index, {"empty_documents": index.facts["empty_documents"]})


def _watched(corpus: Corpus, rule: TextRule, advance: Any) -> Any:
    for block in corpus.blocks(rule):
        yield block
        advance(len(block))


def bm25(spec: Spec) -> BM25System:
    """The maker of `bm25(...)`."""
    from indexes.bm25.variants import variant

    no_target(spec)
    no_args(spec)
    chosen = read_options(spec, BM25_DEFAULTS)
    variant(chosen["variant"])
    if chosen["analyser"]:
        analyser(chosen["analyser"])
    for name, low, high in (("k1", 0.0, 1e6), ("b", 0.0, 1.0)):
        _within(spec, name, chosen[name], low, high)
    delta = None if chosen["delta"] == "" else _within(spec, "delta", float(chosen["delta"]), 0.0, 1e6)
    name = str(without_defaults(spec, BM25_DEFAULTS))
    return BM25System(name, chosen["analyser"], chosen["variant"], chosen["k1"], chosen["b"], delta)


def _within(spec: Spec, name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise UsageError(f"{name}={value:g} is out of range", where=str(spec), mend=f"{name} lies between {low:g} and {high:g}")
    return value
