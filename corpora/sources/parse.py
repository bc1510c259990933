"""A source from a table of plain values, as a catalogue writes it; what is not known is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from ..errors import InputError
from ..questions import QUESTION_KINDS
from ..reading.question_fields import ANSWER_FORMS
from .tables import (
    IN_PARTS,
    SHAPES,
    SPLIT,
    BuiltinSource,
    Columns,
    DocumentFormat,
    FilesSource,
    HubSource,
    IrDatasetsSource,
    Layout,
    Pictures,
    Source,
    Table,
    TrecSource,
)

_REPO = re.compile(r"[\w.{}-]+/[\w.{}-]+")
_PLACE = ("config", "split", "file", "repo", "revision")
_MORE = ("repo", "revision", "pictures", "sample", "label")
_GENERATED = Columns(("query", "text"))


def source_of(table: Mapping[str, Any], where: str) -> Source:
    """The source that a table describes; its `kind` says how it is read.

    Raises InputError, naming `where` and the key, for an unknown kind, shape, table or key, for one that lacks, and for
    a value of the wrong type.
    """
    rest = dict(table)
    kind = rest.pop("kind", None)
    if kind not in _KINDS:
        raise InputError(f"the source's 'kind' is {kind!r}", where=where, mend=f"use one of: {', '.join(_KINDS)}")
    return _KINDS[kind](rest, where)


def generations_of(table: Mapping[str, Any], source: Mapping[str, Any], where: str) -> dict[str, Table]:
    """By generator, the table of what it wrote for the queries of a hub source, in whose repository it lies.

    `table` has place and columns as in a source, and `generators`; `{generator}` in its strings stands for each of these.
    Raises InputError as `source_of`.
    """
    rest, place = dict(table), dict(source)
    repo, revision = _text(place, "repo", where), _text(place, "revision", where, "")
    return {
        name: _table(_replaced(rest, "{generator}", name), _GENERATED, repo, revision, where)
        for name in _columns(rest, "generators", where)
    }


def _replaced(table: Mapping[str, Any], word: str, by: str) -> dict[str, Any]:
    return {key: value.replace(word, by) if isinstance(value, str) else value for key, value in table.items()}


def _hub(rest: dict[str, Any], where: str) -> HubSource:
    shape = rest.pop("shape", None)
    if shape not in SHAPES:
        raise InputError(f"the source's 'shape' is {shape!r}", where=where, mend=f"use one of: {', '.join(SHAPES)}")
    repo, revision = _text(rest, "repo", where), _text(rest, "revision", where, "")
    dangling = rest.pop("allow_dangling", False)
    if not isinstance(dangling, bool):
        raise InputError(f"'allow_dangling' is {dangling!r}", where=where, mend="write true or false")
    pictures, sample, label = _pictures(rest, where), _text(rest, "sample", where, ""), _text(rest, "label", where, "")
    wanted = _tables(shape, rest, where)
    tables = {name: _table(rest[name], columns, repo, revision, f"{where}.{name}") for name, columns in wanted.items()}
    return HubSource(shape, tables, dangling, pictures, sample, label)


def _pictures(rest: dict[str, Any], where: str) -> Pictures:
    """Where pictures lie, if that is said."""
    given = rest.pop("pictures", {})
    if not isinstance(given, Mapping):
        raise InputError(f"'pictures' is {given!r}", where=where, mend='write a table: pictures = { archives = "*.zip" }')
    inner, own = dict(given), f"{where}.pictures"
    archives = _columns(inner, "archives", own) if "archives" in inner else ()
    under = _values(inner.pop("under", "."), "'under'", own)
    _finished(inner, ["archives", "under"], own)
    return Pictures(archives, under)


def _tables(shape: str, there: Mapping[str, Any], where: str) -> Mapping[str, Columns]:
    """The set of tables of this shape that is there."""
    for wanted in SHAPES[shape]:
        if there.keys() == wanted.keys():
            return wanted
    listed = " or ".join(", ".join(wanted) for wanted in SHAPES[shape])
    found = ", ".join(sorted(there)) or "none"
    raise InputError(f"a source of shape {shape!r} with the tables and keys: {found}", where=where, mend=f"give it: {listed}")


def _table(given: Any, columns: Columns, repo: str, revision: str, where: str) -> Table:
    if not isinstance(given, Mapping):
        raise InputError(f"the table is {given!r}", where=where, mend="write a table of config, split and columns")
    rest = dict(given)
    known = [*_PLACE, *columns.all, *columns.extra]
    table = Table(
        revision=_text(rest, "revision", where, "" if "repo" in rest else revision),
        repo=_text(rest, "repo", where, repo),
        config=_text(rest, "config", where, "default"),
        split=_text(rest, "split", where, "{split}" if "train_split" in rest else SPLIT),
        file=_text(rest, "file", where, ""),
        columns={name: _columns(rest, name, where) for name in columns.all if name in rest or name in columns.needed},
        metadata=_columns(rest, "metadata", where) if "metadata" in rest and "metadata" in columns.extra else (),
        train_split=_text(rest, "train_split", where, "") if "train_split" in columns.extra else "",
        **(_of_questions(rest, where) if "answers" in columns.extra else {}),
    )
    _finished(rest, known, where)
    if not _REPO.fullmatch(table.repo):
        raise InputError(f"{table.repo!r} is no repository", where=where, mend="write it as owner/name")
    if table.file and table.train_split:
        raise InputError("'file' and 'train_split' are both given", where=where, mend="name splits of a config")
    return table


def _of_questions(rest: dict[str, Any], where: str) -> dict[str, Any]:
    """What a table of questions says besides its columns."""
    only = rest.pop("only", {})
    if not isinstance(only, Mapping):
        raise InputError(f"'only' is {only!r}", where=where, mend='write a table: only = { column = ["value"] }')
    return {
        "answers": _one_of(rest, "answers", ANSWER_FORMS, where),
        "question_kind": _one_of(rest, "question_kind", ("", *QUESTION_KINDS), where),
        "cut": _text(rest, "cut", where, ""),
        "ask": _text(rest, "ask", where, ""),
        "only": {column: _values(values, f"'only' of {column!r}", where) for column, values in only.items()},
    }


def _one_of(rest: dict[str, Any], key: str, known: Sequence[str], where: str) -> str:
    found = _text(rest, key, where, known[0])
    if found not in known:
        raise InputError(f"the source's {key!r} is {found!r}", where=where, mend=f"use one of: {', '.join(filter(None, known))}")
    return found


def _values(given: Any, what: str, where: str) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InputError(f"{what} is {given!r}", where=where, mend="write a value in quotes, or a list of them")
    return tuple(listed)


def _columns(rest: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    """The column or columns that are given for a field."""
    value = rest.pop(name, None)
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(item, str) and item for item in listed):
        raise InputError(f"the column for {name!r} is {value!r}", where=where, mend="write a column's name in quotes, or a list")
    return tuple(listed)


def _text(rest: dict[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = rest.pop(key, default)
    if not isinstance(value, str):
        raise InputError(f"the source's {key!r} is {value!r}", where=where, mend="write text in quotes")
    return value


def _finished(rest: Mapping[str, Any], known: list[str], where: str) -> None:
    """Nothing, where no key is left over."""
    if rest:
        raise InputError(f"unknown key {next(iter(rest))!r} in a source", where=where, mend=f"use any of: {', '.join(known)}")


def _files(rest: dict[str, Any], where: str) -> FilesSource:
    recipe, layout = _text(rest, "recipe", where), _text(rest, "layout", where, "medir")
    folder, part = _text(rest, "folder", where, ""), _text(rest, "part", where, "")
    repo, revision = _text(rest, "repo", where, ""), _text(rest, "revision", where, "")
    pictures, sample, label = _pictures(rest, where), _text(rest, "sample", where, ""), _text(rest, "label", where, "")
    if layout not in get_args(Layout):
        known = ", ".join(get_args(Layout))
        raise InputError(f"the source's 'layout' is {layout!r}", where=where, mend=f"use one of: {known}")
    if (layout in IN_PARTS) != bool(part):
        mend = f"name a part of the layouts {', '.join(IN_PARTS)}, and of no other"
        raise InputError(f"the source's 'part' is {part!r}", where=where, mend=mend)
    _finished(rest, ["kind", "recipe", "layout", "folder", "part", *_MORE], where)
    return FilesSource(recipe, layout, folder, part, repo, revision, pictures, sample, label)  # type: ignore[arg-type]


def _trec(rest: dict[str, Any], where: str) -> TrecSource:
    given = {key: _text(rest, key, where) for key in ("topics", "qrels", "recipe")}
    given |= {key: _text(rest, key, where, "") for key in ("documents", "folder")}
    shape = _text(rest, "format", where, "folder")
    if shape not in get_args(DocumentFormat):
        known = ", ".join(get_args(DocumentFormat))
        raise InputError(f"the source's 'format' is {shape!r}", where=where, mend=f"use one of: {known}")
    wanted = _columns(rest, "fields", where) if "fields" in rest else ()
    _finished(rest, ["kind", *given, "format", "fields"], where)
    return TrecSource(**given, format=shape, fields=wanted)  # type: ignore[arg-type]


def _ir_datasets(rest: dict[str, Any], where: str) -> IrDatasetsSource:
    name = _text(rest, "id", where)
    _finished(rest, ["kind", "id"], where)
    return IrDatasetsSource(name)


def _builtin(rest: dict[str, Any], where: str) -> BuiltinSource:
    name = _text(rest, "name", where)
    _finished(rest, ["kind", "name"], where)
    return BuiltinSource(name)


_KINDS: dict[str, Callable[[dict[str, Any], str], Source]] = {
    "hub": _hub,
    "files": _files,
    "trec": _trec,
    "ir_datasets": _ir_datasets,
    "builtin": _builtin,
}
