"""Sets of questions by name, and what they can be answered from."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from corpora import Corpus, Qrels, UsageError
from corpora.questions import Questions
from corpora.workspace import Workspace

from ..catalogue.entries import entry
from ..catalogue.opening import open_context_corpus, open_entry

__all__ = ["has_gold", "open_context_corpus", "over", "questions_named"]


def questions_named(name: str, split: str | None, subset: str | None, workspace: Workspace) -> Questions:
    """The questions of a task of the catalogue. Raises UsageError for an unknown name, and for a task that asks no questions."""
    found = open_entry(entry(name), split, subset, workspace)
    if not isinstance(found, Questions):
        raise UsageError(f"{name} ({entry(name).type}) asks no questions", mend=f"use: medir run --task {name}")
    return found


def over(questions: Questions, corpus: Corpus) -> Questions:
    """The questions as they are asked over a corpus: judgements of which it holds no document are about another one.

    They are taken away then, and counted as `judgements_of_another_corpus`.
    """
    if corpus is questions.corpus or not questions.qrels.grades:
        return questions
    judged = sorted({document for documents in questions.qrels.grades.values() for document in documents})
    if (corpus.rows_of(pa.array(judged, pa.string())) >= 0).any():
        return questions
    notes = {**questions.notes, "judgements_of_another_corpus": len(questions.qrels)}
    return replace(questions, qrels=Qrels({}), notes=notes)


def has_gold(questions: Questions, corpus: Corpus | None) -> bool:
    """Whether any question comes with its own passages, or has a relevant document in the corpus."""
    if any(one.context for one in questions.items):
        return True
    wanted = sorted({document for one in questions.items for document in questions.qrels.relevant(one.id)})
    return corpus is not None and bool((corpus.rows_of(pa.array(wanted, pa.string())) >= 0).any())
