"""The hub: revisions, faults, offline, and what stays kept."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from corpora import Card, Collection, InputError, SurroundingsError
from corpora.sources import open_source, source_of
from corpora.workspace import Workspace
from tests.hub_stub import HubStub, hub_repository, hub_stub, jsonl, parquet, readme, table  # noqa: F401

REPO = "mini/nfcorpus"
OLD, NEW = "a" * 40, "b" * 40
TABLES: dict[str, Any] = {
    "corpus": {"config": "corpus", "split": "corpus", "id": "_id", "text": "text", "title": "title"},
    "queries": {"config": "queries", "split": "queries", "id": "_id", "text": "text"},
    "qrels": {"query": "query-id", "document": "corpus-id", "grade": "score"},
}


def opened(workspace: Workspace, revision: str = "", card: Card | None = None, split: str = "test", **tables: Any) -> Collection:
    source = source_of({"kind": "hub", "shape": "retrieval", "repo": REPO, "revision": revision, **TABLES, **tables}, "here")
    found = open_source(source, card or Card("mini"), split, "", workspace)
    assert isinstance(found, Collection)
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_repository_becomes_a_collection(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    found = opened(workspace, OLD, Card("mini", counts={"documents": 3, "queries": 2, "judgements": 2}))
    assert found.corpus.table.select(["id", "title", "text"]).to_pylist() == [
        {"id": "d1", "title": "Aspirin", "text": "thins the blood"},
        {"id": "d2", "title": "", "text": "insulin lowers sugar"},
        {"id": "d3", "title": "Statin", "text": ""},
    ]
    assert dict(zip(found.queries.ids, found.queries.texts, strict=True)) == {"1": "blood", "2": "sugar"}
    assert found.qrels.grades == {"1": {"d1": 1}, "2": {"d2": 2}}
    assert found.notes == {"unjudged_queries": 1}


def test_the_rows_are_those_that_datasets_gives(hub: HubStub, workspace: Workspace) -> None:
    files = {**hub_repository(), "qrels/test.tsv": b"", "qrels.parquet": b""}
    parts = {"corpus": {"corpus": "corpus/*"}, "queries": {"queries": "q.parquet"}, "default": {"test": "r.parquet"}}
    files |= {
        "README.md": readme(parts),
        "q.parquet": parquet([{"_id": "q1", "text": "blood"}]),
        "r.parquet": parquet([{"query-id": "q1", "corpus-id": "d2", "score": 1}]),
    }
    hub.add(REPO, files, OLD)
    from datasets import load_dataset

    theirs = load_dataset(REPO, "corpus", split="corpus", revision=OLD)
    ours = opened(workspace, OLD)
    assert ours.corpus.ids.to_pylist() == theirs["_id"][:]
    assert ours.corpus.table.column("text").to_pylist() == [text or "" for text in theirs["text"]]
    judged = load_dataset(REPO, "default", split="test", revision=OLD)
    assert [(q, d) for q, own in ours.qrels.grades.items() for d in own] == [
        (row["query-id"], row["corpus-id"]) for row in judged
    ]


def test_a_second_opening_needs_no_server(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    first = opened(workspace, OLD)
    asked = len(hub.requests)
    assert opened(workspace, OLD).corpus.fingerprint == first.corpus.fingerprint
    assert len(hub.requests) == asked
    hub.stop()
    assert opened(workspace, OLD).qrels == first.qrels


def test_offline_opens_no_socket(hub: HubStub, workspace: Workspace, request: pytest.FixtureRequest) -> None:
    hub.add(REPO, hub_repository())
    first = opened(workspace)
    request.getfixturevalue("no_network")
    kept = opened(Workspace(workspace.root, offline=True))
    assert (kept.corpus.fingerprint, kept.queries, kept.qrels) == (first.corpus.fingerprint, first.queries, first.qrels)


@pytest.mark.parametrize("revision", ["", OLD, OLD[:7], "a-branch"])
def test_offline_says_what_is_not_kept(hub: HubStub, workspace: Workspace, no_network: None, revision: str) -> None:
    with pytest.raises(SurroundingsError, match="not kept, and the network is switched off"):
        opened(Workspace(workspace.root, offline=True), revision)


def test_offline_without_a_file_in_the_cache(hub: HubStub, workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    hub.add(REPO, hub_repository(), OLD)
    opened(workspace, OLD)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "emptied"))
    with pytest.raises(SurroundingsError, match=r"'queries\.jsonl' of it is not in the local cache"):
        opened(Workspace(workspace.root, offline=True), OLD)


def test_a_revision_that_is_not_pinned_is_kept_and_a_move_is_noted(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    first = opened(workspace)
    assert "revision_moved" not in opened(workspace).notes
    hub.add(REPO, {**hub_repository(), "queries.jsonl": jsonl([{"_id": 1, "text": "another"}])}, NEW)
    again = opened(workspace)
    assert again.queries == first.queries
    assert again.notes["revision_moved"] == 1
    assert "revision_moved" not in opened(workspace, OLD).notes
    assert opened(Workspace(workspace.root, offline=True)).queries == first.queries


def test_the_first_digits_of_a_commit_are_enough(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    hub.add(REPO, {**hub_repository(), "queries.jsonl": jsonl([{"_id": 1, "text": "another"}])}, NEW)
    assert len(opened(workspace, OLD[:7]).queries) == 2
    with pytest.raises(InputError, match="no revision 'ccccccc'"):
        opened(workspace, "c" * 7)


def test_a_pinned_revision_that_is_gone(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), NEW)
    with pytest.raises(InputError, match=f"no revision '{OLD}'(.|\n)*moved or removed"):
        opened(workspace, OLD)


def test_a_dropped_connection_is_taken_up_where_it_broke(hub: HubStub, workspace: Workspace, monkeypatch: Any) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100)
    hub.add(REPO, hub_repository(), OLD)
    hub.cut("corpus/part-0.parquet", 300, times=1)
    assert len(opened(workspace, OLD).corpus) == 3
    asked = [line for line in hub.requests if line.startswith("GET") and "part-0.parquet" in line]
    assert len(asked) == 2
    assert asked[1].endswith("bytes=300-")


def test_a_download_that_stays_cut_short(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    hub.cut("corpus/part-0.parquet", 300)
    with pytest.raises(SurroundingsError, match=r"'corpus/part-0\.parquet' of it cannot be fetched"):
        opened(workspace, OLD)
    hub.cuts.clear()
    assert len(opened(workspace, OLD).corpus) == 3


def test_gated_data_names_the_page_of_its_licence(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    hub.gate(REPO)
    with pytest.raises(
        SurroundingsError, match=f"{REPO}: access is refused(.|\n)*accept its licence on the page .*/datasets/{REPO}"
    ):
        opened(workspace, OLD)


def test_private_data_is_refused(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    hub.hide(REPO)
    with pytest.raises(SurroundingsError, match=r"the hub has no such dataset, or does not show it to you(.|\n)*log in"):
        opened(workspace, OLD)


def test_a_repository_that_is_not_there(hub: HubStub, workspace: Workspace) -> None:
    with pytest.raises(InputError, match=f"{REPO}: the hub has no such dataset"):
        opened(workspace, OLD)


def test_a_hub_that_does_not_answer(hub: HubStub, workspace: Workspace) -> None:
    hub.stop()
    with pytest.raises(SurroundingsError, match="cannot be fetched"):
        opened(workspace)


def test_a_column_with_another_name(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, {**hub_repository(), "queries.jsonl": jsonl([{"_id": 1, "body": "blood"}])}, OLD)
    with pytest.raises(InputError, match="no column 'text'; those there are: '_id', 'body'"):
        opened(workspace, OLD)
    with pytest.raises(InputError, match="no column 'abstract'; those there are: '_id', 'title', 'text'"):
        opened(workspace, OLD, queries={**TABLES["queries"], "text": "body"}, corpus={**TABLES["corpus"], "text": "abstract"})


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"qrels": {**TABLES["qrels"], "config": "judged"}}, "no config 'judged'(.|\n)*corpus, default, queries"),
        ({"qrels": {**TABLES["qrels"], "split": "dev"}}, "config default: there is no split 'dev'(.|\n)*test"),
        ({"qrels": {**TABLES["qrels"], "file": "qrels/dev.tsv"}}, "no file 'qrels/dev.tsv'(.|\n)*qrels/test.tsv"),
    ],
)
def test_what_is_not_in_the_repository(hub: HubStub, workspace: Workspace, tables: Any, message: str) -> None:
    hub.add(REPO, hub_repository(), OLD)
    with pytest.raises(InputError, match=message):
        opened(workspace, OLD, **tables)


def test_files_by_name_and_judgements_in_another_repository(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, {**hub_repository(), "README.md": b"# no card"}, OLD)
    hub.add("mini/qrels", {"dev.csv": table([{"qid": 1, "pid": "d1"}], ",")}, NEW)
    found = opened(
        workspace,
        OLD,
        split="dev",
        corpus={"file": "corpus/part-0.parquet", "id": "_id", "text": ["title", "text"]},
        queries={"file": "queries.jsonl", "id": "_id", "text": "text", "metadata": ["text"]},
        qrels={"repo": "mini/qrels", "file": "{split}.csv", "query": "qid", "document": "pid"},
    )
    assert found.qrels.grades == {"1": {"d1": 1}}
    assert found.corpus.table.column("text").to_pylist() == ["Aspirin thins the blood", "insulin lowers sugar"]
    assert found.queries.metadata == ({"text": "blood"},)


def test_counts_that_differ_from_the_card(hub: HubStub, workspace: Workspace) -> None:
    hub.add(REPO, hub_repository(), OLD)
    with pytest.raises(InputError, match="mini: its card says 4 documents and not 3, 3 queries and not 2"):
        opened(workspace, OLD, Card("mini", counts={"documents": 4, "queries": 3, "judgements": 2}))
    with pytest.raises(InputError, match="counts 'passages'"):
        opened(workspace, OLD, Card("mini", counts={"passages": 4}))


def test_a_card_that_leads_outside_its_repository(hub: HubStub, workspace: Workspace) -> None:
    card = readme({"corpus": {"corpus": "../../../etc/*"}, "queries": {"queries": "queries.jsonl"}})
    hub.add(REPO, {**hub_repository(), "README.md": card}, OLD)
    with pytest.raises(InputError, match=r"no (config|split)"):
        opened(workspace, OLD)


def test_kept_data_that_is_damaged(hub: HubStub, workspace: Workspace) -> None:
    from corpora import StateError

    hub.add(REPO, hub_repository(), OLD)
    opened(workspace, OLD)
    record = next((workspace.root / "collections").glob("hub-mini--nfcorpus-*")) / "manifest.json"
    record.write_bytes(record.read_bytes().replace(b"queries.jsonl", b"another.jsonl"))
    with pytest.raises(StateError, match="repair it with"):
        opened(workspace, OLD)


def test_what_load_dataset_would_do_instead(hub: HubStub, workspace: Workspace) -> None:
    """Why it is not used: it gives another revision than the one asked for, and reads one format a repository."""
    datasets = pytest.importorskip("datasets")
    hub.add("mini/moved", {"rows.jsonl": jsonl([{"text": "old"}])}, OLD)
    hub.add(REPO, hub_repository(), OLD)
    assert datasets.load_dataset("mini/moved", split="train", revision=OLD)["text"][:] == ["old"]
    with pytest.raises(Exception, match="Parquet magic bytes"):
        datasets.load_dataset(REPO, "queries", split="queries", revision=OLD)
    opened(workspace, OLD)
    hub.stop()
    assert datasets.load_dataset("mini/moved", split="train", revision=NEW)["text"][:] == ["old"]
    with pytest.raises(SurroundingsError, match="cannot be fetched"):
        opened(workspace, NEW)
