"""mteb's tables of documents and queries as medir's nouns, with mteb's own text rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from corpora import Corpus, Queries, UsageError
from corpora.corpus import ROWS_A_BATCH, SCHEMA, data_of, serialised
from corpora.ingest import kept_corpus
from corpora.workspace import Workspace

READER = "mteb-1"


def corpus_of_dataset(dataset: Any, workspace: Workspace, where: str) -> tuple[Corpus, Mapping[str, int]]:
    """The documents of an mteb corpus (columns `id`, `text`, perhaps `title`), kept by their content, and what was counted.

    Blanks are taken off so that the text rule `joined` gives what mteb feeds its models: title, one space, text, stripped.
    Raises UsageError for documents without text, InputError for two that differ under one id.
    """
    _text_only(dataset, where)
    running = hashlib.sha256()
    for batch in _batches(dataset):
        running.update(data_of(serialised(batch)))
    key = f"{READER}-{running.hexdigest()}"
    return kept_corpus(workspace, key, lambda: _batches(dataset), where=where)


def queries_of_dataset(dataset: Any, where: str) -> Queries:
    """The queries of an mteb task (columns `id`, `text`, perhaps `instruction`, which stands behind the text).

    Raises UsageError for queries that are conversations, or have no text.
    """
    _text_only(dataset, where)
    ids, texts = [str(name) for name in dataset["id"]], list(dataset["text"])
    if any(not isinstance(text, str) for text in texts):
        raise UsageError("its queries are conversations, which medir does not ask", where=where, mend="run it in mteb")
    if "instruction" in dataset.column_names:
        added = dataset["instruction"]
        texts = [text if more is None else f"{text} {more}" for text, more in zip(texts, added, strict=True)]
    return Queries.of_texts(ids, texts)


def _text_only(dataset: Any, where: str) -> None:
    if "text" not in dataset.column_names:
        columns = ", ".join(dataset.column_names)
        raise UsageError(f"there is no text in it, only {columns}", where=where, mend="choose a task of texts")


def _batches(dataset: Any) -> Iterator[pa.RecordBatch]:
    for rows in dataset.iter(batch_size=ROWS_A_BATCH):
        ids = [str(name) for name in rows["id"]]
        given = rows.get("title") or [""] * len(ids)
        titles, texts = zip(
            *(_sides(title or "", text or "") for title, text in zip(given, rows["text"], strict=True)), strict=True
        )
        columns = {"id": ids, "title": titles, "text": texts}
        yield pa.RecordBatch.from_pydict({name: columns.get(name, [""] * len(ids)) for name in SCHEMA.names}, schema=SCHEMA)


def _sides(title: str, text: str) -> tuple[str, str]:
    """Title and text such that joining them by one space is joining the given ones and stripping the outcome."""
    if not title.strip() or not text.strip():
        return title.strip(), text.strip()
    return title.lstrip(), text.rstrip()
