"""The fingerprint of a corpus on disk, in memory that does not grow with its texts."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .arrow_file import batches_of, numbered
from .corpus import CONTENT, ROWS_A_BATCH, data_of, ends_of, serialised

_PIECE = 1 << 20


def fingerprint_of_file(path: Path, ascending: NDArray[np.int64]) -> str:
    """The fingerprint (see `Corpus`) of the corpus file `path`; `ascending` int64 (N) is its rows in id order.

    Documents that arrived in id order are hashed as they stand. Others are first laid out in a nameless file beside it,
    and read back in id order, neighbours in one stretch.
    """
    running = hashlib.sha256()
    if bool(np.all(ascending[1:] > ascending[:-1])):
        for piece in _contents(path):
            running.update(data_of(piece))
        return running.hexdigest()
    with tempfile.TemporaryFile(dir=path.parent) as scratch:
        starts = _lay_out(path, scratch, len(ascending))
        for start, stop in _stretches(starts, ascending):
            for piece in _pieces(scratch.fileno(), start, stop):
                running.update(piece)
    return running.hexdigest()


def _contents(path: Path) -> Iterator[pa.Array]:
    """The serialised documents of each batch in turn."""
    with batches_of(path) as batches:
        for _, batch in numbered(batches):
            yield serialised(batch.select(CONTENT))


def _lay_out(path: Path, scratch: IO[bytes], documents: int) -> NDArray[np.int64]:
    """Where each serialised document starts in `scratch`, and where the last ends, int64 (N + 1)."""
    starts = np.zeros(documents + 1, np.int64)
    row = 0
    for piece in _contents(path):
        ends = ends_of(piece).astype(np.int64)
        starts[row + 1 : row + len(ends)] = starts[row] + ends[1:] - ends[0]
        row += len(piece)
        scratch.write(data_of(piece))
    scratch.flush()
    return starts


def _stretches(starts: NDArray[np.int64], ascending: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """The bytes from start to stop that hold the documents in id order; neighbours that stand side by side are one."""
    for first in range(0, len(ascending), ROWS_A_BATCH):
        rows = ascending[first : first + ROWS_A_BATCH]
        begins = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        ends = np.append(begins[1:], len(rows)) - 1
        yield from zip(starts[rows[begins]].tolist(), starts[rows[ends] + 1].tolist(), strict=True)


def _pieces(file: int, start: int, stop: int) -> Iterator[bytes]:
    while start < stop:
        piece = os.pread(file, min(_PIECE, stop - start), start)
        if not piece:
            raise OSError(f"the scratch file ends at byte {start:,} of {stop:,}")
        yield piece
        start += len(piece)
