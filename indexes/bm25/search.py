"""The best k documents of each query, from postings: one pass of sums, one pass for the best."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..hits import Candidates, Hits, Rows
from .postings import Postings

ALL, MASKED, LISTED = range(3)
BLOCK = 32
RANGE = 1 << 17  # documents whose sums are held at once: 512 KiB, which stays in a processor's second cache


class Asked(NamedTuple):
    """The terms of q queries: query i asks `terms[starts[i]:starts[i+1]]` (int32) with `weights` (float32)."""

    starts: Rows
    terms: NDArray[np.int32]
    weights: NDArray[np.float32]


class Allowed(NamedTuple):
    """`Candidates` as arrays: how (`ALL`, `MASKED`, `LISTED`), the mask (N), and the rows of query i between `starts`."""

    how: int
    mask: NDArray[np.bool_]
    starts: Rows
    rows: Rows


def allowed(candidates: Candidates | None) -> Allowed:
    """What a kernel can take."""
    none, nothing = np.zeros(0, np.int64), np.zeros(0, np.bool_)
    if candidates is None:
        return Allowed(ALL, nothing, none, none)
    if isinstance(candidates, np.ndarray):
        return Allowed(MASKED, candidates, none, none)
    starts = np.concatenate([[0], np.cumsum([len(rows) for rows in candidates])]).astype(np.int64)
    return Allowed(LISTED, nothing, starts, np.concatenate([none, *candidates]))


def threads() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def best(postings: Postings, asked: Asked, k: int, order: Rows, candidates: Candidates | None) -> Hits:
    """The first k of every query in the total order; documents without a term of the query are never among them."""
    queries = len(asked.starts) - 1
    found = Hits(np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf, np.float32))
    limits = allowed(candidates)

    docs = postings.docs.view(np.uint32)  # unsigned, so that compiled code need not look for negative places
    size = BLOCK * -(-min(RANGE, max(len(order), 1)) // BLOCK)

    def some(start: int, stop: int) -> None:
        sums = np.full(size, -0.0, postings.impacts.dtype)
        bits = sums.view(np.int32) if sums.dtype == np.float32 else np.zeros(0, np.int32)
        parts = (postings.starts, docs, postings.impacts, *asked, *limits, order, sums, bits)
        _search(start, stop, *parts, found.rows, found.scores)

    edges = np.linspace(0, queries, min(4 * threads(), max(queries, 1)) + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(some, edges[:-1], edges[1:]))
    return found


@njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]
    start,
    stop,
    starts,
    docs,
    impacts,
    query_starts,
    terms,
    weights,
    how,
    mask,
    row_starts,
    listed,
    order,
    sums,
    bits,
    rows,
    scores,
):
    """Queries `start` to `stop`, one range of documents after another.

    A sum that no posting has touched is -0.0, which no sum of postings can be.
    """
    k, documents = rows.shape[1], len(order)
    places, peaks = np.empty(k, np.int64), np.empty(len(sums) // BLOCK, np.int32)
    chosen = np.zeros(documents if how == LISTED else 0, np.bool_)
    wanted = chosen if how == LISTED else mask
    at = np.empty(len(terms), np.int64)
    for query in range(start, stop):
        first, last = query_starts[query], query_starts[query + 1]
        for t in range(first, last):
            at[t] = starts[terms[t]]
        if how == LISTED:
            for i in range(row_starts[query], row_starts[query + 1]):
                chosen[listed[i]] = True
        size = 0
        for base in range(0, documents, len(sums)):
            behind, offset = min(base + len(sums), documents), np.uint64(base)
            for t in range(first, last):
                weight, end = weights[t], starts[terms[t] + 1]
                if behind < documents:
                    end = _first_from(docs, at[t], end, behind)
                _add(docs[at[t] : end], impacts[at[t] : end], weight, offset, sums)
                at[t] = end
            if how != ALL:
                for doc in range(base, behind):
                    if not wanted[doc]:
                        sums[doc - base] = -0.0
            floor = _peaks(bits, peaks, k)
            if size == k and len(bits) > 0 and k > 0:
                floor = max(floor, np.float32(scores[query, 0]).view(np.int32))
            size = _select(sums, bits, peaks, floor, base, behind, order, k, size, rows[query], scores[query], places)
            sums.fill(-0.0)
        _sort(size, rows[query], scores[query], places)
        if how == LISTED:
            for i in range(row_starts[query], row_starts[query + 1]):
                chosen[listed[i]] = False


@njit(cache=True, nogil=True)
def _add(docs, impacts, weight, offset, sums):  # type: ignore[no-untyped-def]
    """Add one term's impacts to the sums of its documents, four at a time: a term never has a document twice."""
    whole = len(docs) & ~3
    for p in range(0, whole, 4):
        a, b, c, d = docs[p] - offset, docs[p + 1] - offset, docs[p + 2] - offset, docs[p + 3] - offset
        x, y, z, w = sums[a], sums[b], sums[c], sums[d]
        sums[a], sums[b] = x + weight * impacts[p], y + weight * impacts[p + 1]
        sums[c], sums[d] = z + weight * impacts[p + 2], w + weight * impacts[p + 3]
    for p in range(whole, len(docs)):
        sums[docs[p] - offset] += weight * impacts[p]


@njit(cache=True, nogil=True)
def _first_from(docs, low, high, document):  # type: ignore[no-untyped-def]
    """The first place between `low` and `high` whose document is `document` or a later one."""
    while low < high:
        middle = (low + high) // 2
        if docs[middle] < document:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _peaks(bits, peaks, k):  # type: ignore[no-untyped-def]
    """The highest sum of every block of documents; what the k-th best sum is at least. Both as the bits of a float32.

    Sums of unsigned forms are never negative, and then their bits are ordered as they are. k blocks have a peak of at
    least the k-th highest peak, so k documents have such a sum. Signed forms (no bits) have no floor.
    """
    if len(bits) == 0:
        peaks.fill(0)
        return np.int32(0)
    for block in range(len(peaks)):
        peak = bits[block * BLOCK]
        for i in range(block * BLOCK, (block + 1) * BLOCK):
            peak = max(peak, bits[i])
        peaks[block] = peak
    low, high = np.int32(0), np.int32(2139095040)  # the bits of infinity
    while low < high:  # the highest floor that k peaks reach
        middle = low + (high - low + np.int32(1)) // np.int32(2)
        reached = 0
        for peak in peaks:
            reached += peak >= middle
        if reached >= k:
            low = middle
        else:
            high = middle - np.int32(1)
    return low


@njit(cache=True, nogil=True)
def _select(sums, bits, peaks, floor, base, behind, order, k, size, rows, scores, places):  # type: ignore[no-untyped-def]
    """Offer every document of a range that may be among the best k; how many are kept by now."""
    for block in range(len(peaks)):
        if peaks[block] < floor:
            continue
        first = base + block * BLOCK
        for doc in range(first, min(first + BLOCK, behind)):
            if len(bits) == 0 or bits[doc - base] >= floor:
                size = _offer(doc, sums[doc - base], order[doc], k, size, rows, scores, places)
    return size


@njit(cache=True, nogil=True, inline="always")
def _worse(score, place, other, other_place):  # type: ignore[no-untyped-def]
    return score < other or (score == other and place > other_place)


@njit(cache=True, nogil=True)
def _offer(doc, total, place, k, size, rows, scores, places):  # type: ignore[no-untyped-def]
    """Add a document to the heap of the best k (the worst on top); the heap's size afterwards."""
    score = np.float32(total)
    if k == 0 or (score == 0 and math.copysign(1.0, score) < 0):
        return size
    if size < k:
        at = size
        while at > 0 and _worse(score, place, scores[(at - 1) // 2], places[(at - 1) // 2]):
            above = (at - 1) // 2
            rows[at], scores[at], places[at] = rows[above], scores[above], places[above]
            at = above
        rows[at], scores[at], places[at] = doc, score, place
        return size + 1
    if _worse(scores[0], places[0], score, place):
        _sink(doc, score, place, size, rows, scores, places)
    return size


@njit(cache=True, nogil=True)
def _sink(doc, score, place, size, rows, scores, places):  # type: ignore[no-untyped-def]
    """Put an entry in the place of the top one and let it sink to where it belongs."""
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and _worse(scores[below + 1], places[below + 1], scores[below], places[below]):
            below += 1
        if not _worse(scores[below], places[below], score, place):
            break
        rows[at], scores[at], places[at] = rows[below], scores[below], places[below]
        at = below
    rows[at], scores[at], places[at] = doc, score, place


@njit(cache=True, nogil=True)
def _sort(size, rows, scores, places):  # type: ignore[no-untyped-def]
    """A heap of the worst on top becomes a list with the best first."""
    for last in range(size - 1, 0, -1):
        row, score, place = rows[last], scores[last], places[last]
        rows[last], scores[last], places[last] = rows[0], scores[0], places[0]
        _sink(row, score, place, last, rows, scores, places)
