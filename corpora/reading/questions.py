"""Records as questions: one rule for files and for tables on the hub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from ..images.claims import Claim, claims_of
from ..images.located import Gallery
from ..questions import LETTERED, QUESTION_KINDS, Question, QuestionKind
from .columns import as_id, as_metadata, as_text, field_of
from .formats import place, rows_of
from .labelled import ONLY_SPLIT
from .question_fields import (
    AnswerForm,
    Options,
    as_ids,
    as_letters,
    as_limits,
    as_number,
    as_options,
    as_texts,
    is_missing,
    listed,
    unpacked,
)
from .visual import closed_question
from .witness import Witness, placed

IDS = ("id", "_id", "question_id", "question-id", "qid")
TEXTS = ("question", "query", "text")
GROUPS = ("group", "case")
LANGUAGES = ("language", "lang")
_COLUMN = re.compile("[A-Z]")
_FIXED: dict[QuestionKind, tuple[str, ...]] = {"yes-no": ("yes", "no"), "yes-no-maybe": ("yes", "no", "maybe")}
Row = tuple[str, dict[str, Any]]


class Read(NamedTuple):
    """A question with its split, the ids of the documents that answer it, and the place where it stands."""

    question: Question
    split: str
    evidence: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class _Record:
    """What one record says, before it is known what the others say. `listed`: its answer is a list."""

    id: str
    text: str
    kind: QuestionKind | None
    options: Options
    answer: Any
    listed: bool
    limits: tuple[float, float] | None
    rest: Mapping[str, Any]
    place: str
    claims: tuple[Claim, ...] = ()


def read_questions(paths: Sequence[Path], kind: QuestionKind | None = None, gallery: Gallery | None = None) -> list[Read]:
    """The questions of all files in turn, in the layout of `questions.jsonl`.

    Their pictures lie under the folder of the files, unless a gallery says where; it counts and names those that are left out.
    Raises InputError, with file and line, for what is no question, for an id that occurs twice, and for a picture outside the
    folder; for no question at all.
    """
    gallery = gallery or Gallery(paths[0].parent.absolute())
    found = list(questions_of(_rows(paths), kind=kind, gallery=gallery))
    if not found:
        raise InputError("there is no question in it", where=", ".join(map(str, paths)), mend="give at least one question")
    places: dict[str, str] = {}
    for one in found:
        if (first := places.setdefault(one.question.id, one.place)) != one.place:
            mend = f"the other stands at {first}: give each an id of its own"
            raise InputError(f"two questions share the id {one.question.id!r}", where=one.place, mend=mend)
    return found


def _rows(paths: Sequence[Path]) -> Iterator[Row]:
    for path in paths:
        for line, _, row in rows_of(path, Witness()):
            yield place(path, line), row


def questions_of(
    rows: Iterable[Row], form: AnswerForm = "letter", kind: QuestionKind | None = None, gallery: Gallery | None = None
) -> Iterator[Read]:
    """The questions that records (place, fields) say; `kind` is that of all of them, where it is known.

    Their pictures are looked up in the gallery; without one, what records say of pictures is metadata.

    A kind that is not stated is told by all records together: answers in lists make them `several`, options of yes, no and
    maybe what they are called, other options `choice`; without options one with limits is `numeric`, one whose `answer_type` is
    closed and whose answer is yes or no is `yes-no`, others are `free`.
    Raises InputError with the place for what is no question.
    """
    records = []
    for where, row in rows:
        with _placing(where):
            records.append(_record(row, where, claims_of(row) if gallery else ()))
    if gallery:
        gallery.look(claim for record in records for claim in record.claims)
    several = any(record.listed and record.options.texts for record in records)
    optional = next((record for record in records if record.options.texts and not record.kind), None)
    for record in records:
        with _placing(record.place):
            read = _read(record, kind or _kind(record, several, optional), form)
        if not (kind or record.kind):
            read = read._replace(question=closed_question(read.question))
        yield _pictured(read, record.claims, gallery) if gallery and record.claims else read


def _pictured(read: Read, claims: Sequence[Claim], gallery: Gallery) -> Read:
    """The question with its pictures."""
    images = gallery.refs(claims, read.place, f"question {read.question.id!r}")
    return read._replace(question=replace(read.question, images=images))


@contextmanager
def _placing(where: str) -> Iterator[None]:
    """What is wrong inside is wrong at this place."""
    try:
        yield
    except InputError as fault:
        raise placed(fault, where) from None


def _record(row: dict[str, Any], where: str, claims: tuple[Claim, ...]) -> _Record:
    name = as_id(row.pop(field_of("question id", IDS, row)))
    field = field_of("question", TEXTS, row)
    text = as_text(row.pop(field), field)
    if not text.strip():
        raise InputError(f"the text of question {name!r} is empty", mend="write the question, or leave it out")
    kind = row.pop("kind", None)
    stated = "" if is_missing(kind) else as_text(kind, "kind")
    if stated and stated not in QUESTION_KINDS:
        raise InputError(f"the kind of question {name!r} is {stated!r}", mend=f"use one of: {', '.join(QUESTION_KINDS)}")
    options = as_options(row.pop("options") if "options" in row else _columns(row))
    answer = listed(unpacked(row.pop("answer", None)), options)
    limits = as_limits(row.pop("limits", None))
    own: QuestionKind | None = next((known for known in QUESTION_KINDS if known == stated), None)
    return _Record(name, text, own, options, answer, isinstance(answer, list), limits, row, where, claims)


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    """The options of a table that has a column for each, called A, B, C..."""
    return {name: row.pop(name) for name in sorted(row) if _COLUMN.fullmatch(name)}


def _kind(record: _Record, several: bool, optional: _Record | None) -> QuestionKind:
    """The kind that a record states or shows. Raises InputError where it lacks options and the others have them."""
    if record.kind:
        return record.kind
    if record.options.texts:
        texts = {text.strip().casefold() for text in record.options.texts.values()}
        return "several" if several else next((kind for kind, words in _FIXED.items() if texts == set(words)), "choice")
    if record.limits is not None:
        return "numeric"
    if optional is not None:
        mend = f'question {optional.id!r} has: give it options, or say "kind": "free"'
        raise InputError(f"question {record.id!r} has no options, and others do", mend=mend)
    return "free"


def _read(record: _Record, kind: QuestionKind, form: AnswerForm) -> Read:
    rest = dict(record.rest)
    options = record.options
    if kind in _FIXED and not options.texts:
        options = as_options(list(_FIXED[kind]))
    answers = as_letters(record.answer, options, form) if kind in LETTERED else _written(record, kind, rest)
    group = next((rest.pop(name) for name in GROUPS if not is_missing(rest.get(name))), "")
    owner, split = rest.pop("record", None), rest.pop("split", None)
    evidence, context = as_ids(rest.pop("evidence", None), "evidence"), as_texts(rest.pop("context", None), "context")
    question = Question(
        id=record.id,
        text=record.text,
        kind=kind,
        options=options.texts if kind in LETTERED else {},
        answers=answers,
        limits=record.limits,
        context=context,
        record="" if is_missing(owner) else as_id(owner, "record"),
        group="" if group == "" else as_id(group, "group"),
        metadata=_metadata(rest),
    )
    return Read(question, ONLY_SPLIT if is_missing(split) else as_id(split, "split"), evidence, record.place)


def _written(record: _Record, kind: QuestionKind, rest: dict[str, Any]) -> tuple[str, ...]:
    """The reference texts of a free question, or the number of a numeric one, checked."""
    answers = as_texts(rest.pop("answer_text", None) if is_missing(record.answer) else record.answer, "answer")
    if kind == "free":
        return answers
    numbers = [as_number(answer) for answer in answers]
    if len(numbers) != 1 or numbers[0] is None:
        raise InputError(f"the answer of question {record.id!r} is no number", mend="write one number")
    if record.limits is not None and not record.limits[0] <= numbers[0] <= record.limits[1]:
        raise InputError(f"the answer {answers[0]} of question {record.id!r} is outside its limits", mend="mend one of them")
    return answers


def _metadata(rest: dict[str, Any]) -> dict[str, Any]:
    """The further fields, those that are missing left out, and the language under one name."""
    found = {name: value for name, value in as_metadata(rest).items() if not is_missing(value)}
    told = next((found.pop(name) for name in LANGUAGES if name in found), None)
    return found if told is None else {**found, "language": as_text(told, "language")}
