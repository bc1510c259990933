"""What a result of questions keeps of each: how it was answered, and the replies, which can be replayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from corpora.questions import Questions
from corpora.state import digest
from retrieval.generators.protocol import Message

from .asking import Replies
from .graded import Graded
from .grading import Read

ANSWERS, REPLIES = "answers.jsonl", "replies.jsonl"


def answer_files(questions: Questions, replies: Replies, read: Sequence[Sequence[Read]], graded: Graded) -> dict[str, bytes]:
    """`answers.jsonl`, a row a question, and `replies.jsonl`, which `file:` replays; the same bytes for the same replies."""
    return {
        ANSWERS: _lines(_answers(questions, replies, read, graded)),
        REPLIES: _lines(_replies(replies)),
    }


def read_answers(folder: Path) -> list[dict[str, Any]]:
    """The rows of a kept result's `answers.jsonl`, in the order of the questions."""
    return [orjson.loads(line) for line in (folder / ANSWERS).read_bytes().splitlines()]


def graded_of(rows: Sequence[Mapping[str, Any]]) -> Graded:
    """The grades of these rows of `answers.jsonl`."""
    columns = [tuple(tuple(row[name]) for row in rows) for name in ("gold", "answer")]
    groups = tuple(row["group"] or row["question_id"] for row in rows) if any(row["group"] for row in rows) else ()
    causes = tuple(row["cause"] for row in rows)
    read, right = np.array([not cause for cause in causes], bool), np.array([row["right"] for row in rows], bool)
    ids, kinds = (tuple(row[name] for row in rows) for name in ("question_id", "kind"))
    return Graded(ids, groups, columns[0], columns[1], causes, read, right, kinds)


def _lines(rows: Iterator[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def _answers(questions: Questions, replies: Replies, read: Sequence[Sequence[Read]], graded: Graded) -> Iterator[dict[str, Any]]:
    for row, question in enumerate(questions.items):
        prompted, won = replies.prompted[row], read[row][0]
        yield {
            "question_id": question.id,
            "kind": question.kind,
            "group": question.group,
            "passages": list(prompted.shown),
            "prompt_sha256": _digest(prompted.messages),
            "reply": replies.texts[row][0][0].text,
            "answer": list(won.reading.answer),
            "gold": list(question.answers),
            "right": bool(graded.right[row]),
            "cause": won.reading.cause,
            "how": won.reading.how,
            "share": won.share,
            "forms": [list(one.reading.answer) for one in read[row][1:]],
        }


def _digest(messages: Sequence[Message]) -> str:
    """sha256 (hex) over who says what, and over the pictures with it."""
    return digest(*(word for one in messages for word in (one.speaker, one.text, *(image.key for image in one.images))))


def _replies(replies: Replies) -> Iterator[dict[str, Any]]:
    for forms, texts in zip(replies.forms, replies.texts, strict=True):
        for form, samples in zip(forms, texts, strict=True):
            for said in samples:
                error = {"error": said.error} if said.error else {}
                yield {"query_id": form.id, "text": said.text, "finish": said.finish, **error}
