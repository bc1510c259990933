"""Every entry of the catalogue whose data a user brings, or that is built in, loads from a stand-in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpora import Collection, SurroundingsError
from corpora.labelled import LabelledTexts, TextPairs
from corpora.workspace import Workspace
from tasks.catalogue.entries import Entry, entries, open_entry

TOPICS = '<topics><topic number="1">A 45-year-old man with a cough</topic><topic number="2">A woman</topic></topics>'
META = "<article-meta><article-id pub-id-type='pmc'>{}</article-id></article-meta>"
ARTICLE = f"<article><front>{META}</front><body>Text</body></article>"
TRIAL = "<clinical_study><id_info><nct_id>{}</nct_id></id_info><brief_title>A trial</brief_title></clinical_study>"


def of_kind(*kinds: str) -> pytest.MarkDecorator:
    of_text = [one for one in entries().values() if "image" not in one.modalities and one.type not in ("qa", "corpus")]
    found = [one for one in of_text if one.kind in kinds]
    return pytest.mark.parametrize("one", found, ids=lambda one: one.name)


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def brought(folder: Path, one: Entry) -> Path:
    """What the entry's recipe asks for, in small."""
    if one.shape == "labels":
        return write(
            folder, {"labels.jsonl": lines(*({"id": str(n), "text": f"text {n}", "label": "ab"[n % 2]} for n in range(4)))}
        )
    if one.shape == "pairs":
        return write(folder, {"pairs.jsonl": lines({"id": "1", "text1": "a", "text2": "b", "label": 1})})
    corpus = lines(*({"_id": f"d{n}", "title": "", "text": f"text {n}"} for n in range(3)))
    qrels = "query-id\tcorpus-id\tscore\nq1\td0\t1\n"
    return write(folder, {"corpus.jsonl": corpus, "queries.jsonl": lines({"_id": "q1", "text": "text"}), "qrels/test.tsv": qrels})


@of_kind("files")
def test_every_entry_from_files_loads(tmp_path: Path, one: Entry) -> None:
    found = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=brought(tmp_path / "data", one), check=False)
    assert (found.card.name, found.card.language, found.card.main) == (one.name, one.languages[0], one.main)
    if isinstance(found, Collection):
        assert (len(found.corpus), found.queries.texts, found.qrels.grades) == (3, ["text"], {"q1": {"d0": 1}})
    elif isinstance(found, TextPairs):
        assert (found.left, found.right, found.values.tolist()) == (("a",), ("b",), [1.0])
    else:
        assert isinstance(found, LabelledTexts)
        assert found.splits["test"].labels == ("a", "b", "a", "b")


@of_kind("trec")
def test_every_entry_in_the_formats_of_trec_loads(tmp_path: Path, one: Entry) -> None:
    source = one.source
    text, ids = (ARTICLE, ("42", "43")) if source["format"] == "nxml" else (TRIAL, ("NCT01", "NCT02"))
    documents = {f"{source['documents']}/{name}.{'nxml' if text == ARTICLE else 'xml'}": text.format(name) for name in ids}
    qrels = f"1 0 {ids[0]} 2\n1 0 {ids[1]} 1\n2 0 {ids[1]} 2\n"
    folder = write(tmp_path / "data", {source["topics"]: TOPICS, source["qrels"]: qrels, **documents})
    found = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=folder, check=False)
    assert isinstance(found, Collection)
    assert found.queries.texts == ["A 45-year-old man with a cough", "A woman"]
    assert found.qrels.grades == {"1": {ids[0]: 2, ids[1]: 1}, "2": {ids[1]: 2}}
    assert len(found.corpus) == 2


@of_kind("builtin")
def test_every_built_in_entry_loads_and_its_counts_hold(tmp_path: Path, one: Entry) -> None:
    try:
        found = open_entry(one, None, None, Workspace(tmp_path))
    except SurroundingsError as problem:
        pytest.skip(problem.what)
    assert found.card.name == one.name


@of_kind("ir_datasets")
def test_every_id_of_ir_datasets_is_one_and_has_all_three_parts(one: Entry) -> None:
    of = pytest.importorskip("ir_datasets").load(one.source["id"])
    assert of.has_docs()
    assert of.has_queries()
    assert of.has_qrels()
