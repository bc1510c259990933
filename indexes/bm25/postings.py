"""Postings in term order, with the impact of each already computed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..lucene_lengths import coded_lengths
from .counts import Counts
from .variants import Variant


class Postings(NamedTuple):
    """Term t holds documents `docs[starts[t]:starts[t+1]]`, int32 ascending, and their `impacts`."""

    starts: NDArray[np.int64]
    docs: NDArray[np.int32]
    impacts: NDArray[np.floating]


def postings(counts: Counts, form: Variant, k1: float, b: float, delta: float) -> Postings:
    """A counting sort by term of all that was counted (which is read and given up on the way)."""
    starts = np.concatenate([[0], np.cumsum(counts.df)]).astype(np.int64)
    kind = np.float64 if form.signed else np.float32
    found = Postings(starts, np.empty(starts[-1], np.int32), np.empty(starts[-1], kind))
    weights = term_weights(counts.df, counts.lengths, form)
    norms = length_norms(counts.lengths, form, b)
    shape = (k1, delta if form.inside else 0.0, delta if form.add else 0.0, k1 + 1.0 if form.scaled else 1.0)
    place, first = starts[:-1].copy(), 0
    for block in counts.blocks():
        tfs = block.tfs.astype(np.int32)
        _scatter(block.terms, tfs, block.uniques, first, weights, norms, shape, place, found.docs, found.impacts)
        first += len(block.uniques)
    return found


def term_weights(df: NDArray[np.int64], lengths: NDArray[np.int32], form: Variant) -> NDArray[np.float64]:
    """The idf of every term, float64 (V)."""
    documents = int(np.count_nonzero(lengths)) if form.nonempty else len(lengths)
    return form.idf(df.astype(np.float64), documents)


def length_norms(lengths: NDArray[np.int32], form: Variant, b: float) -> NDArray[np.float64]:
    """1 - b + b * length / mean length of every document, float64 (N)."""
    documents = int(np.count_nonzero(lengths)) if form.nonempty else len(lengths)
    mean = lengths.sum(dtype=np.int64) / documents if documents and lengths.any() else 1.0
    counted = coded_lengths(lengths.astype(np.int64)) if form.coded else lengths
    return np.asarray(1.0 - b + b * counted / mean)


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
