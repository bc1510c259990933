"""Lucene in its child process: the index protocol, its end, what is said when something is missing, and its analysers."""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpora import SurroundingsError, UsageError, corpus_of
from corpora.errors import StateError
from indexes import java
from indexes.analysis.analyser import Analyser, utf8
from indexes.analysis.lucene import lucene_cjk, lucene_english
from indexes.hits import PADDING
from indexes.lucene import LANGUAGES, LuceneIndex, build_lucene, open_lucene
from indexes.lucene_lengths import coded_lengths
from indexes.lucene_process import LuceneProcess

pytestmark = pytest.mark.lucene
TEXTS = ["fever and cough", "cough", "fever fever", "cough 😀", "", "nul\0fever", "cough"]
IDS = ["d3", "d1", "d6", "d0", "d2", "d4", "d5"]
ORDER = corpus_of(pa.table({"id": IDS})).order


@pytest.fixture(scope="module")
def process() -> Iterator[LuceneProcess]:
    try:
        process = LuceneProcess()
    except SurroundingsError as problem:
        pytest.skip(str(problem))
    yield process
    process.end()


@pytest.fixture(scope="module")
def folder(process: LuceneProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lucene")
    blocks = iter([pa.array(TEXTS[:3]), pa.array([], pa.string()), pa.array(TEXTS[3:], pa.large_string())])
    made = build_lucene(folder, blocks, "en", 0.9, 0.4)
    assert made["documents"] == len(TEXTS)
    assert (made["lucene"], made["pyserini"]) == ("9.9.1", "1.6.0")
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> LuceneIndex:
    return open_lucene(folder, ORDER)


def test_hits_are_in_the_total_order(index: LuceneIndex) -> None:
    hits = index.search(["cough", "fever", "😀", "the", "unheard", ""], 4)
    assert hits.rows.dtype == np.int64
    assert hits.scores.dtype == np.float32
    assert hits.rows.tolist() == [[6, 1, 0, 3], [2, 5, 0, -1], [3, -1, -1, -1], *[[-1] * 4] * 3]
    assert hits.scores[0, 0] == hits.scores[0, 1] > hits.scores[0, 2]
    assert np.isneginf(hits.scores[hits.rows == PADDING]).all()


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_a_tie_at_the_cut_goes_by_id(index: LuceneIndex, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows 1 and 6 tie, and rows 0 and 3; Lucene itself puts rows 1 and 0 first."""
    monkeypatch.setattr("indexes.lucene.MORE", 0)
    assert index.search(["cough"], k).rows.tolist() == [[6, 1, 0, 3][:k]]


def test_candidates(index: LuceneIndex) -> None:
    mask = np.array([True, False, True, False, False, True, False])
    assert index.search(["cough", "fever"], 2, mask).rows.tolist() == [[0, -1], [2, 5]]
    rows = [np.array([1, 3]), np.array([], np.int64)]
    assert index.search(["cough", "fever"], 2, rows).rows.tolist() == [[1, 3], [-1, -1]]


def test_no_queries(index: LuceneIndex) -> None:
    assert index.search([], 5).rows.shape == (0, 5)
    assert len(index) == len(TEXTS)


def test_a_query_of_many_terms(index: LuceneIndex) -> None:
    assert index.search(["fever " + " ".join(f"w{i}" for i in range(5000))], 1).rows.tolist() == [[2]]


def test_an_empty_corpus(process: LuceneProcess, tmp_path: Path) -> None:
    assert build_lucene(tmp_path, iter([]), "zh")["documents"] == 0
    assert open_lucene(tmp_path, np.zeros(0, np.int64), language="zh").search(["热"], 3).rows.tolist() == [[-1] * 3]


def test_an_index_of_another_corpus_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="7 documents, but the corpus has 2"):
        open_lucene(folder, np.arange(2))
    with pytest.raises(StateError, match="no Lucene index"):
        open_lucene(tmp_path, np.arange(2))


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    assert {"en", "zh"} < set(LANGUAGES)
    with pytest.raises(UsageError, match="klingon"):
        build_lucene(tmp_path, iter([]), "klingon")


def test_the_process_ends_with_its_index(folder: Path) -> None:
    index = open_lucene(folder, ORDER)
    number = index.process._process.pid
    assert Path(f"/proc/{number}").exists() or sys.platform != "linux"
    del index
    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_dead_process_is_told(folder: Path) -> None:
    index = open_lucene(folder, ORDER)
    index.process._process.send_signal(signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(SurroundingsError, match="its process ended with code -9"):
            index.search(["fever"], 3)


def test_what_java_throws_is_told(process: LuceneProcess, tmp_path: Path) -> None:
    damaged = tmp_path / "segments_1"
    damaged.write_bytes(b"no index")
    with pytest.raises(SurroundingsError, match="Lucene failed"):
        open_lucene(tmp_path, np.zeros(0, np.int64))


def differing(process: LuceneProcess, language: str, analyser: Analyser, texts: list[str]) -> list[str]:
    """The texts of which our analyser makes other terms than Lucene's."""
    answers = process.ask({"do": "analyse", "language": language, "texts": texts}, answers=len(texts))
    cut = analyser.cut(*utf8(texts))
    raw, ends = cut.data.tobytes(), [0, *cut.ends.tolist()]
    terms = analyser.terms([raw[a:b].decode() for a, b in zip(ends, ends[1:], strict=False)])
    edges = [0, *np.cumsum(cut.counts).tolist()]
    ours = ([term for term in terms[a:b] if term is not None] for a, b in zip(edges, edges[1:], strict=False))
    return [text for text, answer, term in zip(texts, answers, ours, strict=True) if answer["terms"] != term]


BOTH = pytest.mark.parametrize(("language", "analyser"), [("en", lucene_english()), ("zh", lucene_cjk())], ids=["en", "zh"])
ODD = (
    "aZéΣİſKsS1٣_‿',.:;\"’＇．・·\u00ad\u0301\u200d\ufe0f\ufe0e\u20e3#*中文々あｱｶﾞﾟカー가각ㄱᄀﾠไทยກາມြ😀👍🏽👨🏻🇦🇧🇨🏴\U000e0067\U000e007f"
    "©®〰ⓂאבגשׁABC\U00010400\U0001d400\U00020000 \t\r\n-/@\0\u2028\u202f\u3000ＡＢ１ｓ"
)


@BOTH
def test_every_code_point_as_lucene(process: LuceneProcess, language: str, analyser: Analyser) -> None:
    points = [chr(point) for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000]
    points = [*points[:0x20000], *points[0xE0000 - 0x801 :][:0x300]]
    around = [f"a{c}B{c}1{c} 中{c}カ{c}ｶ{c}가{c}あ{c}א{c}ไ" for c in points]
    texts = ["\n\n".join(around[i : i + 200]) for i in range(0, len(around), 200)]
    assert differing(process, language, analyser, texts) == []


@BOTH
def test_random_and_long_texts_as_lucene(process: LuceneProcess, language: str, analyser: Analyser) -> None:
    chance = random.Random(1)
    texts = ["".join(chance.choices(ODD, k=chance.randint(1, 12))) for _ in range(5000)]
    texts += ["".join(chance.choices(ODD, k=chance.randint(100, 600))) for _ in range(500)]
    tails = ["", "'b", ".5", "\u0301b", "\U00010400\U00010400", "😀", "\u0301" * 300]
    texts += [
        letter * n + tail for letter in "aé中カ가\U00010400ไ1_א" for n in (126, 127, 128, *range(252, 258)) for tail in tails
    ]
    assert differing(process, language, analyser, texts) == []


def test_stems_as_lucene(process: LuceneProcess) -> None:
    chance, letters = random.Random(7), "aeiouybcdlstwxzqré\U0001d400"
    endings = "ational enci izer bli entli ousli ation alism iveness fulness iviti biliti logi icate ative ical ness ance ement"
    endings = [*endings.split(), *"ion sion tion ous ize eed ed ing s ies sses ss y e ll le at bl iz tt able ful".split()]
    starts = ["".join(chance.choices(letters, k=chance.randint(0, 5))) for _ in range(30_000)]
    words = [start + "".join(chance.choices(endings, k=chance.randint(0, 3))) for start in starts]
    assert differing(process, "en", lucene_english(), [" ".join(words[i : i + 50]) for i in range(0, len(words), 50)]) == []


def test_lengths_as_lucene(process: LuceneProcess) -> None:
    """SmallFloat itself, in a process of its own."""
    powers = 2 ** np.arange(7, 31)
    lengths = np.concatenate(
        [np.arange(3000), powers - 1, powers, powers + 1, np.random.default_rng(0).integers(0, 2**31 - 1, 500)]
    )
    program = (
        "import glob, json, os, sys, pyserini, jnius_config\n"
        "jnius_config.set_classpath(*glob.glob(os.path.dirname(pyserini.__file__) + '/resources/jars/*.jar'))\n"
        "from jnius import autoclass\n"
        "small = autoclass('org.apache.lucene.util.SmallFloat')\n"
        "print(json.dumps([small.byte4ToInt(small.intToByte4(n)) for n in json.load(sys.stdin)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(lengths.tolist()),
        env=os.environ | {"JAVA_HOME": str(java.java_home())},
        capture_output=True,
        text=True,
        check=True,
    )
    assert coded_lengths(lengths).tolist() == json.loads(done.stdout)
