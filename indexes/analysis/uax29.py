"""Text cut into words by the Unicode rules as Lucene 9's StandardTokenizer applies them.

The rules are those of UAX #29 (word boundaries, Unicode 12.1), with emoji sequences by UTS #51, and three departures that
Lucene documents: runs of South East Asian letters stay whole, each Han and Hiragana character is a word of its own, and a
word ends after 255 UTF-16 units. Rule numbers below are those of UAX #29. Characters in no word are passed over.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .analyser import Cut
from .automaton import DEAD, START, WIDTH, Automaton, Pattern, any_of, automaton
from .utf8_kernel import decode
from .wordbreak import CLASSES, class_of

WORD, CJK = 1, 2
"""The kinds of word: any, and those that Lucene types as ideographic, Hiragana, Katakana or Hangul."""
LONGEST = 255


class Spans(NamedTuple):
    """The words of n texts: word t is `data[starts[t]:stops[t]]` of the bytes cut, of kind `kinds[t]`; `counts` int64 (n)."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    counts: NDArray[np.int64]


def words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Spans:
    """The words of each text `data[offsets[i]:offsets[i+1]]` (valid UTF-8), in order."""
    rules = word_rules()
    room = int(offsets[-1] - offsets[0])
    spans = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint8)
    counts = np.empty(len(offsets) - 1, np.int64)
    found = _scan(data, offsets, class_of(), rules.step, rules.kinds, spans, counts)
    starts, stops, kinds = spans
    return Spans(starts[:found], stops[:found], kinds[:found], counts)


def gather(data: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64], counts: NDArray[np.int64]) -> Cut:
    """The tokens `data[starts[t]:stops[t]]`, copied one after the other; `counts` of them in each text."""
    ends = np.cumsum(stops - starts)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    _copy(data, starts, stops, out)
    return Cut(out, ends, counts)


def _one(*names: str) -> Pattern:
    return any_of(*(CLASSES.index(name) for name in names))


_MARKS = ("Extend", "SouthEastMark", "Joiner", "Keycap", "SkinTone", "Tag", "TagEnd")


def _marked(*names: str) -> Pattern:
    """WB4: a character and the marks that cling to it."""
    return _one(*names) + _one(*_MARKS, "TextStyle", "EmojiStyle").many()


def _emoji() -> Pattern:
    """UTS #51, emoji_sequence, in place of WB3c, WB15 and WB16: pictures joined or tagged, keycaps, flags."""
    marks = _one(*_MARKS).many()
    style, joiner = _one("EmojiStyle"), _one("Joiner")
    picture = joiner.many() + _one("Picture", "PictureLetter") + marks + style.maybe()
    picture = picture | _one("SkinTone") + marks
    tags = _one("Tag").some() + _one("TagEnd")
    keycap = _one("Digit", "KeycapSign") + marks + style.maybe() + _one("Keycap") + marks
    return picture + ((joiner + picture).many() | tags) | keycap | _marked("Flag") + _marked("Flag")


def _letters_and_numbers() -> Pattern:
    """WB5 to WB13b: letters, numbers and Katakana, and what may stand between them."""
    letter, kana = _marked(*_LETTERS), _marked("Katakana")
    between = _JOINED | _marked("MidLetter", "MidNumLet", "SingleQuote")
    hebrew = _marked("Hebrew") + (_marked("SingleQuote") | _marked("DoubleQuote") + _marked("Hebrew"))
    run = (hebrew | _numbers() | letter + (between + letter).many()).some()
    part = kana + (_JOINED + kana).many() | run
    return _JOINED + part + (_marked("ExtendNumLet").some() + part).many() + _JOINED


def _numbers() -> Pattern:
    """WB8, WB11 and WB12: digits, and what may stand between them."""
    number = _marked("Digit", "Numeric")
    return number + ((_JOINED | _marked("MidNum", "MidNumLet", "SingleQuote")) + number).many()


_LETTERS = ("Letter", "Hebrew", "Hangul", "PictureLetter")
_JOINED = _marked("ExtendNumLet").many()


@cache
def word_rules() -> Automaton:
    """The automaton of all the rules; of rules that match the same text, the first tells its kind."""
    return automaton(
        [
            (WORD, _emoji()),
            (WORD, _JOINED + _numbers() + _JOINED),
            (CJK, _marked("Hangul").some()),
            (CJK, _marked("Katakana").some()),
            (WORD, _letters_and_numbers()),
            (WORD, _marked("SouthEast", "SouthEastMark").some()),
            (CJK, _marked("Han") | _marked("Hiragana")),
        ]
    )


@njit(cache=True, nogil=True)
def _scan(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    classes: NDArray[np.uint8],
    step: NDArray[np.uint8],
    kinds: NDArray[np.uint8],
    spans: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]],
    counts: NDArray[np.int64],
) -> int:
    """Fill `spans` (starts, stops, kinds) and `counts`; return how many words there are.

    From each place the automaton runs until it is dead, and what it last matched is a word. One loop in one function,
    since to pass arrays to another costs more than a word takes.
    """
    starts, stops, found_kinds = spans
    found = 0
    for text in range(len(counts)):
        start, stop, before = offsets[text], offsets[text + 1], found
        while start < stop:
            state, units, end, kind, at = np.uint32(START), 0, start, np.uint8(0), start
            while at < stop:
                point, size = decode(data, at)
                state = np.uint32(step[state * np.uint32(WIDTH) + classes[point]])
                at += size
                units += 1 + size // 4
                if state == DEAD or units > LONGEST:
                    break
                if kinds[state]:
                    end, kind = at, kinds[state]
            if kind:
                starts[found], stops[found], found_kinds[found] = start, end, kind
                found += 1
                start = end
            else:
                start += decode(data, start)[1]
        counts[text] = found - before
    return found


@njit(cache=True, nogil=True)
def _copy(data: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    used = 0
    for token in range(len(starts)):
        for at in range(starts[token], stops[token]):
            out[used] = data[at]
            used += 1
