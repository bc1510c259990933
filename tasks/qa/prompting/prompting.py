"""How a question is put to a model: as which messages, with which of its passages, and how it is asked to answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from corpora import UsageError
from corpora.questions import Question, QuestionKind, Questions
from retrieval.augment.prompts import numbered
from retrieval.generators.pictures import checked, picture_rules
from retrieval.generators.protocol import Message

from ..passages import Passage
from .data import as_data, lines_as_data
from .passages import ORDERS, Count, Order, Shown, estimated
from .pictures import MOST_IMAGES, SHOWS, Held, Show, Sound, held, legend, legend_rules, marked, sound
from .shots import Shots, reasoning
from .templates import ANSWER_PARTS, LANGUAGES, MARK, UNKNOWN, spoken, template

Style = Literal["direct", "cot", "json"]
"""Answer at once; reason step by step and end with the answer; reason and answer in JSON."""
STYLES: tuple[Style, ...] = get_args(Style)
RULES = 1
"""The version of the rules by which templates and data become messages."""
SEVERAL_LANGUAGES = "mul"


@dataclass(frozen=True)
class Prompted:
    """A question as it is put: `messages`, and what of the passages is in them.

    `shown`: the ids of the passages in the order shown, "" for one without; `texts`: what is shown of each, title and text.
    `tokens`: of those, by the token rule. `cut` of them are shown in part; `dropped` others are left out, for the budget or for
    want of a picture where only pictures are shown. `images_shown` and `images_dropped` count pictures of passages, `scaled` all
    pictures that are sent smaller than they are. `faults` and `passage_faults` name pictures of the question and of passages
    that cannot be decoded: it is asked without them.
    """

    messages: tuple[Message, ...]
    shown: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    tokens: int = 0
    cut: int = 0
    dropped: int = 0
    images_shown: int = 0
    images_dropped: int = 0
    scaled: int = 0
    faults: tuple[str, ...] = ()
    passage_faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prompting:
    """The way of asking. `budget`: tokens for the passages (0: no limit). `shots`: examples, as turns before the question.

    `language`: that of the templates; empty for the question's own, which is that of its set, else its metadata's. One that has
    no templates is asked in English. `insufficient`: the model is offered to say that the evidence does not suffice, in the
    words of UNKNOWN. `count`: the tokens of a text to the model; without it they are estimated (see `estimated`). `show`: what of
    passages with pictures is shown; `most_images` of these pictures at most. The question's own are always shown, and come first.
    Raises UsageError for a style, an order or a `show` that is not known, and for a negative budget or number of images.
    """

    style: Style = "direct"
    order: Order = "best-first"
    budget: int = 0
    shots: Shots | None = None
    language: str = ""
    insufficient: bool = False
    count: Count | None = field(default=None, repr=False, compare=False)
    show: Show = "text"
    most_images: int = MOST_IMAGES

    def __post_init__(self) -> None:
        for what, value, known in (("style", self.style, STYLES), ("order", self.order, ORDERS), ("show", self.show, SHOWS)):
            if value not in known:
                raise UsageError(f"{what}={value} is not known", mend=f"use one of: {', '.join(known)}")
        if self.budget < 0:
            raise UsageError(f"a budget of {self.budget} tokens", mend="give a number of tokens, or 0 for no limit")

        if self.most_images < 0:
            raise UsageError(f"{self.most_images} images at most", mend="give a number from 0")

    @property
    def notes(self) -> Mapping[str, int]:
        """What was counted while examples were picked."""
        return self.shots.notes if self.shots else {}

    def ready(self, questions: Questions) -> Prompting:
        """The same for these questions: in the language of their card, and the nearest examples found for all of them at once."""
        of_card = "" if questions.card.language in ("unknown", SEVERAL_LANGUAGES) else questions.card.language
        shots = self.shots.ready(questions.items) if self.shots else None
        return replace(self, language=self.language or of_card, shots=shots)

    def identity(self, language: str, kinds: Sequence[QuestionKind]) -> Mapping[str, Any]:
        """Everything besides questions and passages that decides the messages for questions of a language, as JSON.

        `templates`: the sha256 of each file that may be used. `language`: what is asked in; `instead_of`, where that is English
        for want of templates. A set in several languages (`mul`) may use all templates.
        """
        wanted = self.language or language
        tongues = LANGUAGES if wanted == SEVERAL_LANGUAGES else (spoken(wanted),)
        parts = ["question", "passages", self.style, *sorted({ANSWER_PARTS[kind] for kind in kinds})]
        files = [template(part, tongue) for tongue in tongues for part in [*parts, *["insufficient"] * self.insufficient]]
        replaced = {"instead_of": wanted} if tongues == ("en",) and not wanted.lower().startswith("en") else {}
        return {
            "rules": RULES,
            "style": self.style,
            "order": self.order,
            "budget": self.budget,
            "tokens": "the model's" if self.count else "estimated",
            "language": SEVERAL_LANGUAGES if wanted == SEVERAL_LANGUAGES else tongues[0],
            **replaced,
            "insufficient": self.insufficient,
            "templates": {file.name: file.sha256 for file in files},
            "shots": self.shots.digest if self.shots else "",
            **self._pictured(),
        }

    def _pictured(self) -> Mapping[str, Any]:
        """What is shown of passages with pictures, where that is not their text alone."""
        if self.show == "text":
            return {}
        return {"show": self.show, "most_images": self.most_images, "pictures": [*picture_rules(), legend_rules()]}

    def messages(self, question: Question, passages: Sequence[Passage]) -> Prompted:
        """The question as it is put with these passages, best first; without any it is asked from the model's memory alone."""
        tongue = spoken(self.language or str(question.metadata.get("language", "")))
        own = sound(question.images)
        some = held(passages, self.show, self.order, self.budget, self.most_images, self.count or estimated)
        said = [Message("system", template("question", tongue).turns[0])]
        for shot in self.shots.of(question) if self.shots else ():
            said += [self._posed(shot, sound(shot.images), _NOTHING, tongue), Message("assistant", self._answered(shot, tongue))]
        said.append(self._posed(question, own, some, tongue))
        ids = tuple(some.passages[place].id for place in some.text.places)
        return Prompted(
            messages=tuple(said),
            shown=ids,
            texts=some.text.lines,
            tokens=some.text.tokens,
            cut=some.text.cut,
            dropped=some.text.dropped + some.without,
            images_shown=len(some.flat),
            images_dropped=some.left,
            scaled=sum(checked(image).scaled for one in said for image in one.images),
            faults=own.faults,
            passage_faults=some.faults,
        )

    def _posed(self, question: Question, own: Sound, some: Held, tongue: str) -> Message:
        """A question as a turn: passages, whose the pictures are, the question; its own pictures, then those of passages."""
        passages = framing(numbered(marked(some, len(own.images), tongue)), tongue)
        pictures = legend(len(own.images), [len(images) for images in some.images], tongue)
        return Message("user", self._asked(question, passages + pictures, tongue), (*own.images, *some.flat))

    def _asked(self, question: Question, passages: str, tongue: str) -> str:
        options = "\n".join(f"{letter}. {as_data(text)}" for letter, text in question.options.items())
        unsure = template("insufficient", tongue).filled(unknown=UNKNOWN[tongue])
        return template("question", tongue).filled(
            passages=passages,
            question=lines_as_data(question.text),
            options=f"\n{options}" if options else "",
            form=self._form(question.kind, tongue),
            insufficient=_gap(tongue) + unsure if self.insufficient else "",
        )

    def _form(self, kind: QuestionKind, tongue: str) -> str:
        answer = template(ANSWER_PARTS[kind], tongue).filled()
        return template(self.style, tongue).filled(answer=answer, mark=MARK[tongue])

    def _answered(self, shot: Question, tongue: str) -> str:
        """An example's answer in the form that the style asks for."""
        answer, thought = ", ".join(shot.answers) if shot.lettered else shot.answers[0], reasoning(shot)
        if self.style == "json":
            return json.dumps({"step_by_step_thinking": thought, "answer_choice": answer}, ensure_ascii=False)
        if self.style == "cot":
            return f"{thought}\n{MARK[tongue]}{_gap(tongue)}{answer}".strip()
        return answer


_NOTHING = Held((), Shown("", (), (), 0, 0, 0))
"""No passages, as beside an example."""


def _gap(tongue: str) -> str:
    """What stands between two sentences of a language."""
    return "" if tongue in ("zh", "ja") else " "


def framing(text: str, tongue: str) -> str:
    """Numbered passages in their frame, with what they are and what they are not; nothing where there are none."""
    return template("passages", tongue).filled(passages=text) + "\n\n" if text else ""
