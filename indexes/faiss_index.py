"""Approximate search by any FAISS factory string: built the same way every time, with its recall measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from corpora import StateError, UsageError
from corpora.state import disk_error

from .candidates import query_matrix, vector_matrix
from .flat import FlatIndex
from .hits import Candidates, Hits, Rows, VectorIndex, cut, in_order
from .rescore import score_pairs

VERSION = str(faiss.__version__)
EXAMPLES = 'examples: "Flat", "HNSW32", "HNSW32;efSearch=128", "IVF256,Flat;nprobe=16", "IVF256,PQ48", "SQ8"'
SAMPLE = 200
DEPTHS = (10, 100)
DEADLY = re.compile(r"(?<![\d.])0+(?![\d.])|HNSW1(?!\d)|NSG")
PLACE = re.compile(r"^Error in .* at \S+:\d+: (Error: )?")


class ApproximateIndex:
    """A FAISS index over `vectors` float32 (N, d), by inner product; `order` int64 (N) breaks ties.

    Scores are the index's own (of the compressed vectors where it compresses). What it finds is put in the total order;
    which of several equal scores it finds at the cut is FAISS's choice. With candidates the search is exact.
    """

    def __init__(self, index: Any, vectors: NDArray[np.float32], order: Rows) -> None:
        self._index, self._order = index, order
        self._exact = FlatIndex(vectors, order)
        self.dim = self._exact.dim

    def __len__(self) -> int:
        return len(self._exact)

    def search(self, queries: NDArray[np.float32], k: int, candidates: Candidates | None = None) -> Hits:
        """About the best k of each query, float32 (q, d), in the total order; exactly the best k of the candidates."""
        if candidates is not None:
            return self._exact.search(queries, k, candidates)
        queries = query_matrix(queries, self.dim, k)
        if not len(queries) or not len(self):
            return self._exact.search(queries, k)
        scores, rows = self._index.search(queries, min(k, len(self)))
        return cut(in_order(rows, scores, self._order), k)


def built(vectors: NDArray[np.float32], factory: str) -> Any:
    """The FAISS index of `vectors` float32 (N, d) by inner product; equal vectors give equal bytes, on any number of cores.

    `factory` is FAISS's factory string, with search parameters after a semicolon. Seeds are FAISS's fixed ones, and one
    thread builds, since the order of insertion shapes a graph. Raises UsageError for what FAISS refuses or would die of.
    """
    name, _, parameters = factory.partition(";")
    try:
        if DEADLY.search(factory):
            raise RuntimeError("FAISS would not survive it (a count of 0, HNSW1, NSG)")
        with _one_thread():
            index = faiss.index_factory(vectors.shape[1], name, faiss.METRIC_INNER_PRODUCT)
            _quicken(index)
            index.train(vectors)
            index.add(vectors)
            tune(index, parameters)
            index.search(vectors[:1], 1)
    except (RuntimeError, AssertionError) as problem:
        what = f"FAISS cannot build {factory!r} over {vectors.shape[0]} vectors of {vectors.shape[1]} dimensions"
        raise UsageError(f"{what}: {_reason(problem)}", mend=EXAMPLES) from None
    if index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise UsageError(f"{factory!r} does not search by inner product", mend=EXAMPLES)
    return index


def _quicken(index: Any) -> None:
    """Leave out what costs time or prints and moves no score: code reordering for Hamming filters, warnings of k-means."""
    while isinstance(index, faiss.IndexPreTransform):
        index = faiss.downcast_index(index.index)
    if hasattr(index, "do_polysemous_training"):
        index.do_polysemous_training = False
    parts: list[Any] = [index, getattr(index, "pq", None)]
    for part in parts:
        if hasattr(part, "cp"):
            part.cp.min_points_per_centroid = 1


def tune(index: Any, parameters: str) -> None:
    """Set search parameters such as `nprobe=16` or `efSearch=128` on `index`. RuntimeError for unknown ones."""
    if parameters:
        space: Any = faiss.ParameterSpace()
        space.set_index_parameters(index, parameters)


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS works alone, as far as it is called from this thread."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _reason(problem: Exception) -> str:
    """FAISS's message without its source location."""
    return PLACE.sub("", str(problem)).strip() or type(problem).__name__


def write(index: Any, path: Path) -> None:
    """Write the index as FAISS does. A full or read-only disk raises SurroundingsError."""
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as problem:
        raise disk_error(OSError(_reason(problem)), path) from problem


def read(path: Path, vectors: NDArray[np.float32], parameters: str) -> Any:
    """The index kept in `path`, which must be one over `vectors`. Raises StateError for anything else."""
    try:
        index = faiss.read_index(str(path))
        tune(index, parameters)
    except RuntimeError as problem:
        raise _damaged(path, f"FAISS cannot read it: {_reason(problem)}") from None
    if (index.ntotal, index.d) != vectors.shape or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise _damaged(path, f"it holds {index.ntotal} vectors of {index.d} dimensions, not {vectors.shape}")
    return index


def _damaged(path: Path, what: str) -> StateError:
    return StateError(what, where=str(path), mend="remove its folder and build the index again: medir index")


def recall(index: Any, vectors: NDArray[np.float32]) -> dict[str, float]:
    """`recall@10` and `recall@100` against exact search, with up to 200 evenly spaced vectors as the queries.

    The share of the exact top k that is found; a document found in place of another with an equal score counts too.
    """
    sample = np.unique(np.linspace(0, len(vectors) - 1, min(SAMPLE, len(vectors))).astype(np.int64))
    queries, order = vectors[sample], np.arange(len(vectors), dtype=np.int64)
    exact, approximate = FlatIndex(vectors, order), ApproximateIndex(index, vectors, order)
    return {f"recall@{k}": _share(queries, vectors, exact, approximate, min(k, len(vectors))) for k in DEPTHS if len(vectors)}


def _share(queries: NDArray[np.float32], vectors: NDArray[np.float32], exact: VectorIndex, found: VectorIndex, k: int) -> float:
    scores = score_pairs(queries, vectors, found.search(queries, k).rows)
    return float((scores >= exact.search(queries, k).scores[:, -1:]).mean())


def open_approximate(path: Path, vectors: NDArray[np.float32], order: Rows, parameters: str) -> ApproximateIndex:
    """The approximate index kept in `path`, over `vectors` float32 (N, d). Raises StateError, or InputError for unfit arrays."""
    vectors = vector_matrix(vectors, order)
    return ApproximateIndex(read(path, vectors, parameters), vectors, order)
