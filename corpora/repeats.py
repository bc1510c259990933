"""Documents that share an id: told apart when they differ, merged when they do not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .arrow_file import batches_of, numbered
from .corpus import ROWS_A_BATCH, serialised
from .errors import InputError

_DIGEST = 12  # bytes; only documents of one id are compared, so 96 bits settle it


def earlier_twin(ids: pa.Array, ascending: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which ranks hold the same id as the rank before, bool (N); `ascending` int64 (N) is the row at each rank."""
    same = np.zeros(len(ascending), bool)
    for start in range(0, len(ascending), ROWS_A_BATCH):
        block = ids.take(pa.array(ascending[start : start + ROWS_A_BATCH + 1]))
        same[start + 1 : start + len(block)] = pc.equal(block[1:], block[:-1]).to_numpy(zero_copy_only=False)
    return same


def refuse_conflicts(
    path: Path, ids: pa.Array, ascending: NDArray[np.int64], twin: NDArray[np.bool_], places: Callable[[list[int]], list[str]]
) -> None:
    """Nothing where documents of one id are equal in every column; else InputError with the id and both places."""
    member = twin.copy()
    member[:-1] |= twin[1:]
    ranks = np.flatnonzero(member)
    by_rank = _digests(path, ascending[ranks])
    second = np.flatnonzero(twin[ranks])
    differ = second[by_rank[second] != by_rank[second - 1]]
    if len(differ):
        rows = [int(ascending[ranks[differ[0] - step]]) for step in (1, 0)]
        first, other = places(rows)
        raise InputError(
            f"two documents share the id {ids[rows[0]].as_py()!r} and differ ({len(differ):,} such pairs in all)",
            where=other,
            mend=f"the other stands at {first}: remove one or give it an id of its own",
        )


def drop_rows(path: Path, ascending: NDArray[np.int64], twin: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rows by rank, int64, of the corpus file `path` once it is rewritten without those of an earlier twin."""
    keep = np.ones(len(ascending), bool)
    keep[ascending[twin]] = False
    thinner = path.with_suffix(".thinner")
    with batches_of(path) as batches, pa.OSFile(str(thinner), "wb") as file, pa.ipc.new_file(file, batches.schema) as writer:
        for start, batch in numbered(batches):
            writer.write_batch(batch.filter(pa.array(keep[start : start + batch.num_rows])))
    thinner.replace(path)
    kept = ascending[~twin]
    return np.asarray((np.cumsum(keep) - 1)[kept])


def _digests(path: Path, rows: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """A digest of each of these documents, all columns, in the order given; one pass over the file."""
    arrival = np.argsort(rows, kind="stable")
    found = np.empty(len(rows), f"S{_DIGEST}")
    with batches_of(path) as batches:
        for start, batch in numbered(batches):
            first, last = np.searchsorted(rows, (start, start + batch.num_rows), sorter=arrival)
            chosen = arrival[first:last]
            documents = serialised(batch.take(pa.array(rows[chosen] - start)))
            found[chosen] = [hashlib.blake2b(document.as_buffer(), digest_size=_DIGEST).digest() for document in documents]
    return found
