"""What a question-answering task is made of: questions with their options and answers, and what they may be answered from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from .collection import Card
from .corpus import Corpus
from .errors import InputError
from .images import ImageRef
from .queries import Qrels

QuestionKind = Literal["choice", "several", "yes-no", "yes-no-maybe", "numeric", "free"]
"""One option is right, several may be, yes or no, yes or no or maybe, a number, a text."""
QUESTION_KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)
LETTERED: tuple[QuestionKind, ...] = ("choice", "several", "yes-no", "yes-no-maybe")
"""The kinds that are answered by letters of options."""


@dataclass(frozen=True)
class Question:
    """One question.

    `options`: letter to text, in the order in which they are shown; empty for `numeric` and `free`. `answers`: the letters that
    are right, the number as it is written, or reference texts (none: there is no reference). `limits`: from where to where a
    number is right (both included). `context`: passages that come with the question, the gold context. `record`: the parent
    document inside which alone is searched; empty for the whole corpus. `group`: the case that it shares with others. `images`:
    the pictures that it is about.
    """

    id: str
    text: str
    kind: QuestionKind = "choice"
    options: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    context: tuple[str, ...] = ()
    record: str = ""
    group: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[ImageRef, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in LETTERED:
            return
        mend = "give every question its options, and as its answer letters of theirs"
        if len(self.options) < 2:
            raise InputError(f"question {self.id!r} has {len(self.options)} options", mend=mend)
        if outside := [letter for letter in self.answers if letter not in self.options]:
            known = ", ".join(self.options)
            raise InputError(f"the answer {outside[0]!r} of question {self.id!r} is none of its options {known}", mend=mend)
        if not self.answers or (len(self.answers) > 1 and self.kind != "several"):
            raise InputError(f"question {self.id!r} ({self.kind}) has {len(self.answers)} answers", mend=mend)

    @property
    def lettered(self) -> bool:
        """Whether it is answered by letters of its options."""
        return self.kind in LETTERED


@dataclass(frozen=True)
class Questions:
    """The questions of one split, their card, and what was counted while reading them.

    `corpus`: documents that come with them, if any. `qrels`: which documents of a corpus hold the evidence, by question id (the
    ids say which corpus is meant). Raises InputError for no question, and for an id that occurs twice.
    """

    card: Card
    split: str
    items: tuple[Question, ...]
    corpus: Corpus | None = None
    qrels: Qrels = field(default_factory=lambda: Qrels({}))
    notes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.items:
            raise InputError("there is no question in it", where=self.name, mend="give at least one question")
        seen: set[str] = set()
        for one in self.items:
            if one.id in seen:
                raise InputError(f"question id {one.id!r} occurs more than once", mend="give every question an id of its own")
            seen.add(one.id)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, in order."""
        return tuple(one.id for one in self.items)

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each question, its own id where it has none; empty where no question has one."""
        return tuple(one.group or one.id for one in self.items) if any(one.group for one in self.items) else ()

    def take(self, rows: Sequence[int]) -> Questions:
        """The questions at these rows, in this order."""
        return replace(self, items=tuple(self.items[row] for row in rows))

    def describe(self) -> dict[str, int]:
        """The counts of what is inside: questions, and documents where a corpus comes with them."""
        return {"questions": len(self), **({"documents": len(self.corpus)} if self.corpus is not None else {})}
