"""What our own analysers make of medical text."""

from __future__ import annotations

import pytest
import Stemmer

from corpora import UsageError
from indexes.analysis.named import analyser, analyser_names, default_analyser


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("IL-6 and TNF-α in COVID-19", ["il-6", "tnf-α", "and", "in", "covid-19"]),
        ("a well-known double-blind T-cell x-ray", ["a", "well", "known", "double", "blind", "t-cell", "x-ray"]),
        ("5 mg/kg/day and/or 0.05 or 1,000 IU", ["5", "mg/kg/day", "and", "or", "0.05", "or", "1000", "iu"]),
        ("Crohn’s, naïve; p<0.05", ["crohn's", "naïve", "p", "0.05"]),
        ("ＡＢＣ １２", ["abc", "12"]),
        ("end. -start- 3. ,4", ["end", "start", "3", "4"]),
        ("", []),
        ("--- ... //", []),
    ],
)
def test_words(text: str, terms: list[str]) -> None:
    assert sorted(analyser("plain")(text)) == sorted(terms)


def test_english_drops_stopwords_and_stems_like_snowball() -> None:
    stem = Stemmer.Stemmer("english").stemWord
    assert analyser("english")("The patients with dizziness") == [stem("patients"), stem("dizziness")]


@pytest.mark.parametrize(
    ("name", "text", "terms"),
    [
        ("chinese", "糖尿病的IL-6水平", ["糖尿", "尿病", "病的", "il-6", "水平"]),
        ("chinese", "中", ["中"]),
        ("chinese", "a中b", ["a", "中", "b"]),
        ("chinese", "发热，咳嗽 痰", ["发热", "咳嗽", "痰"]),
        ("japanese", "頭痛です", ["頭痛", "痛で", "です"]),
        ("korean", "두통 환자", ["두통", "환자"]),
        ("plain", "糖尿病", ["糖尿病"]),
    ],
)
def test_scripts_without_blanks_become_bigrams(name: str, text: str, terms: list[str]) -> None:
    assert analyser(name)(text) == terms


def test_chinese_words_by_jieba() -> None:
    pytest.importorskip("jieba")
    assert analyser("chinese-words")("糖尿病，患者 IL") == ["糖尿病", "患者", "il"]


def test_every_analyser_takes_any_text() -> None:
    texts = ["", " ", "a", "中", "\u0301", "a\u0301", "\x00", "🧬 DNA", "x" * 5000, "-", "1-", "-1", "'s", "/mg", "ﬁ ß İ"]
    for name in analyser_names():
        for text in texts:
            assert all(analyser(name)(text)), (name, text)


def test_the_language_chooses_and_an_unknown_name_is_suggested() -> None:
    assert [default_analyser(code) for code in ("en", "zh", "fr", "unknown")] == ["english", "chinese", "french", "plain"]
    with pytest.raises(UsageError, match="did you mean english"):
        analyser("englsh")


def test_identities_differ() -> None:
    assert len({analyser(name).identity for name in analyser_names()}) == len(analyser_names())
