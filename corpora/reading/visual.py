"""Closed questions as visual question answering writes them: an answer type, no options, and yes or no as the answer."""

from __future__ import annotations

from dataclasses import replace

from ..questions import Question

ANSWER_TYPE, CLOSED = "answer_type", "closed"
_WORDS = {"yes": "A", "no": "B"}


def closed_question(question: Question) -> Question:
    """A free question whose `answer_type` is closed and whose only answer is yes or no, as a question of the kind `yes-no`.

    Its options are A yes and B no. Every other question as it is: what else is closed has options that nobody wrote down.
    """
    closed = str(question.metadata.get(ANSWER_TYPE, "")).strip().casefold() == CLOSED
    if question.kind != "free" or not closed or len(question.answers) != 1:
        return question
    letter = _WORDS.get(question.answers[0].strip().rstrip(".").casefold())
    if letter is None:
        return question
    return replace(question, kind="yes-no", options={own: word for word, own in _WORDS.items()}, answers=(letter,))
