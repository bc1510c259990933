"""Files of labelled texts and of pairs as records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..errors import InputError
from .columns import QUERY_IDS, TEXTS, as_id, as_text, field_of
from .formats import place, rows_of
from .jsonl import KINDS
from .witness import Witness, placed

ONLY_SPLIT = "test"
LABELS = ("label", "labels", "category")
LEFTS = ("text1", "sentence1", "left", "question", "query")
RIGHTS = ("text2", "sentence2", "right", "answer", "document")
VALUES = ("label", "labels", "score")

Record = TypeVar("Record", bound="TextRecord | PairRecord")
Reader = Callable[[Mapping[str, Any]], Record]


class TextRecord(NamedTuple):
    """One text with its label."""

    id: str
    split: str
    text: str
    label: str


class PairRecord(NamedTuple):
    """Two texts with their value."""

    id: str
    split: str
    left: str
    right: str
    value: float


def labelled_records(path: Path, witness: Witness) -> list[TextRecord]:
    """The texts of a file with their ids, splits (`test` where none is given) and labels.

    Raises InputError, with file and line, for a missing column, an empty label, and an id that occurs twice.
    """
    return _checked(_records(path, witness, _text_reader), path)


def pair_records(path: Path, witness: Witness, values: Sequence[str] = VALUES, *, valued: bool = True) -> list[PairRecord]:
    """The pairs of a file, worth what the first of the columns `values` says that is there.

    Where none of them is, each pair is worth 1, unless `valued`, which refuses that.

    Raises InputError, with file and line, for a missing column, a value in some rows only or that is no finite number,
    and an id twice.
    """
    return _checked(_records(path, witness, partial(_pair_reader, tuple(values), valued)), path)


def _records(path: Path, witness: Witness, reader: Callable[[Mapping[str, Any]], Reader[Record]]) -> Iterator[tuple[str, Record]]:
    """Each record with its place; the fields are named by the first one."""
    read = None
    for line, _, row in rows_of(path, witness):
        try:
            read = read or reader(row)
            yield place(path, line), read(row)
        except InputError as fault:
            raise placed(fault, place(path, line)) from None


def _text_reader(first: Mapping[str, Any]) -> Reader[TextRecord]:
    names = (field_of("id", QUERY_IDS, first), field_of("text", TEXTS, first), field_of("label", LABELS, first))

    def read(row: Mapping[str, Any]) -> TextRecord:
        for what, name in zip(("id", "text", "label"), names, strict=True):
            field_of(what, (name,), row)
        own, text, label = (row[name] for name in names)
        return TextRecord(as_id(own), _split(row), as_text(text, names[1]), _label(label))

    return read


def _pair_reader(values: tuple[str, ...], valued: bool, first: Mapping[str, Any]) -> Reader[PairRecord]:
    names = (field_of("id", QUERY_IDS, first), field_of("first text", LEFTS, first), field_of("second text", RIGHTS, first))
    value = field_of("label or score", values, first) if valued else next((name for name in values if name in first), None)

    def read(row: Mapping[str, Any]) -> PairRecord:
        for what, name in zip(("id", "first text", "second text"), names, strict=True):
            field_of(what, (name,), row)
        if value is not None:
            field_of("value", (value,), row)
        elif late := [name for name in values if name in row]:
            what = f"this pair has a {late[0]!r}, and the first of the file has none"
            raise InputError(what, mend="give every pair a value, or none")
        own, left, right = (row[name] for name in names)
        number = 1.0 if value is None else _value(row[value], value)
        return PairRecord(as_id(own), _split(row), as_text(left, names[1]), as_text(right, names[2]), number)

    return read


def _split(row: Mapping[str, Any]) -> str:
    split = row.get("split")
    return ONLY_SPLIT if split in (None, "") else as_id(split, "split")


def _label(value: object) -> str:
    label = as_text(str(value) if type(value) in (int, bool) else value, "label")
    if not label.strip():
        raise InputError("the label is empty", mend="give every text a label, or leave the text out")
    return label


def _value(value: object, name: str) -> float:
    """A finite number, also written as text; true and false are 1 and 0."""
    try:
        number = float(value) if type(value) in (int, float, bool, str) else float("nan")  # type: ignore[arg-type]
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        said = repr(value) if type(value) in (int, float, bool, str) else KINDS.get(type(value), "null")
        raise InputError(f"the field {name!r} is {said}, not a finite number", mend="write a number such as 0, 1 or 2.5")
    return number


def _checked(records: Iterator[tuple[str, Record]], path: Path) -> list[Record]:
    """All records. Raises InputError for an id that occurs twice, and for no record."""
    places: dict[str, str] = {}
    kept = []
    for where, record in records:
        if places.setdefault(record.id, where) != where:
            mend = f"the other stands at {places[record.id]}: give each an id of its own"
            raise InputError(f"the id {record.id!r} occurs twice", where=where, mend=mend)
        kept.append(record)
    if not kept:
        raise InputError("there is nothing in it", where=str(path), mend="give at least one record")
    return kept
