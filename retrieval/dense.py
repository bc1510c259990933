"""The dense system: `dense:ENCODER`, a model's vectors and a vector index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, InputError, Queries, Role, TextRule, UsageError
from corpora.state import digest_json, kept_or_built
from corpora.workspace import Workspace
from indexes import PADDING, Candidates, Hits, VectorIndex

from .encoders import Encoder, resolve_encoder
from .run import Run
from .spec import Spec, no_args
from .system import Retriever
from .vectors.embed import Embedded, embed, mapped
from .vectors.keys import unique_texts
from .vectors.texts import CorpusTexts

FLAT = "Flat"
VECTORS = "vectors.f32"


@dataclass(frozen=True)
class DenseRetriever:
    """A corpus's vectors in a vector index, and the encoder that queries go through."""

    corpus: Corpus
    rule: TextRule
    encoder: Encoder
    index: VectorIndex
    workspace: Workspace
    notes: Mapping[str, int]

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query: its parts' vectors, each in its own role, summed by weight.

        A query of one plain text part has exactly that text's vector; a query without parts has an empty ranking.
        Raises InputError for a part that is an image or a vector of another width.
        """
        vectors, counts = query_vectors(self.encoder, queries, self.index.dim, self.workspace)
        hits = self.index.search(vectors, k, candidates)
        empty = np.array([not parts for parts in queries.parts], bool)
        rows = np.where(empty[:, None], PADDING, hits.rows)
        scores = np.where(empty[:, None], np.float32(-np.inf), hits.scores)
        return Run.from_hits(queries.ids, self.corpus, Hits(rows, scores), self._counted(counts, int(empty.sum())))

    def _counted(self, counts: Mapping[str, int], empty: int) -> dict[str, int]:
        lost = self.notes.get("tokens_lost", 0) + counts.get("tokens_lost", 0)
        return {**self.notes, **counts, "empty_queries": empty} | ({"tokens_lost": lost} if "tokens_lost" in self.notes else {})

    def echo(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """The first query's and the first document's text exactly as the model is fed them."""
        first = next((part for parts in queries.parts for part in parts if part.vector is None and part.image is None), None)
        asked = {first.role: self.encoder.echo([first.text], first.role)} if first else {}
        document = corpus.texts(self.rule, np.zeros(1, np.int64)).to_pylist() if len(corpus) else []
        return {**asked, **({"document": self.encoder.echo(document, "document")} if document else {})}


@dataclass(frozen=True)
class DenseSystem:
    """`dense:ENCODER(index=Flat, ...)`: the other options are the encoder's own."""

    spec: str
    target: str
    index: str = FLAT
    options: tuple[tuple[str, str], ...] = ()

    @cached_property
    def encoder(self) -> Encoder:
        """What ENCODER names; a sentence-transformers model is loaded only when something must be embedded."""
        return resolve_encoder(self.target, dict(self.options))

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score: the encoder's identity and the index."""
        return {"engine": "dense-1", "encoder": self.encoder.identity(), "index": self.index}

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever: its index opened if it is kept, else the corpus embedded (resumably) and the index built."""
        from indexes.vector import open_vector_index

        folder = workspace.folder("indexes", digest_json([corpus.arrival, rule, self.identity()]))
        if not folder.exists():
            embed(self.encoder, CorpusTexts(corpus, rule), "document", workspace)
        manifest = kept_or_built(
            folder, lambda draft: self._build(draft, corpus, workspace, rule), repair=f"medir index --retriever '{self.spec}'"
        )
        vectors = mapped(folder / VECTORS, len(corpus), int(manifest["dim"]))
        index = open_vector_index(folder, vectors, corpus.order, self.index)
        return DenseRetriever(corpus, rule, self.encoder, index, workspace, manifest["notes"])
