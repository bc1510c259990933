"""The word-break class of every code point, in the Unicode version that Lucene 9 is built with (12.1)."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TABLE = Path(__file__).with_name("wordbreak.txt")
CODE_POINTS = 0x110000

CLASSES = (
    "Other",
    "Letter",  # WB=ALetter, but for the two classes PictureLetter and Hangul
    "Hebrew",
    "Hangul",  # WB=ALetter of that script
    "PictureLetter",  # WB=ALetter that is also an emoji, as the circled M
    "Katakana",
    "Hiragana",
    "Han",
    "SouthEast",  # LB=Complex_Context: Thai, Lao, Khmer, Myanmar...
    "SouthEastMark",  # the same, and WB=Extend
    "Digit",  # the ASCII ones, which also begin keycaps
    "Numeric",
    "ExtendNumLet",
    "MidLetter",
    "MidNumLet",
    "MidNum",
    "SingleQuote",
    "DoubleQuote",
    "Extend",  # WB=Extend or Format, but for those named below
    "Joiner",  # U+200D
    "TextStyle",  # U+FE0E
    "EmojiStyle",  # U+FE0F
    "Keycap",  # U+20E3
    "KeycapSign",  # number sign and asterisk
    "Picture",  # Extended_Pictographic
    "SkinTone",  # Emoji_Modifier
    "Flag",  # Regional_Indicator
    "Tag",
    "TagEnd",
)


@cache
def class_of() -> NDArray[np.uint8]:
    """The place in `CLASSES` of each code point's class, uint8 (0x110000), read-only."""
    classes = np.zeros(CODE_POINTS, np.uint8)
    for line in TABLE.read_text("ascii").splitlines():
        if not line.startswith("#"):
            name, *ranges = line.split()
            for first, last in map(_range, ranges):
                classes[first : last + 1] = CLASSES.index(name)
    classes.flags.writeable = False
    return classes


def table_version() -> str:
    """The first digits of the table's sha256: part of an analyser's identity."""
    return hashlib.sha256(TABLE.read_bytes()).hexdigest()[:12]


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first, 16), int(last or first, 16)
