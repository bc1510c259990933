"""Exact search beside a plain FAISS Flat index: the same vectors, the same threads, both sides in turn.

Run `python -m bench.exact_search`: prints one table row. By default the vectors are random unit vectors of the size of
evidence-inference's passages and queries (the work of a flat search does not depend on their values); `--vectors` and
`--queries` take float32 .npy files instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes.flat import FlatIndex

DOCUMENTS, QUERIES, DIM, K, ROUNDS, THREADS = 114_354, 1_247, 384, 100, 3, 2
HEADER = "| search | documents | queries | d | k | FAISS Flat (s) | medir Flat (s) | ratio | same top k |"
RULE = "|---" * 9 + "|"


def unit_vectors(count: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Random unit vectors, float32 (count, dim)."""
    vectors = np.random.default_rng(seed).standard_normal((count, dim), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def in_turn(sides: list[Callable[[], Any]], rounds: int = ROUNDS) -> list[float]:
    """The median seconds of each side: one warming call each, then `rounds` rounds that call the sides in turn."""
    for side in sides:
        side()
    seconds: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, taken in zip(sides, seconds, strict=True):
            start = time.perf_counter()
            side()
            taken.append(time.perf_counter() - start)
    return [median(taken) for taken in seconds]


def measure(vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int = K) -> dict[str, Any]:
    """The numbers of one row: sizes, median seconds of both sides, their ratio, share of queries with the same top k."""
    faiss.omp_set_num_threads(THREADS)
    theirs: Any = faiss.IndexFlatIP(vectors.shape[1])
    theirs.add(vectors)
    ours = FlatIndex(vectors, np.arange(len(vectors), dtype=np.int64))
    plain, checked = in_turn([lambda: theirs.search(queries, k), lambda: ours.search(queries, k)])
    same = np.sort(theirs.search(queries, k)[1], axis=1) == np.sort(ours.search(queries, k).rows, axis=1)
    return {
        "documents": len(vectors),
        "queries": len(queries),
        "d": vectors.shape[1],
        "k": k,
        "faiss_s": plain,
        "medir_s": checked,
        "ratio": checked / plain,
        "same": float(same.all(axis=1).mean()),
    }


def row(facts: dict[str, Any]) -> str:
    """One Markdown table row of what `measure` found."""
    sizes = f"{facts['documents']:,} | {facts['queries']:,} | {facts['d']} | {facts['k']}"
    return f"| exact | {sizes} | {facts['faiss_s']:.2f} | {facts['medir_s']:.2f} | {facts['ratio']:.2f} | {facts['same']:.1%} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", help="float32 .npy (N, d)")
    parser.add_argument("--queries", help="float32 .npy (q, d)")
    parser.add_argument("--k", type=int, default=K)
    asked = parser.parse_args()
    vectors = np.load(asked.vectors, mmap_mode="r") if asked.vectors else unit_vectors(DOCUMENTS, DIM, 0)
    queries = np.load(asked.queries) if asked.queries else unit_vectors(QUERIES, vectors.shape[1], 1)
    print(HEADER, RULE, row(measure(vectors, queries, asked.k)), sep="\n")


if __name__ == "__main__":
    main()
