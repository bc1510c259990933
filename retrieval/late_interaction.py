"""The late-interaction system: `late:MODEL`, one vector a token, and documents scored by the best match of each query token."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, InputError, MedirError, Part, Queries, Role, TextRule, UsageError
from corpora.state import digest_json, kept_or_built, open_folder
from corpora.workspace import Workspace
from indexes import Candidates
from indexes.late import MaxSimIndex, TokenVectors

from .encoders.late import LateEncoder, resolve_late
from .multimodal.text_only import texts_alone
from .prompts import TaskPrompts
from .run import Run
from .spec import Spec, no_args
from .system import Retriever
from .vectors.texts import CorpusTexts
from .vectors.token_store import STORAGES, encode_all, open_tokens, write_tokens

STORAGE = "float32"
_REPAIR = "the same command builds it anew"


@dataclass(frozen=True)
class LateRetriever:
    """A corpus's token vectors, and the model that queries go through."""

    corpus: Corpus
    rule: TextRule
    encoder: LateEncoder
    index: MaxSimIndex
    workspace: Workspace
    notes: Mapping[str, int]

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query: the sum over its parts of weight times score; see `MaxSimIndex` for a score.

        A query without parts has an empty ranking. Pictures are not read, and counted. Raises InputError for a query that is a
        picture without text, a ready vector, or a weight below 0.
        """
        queries, unread = texts_alone(queries, "dense", "late interaction")
        tokens, counts = query_tokens(self.encoder, queries, self.index.dim, self.workspace)
        hits = self.index.search(tokens, k, candidates)
        notes = {**self.notes, **counts, **unread, "partless_queries": int((tokens.counts == 0).sum())}
        return Run.from_hits(queries.ids, self.corpus, hits, notes)

    def echo(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """The first query's and the first document's text exactly as the model is fed them."""
        first = next((part for parts in queries.parts for part in parts if part.text and part.is_for("dense")), None)
        fed: dict[str, Any] = {"query": self.encoder.echo([first.text], first.role)} if first else {}
        if len(corpus):
            fed["document"] = self.encoder.echo(corpus.texts(self.rule, np.zeros(1, np.int64)).to_pylist(), "document")
        return fed


@dataclass(frozen=True)
class LateSystem:
    """`late:MODEL(storage=float32, ...)`: the other options are the model's own.

    What it costs: a document has a vector for every token, so that T tokens of d dimensions are 4 T d bytes on the disk (2
    T d with `storage=float16`): a million tokens of MiniLM's 384 are 1.5 GB, where `dense` keeps a vector a document. The
    disk must hold that twice while the index is built.
    """

    spec: str
    target: str
    storage: str = STORAGE
    options: tuple[tuple[str, str], ...] = ()
    prompts: tuple[tuple[str, str], ...] = ()

    @cached_property
    def encoder(self) -> LateEncoder:
        """What MODEL names; it is loaded only when something must be embedded."""
        return resolve_late(self.target, dict([*self.prompts, *self.options]))

    def prompted(self, prompts: TaskPrompts) -> LateSystem:
        """The same with a task's prompts, where the SPEC gives none; a model trained for this has its own."""
        trained = self.encoder.trained
        return self if trained else replace(self, prompts=tuple(sorted(prompts.for_model(self.target).items())))

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score."""
        return {"engine": "late-1", "encoder": self.encoder.identity(), "storage": self.storage}

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever: its index opened if it is kept, else the corpus embedded (resumably, some documents at a time).

        Raises UsageError for the text rule `pair`.
        """
        if rule == "pair":
            raise UsageError("the text rule is 'pair', and this model takes one text", where=self.spec, mend="use joined or text")
        key = digest_json([corpus.arrival, rule, self.identity()])
        folder, parts = workspace.folder("indexes", key), workspace.folder("indexes", f"{key}.parts")
        about = {"encoder": self.encoder.name, "corpus": corpus.fingerprint, "identity": self.identity()}

        def build(draft: Path) -> dict[str, Any]:
            return {**about, **write_tokens(self.encoder, CorpusTexts(corpus, rule), draft, parts, self.storage, workspace)}

        try:
            manifest = kept_or_built(folder, build, repair=_REPAIR)
        except MedirError:
            if not folder.exists():
                raise
            manifest = open_folder(folder, repair=_REPAIR)  # another process was done first, and removed the parts
        shutil.rmtree(parts, ignore_errors=True)
        index = MaxSimIndex(open_tokens(folder, manifest), corpus.order)
        label = {} if self.encoder.trained else {"not_trained_for_late_interaction": 1}
        return LateRetriever(corpus, rule, self.encoder, index, workspace, {**manifest["notes"], **label})


def late(spec: Spec) -> LateSystem:
    """The maker of `late:MODEL(storage=..., model's options)`. Raises UsageError without a MODEL."""
    no_args(spec)
    if not spec.target:
        mend = "for example: late:minilm or late:./models/colbert"
        raise UsageError("late needs a model behind a colon", where=str(spec), mend=mend)
    storage = dict(spec.options).get("storage", STORAGE)
    if storage not in STORAGES:
        raise UsageError(f"storage={storage} is not known", where=str(spec), mend=f"one of: {', '.join(STORAGES)}")
    own = tuple((key, value) for key, value in spec.options if key != "storage")
    canonical = Spec(spec.name, spec.target, (), own if storage == STORAGE else (*own, ("storage", storage)))
    return LateSystem(str(canonical), spec.target, storage, own)


def query_tokens(encoder: LateEncoder, queries: Queries, dim: int, workspace: Workspace) -> tuple[TokenVectors, dict[str, int]]:
    """The token vectors of each query's parts behind each other, scaled by the part's weight, and how many queries were cut.

    A weight of 0 or more can be taken into the vectors, since it goes through the maximum. Raises InputError for any
    other part than that of a text and such a weight.
    """
    asked = [(row, part) for row, parts in enumerate(queries.parts) for part in parts if part.is_for("dense")]
    for row, part in asked:
        _check(part, queries.ids[row])
    pieces: list[NDArray[np.float32]] = [np.empty((0, dim), np.float32)] * len(asked)
    cut, lost = np.zeros(len(queries), bool), 0
    roles: list[Role] = sorted({part.role for _, part in asked})
    for role in roles:
        places = [place for place, (_, part) in enumerate(asked) if part.role == role]
        found = encode_all(encoder, [asked[place][1].text for place in places], role, workspace)
        for number, place in enumerate(places):
            row, part = asked[place]
            vectors = found.tokens.matrix[found.tokens.offsets[number] : found.tokens.offsets[number + 1]]
            pieces[place] = (vectors * np.float32(part.weight)).astype(np.float32)
            cut[row] |= found.lost[number] > 0
        lost += int(found.lost.sum())
    counts = np.zeros(len(queries), np.int64)
    np.add.at(counts, np.array([row for row, _ in asked], np.int64), np.array([len(piece) for piece in pieces], np.int64))
    matrix = np.concatenate([np.empty((0, dim), np.float32), *pieces])
    tokens = TokenVectors(matrix, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    return tokens, {"truncated_queries": int(cut.sum()), "tokens_lost_in_queries": lost}


def _check(part: Part, query: str) -> None:
    if part.vector is not None:
        what = "a part is a ready vector, and late interaction compares tokens"
        raise InputError(what, where=f"query {query!r}", mend="give text")
    if part.weight < 0:
        raise InputError(f"a part weighs {part.weight:g}", where=f"query {query!r}", mend="give weights of 0 or more")
