"""Vector indexes by name: `Flat` (exact, the default for scoring), `exact` (NumPy, the oracle), or a FAISS factory string."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .candidates import vector_matrix
from .hits import Rows, VectorIndex

FLAT, ORACLE = "Flat", "exact"
INDEX_FILE = "index.faiss"


def keep_vector_index(folder: Path, vectors: NDArray[np.float32], factory: str) -> dict[str, Any]:
    """The facts of the index that `factory` names, once `folder` holds what it needs besides `vectors` float32 (N, d).

    `Flat` and `exact` need nothing. Anything else is built by FAISS into `index.faiss`; its facts are `factory`, `faiss`
    (version), `recall@10` and `recall@100` against exact search. Raises UsageError for a factory that FAISS refuses,
    InputError for unfit vectors, SurroundingsError when the disk is full.
    """
    if factory in (FLAT, ORACLE):
        return {"factory": factory}
    from . import faiss_index

    vectors = vector_matrix(vectors, np.arange(len(vectors), dtype=np.int64))
    index = faiss_index.built(vectors, factory)
    faiss_index.write(index, folder / INDEX_FILE)
    return {"factory": factory, "faiss": faiss_index.VERSION, **faiss_index.recall(index, vectors)}


def open_vector_index(folder: Path, vectors: NDArray[np.float32], order: Rows, factory: str) -> VectorIndex:
    """The index over `vectors` float32 (N, d), memory-mapped or not; `order` int64 (N) is `Corpus.order`.

    `folder` is what `keep_vector_index` filled; its checksums are the caller's to verify first. Raises StateError where
    `index.faiss` is missing, damaged or another corpus's, InputError for unfit arrays.
    """
    if factory == ORACLE:
        from .exact import ExactIndex

        return ExactIndex(vectors, order)
    if factory == FLAT:
        from .flat import FlatIndex

        return FlatIndex(vectors, order)
    from .faiss_index import open_approximate

    return open_approximate(folder / INDEX_FILE, vectors, order, factory.partition(";")[2])
