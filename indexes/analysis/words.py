"""The cutter of our own analysers: words for alphabets, character bigrams for scripts that put no blanks between words.

A word is a run of letters, digits and combining marks. Inside a word are kept whole
- a hyphen beside a digit or a lone character (`IL-6`, `COVID-19`, `T-cell`), so that clinical names stay one word,
- a slash after a unit of measurement (`mg/kg`), a dot between digits (`0.05`) and an apostrophe between letters;
a comma between digits goes (`1,000` is `1000`). Everything else separates.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from .analyser import Cut, Cutter
from .characters import APOSTROPHE, BIGRAM, COMMA, DIGIT, DOT, HYPHEN, LETTER, MARK, SLASH

CODE_POINTS = 0x110000
UNITS = "g kg mg ug μg mcg ng pg l dl ml ul μl mol mmol umol μmol nmol pmol iu miu mu u meq mm cm m mm3 cell cells beats"
SCRIPTS = {
    "chinese": r"[\p{Script=Han}]",
    "japanese": r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]",
    "korean": r"[\p{Script=Han}\p{Script=Hangul}]",
}


class Tables(NamedTuple):
    """Per code point: its class (uint8) and what it folds to (int32); and the units as padded UTF-8 rows (uint8)."""

    classes: NDArray[np.uint8]
    folds: NDArray[np.int32]
    units: NDArray[np.uint8]


def words(bigrams: str = "") -> Cutter:
    """The cutter that makes bigrams of one of `SCRIPTS` (none by default) and words of the rest."""

    def cut(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Cut:
        from .word_kernel import cut_words

        tables = tables_for(bigrams)
        room = 3 * len(data) + 8
        out, ends = np.empty(room, np.uint8), np.empty(len(data) + len(offsets), np.int64)
        counts = np.empty(len(offsets) - 1, np.int64)
        size, tokens = cut_words(data, offsets, tables.classes, tables.folds, tables.units, out, ends, counts)
        return Cut(out[:size], ends[:tokens], counts)

    return cut


@cache
def tables_for(bigrams: str) -> Tables:
    """The tables of one cutter; the character data is that of the `regex` package's Unicode version."""
    text = "".join(map(chr, range(CODE_POINTS)))
    classes = np.zeros(CODE_POINTS, np.uint8)
    kinds = [(r"\p{L}", LETTER), (r"\p{N}", DIGIT), (r"[\p{M}\u200c\u200d]", MARK)]
    for pattern, kind in [*kinds, (SCRIPTS[bigrams], BIGRAM)] if bigrams else kinds:
        for found in regex.finditer(f"(?:{pattern})+", text):
            classes[found.start() : found.end()] = kind
    for characters, kind in (("-‐‑", HYPHEN), ("/", SLASH), (".", DOT), (",", COMMA), ("'’＇", APOSTROPHE)):
        classes[[ord(c) for c in characters]] = kind
    folds = np.arange(CODE_POINTS, dtype=np.int32)
    for found in regex.finditer(r"[\p{Changes_When_Casefolded}\p{NFKC_Quick_Check=No}‐‑’＇]", text):
        folds[found.start()] = _fold(found.group())
    return Tables(classes, folds, _unit_rows())


def _fold(character: str) -> int:
    """The code point that a character counts as: half width, no case; itself where that would be several characters."""
    if character in "‐‑":
        return ord("-")
    if character in "’＇":
        return ord("'")
    if character.isascii():
        return ord(character.lower())
    for folded in (unicodedata.normalize("NFKC", character).casefold(), character.casefold(), character.lower()):
        if len(folded) == 1:
            return ord(folded)
    return ord(character)


def _unit_rows() -> NDArray[np.uint8]:
    rows = np.zeros((len(UNITS.split()), 8), np.uint8)
    for row, unit in zip(rows, UNITS.split(), strict=True):
        encoded = unit.encode()
        row[: len(encoded)] = list(encoded)
    return rows
