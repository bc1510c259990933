"""The dense system: `dense:ENCODER`, a model's vectors of texts, of pictures or of both, and a vector index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, Queries, TextRule, UsageError
from corpora.images import FAULTS_NAMED
from corpora.state import digest_json, kept_or_built
from corpora.workspace import Workspace
from indexes import PADDING, Candidates, Hits, VectorIndex

from .encoders import Encoder, resolve_encoder
from .multimodal.documents import Documents, layout_of, with_a_vector
from .multimodal.echo import echo
from .multimodal.mixing import Layout
from .multimodal.queries import Found, query_vectors
from .multimodal.reading import DEFAULTS, Reading, check_corpus, is_cosine
from .prompts import TaskPrompts
from .run import Run
from .spec import Spec, no_args
from .system import Retriever
from .vectors.deaf import deaf_to_prompts
from .vectors.embed import embed, keep
from .vectors.fill import mapped
from .vectors.texts import CorpusTexts

FLAT = "Flat"
VECTORS, PRESENT = "vectors.f32", "present.u8"


@dataclass(frozen=True)
class DenseRetriever:
    """A corpus's vectors float32 (N, width), memory-mapped, an index over them, and the encoder that queries go through.

    `reading` says what of a query is read and `layout` where it stands in a vector; `present` bool (N), the documents that
    have a vector, None where all have; `faults` names the first documents' pictures that could not be decoded.
    """

    corpus: Corpus
    rule: TextRule
    encoder: Encoder
    index: VectorIndex
    vectors: NDArray[np.float32]
    workspace: Workspace
    notes: Mapping[str, int]
    reading: Reading
    layout: Layout
    present: NDArray[np.bool_] | None = None
    faults: tuple[str, ...] = ()

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query: its parts' vectors, each in its own role, summed by weight; see `query_vectors`.

        A query of one plain text part has exactly that text's vector; one without parts, without a vector, or with one where
        no document has anything (a picture beside texts alone), has an empty ranking. A document without a vector is never
        found. Raises InputError for a query that the encoder cannot read, and a vector of another width.
        """
        found = self.query_vectors(queries)
        hits = self.index.search(found.vectors, k, self._real(candidates))
        partless = np.array([not any(part.is_for("dense") for part in parts) for parts in queries.parts], bool)
        filled = self.layout.filled(self.reading.documents if self.corpus.pictured else "text")
        nothing = ~found.vectors[:, filled].any(axis=1) & ~partless & (queries.pictured or self.reading.queries != "text")
        empty = partless | nothing
        rows = np.where(empty[:, None], PADDING, hits.rows)
        scores = np.where(empty[:, None], np.float32(-np.inf), hits.scores)
        vectorless = {"vectorless_queries": int(nothing.sum())} if nothing.any() else {}
        counts = {**found.notes, "partless_queries": int(partless.sum()), **vectorless}
        notes = {**self.notes, **counts, **deaf_to_prompts(self.encoder, self.workspace)}
        return Run.from_hits(queries.ids, self.corpus, Hits(rows, scores), notes)

    def query_vectors(self, queries: Queries) -> Found:
        """The queries' vectors, float32 (q, width), with counts and faults."""
        return query_vectors(self.encoder, queries, self.reading, self.layout, self.workspace)

    def faults_of(self, queries: Queries) -> tuple[str, ...]:
        """The first pictures of documents and of these queries that could not be decoded; nothing is decoded again."""
        return (*self.faults, *self.query_vectors(queries).faults)[:FAULTS_NAMED]

    def echo(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """The first query's and the first document's text exactly as the model is fed them, and of pictures what it is fed."""
        return echo(self.encoder, self.reading, queries, corpus, self.rule)

    def _real(self, candidates: Candidates | None) -> Candidates | None:
        """The candidates that have a vector."""
        if self.present is None or candidates is None:
            return self.present if candidates is None else candidates
        if isinstance(candidates, np.ndarray):
            return candidates & self.present
        return [rows[self.present[rows]] for rows in candidates]


@dataclass(frozen=True)
class DenseSystem:
    """`dense:ENCODER(index=Flat, documents=auto, queries=auto, images=mean, ...)`: the other options are the encoder's own."""

    spec: str
    target: str
    index: str = FLAT
    options: tuple[tuple[str, str], ...] = ()
    prompts: tuple[tuple[str, str], ...] = ()
    reading: Reading = field(default_factory=Reading)

    @cached_property
    def encoder(self) -> Encoder:
        """What ENCODER names; a sentence-transformers model is loaded only when something must be embedded."""
        return resolve_encoder(self.target, dict([*self.prompts, *self.options]))

    def prompted(self, prompts: TaskPrompts) -> DenseSystem:
        """The same with a task's prompts, where the SPEC gives none; a class of the user's own has its own."""
        own = ":" in self.target
        return self if own else replace(self, prompts=tuple(sorted(prompts.for_model(self.target).items())))

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score: the encoder's identity, the index, and what is read of documents and queries."""
        return {**self._made_of, **self.reading.options}

    @property
    def _made_of(self) -> dict[str, Any]:
        return {"engine": "dense-1", "encoder": self.encoder.identity(), "index": self.index}

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever: its index opened if it is kept, else the corpus embedded (resumably) and the index built.

        Raises UsageError for the text rule `pair`, unless the model is a class of the user's own that takes it, and for options
        that the encoder cannot follow; InputError where pictures alone are read and no document has one.
        """
        from indexes.vector import open_vector_index

        if rule == "pair" and not getattr(self.encoder, "takes_pairs", self.encoder.unit != "tok"):
            raise UsageError("the text rule is 'pair', and this model takes one text", where=self.spec, mend="use joined or text")
        reading, texts = self.reading.settled(self.encoder), CorpusTexts(corpus, rule)
        check_corpus(self.encoder, reading, corpus, self.spec)
        about = {**self._made_of, **self.reading.of_index(self.encoder)}
        folder = workspace.folder("indexes", digest_json([corpus.arrival, rule, about]))
        plain = not corpus.pictured and not reading.apart and reading.documents != "image"
        if not folder.exists():
            if plain:
                keep(self.encoder, texts, "document", workspace)
            else:
                Documents.embedded(self.encoder, texts, reading, workspace)
        build = self._build_plain if plain else self._build
        manifest = kept_or_built(
            folder, lambda draft: build(draft, texts, reading, workspace), repair="the same command builds it anew"
        )
        vectors = mapped(folder / VECTORS, len(corpus), int(manifest["dim"]))
        index = open_vector_index(folder, vectors, corpus.order, self.index)
        notes, layout = manifest["notes"], layout_of(manifest, self.encoder, reading)
        present = np.fromfile(folder / PRESENT, np.uint8).astype(bool) if "vectorless_documents" in notes else None
        faults = tuple(manifest.get("faults", ()))
        return DenseRetriever(corpus, rule, self.encoder, index, vectors, workspace, notes, reading, layout, present, faults)

    def _build_plain(self, folder: Path, texts: CorpusTexts, reading: Reading, workspace: Workspace) -> dict[str, Any]:
        """The index of texts alone: its vectors are the encoder's."""
        embedded = embed(self.encoder, texts, "document", workspace, into=folder / VECTORS)
        lost = {"truncated_documents": embedded.truncated, "tokens_lost_in_documents": int(embedded.lost.sum())}
        return self._facts(folder, texts, embedded.vectors, lost if self.encoder.unit == "tok" else {"truncation_unknown": 1})

    def _build(self, folder: Path, texts: CorpusTexts, reading: Reading, workspace: Workspace) -> dict[str, Any]:
        """The index of what is read of documents with pictures."""
        documents = Documents.embedded(self.encoder, texts, reading, workspace)
        layout = documents.layout(unit=is_cosine(self.encoder))
        vectors = documents.write(folder / VECTORS, layout)
        present, notes = with_a_vector(vectors), dict(documents.notes)
        if not present.all():
            notes["vectorless_documents"] = int((~present).sum())
            present.astype(np.uint8).tofile(folder / PRESENT)
        facts = self._facts(folder, texts, vectors, notes)
        return {**facts, "layout": [layout.dim, layout.apart, layout.places], "faults": list(documents.faults)}

    def _facts(self, folder: Path, texts: CorpusTexts, vectors: NDArray[np.float32], notes: dict[str, int]) -> dict[str, Any]:
        from indexes.vector import keep_vector_index

        facts = keep_vector_index(folder, vectors, self.index)
        about = {"dim": vectors.shape[1], "encoder": self.encoder.name, "corpus": texts.corpus.fingerprint}
        return {**facts, **about, "identity": self.identity(), "notes": {**notes, **_recalls(facts)}}


def dense(spec: Spec) -> DenseSystem:
    """The maker of `dense:ENCODER(index=..., documents=..., queries=..., images=..., encoder's options)`.

    Raises UsageError without an ENCODER, or for options that are not known or do not go together.
    """
    no_args(spec)
    if not spec.target:
        mend = "for example: dense:minilm or dense:my_model.py:MyEncoder"
        raise UsageError("dense needs a model behind a colon", where=str(spec), mend=mend)
    given = dict(spec.options)
    index = given.get("index", FLAT)
    reading = Reading.of({name: given[name] for name in DEFAULTS if name in given}, str(spec))
    own = tuple((key, value) for key, value in spec.options if key != "index" and key not in DEFAULTS)
    told = (*own, *reading.options.items(), *(() if index == FLAT else (("index", index),)))
    return DenseSystem(str(Spec(spec.name, spec.target, (), told)), spec.target, index, own, reading=reading)


def _recalls(facts: Mapping[str, Any]) -> dict[str, int]:
    """An approximate index's recall against exact search, in thousandths, so that it stands beside every score."""
    return {f"index_{name}_permille": round(1000 * value) for name, value in facts.items() if name.startswith("recall@")}
