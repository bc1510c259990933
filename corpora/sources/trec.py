"""TREC collections: topics, judgements and documents that the user brings, each in the format it is handed out in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..collection import Card, Collection
from ..corpus import Corpus
from ..errors import InputError
from ..folder import open_folder_corpus
from ..ingest import kept_corpus
from ..reading import Witness, read_judgements
from ..reading.formats import format_of
from ..workspace import Workspace
from .files import user_file, user_folder
from .judged import Judged, Pieces, document_batches, judged_collection
from .tables import TrecSource
from .trec_documents import files_key, xml_documents, xml_files
from .trec_topics import read_topics

READER = "1"
_WRITTEN = (".txt", ".tsv", ".csv", ".jsonl", ".parquet")


def open_trec(source: TrecSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The collection of the user's topics, judgements (four columns, blank or tab between) and documents.

    Judgements of documents that are not there are taken as they are and counted: TREC's pools hold some that later
    releases of their corpora lack. Raises InputError, with the recipe, for a file that is not there; as the readers.
    """
    folder = user_folder(source.folder or card.name, source.recipe)
    asked = read_topics(user_file(folder, source.topics, source.recipe), source.fields)
    witness = Witness()
    grades = read_judgements(_judgements(user_file(folder, source.qrels, source.recipe)), witness)
    documents = user_file(folder, source.documents, source.recipe)
    corpus, notes = _corpus(documents, source.format, workspace)
    judged = Judged(grades, witness.counts["merged_judgements"])
    pieces = Pieces(corpus, asked, judged, str(folder / source.qrels), notes)
    return judged_collection(card, split, pieces, allow_dangling=True)


def _judgements(path: Path) -> Path:
    """The path, where its name says how it is written."""
    if format_of(path) not in _WRITTEN:
        raise InputError("its name does not say how it is written", where=str(path), mend=f"name it with {', '.join(_WRITTEN)}")
    return path


def _corpus(documents: Path, format: str, workspace: Workspace) -> tuple[Corpus, Mapping[str, int]]:
    if format == "folder":
        corpus, _, notes = open_folder_corpus(documents, workspace)
        return corpus, notes
    files = xml_files(documents)
    key = files_key(documents, files, f"trec-{format}-{READER}")
    return kept_corpus(
        workspace,
        key,
        lambda: document_batches(xml_documents(files, format, workspace)),
        where=str(documents),
        places=lambda rows: [str(files[row]) for row in rows],
    )
