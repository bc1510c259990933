"""Distinct tokens, numbered in order of first sight: a hash table over UTF-8 bytes, grown between blocks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from ..analysis.analyser import Analyser, Cut

Int32 = NDArray[np.int32]


class Vocabulary:
    """The tokens seen so far and the term that each became (-1: dropped). Used while an index is built, by one thread."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._slots = np.full(1 << 16, -1, np.int32)
        self._places = np.zeros((1 << 15, 3), np.int64)  # a token's key, where its bytes begin, and how many they are
        self._bytes = np.empty(1 << 18, np.uint8)
        self._size = 0
        self._term_of = np.empty(0, np.int32)
        self._numbers: dict[str, int] = {}

    @property
    def terms(self) -> pa.Array:
        """Every term, by number: V strings."""
        return pa.array(list(self._numbers), pa.string())

    def number(self, cut: Cut) -> Int32:
        """The term number of each token of `cut`, int32; -1 for a dropped token."""
        self._grow(len(cut.ends), len(cut.data))
        tokens = np.empty(len(cut.ends), np.int32)
        known = self._size
        self._size = _intern(cut.data, cut.ends, self._slots, self._places, self._bytes, known, tokens)
        self._learn(known)
        return np.asarray(self._term_of[tokens])

    def _learn(self, known: int) -> None:
        begin, size = self._places[known : self._size, 1], self._places[known : self._size, 2]
        first = int(begin[0]) if len(begin) else 0
        raw = self._bytes[first : first + int(size.sum())].tobytes()
        edges = [*(begin - first).tolist(), len(raw)]
        fresh = [raw[a:b].decode() for a, b in zip(edges, edges[1:], strict=False)]
        numbers = self._numbers
        terms = [-1 if term is None else numbers.setdefault(term, len(numbers)) for term in self._analyser.terms(fresh)]
        self._term_of = np.concatenate([self._term_of, np.array(terms, np.int32)])

    def _grow(self, tokens: int, size: int) -> None:
        """Room for every token of a block to be new."""
        need = self._size + tokens
        if need >= len(self._places):
            self._places = np.concatenate([self._places, np.zeros((need, 3), np.int64)])
        used = int(self._places[self._size - 1, 1:].sum()) if self._size else 0
        if used + size > len(self._bytes):
            self._bytes = np.concatenate([self._bytes, np.empty(len(self._bytes) + size, np.uint8)])
        if 2 * need > len(self._slots):
            slots = np.full(1 << int(2 * need - 1).bit_length(), -1, np.int32)
            _rehash(slots, self._places, self._size)
            self._slots = slots


@njit(cache=True, nogil=True)
def _slot(key):  # type: ignore[no-untyped-def]
    """Where a key would stand in a table of any size: the final mix of splitmix64, in part."""
    mixed = (key ^ (key >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(20))


@njit(cache=True, nogil=True)
def _rehash(slots, places, size):  # type: ignore[no-untyped-def]
    mask = np.int64(len(slots) - 1)
    for token in range(size):
        slot = _slot(np.uint64(places[token, 0])) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = token


@njit(cache=True, nogil=True)
def _intern(data, ends, slots, places, known, size, tokens):  # type: ignore[no-untyped-def]
    """Number every token of a block; the number of distinct tokens afterwards.

    The key of a token of up to 8 bytes is those bytes, so that equal length and key are equal tokens; that of a longer
    one is its FNV-1a hash, and its bytes are compared.
    """
    mask = np.int64(len(slots) - 1)
    used = places[size - 1, 1] + places[size - 1, 2] if size else np.int64(0)
    start = np.int64(0)
    for t in range(len(ends)):
        stop = ends[t]
        width = stop - start
        key = np.uint64(0)
        if width <= 8:
            for i in range(start, stop):
                key = (key << np.uint64(8)) | np.uint64(data[i])
        else:
            key = np.uint64(14695981039346656037)
            for i in range(start, stop):
                key = (key ^ np.uint64(data[i])) * np.uint64(1099511628211)
        signed = np.int64(key)
        slot = _slot(key) & mask
        while True:
            found = slots[slot]
            if found < 0:
                slots[slot] = size
                places[size, 0], places[size, 1], places[size, 2] = signed, used, width
                for i in range(width):
                    known[used + i] = data[start + i]
                used += width
                tokens[t] = size
                size += 1
                break
            if places[found, 0] == signed and places[found, 2] == width:
                same = True
                if width > 8:
                    begin = places[found, 1]
                    for i in range(width):
                        if known[begin + i] != data[start + i]:
                            same = False
                            break
                if same:
                    tokens[t] = found
                    break
            slot = (slot + 1) & mask
        start = stop
    return size
