"""Which field of a record is which column, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ..errors import InputError
from .jsonl import KINDS

IDS = ("_id", "id", "doc_id", "docid", "corpus-id", "corpus_id")
QUERY_IDS = ("_id", "id", "query_id", "query-id", "qid")
TEXTS = ("text", "contents", "body")
QUERY_TEXTS = ("text", "query", "question", "contents", "body")
JUDGED_QUERIES = ("query-id", "query_id", "qid", "query")
JUDGED_DOCUMENTS = ("corpus-id", "corpus_id", "doc-id", "doc_id", "docid", "document")
GRADES = ("score", "grade", "relevance", "label", "rel")

_GRADE = re.compile(r"[+-]?[0-9]{1,9}(\.0+)?")


def field_of(what: str, wanted: tuple[str, ...], there: Collection[str]) -> str:
    """The first of the `wanted` names that is `there`. Raises InputError that lists what is there."""
    for name in wanted:
        if name in there:
            return name
    listed = ", ".join(map(repr, there)) or "none"
    raise InputError(f"no {what}; the fields there are: {listed}", mend=f"name it {' or '.join(map(repr, wanted))}")


@dataclass(frozen=True)
class DocumentFields:
    """The fields of one corpus file that hold the id and the text; `title`, `parent` and `metadata` are called so."""

    id: str
    text: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> DocumentFields:
        """The fields by the names in a file's first record."""
        return cls(field_of("document id", IDS, row), field_of("text", TEXTS, row))

    def document(self, row: dict[str, Any]) -> tuple[str, str, str, str, str]:
        """Id, title, text, parent and metadata (JSON, or empty) of a record, which is emptied."""
        if self.id not in row or self.text not in row:
            field_of("document id", (self.id,), row)
            field_of("text", (self.text,), row)
        name, text = as_id(row.pop(self.id)), as_text(row.pop(self.text), self.text)
        title, parent = row.pop("title", None), row.pop("parent", None)
        return name, as_text(title, "title"), text, as_parent(parent), as_json(row) if row else ""


def as_id(value: object, what: str = "id") -> str:
    """An id as text: text is kept as it is, a whole number becomes its digits. Raises InputError for all else."""
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        raise InputError(f"the {what} is {KINDS.get(type(value), 'null')}", mend="write it as text or as a whole number")
    if not value:
        raise InputError(f"the {what} is empty", mend="give every record an id of its own")
    return as_text(value, what)


def as_parent(value: object) -> str:
    """The parent's id, or nothing."""
    return "" if value is None or value == "" else as_id(value, "parent")


def as_text(value: object, what: str) -> str:
    """A text, where null is empty. Raises InputError for anything but text, and for a NUL in it."""
    if value is None:
        return ""
    if type(value) is not str:
        raise InputError(
            f"the field {what!r} is {KINDS.get(type(value), type(value).__name__)}, not text", mend="write it as text"
        )
    if "\0" in value:
        raise InputError(
            f"a NUL character in {what!r}, at position {value.index(chr(0)) + 1:,}", mend=r"remove it, for example: tr -d '\000'"
        )
    return value


def as_grade(value: object) -> int:
    """A grade: a whole number, also written as text or with nothing but zeros after its point."""
    if not _GRADE.fullmatch(written := str(value)) or isinstance(value, bool):
        raise InputError(f"the grade {value!r} is not a whole number of up to 9 digits", mend="write grades such as 0, 1, 2")
    return int(float(written))


def as_metadata(row: dict[str, Any]) -> dict[str, Any]:
    """The `metadata` of a record with its further fields, which join it unless they share a name: then it stays apart."""
    inner = row.get("metadata")
    if type(inner) is dict and len(row) == 1:
        return inner
    if isinstance(inner, str) and inner.startswith("{"):
        inner = _object_in(inner)
    if inner in (None, ""):
        return {name: value for name, value in row.items() if name != "metadata"}
    if not isinstance(inner, dict):
        return row
    outer = {name: value for name, value in row.items() if name != "metadata"}
    return {**outer, "metadata": inner} if outer.keys() & inner.keys() else {**inner, **outer}


def _object_in(written: str) -> Any:
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return written


def as_json(row: dict[str, Any]) -> str:
    """The metadata and further fields of a record as JSON text, or nothing."""
    metadata = as_metadata(row)
    try:
        return orjson.dumps(metadata, default=str, option=orjson.OPT_NON_STR_KEYS).decode() if metadata else ""
    except orjson.JSONEncodeError as problem:
        raise InputError(
            f"the metadata cannot be kept: {problem}", mend="nest it less deeply, and keep numbers below 2**63"
        ) from None
