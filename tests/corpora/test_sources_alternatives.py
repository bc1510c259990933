"""What copies of one data set may differ in: columns and configs with other names, splits that nobody names, metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpora import Card, Collection, InputError
from corpora.labelled import LabelledTexts
from corpora.sources import open_source, source_of
from corpora.workspace import Workspace
from tests.hub_stub import HubStub, hub_stub, jsonl, parquet, readme  # noqa: F401

REPO = "mini/copies"
TABLES: dict[str, Any] = {
    "corpus": {"config": "corpus", "id": "_id|id", "text": "text", "title": "title|"},
    "queries": {"config": "queries", "id": "_id|id", "text": "text", "metadata": ["system"]},
    "qrels": {"config": "default|qrels", "query": "query-id", "document": "corpus-id", "grade": "score"},
}
DOCUMENTS = [{"id": "d1", "text": "thins the blood"}, {"id": "d2", "text": "lowers sugar"}]
JUDGED = [{"query-id": "q1", "corpus-id": "d1", "score": 1}]


def repository(**changed: Any) -> dict[str, bytes]:
    """A copy whose ids are called `id`, with judgements in `qrels`, and one split a config, each with a name of its own."""
    given = {"documents": DOCUMENTS, "queries": [{"id": "q1", "text": "blood"}], "write": jsonl, "qrels": "qrels"} | changed
    own = given.pop("splits", {"corpus": "corpus", "queries": "queries", given["qrels"]: "test"})
    write = given["write"]
    ending = "jsonl" if write is jsonl else "parquet"
    rows = {"corpus": given["documents"], "queries": given["queries"], given["qrels"]: JUDGED}
    card = {config: dict.fromkeys(own[config].split(), f"{config}.{ending}") for config in rows}
    return {"README.md": readme(card), **{f"{config}.{ending}": write(rows[config]) for config in rows}}


@pytest.fixture
def load(hub: HubStub, tmp_path: Path) -> Any:
    """`load(files, shape, card, split, **tables)`: a source over a repository of these files, opened."""

    def opened(
        files: dict[str, bytes], shape: str = "retrieval", card: Card | None = None, split: str = "test", **tables: Any
    ) -> Any:
        asked = {"kind": "hub", "shape": shape, "repo": REPO, "revision": hub.add(REPO, files), **(tables or TABLES)}
        return open_source(source_of(asked, "here"), card or Card("mini"), split, "", Workspace(tmp_path))

    return opened


@pytest.mark.parametrize("write", [jsonl, parquet])
@pytest.mark.parametrize("name", ["_id", "id"])
@pytest.mark.parametrize("qrels", ["default", "qrels"])
def test_the_first_alternative_that_is_there_is_taken(load: Any, write: Any, name: str, qrels: str) -> None:
    documents = [{name: row["id"], "text": row["text"]} for row in DOCUMENTS]
    found: Collection = load(repository(documents=documents, write=write, qrels=qrels))
    assert found.corpus.table.select(["id", "title", "text"]).to_pylist() == [{"title": "", **row} for row in DOCUMENTS]
    both = load(repository(documents=[{"id": "other", **row} for row in documents], write=write))
    assert both.corpus.ids.to_pylist() == ["d1", "d2"]


@pytest.mark.parametrize("write", [jsonl, parquet])
def test_of_two_columns_the_first_one_named_counts(load: Any, write: Any) -> None:
    documents = [{"id": "other", "_id": row["id"], "text": row["text"], "title": "a title"} for row in DOCUMENTS]
    found: Collection = load(repository(documents=documents, write=write))
    assert found.corpus.ids.to_pylist() == ["d1", "d2"]
    assert found.corpus.table.column("title").to_pylist() == ["a title"] * 2


def test_a_column_that_only_later_rows_have_is_read(load: Any) -> None:
    found: Collection = load(repository(documents=[DOCUMENTS[0], {"title": "Insulin", **DOCUMENTS[1]}]))
    assert found.corpus.table.column("title").to_pylist() == ["", "Insulin"]


def test_columns_that_are_joined_may_be_missing_too(load: Any) -> None:
    tables = {**TABLES, "corpus": {**TABLES["corpus"], "text": ["title|", "abstract|text"]}}
    assert load(repository(), **tables).corpus.table.column("text").to_pylist() == [row["text"] for row in DOCUMENTS]


@pytest.mark.parametrize("write", [jsonl, parquet])
def test_no_alternative_is_there(load: Any, write: Any) -> None:
    with pytest.raises(InputError, match="no column '_id' or 'id'; those there are: 'docid', 'text'"):
        load(repository(documents=[{"docid": "d1", "text": "t"}], write=write))
    with pytest.raises(InputError, match=r"no config 'default' or 'qrels' in it(.|\n)*corpus, judged, queries"):
        load(repository(qrels="judged"))


def test_the_only_split_is_taken_where_none_is_named(load: Any) -> None:
    assert load(repository()).queries.ids == ("q1",)
    assert load(repository(), split="dev").split == "dev"


def test_a_split_that_is_named_or_one_of_several_must_be_there(load: Any) -> None:
    with pytest.raises(InputError, match=r"config queries: there is no split 'test' in it(.|\n)*all, some"):
        load(repository(splits={"corpus": "corpus", "queries": "all some", "qrels": "test"}))
    named = {**TABLES, "queries": {**TABLES["queries"], "split": "{split}"}}
    with pytest.raises(InputError, match="config queries: there is no split 'test'"):
        load(repository(), **named)


def test_documents_of_the_only_split_are_kept_once_for_all_splits(load: Any, tmp_path: Path) -> None:
    splits = {"corpus": "corpus", "queries": "queries", "qrels": "dev test"}
    first, second = (load(repository(splits=splits), split=split) for split in ("dev", "test"))
    assert first.corpus.fingerprint == second.corpus.fingerprint
    assert len([path for path in (tmp_path / "collections").iterdir() if not path.name.startswith("hub-")]) == 1


def test_nothing_is_tested_on_the_split_to_learn_from(load: Any) -> None:
    files = {"README.md": readme({"default": {"train": "a.jsonl"}}), "a.jsonl": jsonl([{"text": "cough", "label": 1}])}
    table = {"text": "text", "label": "label"}
    found: LabelledTexts = load(files, "labels", rows=table)
    assert found.splits["test"].texts == ("cough",)
    with pytest.raises(InputError, match="there is no split 'test'"):
        load(files, "labels", rows={**table, "train_split": "train"})


@pytest.mark.parametrize("write", [jsonl, parquet])
def test_metadata_that_is_not_there_is_noted_and_not_sliced(load: Any, write: Any) -> None:
    card = Card("mini", slices=("system",))
    with_it = load(repository(queries=[{"id": "q1", "text": "blood", "system": "heart"}], write=write), card=card)
    assert (with_it.queries.metadata, with_it.card.slices, with_it.notes) == (({"system": "heart"},), ("system",), {})
    without: Collection = load(repository(write=write), card=card)
    assert (without.queries.metadata, without.card.slices, without.notes) == ((), (), {"missing_metadata_system": 1})


def test_metadata_of_aligned_rows_may_be_missing_too(load: Any) -> None:
    files = {"README.md": readme({"default": {"train": "a.jsonl"}}), "a.jsonl": jsonl([{"a": "x", "b": "y"}])}
    found: Collection = load(files, "aligned", rows={"left": "a", "right": "b", "metadata": ["topic"]})
    assert found.notes == {"missing_metadata_topic": 1}
