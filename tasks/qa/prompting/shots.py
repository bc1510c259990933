"""Examples that a model is shown before a question: answered questions, the same for all, or picked for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from corpora import InputError
from corpora.questions import Question
from corpora.reading.questions import read_questions
from corpora.state import digest_json

REASONING = "reasoning"
"""The metadata of an example that holds the reasoning to its answer, where it has one."""


class Shots(Protocol):
    """Examples for questions. Every one has an answer."""

    @property
    def digest(self) -> str:
        """sha256 (hex) of everything that decides which examples a question gets, and of what stands in them."""
        ...

    @property
    def notes(self) -> Mapping[str, int]:
        """What was counted while examples were picked."""
        ...

    def of(self, question: Question) -> tuple[Question, ...]:
        """The examples for one question, in the order in which they are shown; never the question itself."""
        ...

    def ready(self, questions: Sequence[Question]) -> Shots:
        """The same, with all that has to be searched for these questions searched at once."""
        ...


@dataclass(frozen=True)
class FixedShots:
    """The same examples for every question, but for those of its own text or group. Raises InputError for one without answer."""

    items: tuple[Question, ...]
    notes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unanswered := [one for one in self.items if not one.answers]:
            what = f"the example {unanswered[0].id!r} has no answer"
            raise InputError(what, mend='give every example its "answer"')

    @property
    def digest(self) -> str:
        """See Shots."""
        return digest_json([content(one) for one in self.items])

    def of(self, question: Question) -> tuple[Question, ...]:
        """See Shots."""
        return tuple(one for one in self.items if not akin(one, question))

    def ready(self, questions: Sequence[Question]) -> FixedShots:
        """These very ones."""
        return self


def read_shots(path: Path) -> FixedShots:
    """The examples of a file in the layout of `questions.jsonl`, each perhaps with its `reasoning`.

    Raises InputError, with file and line, for what is no question, and for one without an answer.
    """
    if not path.is_file():
        raise InputError("no such file of examples", where=str(path), mend="give a file in the layout of questions.jsonl")
    found = read_questions([path])
    if unanswered := [one for one in found if not one.question.answers]:
        what = f"the example {unanswered[0].question.id!r} has no answer"
        raise InputError(what, where=unanswered[0].place, mend='give every example its "answer"')
    return FixedShots(tuple(one.question for one in found))


def akin(one: Question, other: Question) -> bool:
    """Whether two questions have one text (white space and case aside), or belong to one group."""
    return plain(one.text) == plain(other.text) or bool(one.group and one.group == other.group)


def plain(text: str) -> str:
    """A text by which equal questions are told, white space and case aside."""
    return " ".join(text.split()).casefold()


def reasoning(one: Question) -> str:
    """The reasoning that comes with an example; empty where none does."""
    return str(one.metadata.get(REASONING) or "")


def content(one: Question) -> list[object]:
    """What of an example moves a prompt, as JSON."""
    said = [one.id, one.text, one.kind, list(one.options.items()), list(one.answers), one.group, reasoning(one)]
    return [*said, *([[image.key for image in one.images]] if one.images else [])]
