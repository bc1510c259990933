"""The top of every ranking put in another order; what lies deeper stays behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpora import Corpus, Part, Queries

from ..multimodal.text_only import texts_alone
from ..run import Run

Rows = NDArray[np.int64]
_NEXT_TO_ZERO = np.float32(1e-30)


@dataclass(frozen=True)
class Tops:
    """The first `depth` of every ranking of a run: `places` int64 (n) in the run, `asker` int64 (n), the query of each, and
    `rows` int64 (n), the corpus row of each.
    """

    run: Run
    places: Rows
    asker: Rows
    rows: Rows

    @classmethod
    def of(cls, run: Run, depth: int, corpus: Corpus) -> Tops:
        """The tops of a run over `corpus`."""
        places = np.flatnonzero(run.ranks() < depth)
        asker = np.repeat(np.arange(len(run)), np.diff(run.offsets))[places]
        return cls(run, places, asker, corpus.rows_of(run.docs.take(pa.array(places))))

    def ordered(self, scores: NDArray[np.float32], order: Rows) -> Run:
        """The run with each top by `scores` float32 (n), ties by `order` (`Corpus.order`).

        What lies deeper was not scored: it stays behind its top in the order that it was in, with scores that lie as close
        below the top's lowest as float32 can tell, so that whatever normalises scores still sees the top's differences.
        """
        best = np.lexsort((order[self.rows], -scores, self.asker))
        tops = np.bincount(self.asker, minlength=len(self.run)).astype(np.int64)
        docs, values = np.arange(len(self.run.docs)), np.empty(len(self.run.docs), np.float32)
        docs[self.places], values[self.places] = self.places[best], scores[best]
        return replace(self.run, docs=self.run.docs.take(pa.array(docs)), scores=_below(values, tops, self.run))


def _below(values: NDArray[np.float32], tops: Rows, run: Run) -> NDArray[np.float32]:
    """Scores float32 (total), of which the first `tops` of each ranking are given: the others go down float by float.

    They start below -1e-30 where the lowest given one is nearer to 0, since floats so small may be taken for 0.
    """
    deeper = run.ranks() - np.repeat(tops, np.diff(run.offsets))
    rest = np.flatnonzero(deeper >= 0)
    lowest = np.zeros(len(run), np.float32)
    has = tops > 0
    lowest[has] = values[(run.offsets[:-1] + tops - 1)[has]]
    asker = np.repeat(np.arange(len(run)), np.diff(run.offsets))[rest]
    start = np.where(np.abs(lowest) < _NEXT_TO_ZERO, -_NEXT_TO_ZERO, lowest)
    values[rest] = _floats_down(start[asker], deeper[rest] + 1)
    return values


def _floats_down(values: NDArray[np.float32], steps: Rows) -> NDArray[np.float32]:
    """`np.nextafter` towards minus infinity, so many times each: the bits of a float32 count its like, away from 0."""
    bits = values.view(np.int32).astype(np.int64)
    place = np.where(bits < 0, -(bits + (1 << 31)), bits) - steps
    return np.where(place < 0, -place - (1 << 31), place).astype(np.int32).view(np.float32)


def with_counts(notes: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, int]:
    """Notes with a reranker's own counts, which add to those of a reranker inside; of queries and of `unknown`, the larger."""
    both = {name: (notes.get(name, 0), count) for name, count in counts.items()}
    return {**notes, **{name: max(two) if name.endswith(("_queries", "_unknown")) else sum(two) for name, two in both.items()}}


def own_text(parts: tuple[Part, ...]) -> str:
    """What the user asked: the different texts in the role `query` that a lexical retriever reads, joined by a space.

    Where a query has none (what was generated stands in its place), all that a lexical retriever reads.
    """
    read = [part for part in parts if part.text and part.is_for("lexical")]
    own = [part for part in read if part.role == "query"]
    return " ".join(dict.fromkeys(part.text for part in own or read))


def own_texts(queries: Queries, who: str) -> tuple[list[str], dict[str, int]]:
    """`own_text` of every query, and how many have pictures that are not read; see `texts_alone`, for `who`."""
    worded, unread = texts_alone(queries, "lexical", who)
    return [own_text(parts) for parts in worded.parts], unread
