"""Contexts without a search: nothing, the evidence itself, and documents drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpora import Corpus, InputError, UsageError
from corpora.questions import Question, Questions
from corpora.state import digest
from corpora.workspace import Workspace
from retrieval import Run

from ..passages import Found, Passage
from .documents import Rows, named_rows, read_passages, records_of
from .ground import corpus_identity
from .own_images import without_own_images


@dataclass(frozen=True)
class NoContext:
    """The closed book."""

    spec: str = "none"

    def identity(self) -> Mapping[str, Any]:
        """Its name."""
        return {"context": self.spec}

    def find(self, questions: Questions, k: int, workspace: Workspace) -> Found:
        """No passage for any question."""
        return Found(tuple(() for _ in questions.items))


@dataclass(frozen=True)
class GoldContext:
    """A question's own passages, else the documents of the corpus that are judged relevant to it."""

    corpus: Corpus | None = None
    spec: str = "gold"

    def identity(self) -> Mapping[str, Any]:
        """Its name, and the corpus where there is one."""
        return {"context": "gold-1", **(corpus_identity(self.corpus) if self.corpus is not None else {})}

    def find(self, questions: Questions, k: int, workspace: Workspace) -> Found:
        """A question's own passages under the id of its only relevant document (else without id), in their order; where it has
        none its relevant documents, by grade, then by id, both descending. Of both the first k.

        Notes: `without_gold_questions`, `unknown_documents` (relevant, but not in the corpus), `left_out_gold_passages` (behind
        the first k). Raises InputError where no question has any, UsageError where that is for lack of a corpus.
        """
        names = [_graded(questions, one.id) if not one.context else [] for one in questions.items]
        known = {} if self.corpus is None else named_rows(self.corpus, {name for own in names for name in own})
        documents = self._documents(names, known)
        every = [_own(questions, one) or found for one, found in zip(questions.items, documents, strict=True)]
        without = sum(not own for own in every)
        if without == len(every):
            self._refuse(questions, any(names))
        unknown = sum(name not in known for own in names for name in own)
        notes = {"without_gold_questions": without, "unknown_documents": unknown}
        notes["left_out_gold_passages"] = sum(max(len(own) - k, 0) for own in every)
        return Found(tuple(own[:k] for own in every), notes={name: count for name, count in notes.items() if count})

    def _documents(self, names: list[list[str]], known: Mapping[str, Rows]) -> tuple[tuple[Passage, ...], ...]:
        if self.corpus is None:
            return tuple(() for _ in names)
        ids = {name: self.corpus.ids.take(pa.array(rows)).to_pylist() for name, rows in known.items()}
        return read_passages(self.corpus, [[one for name in own for one in ids.get(name, ())] for own in names])

    def _refuse(self, questions: Questions, judged: bool) -> None:
        if judged and self.corpus is None:
            what = "the questions have relevant documents, but there is no corpus to read them from"
            raise UsageError(what, where="gold", mend="give it with --corpus FOLDER")
        what = "no question has a context of its own, or a relevant document in the corpus"
        raise InputError(what, where=questions.name, mend="use another context: none, random, or a system such as bm25")


@dataclass(frozen=True)
class RandomContext:
    """Documents drawn by chance, none of them relevant: the bound that distractors set."""

    corpus: Corpus
    seed: int = 0

    @property
    def spec(self) -> str:
        """`random`, with the seed if it is not 0."""
        return f"random(seed={self.seed})" if self.seed else "random"

    def identity(self) -> Mapping[str, Any]:
        """The seed and the corpus."""
        return {"context": "random-1", "seed": self.seed, **corpus_identity(self.corpus)}

    def find(self, questions: Questions, k: int, workspace: Workspace) -> Found:
        """For each question k documents, each once, none that is relevant to it (or ignored), its record's where it has one; the
        first of them are those of a smaller k. Which ones depends on the seed, the question's id and the ids of the
        documents, never on their order nor on other questions. The scores of its run only number them.

        Nor one that shows the question's own picture. Notes: `fewer_random_questions` (there are not k),
        `unknown_records_questions`, `own_image_left_out_questions`.
        """
        questions, own_images = without_own_images(questions, self.corpus)
        inside, notes = records_of(questions, self.corpus)
        banned = {
            one.id: questions.qrels.relevant(one.id) | questions.qrels.ignored.get(one.id, frozenset()) for one in questions.items
        }
        rows = named_rows(self.corpus, set().union(*banned.values()))
        by_id = np.argsort(self.corpus.order)
        drawn = []
        for one in questions.items:
            out = np.unique(np.concatenate([np.zeros(0, np.int64), *(rows[name] for name in banned[one.id] if name in rows)]))
            drawn.append(self._draw(one, by_id, inside, out, k))
        fewer = sum(len(own) < k for own in drawn)
        run = numbered_run(questions.ids, [self.corpus.ids.take(pa.array(own)).to_pylist() for own in drawn])
        passages = read_passages(self.corpus, [run.of(row)[0] for row in range(len(run))])
        return Found(passages, run, {**notes, **own_images, **({"fewer_random_questions": fewer} if fewer else {})})

    def _draw(self, question: Question, by_id: Rows, inside: Mapping[str, Rows], out: Rows, k: int) -> Rows:
        """The rows drawn for one question; `out` are the rows that may not be."""
        order, pool = self.corpus.order, by_id
        if question.record:
            own = inside.get(question.record, np.zeros(0, np.int64))
            pool = own[np.argsort(order[own])]
        gaps = np.sort(order[out]) if not question.record else np.flatnonzero(np.isin(pool, out))
        random = np.random.default_rng(int(digest(str(self.seed), question.id)[:32], 16))
        picks = _without_replacement(random, len(pool) - len(gaps), k)
        return pool[picks + np.searchsorted(gaps - np.arange(len(gaps)), picks, side="right")]


def _own(questions: Questions, question: Question) -> tuple[Passage, ...]:
    relevant = questions.qrels.relevant(question.id)
    name = next(iter(relevant)) if len(relevant) == 1 else ""
    return tuple(Passage(name, "", text) for text in question.context)


def _graded(questions: Questions, question: str) -> list[str]:
    """The documents relevant to a question, by grade, then by id, both descending."""
    grades = questions.qrels.grades.get(question, {})
    return sorted(questions.qrels.relevant(question), key=lambda name: (grades[name], name.encode()), reverse=True)


def _without_replacement(random: np.random.Generator, size: int, count: int) -> Rows:
    """Up to `count` of the numbers below `size`, int64, each once: the head of a shuffle (Fisher and Yates) of all of them,
    of which only what was moved is held.
    """
    heads = np.arange(min(count, size))
    moved: dict[int, int] = {}
    picks = []
    for head, at in enumerate(random.integers(heads, size).tolist() if len(heads) else ()):
        picks.append(moved.get(at, at))
        moved[at] = moved.get(head, head)
    return np.array(picks, np.int64)


def numbered_run(queries: tuple[str, ...], rankings: list[list[str]]) -> Run:
    """Rankings that have no scores as a run: the last document of each scores 1, the one before it 2, and so on."""
    offsets = np.concatenate([[0], np.cumsum([len(own) for own in rankings])]).astype(np.int64)
    scores = [np.arange(len(own), 0, -1, dtype=np.float32) for own in rankings]
    flat = pa.array([name for own in rankings for name in own], pa.string())
    return Run(queries, offsets, flat, np.concatenate([np.zeros(0, np.float32), *scores]))
