"""A task of questions: what is asked, and how the answers are measured."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from corpora import Card, UsageError
from corpora.images.modality import MODALITY, modality_of
from corpora.questions import QUESTION_KINDS, Questions
from corpora.registry import suggest
from corpora.state import digest_json
from corpora.workspace import Workspace
from retrieval.generators.pictures import picture_rules
from retrieval.run import Run

from ..task import Evaluated
from .answerer import Answerer
from .asking import put
from .files import answer_files
from .free_text.measures import check_measures, models_of
from .grading import grade, read_replies
from .judged import Judges
from .outcome import outcome
from .prompting.pictures import legend_rules

SCORING_VERSION = 1
USUAL_SLICES = (
    "language",
    "lang",
    "subject",
    "specialty",
    "body_system",
    "organ",
    "question_type",
    "answer_type",
    "reasoning",
    MODALITY,
)
FREE_TEXT = ("token_f1", "exact", "rouge_l")


@dataclass(frozen=True)
class QaTask:
    """Questions put to an Answerer. `free_text`: the measures of answers that are texts; `judges` also judge those."""

    questions: Questions
    free_text: tuple[str, ...] = FREE_TEXT
    judges: Judges | None = None

    @property
    def name(self) -> str:
        """The card's name."""
        return self.questions.name

    @property
    def card(self) -> Card:
        """The card of the questions."""
        return self.questions.card

    @property
    def language(self) -> str:
        """The language of the questions."""
        return self.card.language

    @property
    def libraries(self) -> tuple[str, ...]:
        """None besides those that every task counts."""
        return ()

    @property
    def slices(self) -> tuple[str, ...]:
        """The metadata that accuracy is told apart by: the card's, else what a question's topic or language is usually called."""
        if self.card.slices:
            return self.card.slices
        there = {name for one in self.questions.items for name in one.metadata}
        return tuple(name for name in USUAL_SLICES if name in there)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything but the answerer that can move a score, as JSON."""
        of = self.questions
        judged = {"judges": self.judges.identity()} if self.judges else {}
        pictured = {"pictures": [*picture_rules(), legend_rules()]} if any(one.images for one in of.items) else {}
        return {
            **judged,
            **pictured,
            "task": of.name,
            "version": self.card.version,
            "scoring": SCORING_VERSION,
            "split": of.split,
            "subset": self.card.subset,
            "language": self.language,
            "questions": _digest(of),
            "qrels": digest_json({question: dict(docs) for question, docs in of.qrels.grades.items()}),
            "ignored": digest_json({question: sorted(docs) for question, docs in of.qrels.ignored.items()}),
            "slices": list(self.slices),
            "notes": dict(of.notes),
            "free_text": list(self.free_text),
            "models": models_of(self.free_text),
        }

    @property
    def config(self) -> dict[str, Any]:
        """What was asked, as flat values."""
        return {"task": self.name, "split": self.questions.split, "questions": len(self.questions), "language": self.language}

    def evaluate(self, system: Answerer, workspace: Workspace) -> Evaluated:
        """Passages found, questions put, replies read and graded."""
        began = time.perf_counter()
        found = system.context.find(self.questions, system.depth, workspace)
        retrieved = time.perf_counter()
        replies = put(system, self.questions, found.passages, workspace)
        replied = time.perf_counter()
        read = read_replies(system.reader, replies, offered=system.prompting.insufficient)
        graded = grade(self.questions, [own[0].reading for own in read])
        files = answer_files(self.questions, replies, read, graded)
        result = outcome(self, system, found, replies, read, graded, workspace)
        seconds = {"retrieve": retrieved - began, "answer": replied - retrieved, "grade": time.perf_counter() - replied}
        return Evaluated(result, _named(found.run), seconds, files)


def _named(run: Run | None) -> Run | None:
    """The run without its bill, which the result holds."""
    return None if run is None else replace(run, bill={})


def make_qa_task(
    questions: Questions,
    measures: Sequence[str] = (),
    limit: int | None = None,
    judges: Judges | None = None,
    kinds: Sequence[str] = (),
) -> QaTask:
    """The task of the first `limit` questions (None: all) of some `kinds` (none named: of all).

    `measures`: those of free-text answers, the main one first. Where a question has pictures, each says in its metadata of what
    it is made (`modality`). Questions that are not asked are counted as `left_out_questions`. Raises UsageError for a limit
    below 1, for an unknown measure or kind, and for kinds of which there is no question.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"the limit is {limit}", mend="ask at least one question: --limit 100")
    names = tuple(check_measures(measures)) if measures else FREE_TEXT
    rows = _rows_of(questions, kinds)[:limit]
    if left := len(questions) - len(rows):
        questions = replace(questions.take(rows), notes={**questions.notes, "left_out_questions": left})
    return QaTask(_with_modality(questions), names, judges)


def _rows_of(questions: Questions, kinds: Sequence[str]) -> list[int]:
    """The rows of the questions of these kinds; of all, where none is named."""
    if unknown := next((kind for kind in kinds if kind not in QUESTION_KINDS), None):
        raise UsageError(f"unknown kind of questions {unknown!r}", mend=suggest(unknown, list(QUESTION_KINDS)))
    rows = [row for row, one in enumerate(questions.items) if not kinds or one.kind in kinds]
    if not rows:
        there = ", ".join(sorted({one.kind for one in questions.items}))
        raise UsageError(f"no question is of the kind {' or '.join(kinds)}", where=questions.name, mend=f"there are: {there}")
    return rows


def _with_modality(questions: Questions) -> Questions:
    """The questions, each with what it is made of in its metadata, where any has a picture."""
    if not any(one.images for one in questions.items):
        return questions
    told = [modality_of(True, bool(one.images)) for one in questions.items]
    made = (replace(one, metadata={MODALITY: of, **one.metadata}) for one, of in zip(questions.items, told, strict=True))
    slices = questions.card.slices
    card = replace(questions.card, slices=(*slices, MODALITY) if slices and MODALITY not in slices else slices)
    return replace(questions, card=card, items=tuple(made))


def _digest(questions: Questions) -> str:
    """sha256 over everything of the questions that an answer or its grade can depend on.

    So the metadata too: prompts are in their language, judges ask for their statements, and slices are theirs.
    """
    return digest_json(
        [
            [
                *(one.id, one.text, one.kind, list(one.options.items()), list(one.answers), list(one.limits or ())),
                *(list(one.context), one.record, one.group, sorted((name, repr(value)) for name, value in one.metadata.items())),
                *([[image.key for image in one.images]] if one.images else []),
            ]
            for one in questions.items
        ]
    )
