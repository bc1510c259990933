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
from .pictured import IMAGE, Shelf, pictured_documents, shelf_key, shelf_of
from .tables import FilesSource, HubSource, Pictures


def open_retrieval(source: HubSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The collection of the tables `corpus`, `queries`, `qrels` and, where there is one, `candidates`.

    Raises InputError for what is damaged or does not fit together; as `open_tables` and `judged_collection`.
    """
    return of_tables(open_tables(source, workspace), source, card, split, workspace)


def of_tables(
    tables: Mapping[str, OpenTable], source: HubSource | FilesSource, card: Card, split: str, workspace: Workspace
) -> Collection:
    """The collection of opened tables. Raises as `open_retrieval`."""
    shelf = shelf_of(tables["queries"], source.pictures)
    asked, judged = read_queries(tables["queries"], shelf), read_judgements(tables["qrels"])
    candidates = read_candidates(tables["candidates"]) if "candidates" in tables else {}
    corpus, notes = open_corpus_table(tables["corpus"], workspace, source.pictures)
    notes |= moved_notes(tables) | asked.missing(tables["queries"].table.metadata)
    pieces = Pieces(corpus, asked, judged, tables["qrels"].where, notes, candidates, shelf.gallery() if shelf else None)
    dangling = isinstance(source, HubSource) and source.allow_dangling
    return judged_collection(card, split, pieces, allow_dangling=dangling)


def open_corpus_table(table: OpenTable, workspace: Workspace, pictures: Pictures | None = None) -> tuple[Corpus, Counts]:
    """The documents of a table, kept by what they depend on; fetched and read where they are not kept yet."""
    shelf = shelf_of(table, pictures or Pictures())
    if shelf is not None:
        return _pictured(table, shelf, workspace)
    return kept_corpus(workspace, table.key, lambda: document_batches(_documents(table)), where=table.where)


def _pictured(table: OpenTable, shelf: Shelf, workspace: Workspace) -> tuple[Corpus, Counts]:
    gallery = shelf.gallery()
    return kept_corpus(
        workspace,
        shelf_key(table, shelf),
        lambda: document_batches(pictured_documents(table, shelf, gallery)),
        where=table.where,
        counts=lambda: dict(gallery.counts),
        root=shelf.root,
        faults=lambda: gallery.messages,
    )


def _documents(table: OpenTable) -> Iterator[Document]:
    for (name, text, title), _, place in table.rows("id", "text", "title"):
        yield {
            "id": id_at(name, "document id", place),
            "text": text_at(text, "text", place),
            "title": text_at(title, "title", place),
        }


def read_queries(table: OpenTable, shelf: Shelf | None = None) -> Asked:
    """All queries of a table, judged or not; with the pictures that they name, where it is said where these lie."""
    asked = Asked()
    for (name, text, image), metadata, place in table.rows("id", "text", IMAGE):
        claims = shelf.claims(image, place) if shelf else ()
        asked.add(id_at(name, "query id", place), text_at(text, "text", place), metadata, place, claims)
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
