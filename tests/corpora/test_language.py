"""The language rule on made-up mixtures and on real text in seven languages."""

from __future__ import annotations

import gzip
import json

import pytest

from corpora.folder import open_folder_corpus
from corpora.language import count_language, language_of
from corpora.workspace import Workspace

ENGLISH = "the patient was given a dose of the drug and then observed"


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["心脏病患者应当定期复查"], "zh"),
        (["心脏病患者 ECG MRI 检查"], "zh"),
        (["心臓病の患者は定期的に検査を受けるべきです"], "unknown"),
        ([ENGLISH], "en"),
        ([ENGLISH.upper()], "en"),
        (["Acute lymphoblastic leukaemia", "Typhoid endocarditis"], "unknown"),
        (["Der Patient erhielt eine Dosis des Medikaments und wurde dann beobachtet"], "unknown"),
        (["пациент получил дозу препарата"], "unknown"),
        (["12 34 56", ""], "unknown"),
        ([], "unknown"),
    ],
)
def test_rule(texts, language):
    assert count_language(texts).language == language


def test_thresholds_are_where_the_rule_puts_them():
    assert count_language(["心" * 30 + "x" * 70]).language == "zh"
    assert count_language(["心" * 29 + "x" * 71]).language == "unknown"
    assert count_language(["心" * 95 + "か" * 5]).language == "unknown"
    assert count_language(["心" * 96 + "か" * 4]).language == "zh"
    assert count_language(["the " * 15 + "drug " * 85]).language == "en"
    assert count_language(["the " * 14 + "drug " * 86]).language == "unknown"


def test_the_sample_is_taken_from_all_over_the_corpus(tmp_path):
    lines = [{"_id": str(number), "text": ENGLISH if number < 20 else "心脏病患者应当定期复查"} for number in range(5000)]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    corpus, card, _ = open_folder_corpus(tmp_path / "data", Workspace(tmp_path / "home"))
    assert card.language == "zh"
    assert language_of(corpus).documents == 256


@pytest.mark.parametrize(("code", "language"), [("en", "en"), ("es", "unknown"), ("fr", "unknown"), ("it", "unknown")])
def test_parallel_cases(shared, code, language):
    with gzip.open(shared / "data" / "casimedicos" / "questions.jsonl.gz", "rt", encoding="utf-8") as file:
        questions = [json.loads(line) for line in file]
    texts = [question["question"] for question in questions if question["lang"] == code]
    assert len(texts) > 500
    assert count_language(texts[:200]).language == language
