"""Shared data read without this project's readers, for tests that compare with other libraries."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read_folder(folder: Path, split: str) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, int]]]:
    """Documents (title and text joined by one space), queries, and judgements of one split."""
    documents = {
        row["_id"]: f"{row['title']} {row['text']}".strip() for path in sorted(folder.glob("corpus*")) for row in rows(path)
    }
    queries = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl")}
    qrels: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        qrels.setdefault(query, {})[document] = int(grade)
    return documents, queries, qrels


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSONL file, gzipped or not."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
