"""Lexical systems: our BM25, and the same protocol over rank-bm25 and Lucene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora import Corpus, Queries, TextRule
from corpora.errors import missing_extra
from corpora.state import digest_json, kept_or_built
from corpora.workspace import Workspace
from indexes import Candidates, TextIndex
from indexes.analysis.named import DEFAULTS, analyser, default_analyser

from .multimodal.text_only import texts_alone
from .run import Run
from .system import Retriever


@dataclass(frozen=True)
class LexicalRetriever:
    """A text index bound to its corpus; the text parts of a query are joined by a space."""

    corpus: Corpus
    index: TextIndex
    notes: Mapping[str, int] = field(default_factory=dict)

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query, of documents that share a term with it.

        Where no candidates narrow the search, a query that finds nothing holds no known term, and is counted. Pictures are not
        read, and counted. Raises InputError for a query that is a picture without text.
        """
        queries, unread = texts_alone(queries, "lexical", "a lexical retriever")
        hits = self.index.search(queries.texts, k, candidates)
        nothing = int((hits.rows < 0).all(axis=1).sum())
        counts = {"zero_token_queries": nothing} if candidates is None else {}
        return Run.from_hits(queries.ids, self.corpus, hits, {**self.notes, **counts, **unread})


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
        manifest = kept_or_built(folder, build, repair="the same command builds it anew")
        index = open_bm25(folder, manifest, cut, corpus.order)
        return LexicalRetriever(
            corpus, index, {"zero_token_documents": index.facts["empty_documents"], **self._unstemmed(language)}
        )

    def _unstemmed(self, language: str) -> dict[str, int]:
        """A note where nothing was asked for and the language has no analyser of its own, so that words are taken as they are."""
        return {} if self.analyser or language == "unknown" or language in DEFAULTS else {"language_without_analyser": 1}


@dataclass(frozen=True)
class RankBM25System:
    """`rank-bm25(variant=okapi, analyser=, k1=, b=, epsilon=, delta=)`: the library's formulas and defaults; not kept on disk."""

    spec: str
    analyser: str
    variant: str
    parameters: Mapping[str, float]

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score."""
        from importlib.metadata import PackageNotFoundError, version

        chosen = analyser(self.analyser or default_analyser(language))
        pinned = {"analyser": chosen.name, "pinned": chosen.identity, "variant": self.variant, **self.parameters}
        try:
            return {"engine": f"rank-bm25-{version('rank-bm25')}", **pinned}
        except PackageNotFoundError:
            raise missing_extra("rank-bm25", "rank-bm25") from None

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever; the library keeps no index files, so it is built each time."""
        from indexes.rank_bm25_index import build_rank_bm25

        cut = analyser(self.analyser or default_analyser(language))
        with workspace.progress("indexing", len(corpus), "doc") as advance:
            texts = _watched(corpus, rule, advance)
            index = build_rank_bm25(texts, cut, corpus.order, form=self.variant, **self.parameters)
        return LexicalRetriever(corpus, index)


@dataclass(frozen=True)
class LuceneSystem:
    """`lucene(language=, k1=, b=)`: Lucene itself through pyserini, in a process of its own; needs the extra `lucene`."""

    spec: str
    language: str
    k1: float
    b: float

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            engine = f"pyserini-{version('pyserini')}"
        except PackageNotFoundError:
            raise missing_extra("pyserini", "lucene") from None
        return {"engine": engine, "language": self._language(language), "k1": self.k1, "b": self.b}

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever, its index opened or built; k1 and b are Lucene's at search time."""
        from indexes.lucene import build_lucene, open_lucene

        identity = self.identity(language)
        built = {name: identity[name] for name in ("engine", "language")}

        def build(folder: Path) -> dict[str, Any]:
            with workspace.progress("indexing", len(corpus), "doc") as advance:
                facts = build_lucene(folder, _watched(corpus, rule, advance), identity["language"])
            return {"identity": built, "corpus": corpus.fingerprint, **facts}

        folder = workspace.folder("indexes", digest_json([corpus.arrival, rule, built]))
        kept_or_built(folder, build, repair="the same command builds it anew")
        return LexicalRetriever(corpus, open_lucene(folder, corpus.order, self.k1, self.b, identity["language"]))

    def _language(self, language: str) -> str:
        return self.language or (language if language != "unknown" else "en")


def _watched(corpus: Corpus, rule: TextRule, advance: Any) -> Any:
    for block in corpus.blocks(rule):
        yield block
        advance(len(block))
