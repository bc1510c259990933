"""An Arrow file read batch by batch: in memory that does not grow with the file, and that no mapped page adds to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa


@contextmanager
def batches_of(path: Path) -> Iterator[pa.ipc.RecordBatchFileReader]:
    """An Arrow file whose batches are read one by one into memory, never mapped."""
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as batches:
        yield batches


def numbered(batches: pa.ipc.RecordBatchFileReader) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Every batch after the number of its first row."""
    start = 0
    for number in range(batches.num_record_batches):
        batch = batches.get_batch(number)
        yield start, batch
        start += batch.num_rows
