"""Reranking in the older form: a row is a query with a list of right texts and a list of wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..collection import Card, Collection
from ..errors import InputError
from ..ingest import kept_corpus
from ..workspace import Workspace
from .judged import Asked, Document, Judged, Pieces, document_batches, judged_collection
from .made_ids import Numbered
from .opened import OpenTable, moved_notes, open_tables, text_at
from .tables import HubSource


class _Lists(NamedTuple):
    query: str
    positive: list[str]
    negative: list[str]
    place: str


def open_lists(source: HubSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The rows of the table `lists` as queries q1, q2..., their texts as documents d1, d2..., equal texts being one.

    The candidates of a query are its right texts, then its wrong ones; a text that is both counts as right. A row
    without a right text asks for nothing and is left out. Notes: those rows (`rows_without_positive`), texts in both
    lists (`positive_and_negative`), texts that came again, in the same row or another (`repeated_texts`).
    """
    tables = open_tables(source, workspace)
    texts, asked, judged, candidates = Numbered("d"), Asked(), Judged(), {}
    skipped = both = 0
    for number, row in enumerate(_rows(tables["lists"]), 1):
        right = dict.fromkeys(texts.id(text)[0] for text in row.positive)
        wrong = dict.fromkeys(texts.id(text)[0] for text in row.negative)
        skipped += not right
        if right:
            query = f"q{number}"
            asked.add(query, row.query, {}, row.place)
            both += len(right.keys() & wrong.keys())
            candidates[query] = tuple(right | wrong)
            for document in candidates[query]:
                judged.add(query, document, int(document in right), row.place)
    table = tables["lists"]
    corpus, notes = kept_corpus(workspace, table.key, lambda: document_batches(_documents(table)), where=table.where)
    counted = {"rows_without_positive": skipped, "positive_and_negative": both, "repeated_texts": texts.repeated}
    notes = {**notes, **counted, **moved_notes(tables)}
    return judged_collection(card, split, Pieces(corpus, asked, judged, table.where, notes, candidates))


def _documents(table: OpenTable) -> Iterator[Document]:
    texts = Numbered("d")
    for row in _rows(table):
        for text in (*row.positive, *row.negative):
            name, new = texts.id(text)
            if new:
                yield {"id": name, "text": text}


def _rows(table: OpenTable) -> Iterator[_Lists]:
    for (query, positive, negative), _, place in table.rows("query", "positive", "negative"):
        yield _Lists(text_at(query, "query", place), _texts(positive, place), _texts(negative, place), place)


def _texts(values: object, place: str) -> list[str]:
    if values is None:
        return []
    if not isinstance(values, list):
        raise InputError("it is not a list of texts", where=place, mend="the columns 'positive' and 'negative' must hold lists")
    return [text_at(value, "text", place) for value in values]
