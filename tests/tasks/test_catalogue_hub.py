"""Every entry of the catalogue that lies on the hub loads, from a stand-in of the layout that it declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpora import Collection, InputError
from corpora.labelled import LabelledTexts, TextPairs
from corpora.sources import source_of
from corpora.workspace import Workspace
from retrieval.systems import make_system
from tasks.catalogue.entries import Entry, entries, entry, open_entry
from tasks.catalogue.entry import CAPTIONED
from tasks.evaluate import evaluate
from tasks.retrieval_task import make_task
from tests.hub_stub import HubStub, hub_stub, parquet, readme  # noqa: F401
from tests.tasks.stand_ins import DOCUMENTS, QRELS, QUERIES, ROWS, chosen, serve

pytest.importorskip("huggingface_hub")
pytest.importorskip("datasets")

ON_THE_HUB = [one for one in entries().values() if one.kind == "hub" and one.type not in ("qa", "corpus", *CAPTIONED)]
VARIED = [one for one in ON_THE_HUB if "|" in str(source_of(one.source, one.name)) or one.slices]
WALK = [(one, one.splits[0], subset) for one in ON_THE_HUB for subset in one.subsets or ("",)]
WALK += [(one, split, (*one.subsets, "")[0]) for one in ON_THE_HUB for split in one.splits[1:]]


def named(value: Any) -> str:
    return value.name if isinstance(value, Entry) else str(value)


@pytest.mark.parametrize(("one", "split", "subset"), WALK, ids=named)
def test_every_entry_loads(hub: HubStub, tmp_path: Path, one: Entry, split: str, subset: str) -> None:
    loads(hub, tmp_path, one, split, subset)


@pytest.mark.parametrize("one", VARIED, ids=named)
def test_every_entry_loads_in_the_last_of_its_alternative_forms(hub: HubStub, tmp_path: Path, one: Entry) -> None:
    loads(hub, tmp_path, one, one.splits[0], (*one.subsets, "")[0], last=True)


def loads(hub: HubStub, tmp_path: Path, one: Entry, split: str, subset: str, *, last: bool = False) -> None:
    if "image" in one.modalities:
        pytest.importorskip("PIL")
    serve(hub, one, split, subset, last=last)
    found = open_entry(one, split, subset or None, Workspace(tmp_path), check=False)
    assert found.card.name == one.name
    if isinstance(found, Collection):
        holds_what_was_served(found, one, split, last)
    elif isinstance(found, TextPairs):
        assert list(zip(found.left, found.right, found.values, strict=True)) == [tuple(row.values()) for row in ROWS["pairs"]]
    else:
        assert isinstance(found, LabelledTexts)
        own = found.splits[one.stored_as.get(split, split)]
        assert list(zip(own.texts, own.labels, strict=True)) == [tuple(row.values()) for row in ROWS["labels"]]


def holds_what_was_served(found: Collection, one: Entry, split: str, last: bool) -> None:
    assert found.split == split
    if one.shape == "aligned":
        assert (len(found.corpus), len(found.queries), len(found.qrels)) == (3, 3, 3)
        return
    assert found.corpus.ids.to_pylist() == [row["id"] for row in DOCUMENTS]
    assert found.corpus.table.column("text").to_pylist() == [row["text"] for row in DOCUMENTS]
    titled = chosen(one.source["corpus"].get("title", ""), last)
    titles = [row["title"] if titled else "" for row in DOCUMENTS]
    assert found.corpus.table.column("title").to_pylist() == titles
    assert found.queries.texts == [row["text"] for row in QUERIES]
    assert found.qrels.grades == {row["query"]: {row["document"]: 1} for row in QRELS}
    assert bool(found.candidates) == (one.type == "reranking")
    pictured = ("modality",) if "image" in one.modalities else ()
    assert found.queries.pictured == bool(pictured)
    assert found.card.slices == (() if last else one.slices) + pictured
    for field in one.slices:
        assert found.notes.get(f"missing_metadata_{field}", 0) == last
        assert last or all(field in row for row in found.queries.metadata)


def test_counts_that_differ_stop_and_are_named(hub: HubStub, tmp_path: Path) -> None:
    one = entry("r2med/biology")
    serve(hub, one, "test", "")
    with pytest.raises(InputError, match=rf"{one.counts['documents']:,} documents and not 4"):
        open_entry(one, None, None, Workspace(tmp_path))


def test_lists_of_texts_in_a_row_are_opened_up(hub: HubStub, tmp_path: Path) -> None:
    one = entry("medrxiv-s2s-v2")
    rows = [{"sentences": ["first", "second"], "labels": ["a", "b"]}, {"sentences": ["third"], "labels": ["a"]}]
    files = {"README.md": readme({"default": {"test": "data.parquet"}}), "data.parquet": parquet(rows)}
    hub.add(one.source["repo"], files, one.source["revision"])
    found = open_entry(one, None, None, Workspace(tmp_path), check=False)
    assert isinstance(found, LabelledTexts)
    assert (found.splits["test"].texts, found.splits["test"].labels) == (("first", "second", "third"), ("a", "b", "a"))


def test_a_slice_whose_metadata_is_missing_is_noted_and_not_shown(hub: HubStub, tmp_path: Path) -> None:
    one, place = entry("r2med/biology"), Workspace(tmp_path)
    serve(hub, one, "test", "", last=True)
    found = open_entry(one, None, None, place, check=False)
    assert isinstance(found, Collection)
    result = evaluate(make_task(found), make_system("bm25"), place)
    assert (result.slices, result.notes["missing_metadata_body_system"]) == ({}, 1)
