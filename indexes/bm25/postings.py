"""From texts to postings in term order, with the impact of each already computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from ..analysis.analyser import Analyser, Cut, utf8
from ..lucene_lengths import coded_lengths
from .variants import Variant
from .vocabulary import Vocabulary

BYTES_A_BLOCK = 1 << 21


class Block(NamedTuple):
    """The terms of some documents: `terms` and `tfs` int32 (P); `uniques` and `lengths` int64, one a document."""

    terms: NDArray[np.int32]
    tfs: NDArray[np.int32]
    uniques: NDArray[np.int64]
    lengths: NDArray[np.int64]


class Postings(NamedTuple):
    """Term t holds documents `docs[starts[t]:starts[t+1]]`, int32 ascending, and their `impacts`."""

    starts: NDArray[np.int64]
    docs: NDArray[np.int32]
    impacts: NDArray[np.floating]


def count_terms(texts: Iterable[pa.Array], analyser: Analyser) -> tuple[list[Block], list[str]]:
    """How often each term stands in each document, block by block, and the terms by number.

    Texts are cut by one thread while the other numbers and stems what was cut before.
    """
    vocabulary = Vocabulary(analyser)
    blocks = []
    for cut in _cut_ahead(texts, analyser):
        numbers = vocabulary.number(cut)
        blocks.append(Block(*_count(numbers, cut.counts, int(numbers.max(initial=-1)) + 1)))
    return blocks, vocabulary.terms


def _cut_ahead(texts: Iterable[pa.Array], analyser: Analyser) -> Iterator[Cut]:
    waiting: deque[Future[Cut]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for data, offsets in _pieces(texts):
            waiting.append(pool.submit(analyser.cut, data, offsets))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _pieces(texts: Iterable[pa.Array]) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    for block in texts:
        data, offsets = utf8(block)
        first = 0
        while first < len(offsets) - 1:
            behind = int(np.searchsorted(offsets, offsets[first] + BYTES_A_BLOCK, "right")) - 1
            stop = max(first + 1, behind)
            part = offsets[first : stop + 1]
            yield data[part[0] : part[-1]], part - part[0]
            first = stop


def postings(blocks: list[Block], terms: int, form: Variant, k1: float, b: float, delta: float) -> Postings:
    """A counting sort by term; `blocks` is emptied on the way, to hold each posting once."""
    lengths = np.concatenate([block.lengths for block in blocks]) if blocks else np.zeros(0, np.int64)
    df = np.zeros(terms, np.int64)
    for block in blocks:
        df += np.bincount(block.terms, minlength=terms)
    kind = np.float64 if form.signed else np.float32
    found = Postings(np.concatenate([[0], np.cumsum(df)]).astype(np.int64), np.empty(df.sum(), np.int32), np.empty(df.sum(), kind))
    weights = term_weights(df, lengths, form)
    norms = length_norms(lengths, form, b)
    shape = (k1, delta if form.inside else 0.0, delta if form.add else 0.0, k1 + 1.0 if form.scaled else 1.0)
    place, first = found.starts[:-1].copy(), 0
    while blocks:
        block = blocks.pop(0)
        _scatter(block.terms, block.tfs, block.uniques, first, weights, norms, shape, place, found.docs, found.impacts)
        first += len(block.uniques)
    return found


def term_weights(df: NDArray[np.int64], lengths: NDArray[np.int64], form: Variant) -> NDArray[np.float64]:
    """The idf of every term, float64 (V)."""
    documents = int(np.count_nonzero(lengths)) if form.nonempty else len(lengths)
    return form.idf(df.astype(np.float64), documents)


def length_norms(lengths: NDArray[np.int64], form: Variant, b: float) -> NDArray[np.float64]:
    """1 - b + b * length / mean length of every document, float64 (N)."""
    documents = int(np.count_nonzero(lengths)) if form.nonempty else len(lengths)
    mean = lengths.sum() / documents if documents and lengths.any() else 1.0
    counted = coded_lengths(lengths) if form.coded else lengths
    return np.asarray(1.0 - b + b * counted / mean)


@njit(cache=True, nogil=True)
def _count(numbers, counts, terms):  # type: ignore[no-untyped-def]
    """The (term, tf) pairs of each document in order of first sight, and its distinct terms and length."""
    out, tfs = np.empty(len(numbers), np.int32), np.empty(len(numbers), np.int32)
    uniques, lengths = np.zeros(len(counts), np.int64), np.zeros(len(counts), np.int64)
    place = np.full(terms, -1, np.int64)
    size, at = 0, 0
    for doc in range(len(counts)):
        first = size
        for i in range(at, at + counts[doc]):
            term = numbers[i]
            if term < 0:
                continue
            lengths[doc] += 1
            if place[term] >= first:
                tfs[place[term]] += 1
            else:
                place[term] = size
                out[size], tfs[size] = term, 1
                size += 1
        uniques[doc] = size - first
        at += counts[doc]
    return out[:size].copy(), tfs[:size].copy(), uniques, lengths


@njit(cache=True, nogil=True)
def _scatter(terms, tfs, uniques, first, weights, norms, shape, place, docs, impacts):  # type: ignore[no-untyped-def]
    """Put a block's postings where their terms stand. See `variants` for the formula."""
    k1, inside, add, scale = shape
    at = 0
    for i in range(len(uniques)):
        norm = norms[first + i]
        for p in range(at, at + uniques[i]):
            term = terms[p]
            c = tfs[p] / norm + inside
            docs[place[term]] = first + i
            impacts[place[term]] = weights[term] * (add + scale * c / (k1 + c))
            place[term] += 1
        at += uniques[i]
