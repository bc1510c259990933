"""medir inside mteb: any system behind its search protocol, any encoder behind its encoder protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpora import Corpus, InputError, Role, UsageError
from corpora.state import digest_json
from corpora.workspace import Workspace
from retrieval.encoders import Encoder, resolve_encoder
from retrieval.spec import parse_spec
from retrieval.system import Retriever, System
from retrieval.systems import make_system
from retrieval.vectors.embed import embed
from tasks.embedding.vectors import unscaled
from tasks.evaluate import slug

from .datasets import corpus_of_dataset, queries_of_dataset
from .library import documents_language, mteb_library

Rankings = dict[str, dict[str, float]]
ROLES: Mapping[str | None, Role] = {"query": "query", "document": "document", None: "plain"}


def as_search(system: System | str, workspace: Workspace | None = None) -> MtebSearch:
    """A medir system (or SPEC) as a model that `mteb.evaluate` takes for retrieval and reranking.

    Indexes and vectors are kept in the workspace. Raises SurroundingsError where mteb is not installed.
    """
    mteb_library()
    return MtebSearch(make_system(system) if isinstance(system, str) else system, workspace or Workspace())


def as_encoder(encoder: Encoder | str, workspace: Workspace | None = None) -> MtebEmbedding:
    """A medir encoder (or ENCODER, or `dense:ENCODER(...)`) as a model that `mteb.evaluate` takes for every task of texts.

    Vectors are kept in the workspace. Raises SurroundingsError where mteb is not installed, UsageError for an option index=.
    """
    mteb_library()
    return MtebEmbedding(_resolved(encoder) if isinstance(encoder, str) else encoder, workspace or Workspace())


class MtebSearch:
    """mteb's SearchProtocol over a System; it remembers the corpus of the last `index`."""

    def __init__(self, system: System, workspace: Workspace) -> None:
        self.system, self.workspace = system, workspace
        self._bound: tuple[Corpus, Retriever] | None = None

    @property
    def mteb_model_meta(self) -> Any:
        """`medir/SPEC`, with the digest of the system's identity as revision."""
        return model_meta(self.system.spec, digest_json(self.system.identity()))

    def index(self, corpus: Any, *, task_metadata: Any, hf_split: str, hf_subset: str, **_: Any) -> None:
        """Bind the system to the documents; their language chooses the analyser."""
        documents, _notes = corpus_of_dataset(corpus, self.workspace, f"mteb:{task_metadata.name}")
        language = documents_language(task_metadata.hf_subsets_to_langscripts.get(hf_subset, []), documents)
        self._bound = documents, self.system.bind(documents, self.workspace, rule="joined", language=language)

    def search(self, queries: Any, *, task_metadata: Any, top_k: int, top_ranked: Any = None, **_: Any) -> Rankings:
        """The best `top_k` of every query, query -> document -> score; where `top_ranked` is given, all of its documents.

        A candidate that the system does not find stands below all that it does.
        """
        if self._bound is None:
            raise UsageError("search is asked before index", mend="let mteb.evaluate run it")
        corpus, retriever = self._bound
        asked = queries_of_dataset(queries, f"mteb:{task_metadata.name}")
        if top_ranked is None:
            return retriever.retrieve(asked, min(top_k, len(corpus))).rankings()
        lists = {str(query): [str(document) for document in documents] for query, documents in top_ranked.items()}
        chosen = [lists.get(query, []) for query in asked.ids]
        rows = [_rows(corpus, documents, query) for query, documents in zip(asked.ids, chosen, strict=True)]
        found = retriever.retrieve(asked, max([1, *map(len, rows)]), rows).rankings()
        return {query: _all_of(documents, found[query]) for query, documents in zip(asked.ids, chosen, strict=True)}


class MtebEmbedding:
    """mteb's EncoderProtocol over an Encoder.

    Queries and documents are given as medir keeps them, at length 1 where the model compares by cosine; texts of no role
    as the model makes them, since classifiers and distances see lengths.
    """

    def __init__(self, encoder: Encoder, workspace: Workspace) -> None:
        self.encoder, self.workspace = encoder, workspace
        own = getattr(encoder, "similarity", None) or getattr(getattr(encoder, "model", None), "similarity", None)
        self._cosine = own == "cosine"

    @property
    def mteb_model_meta(self) -> Any:
        """`medir/NAME`, with the encoder's identity as revision."""
        kinds = mteb_library("models.model_meta").ScoringFunction
        how = kinds.COSINE if self._cosine else kinds.DOT_PRODUCT
        return model_meta(self.encoder.name, self.encoder.identity(), similarity_fn_name=how)

    def encode(self, inputs: Any, *, prompt_type: Any = None, **_: Any) -> NDArray[np.float32]:
        """The vectors of the texts in a DataLoader, float32 (n, d): queries and documents in their roles, others plain."""
        texts = [text for batch in inputs for text in batch["text"]]
        role = ROLES[None if prompt_type is None else str(prompt_type.value)]
        encoder = unscaled(self.encoder) if role == "plain" else self.encoder
        return embed(encoder, texts, role, self.workspace).vectors

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """The similarity of each row of one to each of the other, a torch tensor (n, m)."""
        return self._rows(embeddings1) @ self._rows(embeddings2).T

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """The similarity of rows of equal place, a torch tensor (n)."""
        return (self._rows(embeddings1) * self._rows(embeddings2)).sum(-1)

    def _rows(self, values: Any) -> Any:
        import torch

        found = torch.as_tensor(values)
        found = found.reshape(1, -1) if found.ndim == 1 else found
        return torch.nn.functional.normalize(found, dim=-1) if self._cosine else found


def model_meta(name: str, revision: str, **more: Any) -> Any:
    """The ModelMeta of something of ours: `medir/NAME`, all that mteb does not need left empty."""
    about = {"name": f"medir/{slug(name)}", "revision": revision, **more}
    return mteb_library("models.model_meta").ModelMeta.create_empty(about)


def _resolved(target: str) -> Encoder:
    if not target.startswith("dense:"):
        return resolve_encoder(target)
    spec = parse_spec(target)
    if "index" in dict(spec.options):
        raise UsageError("an encoder has no index", where=target, mend="leave out index=")
    return resolve_encoder(spec.target, dict(spec.options))


def _rows(corpus: Corpus, documents: Sequence[str], query: str) -> NDArray[np.int64]:
    rows = corpus.rows_of(pa.array(documents, pa.string())) if documents else np.empty(0, np.int64)
    if (rows < 0).any():
        unknown = documents[int(np.flatnonzero(rows < 0)[0])]
        raise InputError(f"the candidate {unknown!r} is not in the corpus", where=f"query {query!r}", mend="mend the task's data")
    return rows


def _all_of(documents: Sequence[str], found: Mapping[str, float]) -> dict[str, float]:
    floor = min(found.values(), default=0.0) - 1.0
    return {document: found.get(document, floor) for document in documents}
