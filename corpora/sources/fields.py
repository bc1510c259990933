"""M3Retrieve's layout: a folder a field, of queries and documents that name pictures, and judgements."""

from __future__ import annotations

from pathlib import Path

from ..collection import Card, Collection
from ..workspace import Workspace
from .local import LocalFolder
from .opened import OpenTable
from .tables import FilesSource, Table

COLUMNS = {
    "corpus": {"id": ("_id",), "text": ("text|",), "title": ("title|",), "image": ("image_path|",)},
    "queries": {"id": ("_id",), "text": ("caption|text|",), "image": ("image_path|",)},
    "qrels": {"query": ("query-id",), "document": ("corpus-id",), "grade": ("score",)},
}


def open_field(folder: Path, source: FilesSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The collection of one field (`part`) of a folder: `PART/queries.jsonl` (`_id`, `caption`, `image_path`),
    `PART/corpus.jsonl` (`_id`, `text`, perhaps `image_path`) and `PART/qrels/SPLIT.tsv`.

    Pictures are looked for in the source's folders `under` the whole one. Raises InputError, with the recipe, for a file that is
    not there, and as `of_tables`.
    """
    from .retrieval import of_tables

    files = {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": f"qrels/{split}.tsv"}
    paths = {name: f"{source.part}/{file}" for name, file in files.items()}
    place = {name: LocalFolder(folder, source.recipe, (path,)) for name, path in paths.items()}
    tables = {
        name: OpenTable(Table(folder.name, COLUMNS[name], file=path), place[name], workspace) for name, path in paths.items()
    }
    return of_tables(tables, source, card, split, workspace)
