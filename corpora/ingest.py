"""Documents become a kept corpus: streamed to disk, put in id order, freed of repeats, and fingerprinted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .arrow_file import Spool
from .corpus import CORPUS_FILE, ORDER_FILE, SCHEMA, Corpus, open_corpus, order_of, sort_ids
from .errors import InputError
from .fingerprint import fingerprint_of_file
from .images import FAULTS_NAMED
from .repeats import drop_rows, earlier_twin, refuse_conflicts
from .state import kept_or_built
from .workspace import Workspace

Places = Callable[[list[int]], list[str]]
Counts = dict[str, int]


def kept_corpus(
    workspace: Workspace,
    key: str,
    batches: Callable[[], Iterator[pa.RecordBatch]],
    *,
    where: str,
    places: Places | None = None,
    counts: Callable[[], Counts] = dict,
    root: Path | None = None,
    faults: Callable[[], Sequence[str]] = list,
) -> tuple[Corpus, Counts]:
    """The corpus kept under `key`, memory-mapped, and what was counted while it was read; built where it is not kept.

    `batches()` streams record batches of the corpus schema, a few thousand rows each, ids not empty. `where` names
    the source in messages, `places(rows)` says where rows (from 0) stand in it, and `counts()` is asked, after the
    streaming, for what the reader counted; `faults()` likewise for the pictures that were left out, the first few of which the
    corpus names. `root` is the folder that pictures lie in: no part of what is kept. Counted here (where not 0):
    `merged_duplicates`, documents equal to an earlier one of the same id in every column, which are merged; `empty_documents`,
    those without title, text and picture, which stay. Building needs, beyond a few batches, the bytes of all ids and at most 32
    bytes a document.

    Raises InputError where there is no document, or where documents that share an id differ (the id and both places).
    """

    def build(folder: Path) -> dict[str, Any]:
        path = folder / CORPUS_FILE
        ids, empty = _write(path, batches())
        if not len(ids):
            raise InputError("there is no document in it", where=where, mend="give at least one document")
        fingerprint, merged = _settle(folder, ids, places or (lambda rows: _numbered(where, rows)))
        notes = {"merged_duplicates": merged, "empty_documents": empty, **counts()}
        kept = {name: count for name, count in notes.items() if count}
        return {"kind": "corpus", "fingerprint": fingerprint, "notes": kept, "faults": list(faults())[:FAULTS_NAMED]}

    final = workspace.folder("collections", key)
    manifest = kept_or_built(final, build, repair=f"the next run on {where} builds it anew")
    named = tuple(manifest.get("faults", ()))
    return open_corpus(final, manifest["fingerprint"], root=root, faults=named), dict(manifest["notes"])


def _numbered(where: str, rows: list[int]) -> list[str]:
    return [f"{where}, document {row + 1}" for row in rows]


def _write(path: Path, batches: Iterable[pa.RecordBatch]) -> tuple[pa.Array, int]:
    """The ids of the batches, now written to `path`, and how many documents have neither title nor text."""
    empty = 0
    with Spool(path.parent) as ids, pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for batch in batches:
            writer.write_batch(batch)
            ids.add(batch.column("id"))
            empty += _empty(batch)
        return ids.array(), empty


def _empty(batch: pa.RecordBatch) -> int:
    sizes = sum(pc.binary_length(batch.column(name)).to_numpy() for name in ("title", "text", "images"))
    return int(np.count_nonzero(sizes == 0))


def _settle(folder: Path, ids: pa.Array, places: Places) -> tuple[str, int]:
    """The fingerprint of the documents written to `folder`, and how many repeats were dropped; writes their order."""
    path = folder / CORPUS_FILE
    ascending = sort_ids(ids)
    twin = earlier_twin(ids, ascending)
    merged = int(np.count_nonzero(twin))
    if merged:
        refuse_conflicts(path, ids, ascending, twin, places)
        ascending = drop_rows(path, ascending, twin)
    order_of(ascending).tofile(folder / ORDER_FILE)
    return fingerprint_of_file(path, ascending), merged
