"""Which field of a record is which column, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ..errors import InputError
from ..images.claims import Claim, claims_of, has_image_field, late_image
from .jsonl import KINDS

IDS = ("_id", "id", "doc_id", "docid", "corpus-id", "corpus_id")
QUERY_IDS = ("_id", "id", "query_id", "query-id", "qid")
TEXTS = ("text", "contents", "body")
QUERY_TEXTS = ("text", "query", "question", "contents", "body")
CAPTION = "caption"
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
class TextField:
    """Which field of a file's records holds the text: `name`, or, where the first record has a field for pictures, whichever of
    `wanted` (or `caption`) a record has, if any.
    """

    name: str
    wanted: tuple[str, ...]
    pictured: bool

    @classmethod
    def of(cls, row: Mapping[str, Any], wanted: tuple[str, ...]) -> TextField:
        """The field by the names in a file's first record. Raises InputError where it has neither text nor pictures."""
        pictured = has_image_field(row)
        return cls("" if pictured else field_of("text", wanted, row), wanted, pictured)

    def taken(self, row: dict[str, Any]) -> tuple[str, tuple[Claim, ...]]:
        """The text and the pictures of a record, taken out of it."""
        if not self.pictured:
            if has_image_field(row):
                raise late_image(row)
            name = self.name if self.name in row else field_of("text", (self.name,), row)
            return as_text(row.pop(name), name), ()
        claims = claims_of(row)
        found = next((name for name in (*self.wanted, CAPTION) if name in row), None)
        return "" if found is None else as_text(row.pop(found), found), claims


@dataclass(frozen=True)
class DocumentFields:
    """The fields of one corpus file that hold the id and the text; `title`, `parent` and `metadata` are called so.

    Where the first record has a field for pictures, none needs a text.
    """

    id: str
    text: TextField

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> DocumentFields:
        """The fields by the names in a file's first record."""
        return cls(field_of("document id", IDS, row), TextField.of(row, TEXTS))

    def document(self, row: dict[str, Any]) -> tuple[str, str, str, str, tuple[Claim, ...], str]:
        """Id, title, text, parent, pictures and metadata (JSON, or empty) of a record, which is emptied."""
        if self.id not in row:
            field_of("document id", (self.id,), row)
        (text, claims), name = self.text.taken(row), as_id(row.pop(self.id))
        title, parent = row.pop("title", None), row.pop("parent", None)
        return name, as_text(title, "title"), text, as_parent(parent), claims, as_json(row) if row else ""


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
