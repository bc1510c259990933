"""Folders of questions: every form of options and answers, splits, what lies beside them, and what is refused with its place."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora import InputError, UsageError
from corpora.question_folder import has_questions, open_questions
from corpora.questions import Questions
from corpora.workspace import Workspace

OPTIONS = {"A": "Ibuprofen", "B": "Aspirin", "C": "Rest"}
ONE = {"id": "1", "question": "What is given for a headache?", "options": OPTIONS, "answer": "B"}


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """`load(rows or files, split)`: the questions of a folder that holds them."""

    def opened(*rows: dict[str, Any], split: str | None = None, **files: str) -> Questions:
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        for name, text in ({"questions.jsonl": lines(*rows)} if rows else {}).items() | files.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return open_questions(folder, split, Workspace(tmp_path / "home"))

    return opened


@pytest.mark.parametrize(
    ("options", "answer", "letters"),
    [
        (OPTIONS, "B", "B"),
        (OPTIONS, "b", "B"),
        (OPTIONS, "Aspirin", "B"),
        (OPTIONS, " aspirin ", "B"),
        (list(OPTIONS.values()), "C", "C"),
        (["B", "A"], "A", "A"),  # a letter before a text
        ([{"key": "A", "value": "x"}, {"key": "B", "value": "y"}], "y", "B"),
        ([{"aid": 1, "atext": "x"}, {"aid": 2, "atext": "y"}], 2, "B"),
        ({"1": "x", "2": "y", "3": None}, 1, "A"),
        ({"option1": "x", "option2": "y"}, "option2", "B"),
        ({"A": "x", "B": "", "C": "z"}, "C", "C"),
        ('{"A": "x", "B": "y"}', "A", "A"),
    ],
)
def test_options_and_answers_in_every_form(load: Any, options: Any, answer: Any, letters: str) -> None:
    found = load({**ONE, "options": options, "answer": answer}).items[0]
    assert (found.kind, found.answers) == ("choice", tuple(letters))
    assert set(letters) <= found.options.keys()


@pytest.mark.parametrize(
    ("row", "kind", "answers"),
    [
        ({"options": {"A": "Yes", "B": "no"}, "answer": "A"}, "yes-no", ("A",)),
        ({"options": ["yes", "no", "maybe"], "answer": "maybe"}, "yes-no-maybe", ("C",)),
        ({"options": OPTIONS, "answer": ["C", "A"]}, "several", ("A", "C")),
        ({"options": OPTIONS, "answer": ["Rest"]}, "several", ("C",)),
        ({"answer": 2.1, "limits": [2.0, 2.2]}, "numeric", ("2.1",)),
        ({"answer": "1,200", "limits": {"lower": 1200, "upper": 1200}}, "numeric", ("1,200",)),
        ({"answer": "Rest a while."}, "free", ("Rest a while.",)),
        ({"answer": ["Rest.", "Sleep."]}, "free", ("Rest.", "Sleep.")),
        ({"answer_text": "Rest."}, "free", ("Rest.",)),
        ({}, "free", ()),
        ({"kind": "yes-no", "answer": "no"}, "yes-no", ("B",)),
        ({"kind": "numeric", "answer": 3}, "numeric", ("3",)),
    ],
)
def test_kinds_that_are_stated_or_told(load: Any, row: dict[str, Any], kind: str, answers: tuple[str, ...]) -> None:
    found = load({"id": 1, "question": "Which?", **row}).items[0]
    assert (found.kind, found.answers) == (kind, answers)


def test_one_list_makes_all_lettered_answers_lists(load: Any) -> None:
    several = load(ONE, {**ONE, "id": "2", "answer": ["A", "B"]}, {"id": "3", "question": "Why?", "kind": "free"})
    assert [one.kind for one in several.items] == ["several", "several", "free"]


def test_everything_else_that_a_question_may_say(load: Any) -> None:
    row = {**ONE, "case": 7, "record": "p1", "context": ["first", {"title": "T", "text": "second"}], "lang": "en", "level": 3}
    found = load({**row, "answer_text": "Aspirin", "metadata": {"year": 2020}})
    one = found.items[0]
    assert (one.group, one.record, one.context) == ("7", "p1", ("first", "T\nsecond"))
    assert one.metadata == {"level": 3, "answer_text": "Aspirin", "year": 2020, "language": "en"}
    assert (found.groups, found.card.language, found.split) == (("7",), "en", "test")


def test_splits(load: Any) -> None:
    rows = [{**ONE, "id": split + str(n), "split": split} for split in ("train", "test") for n in range(2)]
    assert load(*rows).ids == ("test0", "test1")
    assert load(*rows, split="train").ids == ("train0", "train1")
    assert len(load(*rows, split="all")) == 4
    with pytest.raises(UsageError, match=r"no split 'tset'(.|\n)*test, train, all"):
        load(*rows, split="tset")
    with pytest.raises(UsageError, match="no split 'test'"):
        load({**ONE, "split": "dev"}, {**ONE, "id": "2", "split": "train"})
    assert load({**ONE, "split": "dev"}).split == "dev"


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "gz", "shards"])
def test_every_format_says_the_same(tmp_path: Path, form: str) -> None:
    rows = [{**ONE, "context": ["a", "b"], "year": "2020"}, {**ONE, "id": "2", "answer": "C", "context": ["c"], "year": "2021"}]
    written = [{key: value if isinstance(value, str) else json.dumps(value) for key, value in row.items()} for row in rows]
    if form == "csv":
        import csv

        with open(tmp_path / "questions.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(written)
    elif form == "tsv":
        text = "\n".join("\t".join(row) for row in [list(rows[0]), *(list(row.values()) for row in written)])
        (tmp_path / "questions.tsv").write_text(text, encoding="utf-8")
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "questions.parquet")
    elif form == "gz":
        (tmp_path / "questions.jsonl.gz").write_bytes(gzip.compress(lines(*rows).encode()))
    else:
        for number, row in enumerate(rows):
            (tmp_path / f"questions-{number}.jsonl").write_text(lines(row), encoding="utf-8")
    found = open_questions(tmp_path, None, Workspace(tmp_path / "home"))
    assert [(one.id, one.answers, one.context) for one in found.items] == [("1", ("B",), ("a", "b")), ("2", ("C",), ("c",))]
    assert dict(found.items[0].options) == OPTIONS
    assert found.items[1].metadata == {"year": "2021"}


def test_a_table_with_a_column_for_every_option(load: Any) -> None:
    found = load(**{"questions.csv": 'id,question,A,B,C,answer\n1,Which?,x,y,,B\n2,What?,x,y,z,"A, C"\n'})
    assert [dict(one.options) for one in found.items] == [{"A": "x", "B": "y"}, {"A": "x", "B": "y", "C": "z"}]
    assert [(one.kind, one.answers) for one in found.items] == [("several", ("B",)), ("several", ("A", "C"))]


def test_languages(load: Any) -> None:
    assert load({**ONE, "language": "en"}, {**ONE, "id": "2", "lang": "fr"}).card.language == "mul"
    assert load({**ONE, "question": "壁胸膜的分部不包括"}).card.language == "zh"
    assert load({**ONE, "lang": "fr"}, **{"card.toml": 'language = "es"\nknown_item = true\n'}).card.language == "es"
    assert load({**ONE, "lang": "fr"}).card.known_item


# -- beside the questions ---------------------------------------------------------------------------------------------

CORPUS = {"corpus.jsonl": lines({"_id": "d1", "text": "one"}, {"_id": "d2", "text": "two", "parent": "p"})}
QRELS = {"qrels__test.tsv": "query-id\tcorpus-id\tscore\n1\td1\t2\n1\td9\t1\nother\td1\t1\n"}


def test_a_corpus_and_judgements_come_with_the_questions(load: Any) -> None:
    found = load(ONE, {**ONE, "id": "2", "evidence": ["d2", "d2", "p"], "record": "p"}, **CORPUS, **QRELS)
    assert found.qrels.grades == {"1": {"d1": 2, "d9": 1}, "2": {"d2": 1, "p": 1}}
    assert found.notes == {"dangling_judgements": 1}
    assert found.describe() == {"questions": 2, "documents": 2}


def test_judgements_without_a_corpus(load: Any) -> None:
    found = load(ONE, **QRELS)
    assert found.corpus is None
    assert found.qrels.grades == {"1": {"d1": 2, "d9": 1}}
    assert load(ONE, split="all").qrels.grades == found.qrels.grades
    assert load(ONE, **{"qrels__dev.tsv": "query-id\tcorpus-id\tscore\n1\tx\t1\n"}).qrels.grades == found.qrels.grades


def test_a_record_must_be_there(load: Any) -> None:
    with pytest.raises(InputError, match=r"questions.jsonl:2: question '2' is of the record 'q'"):
        load(ONE, {**ONE, "id": "2", "record": "q"}, **CORPUS)


def test_counts_of_a_card_hold(load: Any) -> None:
    assert load(ONE, **{"card.toml": "[counts]\nquestions = 1\nquestions_test = 1\n"}).ids == ("1",)
    with pytest.raises(InputError, match="says 2 questions, the files 1"):
        load(ONE, **{"card.toml": "[counts]\nquestions = 2\n"})


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"options": None}, "question '2' has no options, and others do"),
        ({"options": {"A": "x"}}, "question '2' has 1 options"),
        ({"options": ["x"] * 27}, "27 options"),
        ({"options": 3}, "the options of the question: 3"),
        ({"options": {"A": "x", "a": "y"}}, "two options have one letter"),
        ({"options": {"A": ["x"], "B": "y"}}, "'option' is a list"),
        ({"answer": "E"}, "the answer 'E' of question '2' is none of its options A, B, C"),
        ({"answer": None}, "has 0 answers"),
        ({"answer": {"A": 1}}, "'answer' is an object"),
        ({"answer": True}, "'answer' is true or false"),
        ({"options": ["x", "x"], "answer": "x"}, "is the text of several options"),
        ({"kind": "choice", "answer": ["A", "B"]}, r"\(choice\) has 2 answers"),
        ({"kind": "open"}, "the kind of question '2' is 'open'"),
        ({"kind": 1}, "'kind' is a number"),
        ({"question": " "}, "the text of question '2' is empty"),
        ({"question": ["x"]}, "'question' is a list"),
        ({"question": "a\0b"}, "NUL"),
        ({"id": ""}, "id is empty"),
        ({"id": [1]}, "id is a list"),
        ({"id": "1"}, "two questions share the id '1'(.|\n)*questions.jsonl:1"),
        ({"context": {"a": {}}}, "context|text"),
        ({"context": 3.5, "case": [1]}, "group is a list"),
        ({"evidence": {}, "record": {"a": 1}}, "record is an object"),
        ({"evidence": [None]}, "evidence is null"),
        ({"split": ["test"]}, "split is a list"),
        ({"limits": "wide"}, "the limits of the question: 'wide'"),
        ({"limits": [2, 1]}, "the limits of the question"),
        ({"limits": [1, 1e999]}, "the limits of the question|not JSON"),
        ({"kind": "numeric", "answer": "much"}, "the answer of question '2' is no number"),
        ({"kind": "numeric", "answer": 3, "limits": [1, 2]}, "the answer 3 of question '2' is outside its limits"),
    ],
)
def test_what_is_no_question_is_refused_with_its_line(load: Any, row: dict[str, Any], message: str) -> None:
    wanted = {**ONE, "id": "2", **row}
    if row == {"context": {"a": {}}}:
        assert load(ONE, wanted).items[1].context == ()
        return
    with pytest.raises(InputError, match=message) as caught:
        load(ONE, wanted)
    assert "questions.jsonl:2" in caught.value.where


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.txt": ""}, "no questions; the files there are: notes.txt"),
        ({"questions.jsonl": ""}, "there is no question in it"),
        ({"questions.jsonl": "[1]\n"}, "questions.jsonl:1: the line is a list"),
        ({"questions.jsonl": '{"question": "x"}\n'}, "questions.jsonl:1: no question id"),
        ({"questions.jsonl": '{"id": 1}\n'}, "questions.jsonl:1: no question;"),
        ({"questions.jsonl": lines(ONE), "questions.csv": "id"}, "two files hold the same"),
        ({"questions-0.jsonl": lines(ONE), "questions-2.jsonl": lines(ONE)}, "a shard of the questions is missing"),
        ({"questions.jsonl": lines(ONE), "corpus.jsonl": ""}, "no document|empty"),
    ],
)
def test_folders_that_cannot_be_taken(load: Any, files: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(**files)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        open_questions(tmp_path / "nowhere", None, Workspace(tmp_path))
    assert not has_questions(tmp_path / "nowhere")


# -- the shared data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "split", "kind", "count", "language"),
    [
        ("pubmedqa", None, "yes-no-maybe", 500, "en"),
        ("pubmedqa", "all", "yes-no-maybe", 1000, "en"),
        ("medqa-us", None, "choice", 1273, "en"),
        ("medmcqa-dev", None, "choice", 4183, "en"),
        ("medxpertqa-sampled", None, "choice", 244, "en"),
        ("casimedicos", "all", "choice", 2211, "mul"),
        ("frenchmedmcqa", "all", "several", 3105, "unknown"),
        ("cmmlu-med-zh", None, "choice", 1709, "zh"),
        ("cmmlu-med-zh", "all", "choice", 1749, "zh"),
        ("vqa-rad", "all", "free yes-no", 3032, "en"),
        ("covid-qa", None, "free", 1235, "en"),
    ],
)
def test_the_shared_questions_are_as_many_as_stated(
    shared: Path, tmp_path: Path, name: str, split: str | None, kind: str, count: int, language: str
) -> None:
    folder = shared / "data" / name
    if not folder.is_dir():
        pytest.skip(f"no {name} there")
    found = open_questions(folder, split, Workspace(tmp_path))
    assert {one.kind for one in found.items} == set(kind.split())
    assert (len(found), found.card.language) == (count, language)


def test_the_shared_questions_hold_what_the_readme_says(shared: Path, tmp_path: Path) -> None:
    data, place = shared / "data", Workspace(tmp_path)
    pubmedqa = open_questions(data / "pubmedqa", None, place)
    assert pubmedqa.corpus is not None
    assert len(pubmedqa.corpus) == 1000
    assert pubmedqa.qrels.grades == {name: {name: 1} for name in pubmedqa.ids}
    assert Counter(one.options[one.answers[0]] for one in pubmedqa.items) == {"yes": 276, "no": 169, "maybe": 55}
    assert all(one.context for one in pubmedqa.items)
    casimedicos = open_questions(data / "casimedicos", "all", place)
    assert Counter(one.metadata["language"] for one in casimedicos.items) == {"en": 553, "es": 553, "fr": 553, "it": 552}
    assert len(set(casimedicos.groups)) == 553
    french = open_questions(data / "frenchmedmcqa", "all", place)
    assert {len(one.answers) for one in french.items} == {1, 2, 3, 4, 5}
    assert sum("explanation" in one.metadata for one in open_questions(data / "medmcqa-dev", None, place).items) == 2206
