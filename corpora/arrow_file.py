"""Arrow data on disk, read and put aside in memory that does not grow with it, and that no mapped page adds to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, cast

import numpy as np
import pyarrow as pa

from .corpus import data_of, ends_of


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


class Spool:
    """A string column put aside in two nameless files as it streams by: read back in one piece, it never takes room twice."""

    def __init__(self, folder: Path | None = None) -> None:
        self._data = cast(IO[bytes], tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 (closed on leaving)
        self._lengths = cast(IO[bytes], tempfile.TemporaryFile(dir=folder))  # noqa: SIM115

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._data.close()
        self._lengths.close()

    def add(self, values: pa.Array) -> None:
        """Put a string array aside."""
        self._data.write(data_of(values))
        self._lengths.write(np.diff(ends_of(values)).data)

    def array(self) -> pa.Array:
        """All that was put aside, large_string (N)."""
        self._data.seek(0)
        self._lengths.seek(0)
        lengths, data = np.fromfile(self._lengths, np.int32), np.fromfile(self._data, np.uint8)
        ends = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=ends[1:])
        return pa.Array.from_buffers(pa.large_string(), len(lengths), [None, pa.py_buffer(ends), pa.py_buffer(data)])
