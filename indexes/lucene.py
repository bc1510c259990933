"""The same protocol over Lucene itself, through pyserini, always in a child process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpora.errors import StateError, UsageError

from .candidates import allowed_rows, best, stacked
from .hits import Candidates, Hits, Rows, Scores
from .lucene_process import LuceneProcess

_LANGUAGES = "ar bn da de en es fi fr hi hu id it ja ko nl no pt ru sv te th tr zh"
LANGUAGES = tuple(_LANGUAGES.split())
"""What pyserini has an analyser for; `en` is Anserini's default English with Porter's stemmer, `zh` Lucene's CJK bigrams."""
MORE = 16


@dataclass(frozen=True)
class LuceneIndex:
    """A TextIndex of N documents kept by Lucene; `order` int64 (N) is the corpus's, for ties."""

    process: LuceneProcess
    order: Rows

    def __len__(self) -> int:
        return len(self.order)

    def search(self, queries: list[str], k: int, candidates: Candidates | None = None) -> Hits:
        """The best k of each query, rows int64 (q, k) and scores float32 (q, k), in the total order.

        Lucene is asked for more than k, and then for four times as many where need be, until the k-th hit that
        `candidates` lets through scores above the last one fetched: then no other can tie with it or beat it.
        """
        allowed = allowed_rows(candidates, len(queries), len(self))
        found: dict[int, Hits] = {}
        waiting, depth = list(range(len(queries))), k + MORE
        while waiting:
            fetched = self._fetch([queries[query] for query in waiting], depth)
            for query, (rows, scores) in zip(waiting, fetched, strict=True):
                kept = _kept(rows, allowed[query] if isinstance(allowed, list) else allowed)
                if len(rows) < depth or np.count_nonzero(scores[kept] > scores[-1]) >= k:
                    found[query] = best(rows[kept], scores[kept], self.order, k)
            waiting, depth = [query for query in waiting if query not in found], 4 * depth
        return stacked([found[query] for query in range(len(queries))], k)

    def _fetch(self, queries: list[str], depth: int) -> list[tuple[Rows, Scores]]:
        request = {"do": "search", "queries": queries, "depth": depth}
        answers = self.process.ask(request, answers=len(queries))
        return [(np.array(a["rows"], np.int64), np.array(a["scores"], np.float32)) for a in answers]


def _kept(rows: Rows, allowed: Rows | None) -> NDArray[np.bool_]:
    return np.ones(len(rows), np.bool_) if allowed is None else np.isin(rows, allowed)


def build_lucene(folder: Path, texts: Iterator[pa.Array], language: str, k1: float = 0.9, b: float = 0.4) -> dict[str, Any]:
    """Index a stream of texts into `folder` (which exists); what its manifest should say.

    Lucene applies k1 and b when it searches, so they are only noted. Raises UsageError for a language that pyserini has no
    analyser for, SurroundingsError where pyserini or Java is missing or Lucene fails.
    """
    _check(language)
    blocks = (block.to_pylist() for block in texts if len(block))
    process = LuceneProcess()
    try:
        [built] = process.ask({"do": "build", "folder": str(folder.absolute()), "language": language}, blocks)
    finally:
        process.end()
    return {"language": language, "k1": k1, "b": b, "pyserini": version("pyserini"), **built}


def open_lucene(folder: Path, order: Rows, k1: float = 0.9, b: float = 0.4, language: str = "en") -> LuceneIndex:
    """The index kept in a folder whose checksums were verified. `order` int64 (N) is `Corpus.order`.

    Raises UsageError and SurroundingsError as `build_lucene`, StateError where the folder holds no index of N documents.
    """
    _check(language)
    if not any(folder.glob("segments_*")):
        raise _unfit("holds no Lucene index", folder)
    process = LuceneProcess()
    request = {"do": "open", "folder": str(folder.absolute()), "language": language, "k1": k1, "b": b}
    [opened] = process.ask(request)
    if opened["documents"] != len(order):
        raise _unfit(f"holds {opened['documents']} documents, but the corpus has {len(order)}", folder)
    return LuceneIndex(process, order)


def _check(language: str) -> None:
    if language not in LANGUAGES:
        raise UsageError(f"Lucene has no analyser for the language {language!r}", mend=f"choose one of: {', '.join(LANGUAGES)}")


def _unfit(what: str, folder: Path) -> StateError:
    return StateError(what, where=str(folder), mend="remove the folder and build the index again")
