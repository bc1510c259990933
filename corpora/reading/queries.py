"""Query files as queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from ..queries import Queries
from .columns import QUERY_IDS, QUERY_TEXTS, as_id, as_metadata, as_text, field_of
from .formats import place, rows_of
from .witness import Witness, placed


class _Query(NamedTuple):
    id: str
    text: str
    group: str
    metadata: dict[str, Any]


def read_queries(paths: Sequence[Path], witness: Witness) -> Queries:
    """The queries of all files in turn, with their metadata and, where every one has it, their `group`.

    Counts `merged_duplicate_queries` (equal in every field). Raises InputError, with file and line, for a record that is
    not a query, for two different ones of one id, for a group that only some have, and for no query.
    """
    found: dict[str, tuple[_Query, str]] = {}
    for query, where in _queries(paths, witness):
        known, first = found.setdefault(query.id, (query, where))
        if first != where:
            _merge(query, known, first, where, witness)
    queries = [query for query, _ in found.values()]
    if not queries:
        raise InputError("there is no query in it", where=", ".join(map(str, paths)), mend="give at least one query")
    return _gathered(queries, [where for _, where in found.values()], witness)


def _merge(query: _Query, known: _Query, first: str, where: str, witness: Witness) -> None:
    if query == known:
        witness.counts["merged_duplicate_queries"] += 1
    else:
        mend = f"the other stands at {first}: remove one or give it an id of its own"
        witness.refuse(InputError(f"two queries share the id {query.id!r} and differ", where=where, mend=mend))


def _gathered(queries: list[_Query], places: list[str], witness: Witness) -> Queries:
    groups = tuple(query.group for query in queries)
    if any(groups) and not all(groups):
        row = groups.index("")
        fault = InputError(
            f"the query {queries[row].id!r} has no group, and others do", where=places[row], mend="give all a group, or none"
        )
        witness.refuse(fault)
    return Queries.of_texts(
        [query.id for query in queries],
        [query.text for query in queries],
        metadata=tuple(query.metadata for query in queries),
        group=groups if all(groups) else (),
    )


def _queries(paths: Sequence[Path], witness: Witness) -> Iterator[tuple[_Query, str]]:
    for path in paths:
        try:
            yield from _queries_in(path, witness)
        except InputError as fault:
            witness.refuse(fault)


def _queries_in(path: Path, witness: Witness) -> Iterator[tuple[_Query, str]]:
    fields = None
    for line, _, row in rows_of(path, witness):
        try:
            fields = fields or (field_of("query id", QUERY_IDS, row), field_of("text", QUERY_TEXTS, row))
            yield _query(row, *fields), place(path, line)
        except InputError as fault:
            witness.refuse(placed(fault, place(path, line)))


def _query(row: dict[str, Any], id_field: str, text_field: str) -> _Query:
    name = as_id(row.pop(field_of("query id", (id_field,), row)))
    text = as_text(row.pop(field_of("text", (text_field,), row)), text_field)
    group = row.pop("group", None)
    return _Query(name, text, as_id(group, "group") if group not in (None, "") else "", as_metadata(row))
