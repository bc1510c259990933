"""Porter's English stemmer, as Lucene's PorterStemFilter applies it.

The algorithm is Porter (1980), "An algorithm for suffix stripping", Program 14(3), with the two departures of his own
later program, which Lucene keeps: `bli` becomes `ble` (not only `abli` `able`), and `logi` becomes `log`. Words of one or
two UTF-16 units are left alone, and every letter but a, e, i, o, u and y counts as a consonant. Step names are the paper's.
"""

from __future__ import annotations

_LETTERS = bytes(118 if chr(b) in "aeiou" else 121 if chr(b) == "y" else 99 for b in range(256))
"""Latin-1 to `v` for a vowel, `y` for y and `c` for any other."""

Endings = dict[str, list[tuple[str, int, str]]]
"""Under the last letter but one: endings, how many letters to cut, and what to put in their place."""


def _endings(text: str) -> Endings:
    endings: Endings = {}
    for entry in text.split():
        suffix, _, replacement = entry.partition(":")
        endings.setdefault(suffix[-2], []).append((suffix, len(suffix), replacement))
    return endings


_STEP_2 = _endings(
    "ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous ization:ize ation:ate "
    "ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive biliti:ble logi:log"
)
_STEP_3 = _endings("icate:ic ative alize:al iciti:ic ical:ic ful ness")
_STEP_4 = _endings("al ance ence er ic able ible ant ement ment ent ou ism ate iti ous ive ize")
_STEP_4["o"] += [("sion", 3, ""), ("tion", 3, "")]


def stem(word: str) -> str:
    """The stem of one lower-case word."""
    if word.isascii() or max(word) <= "\uffff":
        return _stem(word)
    units = word.encode("utf-16-le")
    apart = "".join(chr(units[i] | units[i + 1] << 8) for i in range(0, len(units), 2))
    return _stem(apart).encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _stem(word: str) -> str:
    if len(word) <= 2:
        return word
    word = _step_1c(_step_1b(_step_1a(word)))
    word = _replaced(_replaced(word, _STEP_2, 0), _STEP_3, 0)
    return _step_5b(*_step_5a(_replaced(word, _STEP_4, 1)))


def _shape(word: str) -> bytes:
    """One letter for each of the word's: `v` a vowel, `c` a consonant; y is a vowel after a consonant."""
    shape = word.encode("latin-1", "replace").translate(_LETTERS)
    while (at := shape.find(b"y")) >= 0:
        vowel = at > 0 and shape[at - 1] == 99
        shape = shape[:at] + (b"v" if vowel else b"c") + shape[at + 1 :]
    return shape


def _measure(word: str) -> int:
    """The paper's m: how often a consonant follows a vowel."""
    return _shape(word).count(b"vc")


def _double(word: str) -> bool:
    """Whether the word ends in a doubled consonant."""
    return word[-1:] == word[-2:-1] and _shape(word)[-1:] == b"c"


def _short(word: str) -> bool:
    """The paper's *o: the word ends consonant, vowel, consonant, and the last is not w, x or y."""
    return _shape(word)[-3:] == b"cvc" and word[-1] not in "wxy"


def _step_1a(word: str) -> str:
    if not word.endswith("s") or (word[-2] == "s" and not word.endswith("sses")):
        return word
    return word[:-2] if word.endswith(("sses", "ies")) else word[:-1]


def _step_1b(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    base = word[:-2] if word.endswith("ed") else word[:-3] if word.endswith("ing") else word
    if base == word or b"v" not in _shape(base):
        return word
    if base.endswith(("at", "bl", "iz")):
        return base + "e"
    if _double(base):
        return base if base[-1] in "lsz" else base[:-1]
    return base + "e" if _short(base) and _measure(base) == 1 else base


def _step_1c(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and b"v" in _shape(word[:-1]) else word


def _replaced(word: str, endings: Endings, over: int) -> str:
    """Steps 2 to 4: the first ending that the word has is replaced, if the measure before it is more than `over`."""
    for suffix, length, replacement in endings.get(word[-2:-1], ()):
        if word.endswith(suffix):
            return word[:-length] + replacement if _measure(word[:-length]) > over else word
    return word


def _step_5a(word: str) -> tuple[str, int]:
    """The word without a last e that it can do without, and the measure of the word as it came."""
    if not word.endswith(("e", "l")):
        return word, 0
    measure = _measure(word)
    drop = word.endswith("e") and (measure > 1 or (measure == 1 and not _short(word[:-1])))
    return word[:-1] if drop else word, measure


def _step_5b(word: str, measure: int) -> str:
    return word[:-1] if measure > 1 and word.endswith("l") and _double(word) else word
