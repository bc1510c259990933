"""Corpus files as record batches of the corpus schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from ..corpus import ROWS_A_BATCH, SCHEMA
from ..errors import InputError
from ..images.claims import Claim, claims_of, has_image_field
from ..images.column import encoded_images
from ..images.located import Gallery
from .columns import DocumentFields
from .formats import place, rows_of
from .witness import Witness, placed

_BYTES_A_BATCH = 1 << 20
Document = tuple[str, str, str, str, tuple[Claim, ...], str]
Placed = tuple[Path, int, Document]


def document_batches(paths: Sequence[Path], witness: Witness, gallery: Gallery) -> Iterator[pa.RecordBatch]:
    """The documents of all files in turn: at most 4,096 a batch, and fewer where they fill a MiB.

    Their pictures are looked up in the gallery, which counts and names those that a document loses.
    Raises InputError, with file and line, for a record that is not a document, and for a picture outside the folder.
    """
    documents: list[Placed] = []
    size = 0
    for path, line, length, document in _documents(paths, witness):
        documents.append((path, line, document))
        size += length
        if len(documents) == ROWS_A_BATCH or size >= _BYTES_A_BATCH:
            yield _batch(documents, witness, gallery)
            documents, size = [], 0
    if documents:
        yield _batch(documents, witness, gallery)


def pictures_named(paths: Sequence[Path]) -> set[Claim] | None:
    """All pictures that documents name, or None where no file's first record has a field for pictures.

    What cannot be read is left to `document_batches` to say.
    """
    skipping = Witness(refuse=lambda fault: None)
    found: set[Claim] = set()
    pictured = False
    for path in paths:
        with suppress(InputError):
            for number, (_, _, row) in enumerate(rows_of(path, skipping)):
                if not number and not has_image_field(row):
                    break
                pictured = True
                with suppress(InputError):
                    found.update(claims_of(row))
    return found if pictured else None


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


def _batch(documents: list[Placed], witness: Witness, gallery: Gallery) -> pa.RecordBatch:
    ids, titles, texts, parents, claims, metadata = zip(*(document for _, _, document in documents), strict=True)
    images, files = _images(documents, witness, gallery) if any(claims) else [pa.array([""] * len(ids), pa.string())] * 2
    first, last = ([pa.array(column, pa.string()) for column in some] for some in ((ids, titles, texts, parents), (metadata,)))
    return pa.RecordBatch.from_arrays([*first, images, files, *last], schema=SCHEMA)


def _images(documents: list[Placed], witness: Witness, gallery: Gallery) -> list[pa.Array]:
    """The columns `images` and `files`; a path that leaves the folder is refused."""
    gallery.look(claim for _, _, (*_, claims, _) in documents for claim in claims)
    images, files = [""] * len(documents), [""] * len(documents)
    for row, (path, line, (name, *_, claims, _)) in enumerate(documents):
        if claims:
            try:
                found = gallery.refs(claims, place(path, line), f"document {name!r}")
                images[row], files[row] = encoded_images(found, gallery.root)
            except InputError as fault:
                witness.refuse(fault)
    return [pa.array(images, pa.string()), pa.array(files, pa.string())]
