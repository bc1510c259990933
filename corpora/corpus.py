"""The documents: N rows in memory-mapped columns, in arrival order."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .images.column import decoded_images
from .images.ref import ImageRef
from .state import digest
from .text_rule import TextRule, apply_text_rule

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("parent", pa.string()),
        ("images", pa.string()),
        ("files", pa.string()),
        ("metadata", pa.string()),
    ]
)
CONTENT = ["id", "title", "text", "images"]
ROWS_A_BATCH = 4096
CORPUS_FILE = "corpus.arrow"
ORDER_FILE = "order.i64"


@dataclass(frozen=True)
class Corpus:
    """N documents as Arrow columns, in arrival order.

    Columns: `id` (unique), `title`, `text`, `parent` (empty, or the document that this chunk belongs to), `images` (the keys
    of its pictures, parted by blanks), `files` (empty, or their paths under `root`, a JSON list of as many) and `metadata`
    (empty, or JSON). `order` int64 (N) is the place of each row among all ids sorted
    descending: what breaks ties. `fingerprint` is the sha256 over the rows in ascending id order of
    length-prefixed UTF-8 id, title, text and images; files, parent and metadata are left out. `root` is the folder that
    pictures lie in, `faults` what was wrong with some of them (the first few), and `pages` the memory map under the table,
    where there is one.
    """

    table: pa.Table
    order: NDArray[np.int64]
    fingerprint: str
    root: Path | None = None
    faults: tuple[str, ...] = ()
    pages: mmap.mmap | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def ids(self) -> pa.Array:
        """All ids in arrival order, one string array in memory."""
        return _in_memory(self.table.column("id"))

    @cached_property
    def arrival(self) -> str:
        """sha256 (hex) of content and row order together: what pins anything that speaks of rows, such as an index."""
        return digest(self.fingerprint, self.order.tobytes())

    def blocks(self, rule: TextRule, rows: int = ROWS_A_BATCH) -> Iterator[pa.Array]:
        """The documents as texts (see `apply_text_rule`), in order, a few thousand rows at a time."""
        for batch in self.table.select(["title", "text"]).to_batches(max_chunksize=rows):
            yield apply_text_rule(batch.column("title"), batch.column("text"), rule)
            self.let_go()

    def let_go(self) -> None:
        """Nothing: the mapped pages leave this process's memory, and come back from the file when next read."""
        if self.pages is not None:
            self.pages.madvise(mmap.MADV_DONTNEED)

    def texts(self, rule: TextRule, rows: NDArray[np.int64]) -> pa.Array:
        """The texts of some rows, in the order given."""
        some = take_rows(self.table.select(["title", "text"]), rows)
        return apply_text_rule(_in_memory(some.column("title")), _in_memory(some.column("text")), rule)

    @cached_property
    def pictured(self) -> bool:
        """Whether any document has a picture."""
        return bool(len(self)) and bool(pc.max(pc.binary_length(self.table.column("images"))).as_py())

    def images(self, rows: NDArray[np.int64]) -> list[tuple[ImageRef, ...]]:
        """The pictures of some rows, in the order given; none for a document without."""
        if not self.pictured:
            return [()] * len(rows)
        some = take_rows(self.table.select(["images", "files"]), rows)
        return [
            decoded_images(keys, files, self.root)
            for keys, files in zip(some.column("images").to_pylist(), some.column("files").to_pylist(), strict=True)
        ]

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


def open_corpus(folder: Path, fingerprint: str, *, root: Path | None = None, faults: tuple[str, ...] = ()) -> Corpus:
    """The corpus kept in `folder`, memory-mapped; the folder's checksums are the caller's to verify."""
    table, pages = map_table(folder / CORPUS_FILE)
    order = np.fromfile(folder / ORDER_FILE, np.int64)
    order.flags.writeable = False
    corpus = Corpus(table, order, fingerprint, root, faults, pages)
    corpus.let_go()
    return corpus


def corpus_of(table: pa.Table, *, root: Path | None = None) -> Corpus:
    """A small corpus held in memory; missing columns are filled with empty strings. Ids must be unique. `root` is the folder
    that its pictures lie in (see `encoded_images`).
    """
    blank = pa.array([""] * table.num_rows, pa.string())
    columns = [table.column(n).cast(pa.string()) if n in table.column_names else blank for n in SCHEMA.names]
    table = pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)
    ascending = sort_ids(_in_memory(table.column("id")))
    return Corpus(table, order_of(ascending), fingerprint_of(table, ascending), root)


def sort_ids(ids: pa.Array) -> NDArray[np.int64]:
    """Rows in ascending id order (UTF-8 bytes), int64 (N)."""
    return np.asarray(pc.sort_indices(ids).to_numpy()).view(np.int64)


def order_of(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each row among all ids sorted descending, int64 (N)."""
    order = np.empty(len(ascending), np.int64)
    for start in range(0, len(ascending), ROWS_A_BATCH):
        rows = ascending[start : start + ROWS_A_BATCH]
        order[rows] = len(ascending) - 1 - np.arange(start, start + len(rows))
    order.flags.writeable = False
    return order


def fingerprint_of(table: pa.Table, ascending: NDArray[np.int64]) -> str:
    """The corpus fingerprint (see `Corpus`), hashed a few thousand rows at a time."""
    running = hashlib.sha256()
    for start in range(0, len(ascending), ROWS_A_BATCH):
        running.update(data_of(serialised(take_rows(table.select(CONTENT), ascending[start : start + ROWS_A_BATCH]))))
    return running.hexdigest()


def serialised(rows: pa.Table | pa.RecordBatch) -> pa.Array:
    """One byte string a row, binary (n): every column's UTF-8 bytes after their length (int32, little-endian)."""
    pieces: list[pa.Array] = []
    for column in rows.columns:
        data = _in_memory(column).cast(pa.binary())
        lengths = np.ascontiguousarray(pc.binary_length(data).to_numpy(zero_copy_only=False).astype("<i4"))
        fixed = pa.Array.from_buffers(pa.binary(4), len(data), [None, pa.py_buffer(lengths)])
        pieces += [fixed.cast(pa.binary()), data]
    return pc.binary_join_element_wise(*pieces, pa.scalar(b""))


def data_of(array: pa.Array) -> memoryview:
    """The bytes of a string or binary array, value after value."""
    ends = ends_of(array)
    return memoryview(array.buffers()[2] or b"")[ends[0] : ends[-1]]


def ends_of(array: pa.Array) -> NDArray[np.int32]:
    """Where each value of a string or binary array starts in its buffer, and where the last ends, int32 (n + 1)."""
    if not len(array):
        return np.zeros(1, np.int32)
    return np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]


def take_rows(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """Some rows of a table, in the order given, taken chunk by chunk: Arrow's own `take` would first join all chunks."""
    batches = table.to_batches()
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    grouped = np.argsort(rows, kind="stable")
    bounds = np.searchsorted(rows[grouped], starts)
    pieces = [
        batch.take(pa.array(rows[grouped[first:last]] - start))
        for batch, start, first, last in zip(batches, starts, bounds, bounds[1:], strict=False)
        if last > first
    ]
    back = np.empty(len(rows), np.int64)
    back[grouped] = np.arange(len(rows))
    return pa.Table.from_batches(pieces, table.schema).combine_chunks().take(pa.array(back))


def _in_memory(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def map_table(path: Path) -> tuple[pa.Table, mmap.mmap]:
    """An Arrow file mapped through `mmap`, with the map itself so that a reader can let its pages go."""
    with open(path, "rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pa.ipc.open_file(pa.py_buffer(pages)).read_all(), pages
