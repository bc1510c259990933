"""One lexical engine in a process of its own: `python -m bench.lexical ENGINE FOLDER [--cold]` prints its figures as JSON.

Every engine reads the same decompressed JSONL with the same reader and answers the same queries to depth 100, with two
threads. Warm figures come after a small index has been built and searched once, so that no compilation is in them; with
`--cold` nothing goes before, and compiled code is not found in any cache.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

K = 100
THREADS = 2
Search = Callable[[list[str]], list[list[tuple[int, float]]]]


def read(folder: Path) -> Iterator[str]:
    """Title and text of every document, joined by a space."""
    import orjson

    for path in sorted(folder.glob("corpus*.jsonl")):
        with open(path, "rb") as file:
            for line in file:
                row = orjson.loads(line)
                yield f"{row['title']} {row['text']}".strip()


def questions(folder: Path) -> list[str]:
    return [json.loads(line)["text"] for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]


def medir(texts: Iterator[str]) -> Search:
    from dataclasses import replace

    import numpy as np
    import pyarrow as pa

    from indexes.analysis.named import analyser
    from indexes.bm25 import build_bm25

    pa.set_memory_pool(pa.system_memory_pool())  # as the command does

    def blocks() -> Iterator[pa.Array]:
        while block := list(islice(texts, 256)):
            yield pa.array(block, pa.string())

    index = build_bm25(blocks(), analyser("english"), np.zeros(0, np.int64))
    index = replace(index, order=np.arange(index.facts["documents"], dtype=np.int64))
    return lambda queries: index.search(queries, K)  # type: ignore[return-value]


def bm25s(texts: Iterator[str]) -> Search:
    import bm25s as library
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    index = library.BM25(k1=0.9, b=0.4, backend="numba")
    index.index(library.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)

    def search(queries: list[str]) -> Any:
        asked = library.tokenize(queries, stopwords="en", stemmer=stemmer, show_progress=False, return_ids=False)
        return index.retrieve(asked, k=min(K, index.scores["num_docs"]), show_progress=False, n_threads=THREADS)

    return search


def tantivy(texts: Iterator[str]) -> Search:
    import re
    from concurrent.futures import ThreadPoolExecutor

    import tantivy as library

    schema = library.SchemaBuilder().add_text_field("text", stored=False, tokenizer_name="en_stem").build()
    index = library.Index(schema)
    writer = index.writer(heap_size=512_000_000, num_threads=THREADS)
    for text in texts:
        writer.add_document(library.Document(text=[text]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def one(query: str) -> Any:
        words = " ".join(re.findall(r"\w+", query.lower()))  # AND, OR and IN are operators
        return searcher.search(index.parse_query(words, ["text"]), K).hits if words else []

    def search(queries: list[str]) -> Any:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(one, queries))

    return search


ENGINES: dict[str, Callable[[Iterator[str]], Search]] = {"medir": medir, "bm25s": bm25s, "tantivy": tantivy}


def measure(engine: str, folder: Path, cold: bool) -> dict[str, Any]:
    """Seconds to a searchable index, queries a second, and the process's peak memory in MB."""
    build, queries = ENGINES[engine], questions(folder)
    if not cold:
        small = build(iter([text for text, _ in zip(read(folder), range(2000), strict=False)]))
        small(queries[:50])
        del small
    began = time.perf_counter()
    search = build(read(folder))
    built = time.perf_counter()
    if cold:
        search(queries[:1])
        return {"engine": engine, "first answer s": time.perf_counter() - began}
    search(queries[:50])
    asked = time.perf_counter()
    search(queries)
    seconds = time.perf_counter() - asked
    return {"engine": engine, "build s": built - began, "queries/s": len(queries) / seconds, "peak MB": peak()}


def peak() -> float:
    """The most memory that this process has held, MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1e3


if __name__ == "__main__":
    chosen, place, is_cold = sys.argv[1], Path(sys.argv[2]), "--cold" in sys.argv
    if is_cold:
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp()
    print(json.dumps(measure(chosen, place, is_cold)))
