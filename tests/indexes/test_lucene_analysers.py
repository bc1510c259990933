"""The two Lucene analysers without Lucene: worked examples, the stemmer against Snowball's, and cutting in blocks."""

from __future__ import annotations

import random

import pytest
import Stemmer
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.analysis.analyser import Analyser, utf8
from indexes.analysis.lucene import lucene_cjk, lucene_english
from indexes.analysis.porter import stem

ANALYSERS = [lucene_english(), lucene_cjk()]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("The patient's fevers were not this", ["patient", "fever", "were"]),
        ("CROHN’S and Parkinson＇S", ["crohn", "parkinson"]),
        ("Pathology, allergically sensibly running", ["patholog", "allerg", "sensibl", "run"]),
        ("1,000.5 mg of IL-2 in U.S.A.", ["1,000.5", "mg", "il", "2", "u.s.a"]),
        ("İstanbul ΟΔΟΣ Éa", ["istanbul", "οδοσ", "éa"]),
        ("It's is's", []),
        ("中文 ab", ["中", "文", "ab"]),
    ],
)
def test_english(text: str, terms: list[str]) -> None:
    assert lucene_english()(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("高血压患者", ["高血", "血压", "压患", "患者"]),
        ("高 血压，症", ["高", "血压", "症"]),
        ("x高y血压z", ["x", "高", "y", "血压", "z"]),
        ("インフルのｶﾞﾝ", ["イン", "ンフ", "フル", "ルの", "のガ", "ガン"]),
        ("ﾊﾟｶﾟかﾞ", ["パカ", "カ\u309a", "\u309aか", "か\u3099"]),
        ("고혈압 약", ["고혈", "혈압", "약"]),
        ("ＣＴ　and Ｘ線 ＰＤ－１", ["ct", "x", "線", "pd", "1"]),
        ("The www t s an this", ["an"]),
        ("葛\U000e0100城\U00020000", ["葛\U000e0100", "\U000e0100城", "城\U00020000"]),
    ],
)
def test_cjk(text: str, terms: list[str]) -> None:
    assert lucene_cjk()(text) == terms


def test_stemmer_by_the_paper() -> None:
    """Examples of Porter (1980), in the order of its steps."""
    pairs = (
        "caresses caress ponies poni ties ti caress caress cats cat feed feed agreed agre plastered plaster bled bled "
        "motoring motor sing sing conflated conflat troubled troubl sized size hopping hop tanned tan falling fall "
        "hissing hiss fizzed fizz failing fail filing file happy happi sky sky relational relat conditional condit "
        "rational ration valenci valenc hesitanci hesit digitizer digit conformabli conform radicalli radic differentli "
        "differ vileli vile analogousli analog vietnamization vietnam predication predic operator oper feudalism feudal "
        "decisiveness decis hopefulness hope callousness callous formaliti formal sensitiviti sensit sensibiliti sensibl "
        "triplicate triplic formative form formalize formal electriciti electr electrical electr hopeful hope goodness "
        "good revival reviv allowance allow inference infer airliner airlin gyroscopic gyroscop adjustable adjust "
        "defensible defens irritant irrit replacement replac adjustment adjust dependent depend adoption adopt homologou "
        "homolog communism commun activate activ angulariti angular homologous homolog effective effect bowdlerize "
        "bowdler probate probat rate rate cease ceas controll control roll roll"
    ).split()
    assert [stem(word) for word in pairs[::2]] == pairs[1::2]


def test_stemmer_departs_from_the_paper_where_lucene_does() -> None:
    words = ["as", "by", "sensibly", "radiology", "biology"]
    assert [stem(word) for word in words] == ["as", "by", "sensibl", "radiolog", "biologi"]


def test_stemmer_agrees_with_snowball_on_random_words() -> None:
    """Snowball's `porter` is the paper's algorithm; words that the departures touch, and doubled rare letters, are left out."""
    snowball, chance = Stemmer.Stemmer("porter"), random.Random(0)
    endings = "ational enci izer entli ousli ation alism iveness fulness iviti biliti icate ative ical ness ance ement ion"
    endings = [*endings.split(), *"ous ize eed ed ing s ies sses ss y e ll le at iz tt able ful".split()]
    words = set()
    while len(words) < 20_000:
        word = "".join(chance.choices("aeioubdlstzr", k=chance.randint(1, 5)) + chance.choices(endings, k=chance.randint(0, 3)))
        if len(word) > 2 and not any(part in word for part in ("bli", "bly", "logi", "logy", "yy")):
            words.add(word)
    assert [w for w in sorted(words) if stem(w) != snowball.stemWord(w)] == []


@pytest.mark.parametrize("analyser", ANALYSERS, ids=lambda a: a.name)
@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=6))
def test_a_block_is_cut_as_its_texts_are(analyser: Analyser, texts: list[str]) -> None:
    block = analyser.cut(*utf8(texts))
    apart = [analyser.cut(*utf8([text])) for text in texts]
    assert block.counts.tolist() == [len(cut.ends) for cut in apart]
    assert block.data.tobytes() == b"".join(cut.data.tobytes() for cut in apart)
    assert block.counts.sum() == len(block.ends)
    assert len(block.data) == (block.ends[-1] if len(block.ends) else 0)


@pytest.mark.parametrize("analyser", ANALYSERS, ids=lambda a: a.name)
def test_identity_names_versions(analyser: Analyser) -> None:
    assert "lucene 9.9.1" in analyser.identity
    assert analyser.cut(*utf8([])).counts.tolist() == []
