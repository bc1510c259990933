"""Hub tables of documents, queries and judgements, for retrieval and, with candidates or lists, for reranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..collection import Card, Collection
from ..corpus import Corpus
from ..errors import InputError
from ..ingest import Counts, kept_corpus
from ..reading.columns import as_grade
from ..reading.witness import placed
from ..workspace import Workspace
from .judged import Asked, Document, Judged, Pieces, document_batches, judged_collection
from .opened import OpenTable, id_at, moved_notes, open_tables, text_at
from .tables import HubSource


def open_retrieval(source: HubSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The collection of the tables `corpus`, `queries`, `qrels` and, where there is one, `candidates`.

    Raises InputError for what is damaged or does not fit together; as `open_tables` and `judged_collection`.
    """
    tables = open_tables(source, workspace)
    asked, judged = read_queries(tables["queries"]), read_judgements(tables["qrels"])
    candidates = read_candidates(tables["candidates"]) if "candidates" in tables else {}
    corpus, notes = open_corpus_table(tables["corpus"], workspace)
    notes |= moved_notes(tables) | asked.missing(tables["queries"].table.metadata)
    pieces = Pieces(corpus, asked, judged, tables["qrels"].where, notes, candidates)
    return judged_collection(card, split, pieces, allow_dangling=source.allow_dangling)


def open_corpus_table(table: OpenTable, workspace: Workspace) -> tuple[Corpus, Counts]:
    """The documents of a table, kept by what they depend on; fetched and read where they are not kept yet."""
    return kept_corpus(workspace, table.key, lambda: document_batches(_documents(table)), where=table.where)


def _documents(table: OpenTable) -> Iterator[Document]:
    for (name, text, title), _, place in table.rows("id", "text", "title"):
        yield {
            "id": id_at(name, "document id", place),
            "text": text_at(text, "text", place),
            "title": text_at(title, "title", place),
        }


def read_queries(table: OpenTable) -> Asked:
    """All queries of a table, judged or not."""
    asked = Asked()
    for (name, text), metadata, place in table.rows("id", "text"):
        asked.add(id_at(name, "query id", place), text_at(text, "text", place), metadata, place)
    return asked


def read_judgements(table: OpenTable) -> Judged:
    """All judgements of a table; without a column for grades, every pair is worth 1."""
    judged = Judged()
    graded = "grade" in table.table.columns
    for (query, document, grade), _, place in table.rows("query", "document", "grade"):
        ids = id_at(query, "query id", place), id_at(document, "document id", place)
        judged.add(*ids, grade_at(grade, place) if graded else 1, place)
    return judged


def grade_at(value: object, place: str) -> int:
    """A value as a grade. Raises InputError with the place."""
    try:
        return as_grade(value)
    except InputError as fault:
        raise placed(fault, place) from None


def read_candidates(table: OpenTable) -> Mapping[str, tuple[str, ...]]:
    """The documents to rank for every query: a list in a row, or one of them a row."""
    found: dict[str, dict[str, None]] = {}
    for (query, documents), _, place in table.rows("query", "documents"):
        listed = documents if isinstance(documents, list) else [documents]
        own = found.setdefault(id_at(query, "query id", place), {})
        own.update(dict.fromkeys(id_at(document, "document id", place) for document in listed))
    return {query: tuple(own) for query, own in found.items()}
