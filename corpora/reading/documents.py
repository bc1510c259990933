"""Corpus files as record batches of the corpus schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from ..corpus import ROWS_A_BATCH, SCHEMA
from ..errors import InputError
from .columns import DocumentFields
from .formats import place, rows_of
from .witness import Witness, placed

_BYTES_A_BATCH = 1 << 20
Document = tuple[str, str, str, str, str]


def document_batches(paths: Sequence[Path], witness: Witness) -> Iterator[pa.RecordBatch]:
    """The documents of all files in turn: at most 4,096 a batch, and fewer where they fill a MiB.

    Raises InputError, with file and line, for a record that is not a document.
    """
    documents: list[Document] = []
    size = 0
    for _, _, length, document in _documents(paths, witness):
        documents.append(document)
        size += length
        if len(documents) == ROWS_A_BATCH or size >= _BYTES_A_BATCH:
            yield _batch(documents)
            documents, size = [], 0
    if documents:
        yield _batch(documents)


def places_of(paths: Sequence[Path], rows: Iterable[int]) -> list[str]:
    """`file:line` of documents by their row (from 0), found by reading the files once more."""
    wanted = set(rows)
    skipping = Witness(refuse=lambda fault: None)
    found = {row: place(path, line) for row, (path, line, _, _) in enumerate(_documents(paths, skipping)) if row in wanted}
    return [found[row] for row in rows]


def _documents(paths: Sequence[Path], witness: Witness) -> Iterator[tuple[Path, int, int, Document]]:
    for path in paths:
        try:
            yield from _documents_in(path, witness)
        except InputError as fault:
            witness.refuse(fault)


def _documents_in(path: Path, witness: Witness) -> Iterator[tuple[Path, int, int, Document]]:
    fields = None
    for line, size, row in rows_of(path, witness):
        try:
            fields = fields or DocumentFields.of(row)
            yield path, line, size, fields.document(row)
        except InputError as fault:
            witness.refuse(placed(fault, place(path, line)))


def _batch(documents: list[Document]) -> pa.RecordBatch:
    ids, titles, texts, parents, metadata = (pa.array(column, pa.string()) for column in zip(*documents, strict=True))
    blank = pa.array([""] * len(documents), pa.string())
    return pa.RecordBatch.from_arrays([ids, titles, texts, parents, blank, blank, metadata], schema=SCHEMA)
