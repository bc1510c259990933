"""Query files as queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from ..images import FAULTS_NAMED
from ..images.claims import Claim
from ..images.located import Gallery
from ..queries import Part, Queries
from .columns import QUERY_IDS, QUERY_TEXTS, TextField, as_id, as_metadata, field_of
from .formats import place, rows_of
from .witness import Witness, placed


class _Query(NamedTuple):
    id: str
    text: str
    group: str
    claims: tuple[Claim, ...]
    metadata: dict[str, Any]


def read_queries(paths: Sequence[Path], witness: Witness, gallery: Gallery) -> Queries:
    """The queries of all files in turn, with their pictures, their metadata and, where every one has it, their `group`.

    Counts `merged_duplicate_queries` (equal in every field). Raises InputError, with file and line, for a record that is
    not a query, for two different ones of one id, for a group that only some have, for a picture outside the folder, and for no
    query. Faulty pictures are left out: the gallery counts and names them.
    """
    found: dict[str, tuple[_Query, str]] = {}
    for query, where in _queries(paths, witness):
        known, first = found.setdefault(query.id, (query, where))
        if first != where:
            _merge(query, known, first, where, witness)
    queries = [query for query, _ in found.values()]
    if not queries:
        raise InputError("there is no query in it", where=", ".join(map(str, paths)), mend="give at least one query")
    return _gathered(queries, [where for _, where in found.values()], witness, gallery)


def _merge(query: _Query, known: _Query, first: str, where: str, witness: Witness) -> None:
    if query == known:
        witness.counts["merged_duplicate_queries"] += 1
    else:
        mend = f"the other stands at {first}: remove one or give it an id of its own"
        witness.refuse(InputError(f"two queries share the id {query.id!r} and differ", where=where, mend=mend))


def _gathered(queries: list[_Query], places: list[str], witness: Witness, gallery: Gallery) -> Queries:
    groups = tuple(query.group for query in queries)
    if any(groups) and not all(groups):
        row = groups.index("")
        fault = InputError(
            f"the query {queries[row].id!r} has no group, and others do", where=places[row], mend="give all a group, or none"
        )
        witness.refuse(fault)
    gallery.look(claim for query in queries for claim in query.claims)
    parts = tuple(_parts(query, where, witness, gallery) for query, where in zip(queries, places, strict=True))
    metadata = tuple(query.metadata for query in queries)
    faults = tuple(gallery.messages[:FAULTS_NAMED])
    return Queries(tuple(query.id for query in queries), parts, metadata, groups if all(groups) else (), faults=faults)


def _parts(query: _Query, where: str, witness: Witness, gallery: Gallery) -> tuple[Part, ...]:
    """The text, if there is one, and every sound picture; an empty text where there is neither."""
    try:
        images = gallery.refs(query.claims, where, f"query {query.id!r}") if query.claims else ()
    except InputError as fault:
        witness.refuse(fault)
        images = ()
    text = (Part(text=query.text),) if query.text or not images else ()
    return text + tuple(Part(image=image) for image in images)


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
            fields = fields or (field_of("query id", QUERY_IDS, row), TextField.of(row, QUERY_TEXTS))
            yield _query(row, *fields), place(path, line)
        except InputError as fault:
            witness.refuse(placed(fault, place(path, line)))


def _query(row: dict[str, Any], id_field: str, text_field: TextField) -> _Query:
    name = as_id(row.pop(field_of("query id", (id_field,), row)))
    text, claims = text_field.taken(row)
    group = row.pop("group", None)
    return _Query(name, text, as_id(group, "group") if group not in (None, "") else "", claims, as_metadata(row))
