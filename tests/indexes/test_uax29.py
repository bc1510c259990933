"""Words by the Unicode rules: worked examples, the rules of another library, and any bytes that are UTF-8."""

from __future__ import annotations

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.analysis.analyser import utf8
from indexes.analysis.automaton import START, WIDTH, any_of, automaton
from indexes.analysis.uax29 import CJK, LONGEST, Spans, words
from indexes.analysis.wordbreak import CLASSES, CODE_POINTS, class_of


def cut(text: str) -> list[str]:
    found = words(*utf8([text]))
    raw = text.encode()
    return [raw[a:b].decode() for a, b in zip(found.starts, found.stops, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\r\n-/@!?", []),
        ("Beta-blockers lower BP.", ["Beta", "blockers", "lower", "BP"]),
        ("1,000.5 mg, 3.", ["1,000.5", "mg", "3"]),
        ("a.1 1.a", ["a", "1", "1", "a"]),
        ("U.S.A. can't ’tis", ["U.S.A", "can't", "tis"]),
        ("a_b __c__ ___", ["a_b", "__c__"]),
        ("IL-2Rα5 HbA1c", ["IL", "2Rα5", "HbA1c"]),
        ("na\u00efve nai\u0308ve a\u00adb", ["naïve", "nai\u0308ve", "a\u00adb"]),
        ("中文 かな カナ ｶﾅ 한국어", ["中", "文", "か", "な", "カナ", "ｶﾅ", "한국어"]),
        ("ไข้หวัดใหญ่ ໄຂ້", ["ไข้หวัดใหญ่", "ໄຂ້"]),
        ("צה\"ל א'", ['צה"ל', "א'"]),
        ("😀👍🏽 👨‍👩‍👧 🇫🇷🇩🇪 1️⃣ #⃣ ©", ["😀", "👍🏽", "👨‍👩‍👧", "🇫🇷", "🇩🇪", "1️⃣", "#⃣", "©"]),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", ["\U0001f3f4\U000e0067\U000e0062\U000e007f"]),
        ("a\0b\ufeffc\u2028d", ["a", "b\ufeffc", "d"]),
    ],
)
def test_examples(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(("letter", "units"), [("a", 1), ("é", 1), ("한", 1), ("\U00010400", 2)])
def test_a_word_ends_after_255_utf16_units(letter: str, units: int) -> None:
    longest = LONGEST // units
    assert cut(letter * (2 * longest + 3)) == [letter * longest, letter * longest, letter * 3]


def test_what_cannot_be_seen_past_255_units_joins_nothing() -> None:
    assert cut("a" * 253 + "'b") == ["a" * 253 + "'b"]
    assert cut("a" * 254 + "'b") == ["a" * 254, "b"]


def test_kinds_tell_cjk_words_apart() -> None:
    text = "fever 发热 ねつ カゼ 열 ไข้ 12 😀"
    found = words(*utf8([text]))
    raw, cjk = text.encode(), found.kinds == CJK
    assert [raw[a:b].decode() for a, b in zip(found.starts[cjk], found.stops[cjk], strict=True)] == [*"发热ねつ", "カゼ", "열"]


PLAIN = 'aZ\u00e9\u03a9\u0436 5\u06f7_\u203f.:,;"-/\t\n中文あカｶー가'


@settings(max_examples=500, deadline=None)
@given(st.text(PLAIN, max_size=40))
def test_boundaries_are_those_of_the_regex_package(text: str) -> None:
    """Without marks, apostrophes, emoji, Hebrew and South East Asian letters, Lucene and `regex` both keep to the annex."""
    parts = regex.split(r"\b", text, flags=regex.WORD | regex.V1)
    assert cut(text) == [part for part in parts if regex.search(r"[\p{L}\p{N}]", part)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=8))
def test_texts_are_cut_apart_and_words_never_overlap(texts: list[str]) -> None:
    data, offsets = utf8(texts)
    together = words(data, offsets)
    apart = [words(*utf8([text])) for text in texts]
    assert together.counts.tolist() == [len(found.starts) for found in apart]
    assert np.all(together.starts < together.stops)
    assert np.all(together.stops[:-1] <= together.starts[1:])
    assert together.starts.tolist() == [a + offsets[i] for i, found in enumerate(apart) for a in found.starts]


def test_no_texts() -> None:
    found = words(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    assert isinstance(found, Spans)
    assert len(found.starts) == len(found.counts) == 0


def test_the_table_covers_every_class() -> None:
    counts = np.bincount(class_of(), minlength=len(CLASSES))
    assert len(class_of()) == CODE_POINTS
    assert counts.all()
    assert counts[CLASSES.index("Han")] == 89231
    assert counts[CLASSES.index("Hangul")] == 11675
    assert counts[CLASSES.index("Flag")] == 26


@pytest.mark.parametrize("name", ["Hebrew_Letter", "Katakana", "ExtendNumLet", "Regional_Indicator"])
def test_the_table_agrees_with_a_later_unicode(name: str) -> None:
    """Classes that later versions only add to."""
    ours = {"Hebrew_Letter": "Hebrew", "Regional_Indicator": "Flag"}.get(name, name)
    now = regex.compile(rf"\p{{WB={name}}}")
    members = np.flatnonzero(class_of() == CLASSES.index(ours))
    assert all(now.match(chr(point)) for point in members)


def test_automaton_takes_the_first_rule_of_equal_length() -> None:
    a, b = any_of(0), any_of(1)
    found = automaton([(7, a + b), (9, (a | b).some()), (3, b + a.many() + b.maybe())])

    def kind(*classes: int) -> int:
        state = START
        for symbol in classes:
            state = found.step[state * WIDTH + symbol]
        return int(found.kinds[state])

    assert [kind(0, 1), kind(0), kind(1, 0, 0, 1), kind(2), kind()] == [7, 9, 9, 0, 0]
