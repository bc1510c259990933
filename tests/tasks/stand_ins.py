"""Small repositories in the layout that a catalogue entry declares: the configs, splits, files and columns are its own.

Of alternatives, `_id|id`, the first is served, or the `last`: the column that may be missing is, the split that is not named
has another name, and there is no metadata. Where tables name pictures, there is an archive of the one that all of them name.
"""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from corpora.sources import HubSource, Table, filled, source_of
from tasks.catalogue.entries import Entry
from tests.hub_stub import HubStub, jsonl, parquet, readme, table

DOCUMENTS = [{"id": f"d{n}", "text": f"document {n}", "title": f"title {n}"} for n in range(4)]
QUERIES = [{"id": f"q{n}", "text": f"query {n}"} for n in range(2)]
QRELS = [{"query": "q0", "document": "d0", "grade": 1}, {"query": "q1", "document": "d2", "grade": 1}]
ROWS: dict[str, list[dict[str, Any]]] = {
    "corpus": DOCUMENTS,
    "queries": QUERIES,
    "qrels": QRELS,
    "candidates": [{"query": "q0", "documents": ["d0", "d1"]}, {"query": "q1", "documents": ["d2", "d3"]}],
    "aligned": [{"left": f"question {n}", "right": f"answer {n}"} for n in range(3)],
    "labels": [{"text": f"text {n}", "label": "ab"[n % 2]} for n in range(6)],
    "pairs": [{"left": f"one {n}", "right": f"two {n}", "value": float(n)} for n in range(3)],
}
PICTURE = "pictures/one.png"


def picture(shade: int = 0) -> bytes:
    """A small grey PNG."""
    import numpy as np
    from PIL import Image

    sink = io.BytesIO()
    Image.fromarray(np.full((4, 4), shade, np.uint8)).save(sink, "PNG")
    return sink.getvalue()


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return sink.getvalue()


def serve(hub: HubStub, entry: Entry, split: str, subset: str, *, last: bool = False) -> None:
    """Put a stand-in for one split and subset of an entry on the stub, at the revision that the entry pins."""
    source = source_of(entry.source, where=entry.name)
    assert isinstance(source, HubSource)
    stored = [entry.stored_as.get(name, name) for name in (split, subset)]
    source = filled(source, stored[0], stored[1])
    assert isinstance(source, HubSource)
    by_repo: dict[tuple[str, str], dict[str, Table]] = defaultdict(dict)
    for name, one in source.tables.items():
        by_repo[one.repo, one.revision][name if name != "rows" else source.shape] = one
    archives = {name.replace("*", "pictures"): archive({PICTURE: picture()}) for name in source.pictures.archives}
    for (repo, revision), tables in by_repo.items():
        hub.add(repo, repository(tables, last) | archives, revision.ljust(40, "0") if revision else "")


def repository(tables: Mapping[str, Table], last: bool) -> dict[str, bytes]:
    """The files of a repository that holds these tables: Parquet under a card that names it, or the file that is asked for."""
    files: dict[str, bytes] = {}
    configs: dict[str, dict[str, str]] = defaultdict(dict)
    for number, (name, one) in enumerate(tables.items()):
        rows = [theirs(row, one, last) for row in ROWS[name]]
        path = chosen(one.file, last) or f"data/{number}.parquet"
        files[path] = table(rows) if path.endswith(".tsv") else jsonl(rows) if path.endswith(".jsonl") else parquet(rows)
        if not one.file:
            configs[chosen(one.config, last)][chosen(one.split, last) or "only"] = path
    return {"README.md": readme(configs), **files} if configs else files


def theirs(row: Mapping[str, Any], one: Table, last: bool) -> dict[str, Any]:
    """One of our rows under the source's names for the columns, with a value in every metadata column unless `last`."""
    row = {"image": PICTURE, **row}
    found = {chosen(column, last): row[field] for field, columns in one.columns.items() for column in columns}
    named = {column: value for column, value in found.items() if column}
    return named if last else named | dict.fromkeys(one.metadata, "something")


def chosen(names: str, last: bool) -> str:
    """The first or the last of alternatives; the last may be empty."""
    return names.split("|")[-1 if last else 0]
