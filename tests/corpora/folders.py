"""Folders written for the tests."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

DOCUMENTS = '{"_id": "d1", "title": "One", "text": "first text"}\n{"_id": "d2", "title": "", "text": "second text"}\n'
QUERIES = '{"_id": "q1", "text": "first"}\n{"_id": "q2", "text": "second"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\n"


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """The files in a new folder, over a sound small collection; names ending in .gz are packed, None leaves one out."""
    whole: dict[str, str | bytes | None] = {"corpus.jsonl": DOCUMENTS, "queries.jsonl": QUERIES, "qrels/test.tsv": QRELS, **files}
    for name, content in whole.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode() if isinstance(content, str) else content
            path.write_bytes(gzip.compress(data) if name.endswith(".gz") and isinstance(content, str) else data)
    return folder
