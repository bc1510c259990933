"""The catalogue of ir_datasets (extra `ir`): documents, queries and judgements by one of its ids."""

from __future__ import annotations

import difflib
import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..collection import Card, Collection
from ..errors import InputError, MedirError, SurroundingsError, UsageError, missing_extra
from ..ingest import kept_corpus
from ..state import digest, kept_or_built
from ..workspace import Workspace
from .judged import Asked, Document, Judged, Pieces, document_batches, judged_collection
from .tables import IrDatasetsSource

READER = "1"
_ASKED = "asked.json"


def open_ir_datasets(source: IrDatasetsSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The collection of a data set of ir_datasets; documents, queries and judgements are kept, and found again offline.

    A text is what the library's own `default_text` makes of a document or query; where that begins with the document's
    title, the title is set apart. Other fields of a query are its metadata. Judgements of unknown documents are counted.

    Raises UsageError for an unknown id, InputError for one that lacks documents, queries or judgements, SurroundingsError
    where the extra is missing, a download fails, or nothing is kept while the network is switched off.
    """
    asked, judged = _kept_asked(source.id, workspace)
    batches = lambda: document_batches(_documents(source.id, workspace))  # noqa: E731
    corpus, notes = kept_corpus(workspace, digest("ir_datasets", READER, source.id), batches, where=source.id)
    return judged_collection(card, split, Pieces(corpus, asked, judged, source.id, notes), allow_dangling=True)


def _kept_asked(name: str, workspace: Workspace) -> tuple[Asked, Judged]:
    """The queries and judgements, kept as they were first read."""

    def build(folder: Path) -> dict[str, Any]:
        dataset = _dataset(name, workspace)
        with _faults(name):
            queries = [(query.query_id, query.default_text(), _others(query)) for query in dataset.queries_iter()]
            grades = [(judged.query_id, judged.doc_id, int(judged.relevance)) for judged in dataset.qrels_iter()]
        (folder / _ASKED).write_text(json.dumps({"queries": queries, "judgements": grades}, ensure_ascii=False))
        return {"kind": "ir_datasets", "id": name, "version": importlib.metadata.version("ir_datasets")}

    final = workspace.folder("collections", digest("ir_datasets-asked", READER, name))
    kept_or_built(final, build, repair=f"the next run on {name} reads it anew")
    kept = json.loads((final / _ASKED).read_text())
    asked, judged = Asked(), Judged()
    for query, text, metadata in kept["queries"]:
        asked.add(query, text, metadata, name)
    for query, document, grade in kept["judgements"]:
        judged.add(query, document, grade, name)
    return asked, judged


def _documents(name: str, workspace: Workspace) -> Iterator[Document]:
    dataset = _dataset(name, workspace)
    total = (dataset.docs_count() if hasattr(dataset, "docs_count") else None) or 0
    with _faults(name), workspace.progress(f"reading {name}", total, "doc") as advance:
        for document in dataset.docs_iter():
            text, title = document.default_text(), getattr(document, "title", "") or ""
            begins = bool(title) and text.startswith(title)
            rest = text[len(title) :] if begins else text
            yield {"id": document.doc_id, "title": title if begins else "", "text": rest.strip()}
            advance(1)


def _others(query: Any) -> dict[str, str]:
    """The other fields of a query that are texts."""
    fields: Mapping[str, Any] = query._asdict()
    return {name: value for name, value in fields.items() if name != "query_id" and isinstance(value, str) and value}


def _dataset(name: str, workspace: Workspace) -> Any:
    if workspace.offline:
        what = "it is not kept, and the network is switched off (--offline)"
        raise SurroundingsError(what, where=name, mend="run once with the network; what is read is kept")
    try:
        import ir_datasets
    except ImportError as problem:
        raise missing_extra("ir_datasets", "ir") from problem
    try:
        dataset = ir_datasets.load(name)
    except KeyError:
        near = difflib.get_close_matches(name, list(ir_datasets.registry), n=3, cutoff=0.5)
        mend = f"did you mean {' or '.join(near)}?" if near else "its ids are listed by: ir_datasets list"
        raise UsageError(f"ir_datasets has no {name!r}", mend=mend) from None
    lacking = [kind for kind in ("docs", "queries", "qrels") if not getattr(dataset, f"has_{kind}")()]
    if lacking:
        raise InputError(f"it has no {' and no '.join(lacking)}", where=name, mend="choose one of its subsets, which have all")
    return dataset


@contextmanager
def _faults(name: str) -> Iterator[None]:
    """What fails in the library while it downloads and reads, as one of our errors."""
    try:
        yield
    except (MedirError, GeneratorExit):
        raise
    except Exception as problem:
        first = next(iter(str(problem).splitlines()), "") or type(problem).__name__
        mend = "check the network; data that may not be fetched has instructions at the catalogue of ir_datasets"
        raise SurroundingsError(f"ir_datasets cannot give it: {first}", where=name, mend=mend) from problem
