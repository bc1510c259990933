"""An index that is open and can be asked by many threads at once: what every door of the server asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import orjson
import pyarrow as pa

from corpora import Card, Corpus, ImageRef, InputError, Queries, UsageError
from corpora.catalogue import open_corpus_of
from corpora.corpus import take_rows
from corpora.workspace import Workspace
from retrieval import Run
from retrieval.system import Retriever
from retrieval.systems import make_system

from .scratch import Scratch, ServingWorkspace


@dataclass(frozen=True)
class Hit:
    """A document that was found: its rank from 1, its id, its score, title and text, and the files of its pictures.

    The files are named as the corpus names them, from its folder, each once.
    """

    rank: int
    id: str
    score: float
    title: str
    text: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """The hits of each query, best first, and what was counted on the way."""

    hits: list[list[Hit]]
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Served:
    """An open index: its name, the documents and their card, the canonical SPEC, and the retriever over them. Thread-safe."""

    name: str
    corpus: Corpus
    card: Card
    spec: str
    retriever: Retriever
    scratch: Scratch = field(default_factory=Scratch, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.corpus)

    def search(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        """At most k hits for each text, best first, as `medir search` ranks them; none where nothing matches.

        Raises UsageError for a k below 1, InputError for a text that cannot be written as UTF-8.
        """
        check_texts(texts)
        ids = [f"query {number}" for number in range(1, len(texts) + 1)]
        return self.found(Queries.of_texts(ids, texts), k).hits

    def found(self, queries: Queries, k: int) -> Found:
        """At most k hits for each query, of texts, pictures or both. Raises UsageError for a k below 1, and what the retriever
        raises, such as InputError for a picture that it cannot read.
        """
        if k < 1:
            raise UsageError(f"k is {k}", mend="ask for at least one document")
        if not len(queries) or not len(self):
            return Found([[] for _ in queries.ids])
        self.scratch.next_search()
        run = self.retriever.retrieve(queries, min(k, len(self)))
        return Found(list(self._hits(run)), run.notes)

    def pictures(self, hits: Sequence[Hit]) -> list[tuple[ImageRef, ...]]:
        """The pictures of each hit's document, in order."""
        return self.corpus.images(self.corpus.rows_of(pa.array([hit.id for hit in hits], pa.string())))

    def _hits(self, run: Run) -> Iterator[list[Hit]]:
        """The rankings with their documents, each document read once."""
        distinct, place = np.unique(self.corpus.rows_of(run.docs), return_inverse=True)
        names = ["id", "title", "text", "files"]
        documents = take_rows(self.corpus.table.select(names), distinct).to_pydict()
        ids, titles, texts, files = (documents[name] for name in names)
        scores, ranks, ends = run.scores.tolist(), (run.ranks() + 1).tolist(), run.offsets.tolist()
        hits = [
            Hit(rank, ids[at], score, titles[at], texts[at], _names(files[at]))
            for rank, score, at in zip(ranks, scores, place.tolist(), strict=True)
        ]
        return (hits[start:stop] for start, stop in zip(ends, ends[1:], strict=False))


def _names(files: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(orjson.loads(files))) if files else ()


def open_served(name: str, folder: str, retriever: str, workspace: Workspace, language: str | None = None) -> Served:
    """The index of a folder (or built-in collection) for a retriever (SPEC), opened if it is kept, else built and kept.

    `language`, the data's own where it is not given, chooses the analyser and the words of prompts. Vectors of what is asked
    are not kept.
    Raises UsageError for a SPEC or name that is not known, InputError for data that cannot be read.
    """
    system = make_system(retriever)
    corpus, card = open_corpus_of(folder, workspace)
    card = replace(card, language=language or card.language)
    place = ServingWorkspace(workspace.root, workspace.progress, workspace.offline)
    bound = system.bind(corpus, place, rule=card.text_rule, language=card.language)
    return Served(name, corpus, card, system.spec, bound, place.scratch)


def check_texts(texts: Sequence[str]) -> None:
    """Raise InputError, which does not show it, for the first text that cannot be written as UTF-8 (a lone surrogate)."""
    for number, text in enumerate(texts, 1):
        try:
            text.encode()
        except UnicodeEncodeError as problem:
            what = f"text {number} holds half of a character at place {problem.start}"
            raise InputError(what, mend="send text that can be written as UTF-8") from None
