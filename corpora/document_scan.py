"""One look at every document of a corpus: its id, and digests that tell equal documents and equal texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .arrow_file import Spool
from .corpus import serialised, sort_ids
from .findings import EXAMPLES
from .repeats import earlier_twin
from .text_rule import apply_text_rule

_DIGEST = 16
Digests = NDArray[np.bytes_]


@dataclass
class Sought:
    """What is looked for among the documents, and `found` there: ids (of queries, or judged), as a document's own or its
    parent's, and texts (of queries).
    """

    ids: set[str]
    texts: set[str]
    found_ids: set[str] = field(default_factory=set)
    found_texts: set[str] = field(default_factory=set)
    found_parents: set[str] = field(default_factory=set)

    def look(self, batch: pa.RecordBatch) -> None:
        """Note what of it is in this batch; a text is found as the text, the title, or both joined by a space."""
        titles, texts = batch.column("title"), batch.column("text")
        self.found_ids |= self.ids.intersection(batch.column("id").to_pylist())
        self.found_parents |= self.ids.intersection(batch.column("parent").to_pylist())
        for column in (titles, texts, apply_text_rule(titles, texts, "joined")):
            self.found_texts |= self.texts.intersection(column.to_pylist())


@dataclass(frozen=True)
class DocumentScan:
    """All documents: `ids` (large_string, N, as they arrived), 16-byte digests (N) of the whole document and of its text
    (zero where the text is empty), and the ids and the count of those with a title and no text, and of those without text, title
    and picture.
    """

    ids: pa.Array
    contents: Digests
    texts: Digests
    untexted: tuple[int, list[str]]
    empty: tuple[int, list[str]]

    def repeats(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows whose id stands before: those that equal the document before, and those that differ from it."""
        ascending = sort_ids(self.ids)
        ranks = np.flatnonzero(earlier_twin(self.ids, ascending))
        rows = ascending[ranks]
        equal = self.contents[rows] == self.contents[ascending[ranks - 1]]
        return rows[equal], rows[~equal]

    def equal_texts(self, leaving_out: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Groups of rows that share a text, the largest first, without some rows and without empty texts."""
        keep = self.texts != b""
        keep[leaving_out] = False
        rows = np.flatnonzero(keep)
        rows = rows[np.argsort(self.texts[rows], kind="stable")]
        texts = self.texts[rows]
        starts = np.flatnonzero(np.concatenate([[True], texts[1:] != texts[:-1]]))[: len(rows)]
        sizes = np.diff(np.append(starts, len(rows)))
        shared = np.flatnonzero(sizes > 1)
        shared = shared[np.argsort(-sizes[shared], kind="stable")]
        return [rows[starts[group] : starts[group] + sizes[group]] for group in shared]


def scan_documents(batches: Iterable[pa.RecordBatch], sought: Sought) -> DocumentScan:
    """The scan of all batches; `sought` notes what it finds. In memory: the ids and at most some 100 bytes a document."""
    contents: list[Digests] = []
    texts: list[Digests] = []
    untexted, empty = _Listed(), _Listed()
    with Spool() as ids:
        for batch in batches:
            ids.add(batch.column("id"))
            sought.look(batch)
            contents.append(_digests(serialised(batch)))
            texts.append(_digests(batch.column("text").cast(pa.binary())))
            _list_empty(batch, texts[-1], untexted, empty)
        nothing = np.empty(0, f"S{_DIGEST}")
        return DocumentScan(
            ids.array(), np.concatenate([nothing, *contents]), np.concatenate([nothing, *texts]), untexted.plain(), empty.plain()
        )


@dataclass
class _Listed:
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, ids: pa.Array) -> None:
        self.count += len(ids)
        self.examples += ids[: EXAMPLES - len(self.examples)].to_pylist()

    def plain(self) -> tuple[int, list[str]]:
        return self.count, self.examples


def _list_empty(batch: pa.RecordBatch, texts: Digests, untexted: _Listed, empty: _Listed) -> None:
    no_text = texts == b""
    titled, pictured = (pc.binary_length(batch.column(name)).to_numpy() > 0 for name in ("title", "images"))
    untexted.add(batch.column("id").filter(pa.array(no_text & titled)))
    empty.add(batch.column("id").filter(pa.array(no_text & ~titled & ~pictured)))


def _digests(values: pa.Array) -> Digests:
    return np.array(
        [hashlib.blake2b(value, digest_size=_DIGEST).digest() if value else b"" for value in values.to_pylist()], f"S{_DIGEST}"
    )
