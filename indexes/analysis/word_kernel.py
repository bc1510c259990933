"""The compiled pass that cuts UTF-8 text into words and bigrams; the rules are in `words`."""

from __future__ import annotations

import numpy as np
from numba import njit

from .characters import APOSTROPHE, BIGRAM, COMMA, DIGIT, HYPHEN, LETTER, MARK, SEPARATOR, SLASH
from .utf8_kernel import decode, encode


@njit(cache=True, nogil=True)
def _is_unit(out, start, stop, units):  # type: ignore[no-untyped-def]
    """Whether the letters just written are a unit of measurement."""
    while start < stop and 48 <= out[start] < 58:
        start += 1
    size = stop - start
    if size == 0 or size > 7:
        return False
    for row in units:
        same = row[size] == 0
        for i in range(size):
            same = same and row[i] == out[start + i]
        if same:
            return True
    return False


@njit(cache=True, nogil=True)
def _class_at(data, at, stop, classes):  # type: ignore[no-untyped-def]
    """The class of the character at a byte, and the byte behind it; a separator past the end."""
    if at >= stop:
        return SEPARATOR, at
    point, size = decode(data, at)
    return classes[point], at + size


@njit(cache=True, nogil=True)
def _stays(data, at, stop, classes, kind, before, letters, out, part, size, units):  # type: ignore[no-untyped-def]
    """Whether a joining character of class `kind` stays inside the word, from what stands on both its sides."""
    after, behind = _class_at(data, at, stop, classes)
    if after != LETTER and after != DIGIT:
        return False
    if kind == HYPHEN:
        beyond, _ = _class_at(data, behind, stop, classes)
        lone_after = beyond != LETTER and beyond != DIGIT and beyond != MARK
        return before == DIGIT or after == DIGIT or letters == 1 or lone_after
    if kind == SLASH:
        return _is_unit(out, part, size, units)
    wanted = LETTER if kind == APOSTROPHE else DIGIT
    return before == wanted and after == wanted


@njit(cache=True, nogil=True)
def cut_words(data, offsets, classes, folds, units, out, ends, counts):  # type: ignore[no-untyped-def]
    """Fill `out`, `ends` and `counts` with the tokens of every text; the bytes and tokens written."""
    size, tokens = 0, 0
    for text in range(len(offsets) - 1):
        first, stop = tokens, offsets[text + 1]
        at = offsets[text]
        start = part = size  # of the token being written, and of its piece behind the last hyphen or slash
        letters, last = 0, SEPARATOR  # characters in that piece, and the class of the character before
        run, previous = 0, np.int32(0)  # characters in the run of bigram characters, and the last of them
        while at <= stop:
            while at < stop and data[at] < 128 and run == 0:  # most text is runs of such letters
                kind = classes[data[at]]
                if kind != LETTER and kind != DIGIT:
                    break
                out[size], last = folds[data[at]], kind
                size, letters, at = size + 1, letters + 1, at + 1
            point, width, kind = np.int32(32), 1, SEPARATOR
            if at < stop:
                point, width = decode(data, at)
                kind = classes[point]
            if run == 1 and kind != BIGRAM and kind != MARK:  # a lone character is a token of its own
                size = encode(previous, out, size)
                ends[tokens] = size
                tokens += 1
                start = part = size
            if kind == LETTER or kind == DIGIT or (kind == MARK and size > start):
                size = encode(folds[point], out, size)
                if kind != MARK:
                    letters += 1
                    last = kind
            elif size > start:
                if kind >= HYPHEN and _stays(data, at + width, stop, classes, kind, last, letters, out, part, size, units):
                    if kind != COMMA:
                        size = encode(folds[point], out, size)
                    if kind == HYPHEN or kind == SLASH:
                        part, letters = size, 0
                else:
                    ends[tokens] = size
                    tokens += 1
                    start = part = size
                    letters, last = 0, SEPARATOR
            if kind == BIGRAM:
                folded = folds[point]
                if run > 0:
                    size = encode(folded, out, encode(previous, out, size))
                    ends[tokens] = size
                    tokens += 1
                    start = part = size
                run, previous = run + 1, folded
            elif kind != MARK:
                run = 0
            at += width
        counts[text] = tokens - first
    return size, tokens
