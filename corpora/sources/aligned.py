"""Rows of two texts that belong together, as retrieval: each left side asks for its right side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..collection import Card, Collection
from ..ingest import kept_corpus
from ..workspace import Workspace
from .judged import Asked, Document, Judged, Pieces, document_batches, judged_collection
from .made_ids import Numbered
from .opened import OpenTable, moved_notes, open_tables, text_at
from .tables import HubSource


class _Pair(NamedTuple):
    left: str
    right: str
    metadata: dict[str, object]
    place: str


def open_aligned(source: HubSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The different left sides of the table `rows` as queries q1, q2... and the right ones as documents d1, d2...

    A row whose two sides are not both there (null, or nothing but white space) is left out. Notes: those rows
    (`rows_without_a_side`), the sides that came again (`repeated_left`, `repeated_right`), and `missing_metadata_NAME`.
    """
    tables = open_tables(source, workspace)
    rows = tables["rows"]
    lefts, rights, asked, judged, skipped = Numbered("q"), Numbered("d"), Asked(), Judged(), 0
    for pair in _pairs(rows):
        if pair is None:
            skipped += 1
            continue
        (query, new), (document, _) = lefts.id(pair.left), rights.id(pair.right)
        if new:
            asked.add(query, pair.left, pair.metadata, pair.place)
        judged.add(query, document, 1, pair.place)
    corpus, notes = kept_corpus(workspace, rows.key, lambda: document_batches(_documents(rows)), where=rows.where)
    counted = {"rows_without_a_side": skipped, "repeated_left": lefts.repeated, "repeated_right": rights.repeated}
    notes = {**notes, **counted, **moved_notes(tables), **asked.missing(rows.table.metadata)}
    return judged_collection(card, split, Pieces(corpus, asked, judged, rows.where, notes))


def _documents(table: OpenTable) -> Iterator[Document]:
    rights = Numbered("d")
    for pair in _pairs(table):
        if pair is not None:
            name, new = rights.id(pair.right)
            if new:
                yield {"id": name, "text": pair.right}


def _pairs(table: OpenTable) -> Iterator[_Pair | None]:
    """The rows, and nothing for one without a side."""
    for (left, right), metadata, place in table.rows("left", "right"):
        pair = _Pair(text_at(left, "left", place), text_at(right, "right", place), metadata, place)
        yield pair if pair.left.strip() and pair.right.strip() else None
