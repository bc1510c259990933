"""The documents: N rows in memory-mapped columns, in arrival order."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .text_rule import TextRule, apply_text_rule

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("parent", pa.string()),
        ("images", pa.string()),
        ("metadata", pa.string()),
    ]
)
ROWS_A_BATCH = 4096
CORPUS_FILE = "corpus.arrow"
ORDER_FILE = "order.i64"


@dataclass(frozen=True)
class Corpus:
    """N documents as Arrow columns, in arrival order.

    Columns: `id` (unique), `title`, `text`, `parent` (empty, or the document that this chunk belongs to), `images`
    (empty, or JSON) and `metadata` (empty, or JSON). `order` int64 (N) is the place of each row among all ids sorted
    descending: what breaks ties. `fingerprint` is the sha256 over the rows in ascending id order of
    length-prefixed UTF-8 id, title, text and images; parent and metadata are left out.
    """

    table: pa.Table
    order: NDArray[np.int64]
    fingerprint: str

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def ids(self) -> pa.Array:
        """All ids in arrival order, one string array in memory."""
        return _in_memory(self.table.column("id"))

    def blocks(self, rule: TextRule, rows: int = ROWS_A_BATCH) -> Iterator[pa.Array]:
        """The documents as texts (see `apply_text_rule`), in order, a few thousand rows at a time."""
        for batch in self.table.select(["title", "text"]).to_batches(max_chunksize=rows):
            yield apply_text_rule(batch.column("title"), batch.column("text"), rule)

    def texts(self, rule: TextRule, rows: NDArray[np.int64]) -> pa.Array:
        """The texts of some rows, in the order given."""
        some = self.table.select(["title", "text"]).take(pa.array(rows)).combine_chunks()
        return apply_text_rule(_in_memory(some.column("title")), _in_memory(some.column("text")), rule)

    def rows_of(self, ids: pa.Array) -> NDArray[np.int64]:
        """The row of each id, int64 (n); -1 where the corpus has no such id. No table of all ids is made."""
        wanted = pc.unique(ids)
        place = pc.index_in(self.ids, value_set=wanted)
        found = pc.indices_nonzero(pc.is_valid(place)).to_numpy().astype(np.int64)
        rows = np.full(len(wanted), -1, np.int64)
        rows[place.take(pa.array(found)).to_numpy()] = found
        return np.asarray(rows[pc.index_in(ids, value_set=wanted).to_numpy()])

    @cached_property
    def parents(self) -> pa.Array | None:
        """The parent id of every row, or None where no row has one."""
        column = self.table.column("parent")
        longest = pc.max(pc.binary_length(column)).as_py() if len(self) else 0
        return _in_memory(column) if longest else None


def open_corpus(folder: Path, fingerprint: str) -> Corpus:
    """The corpus kept in `folder`, memory-mapped; the folder's checksums are the caller's to verify."""
    table = pa.ipc.open_file(pa.memory_map(str(folder / CORPUS_FILE))).read_all()
    order = np.fromfile(folder / ORDER_FILE, np.int64)
    order.flags.writeable = False
    return Corpus(table, order, fingerprint)


def corpus_of(table: pa.Table) -> Corpus:
    """A small corpus held in memory; missing columns are filled with empty strings. Ids must be unique."""
    blank = pa.array([""] * table.num_rows, pa.string())
    columns = [table.column(n).cast(pa.string()) if n in table.column_names else blank for n in SCHEMA.names]
    table = pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)
    ascending = sort_ids(_in_memory(table.column("id")))
    return Corpus(table, order_of(ascending), fingerprint_of(table, ascending))


def sort_ids(ids: pa.Array) -> NDArray[np.int64]:
    """Rows in ascending id order (UTF-8 bytes), int64 (N)."""
    return np.asarray(pc.sort_indices(ids).to_numpy()).view(np.int64)


def order_of(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each row among all ids sorted descending, int64 (N)."""
    order = np.empty(len(ascending), np.int64)
    order[ascending] = np.arange(len(ascending) - 1, -1, -1)
    order.flags.writeable = False
    return order


def fingerprint_of(table: pa.Table, ascending: NDArray[np.int64]) -> str:
    """The corpus fingerprint (see `Corpus`), hashed a few thousand rows at a time."""
    running = hashlib.sha256()
    content = table.select(["id", "title", "text", "images"])
    for start in range(0, len(ascending), ROWS_A_BATCH):
        running.update(_serialised(content.take(pa.array(ascending[start : start + ROWS_A_BATCH]))))
    return running.hexdigest()


def _serialised(rows: pa.Table) -> memoryview:
    pieces: list[pa.Array] = []
    for name in rows.column_names:
        data = _in_memory(rows.column(name)).cast(pa.binary())
        lengths = np.ascontiguousarray(pc.binary_length(data).to_numpy().astype("<i4"))
        fixed = pa.Array.from_buffers(pa.binary(4), len(data), [None, pa.py_buffer(lengths)])
        pieces += [fixed.cast(pa.binary()), data]
    joined = pc.binary_join_element_wise(*pieces, pa.scalar(b""))
    start, stop = joined.offset, joined.offset + len(joined)
    ends = np.frombuffer(joined.buffers()[1], np.int32)
    return memoryview(joined.buffers()[2])[ends[start] : ends[stop]] if len(joined) else memoryview(b"")


def _in_memory(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def map_table(path: Path) -> tuple[pa.Table, mmap.mmap]:
    """An Arrow file mapped through `mmap`, with the map itself so that a reader can let its pages go."""
    with open(path, "rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pa.ipc.open_file(pa.py_buffer(pages)).read_all(), pages
