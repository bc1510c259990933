"""Text cut exactly as Lucene 9 cuts it, without Java: Anserini's default English analyser and Lucene's CJKAnalyzer."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .analyser import Analyser, Cut
from .porter import stem
from .uax29 import CJK, Spans, gather, words
from .utf8_kernel import decode, encode
from .wordbreak import table_version

_STOPWORDS = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was "
    "will with"
)
ENGLISH_STOPWORDS = frozenset(_STOPWORDS.split())
"""EnglishAnalyzer's default set."""
CJK_STOPWORDS = ENGLISH_STOPWORDS - {"an"} | {"s", "t", "www"}
"""CJKAnalyzer's default set."""
WIDE, WIDE_END = 0xFF00, 0xFFA0
"""Full-width ASCII and half-width Katakana lie between these; the last two are the voicing marks."""
KANA, KANA_FIRST, KANA_LAST, KANA_LEAD = 0x3000, 0x30A6, 0x30FD, 0xE3
"""Katakana that a voicing mark may join, the place from which their table counts, and their first UTF-8 byte."""


def lucene_english() -> Analyser:
    """What Anserini 1.7 does for English: words, no possessive 's, lower case, no stopwords, Porter's stems."""
    return Analyser("lucene-english", _cut_words, _english_terms, _identity("english porter"))


def lucene_cjk() -> Analyser:
    """What Lucene's CJKAnalyzer does: widths folded, lower case, bigrams of neighbouring Han, kana and Hangul characters."""
    return Analyser("lucene-cjk", _cut_bigrams, _cjk_terms, _identity("cjk bigrams"))


def _identity(what: str) -> str:
    return f"lucene 9.9.1 {what}, word breaks {table_version()}, rules 1"


def _english_terms(tokens: list[str]) -> list[str | None]:
    return [_english_term(token) for token in tokens]


def _english_term(token: str) -> str | None:
    if len(token) > 1 and token[-1] in "sS" and token[-2] in "'\u2019\uff07":
        token = token[:-2]
    token = _lower(token)
    return None if token in ENGLISH_STOPWORDS else stem(token)


def _cjk_terms(tokens: list[str]) -> list[str | None]:
    return [None if term in CJK_STOPWORDS else term for term in map(_lower, tokens)]


class _Lower(dict[int, str]):
    """Lower case by single code points, as Java's Character.toLowerCase has it: no final sigma, and U+0130 becomes i."""

    def __missing__(self, point: int) -> str:
        return self.setdefault(point, chr(point).lower()[0])


_LOWER = _Lower()


def _lower(token: str) -> str:
    return token.lower() if token.isascii() else token.translate(_LOWER)


def _cut_words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Cut:
    found = words(data, offsets)
    return gather(data, found.starts, found.stops, found.counts)


def _cut_bigrams(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Cut:
    found, room = words(data, offsets), len(data)
    out, ends, joins = np.empty(room, np.uint8), np.empty(room, np.int64), np.zeros(room + 1, np.bool_)
    counts = np.empty(len(found.counts), np.int64)
    units = _units(data, found, _widths(), _voicings(), (out, ends, joins), counts)
    return _pairs(out, ends[:units], joins[: units + 1], counts)


def _pairs(data: NDArray[np.uint8], ends: NDArray[np.int64], joins: NDArray[np.bool_], counts: NDArray[np.int64]) -> Cut:
    """Each unit that joins the one before it makes a bigram with it; one that joins neither side stands alone."""
    starts = np.concatenate([[0], ends[:-1]])[: len(ends)]
    keep = joins[:-1] | ~joins[1:]
    firsts = np.where(joins[:-1], np.roll(starts, 1), starts)[keep]
    before = np.concatenate([[0], np.cumsum(keep)])
    edges = np.concatenate([[0], np.cumsum(counts)])
    return gather(data, firsts, ends[keep], np.diff(before[edges]))


@cache
def _widths() -> NDArray[np.int64]:
    """What each code point from `WIDE` on folds to, int64: full-width ASCII to ASCII, half-width kana to kana."""
    folded = [unicodedata.normalize("NFKC", chr(point)) for point in range(WIDE, WIDE_END)]
    folds = [0xFF01 <= point <= 0xFF5E or point >= 0xFF65 for point in range(WIDE, WIDE_END)]
    return np.array([ord(new) if fold else WIDE + at for at, (new, fold) in enumerate(zip(folded, folds, strict=True))])


@cache
def _voicings() -> NDArray[np.int64]:
    """What each code point from `KANA` on becomes before a voicing and a half-voicing mark, int64 (2, 256); 0: they stay two."""
    joined = np.zeros((2, 256), np.int64)
    for row, mark in enumerate("\u3099\u309a"):
        for point in range(KANA_FIRST, KANA_LAST + 1):
            new = unicodedata.normalize("NFC", chr(point) + mark)
            joined[row, point - KANA] = ord(new) if len(new) == 1 else 0
    return joined


@njit(cache=True, nogil=True)
def _units(
    data: NDArray[np.uint8],
    found: Spans,
    widths: NDArray[np.int64],
    voicings: NDArray[np.int64],
    into: tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]],
    counts: NDArray[np.int64],
) -> int:
    """Fill `into` with units (bytes, where each ends, whether it joins the one before) and `counts`; return how many.

    A unit is one character of a CJK word, or any other word whole. Two join if they are of CJK words and nothing is between.
    """
    out, ends, joins = into
    starts, stops, kinds, words_in = found
    units, used, word = 0, 0, 0
    for text in range(len(counts)):
        before, edge = units, np.int64(-1)
        for _ in range(words_in[text]):
            start, stop, cjk, first = starts[word], stops[word], kinds[word] == CJK, used
            at = start
            while at < stop:
                point, size = decode(data, at)
                was = used
                if WIDE <= point < WIDE_END:
                    used = _put_folded(point, widths, voicings, out, first, used)
                else:
                    for place in range(size):
                        out[used + place] = data[at + place]
                    used += size
                if (used > was) if cjk else (at + size == stop):
                    ends[units], joins[units] = used, cjk and (at > start or start == edge)
                    units += 1
                at += size
            edge = stop if cjk else np.int64(-1)
            word += 1
        counts[text] = units - before
    return units


@njit(cache=True, nogil=True)
def _put_folded(
    point: int, widths: NDArray[np.int64], voicings: NDArray[np.int64], out: NDArray[np.uint8], first: int, used: int
) -> int:
    """Write a code point, its width folded; a voicing mark changes the kana before it, in a word that begins at `first`.

    Returns where the next one goes.
    """
    mark = point - (WIDE_END - 2)
    if mark >= 0 and used - 3 >= first and out[used - 3] == KANA_LEAD:
        kana = decode(out, used - 3)[0] - KANA
        if kana < 256 and voicings[mark, kana]:
            return encode(voicings[mark, kana], out, used - 3)
    return encode(widths[point - WIDE], out, used)
