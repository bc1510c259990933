"""Evaluating: what is left out of rankings, slices, keeping, and comparing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corpora import Card, Collection, InputError, Qrels, Queries, StateError, UsageError, corpus_of
from corpora.workspace import Workspace
from retrieval.systems import make_system
from tasks.asked import ask
from tasks.comparison import against_first, all_pairs
from tasks.evaluate import evaluate
from tasks.result_folder import read_result
from tasks.retrieval_task import make_task


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def collection() -> Collection:
    texts = ["fever", "fever fever", "fever chills", "cough", "cough night"]
    corpus = corpus_of(pa.table({"id": [f"d{i}" for i in range(5)], "text": texts}))
    queries = Queries.of_texts(
        ["q1", "q2", "q3"], ["fever", "cough", "fever cough"], metadata=({"kind": "a"}, {"kind": "b"}, {"kind": "a"})
    )
    qrels = Qrels({"q1": {"d0": 1}, "q2": {"d4": 1}, "q3": {"d0": 0}}, {"q1": frozenset({"d1", "d2"})})
    card = Card("tiny", language="en", main="RR@10", measures=("RR@10", "nDCG@10"), slices=("kind",), macro="kind")
    return Collection(card, "test", corpus, queries, qrels)


def test_ignored_documents_leave_the_ranking_and_it_is_still_k_deep(collection: Collection, workspace: Workspace) -> None:
    result = evaluate(make_task(collection, k=2, measures=["RR@2"]), make_system("bm25"), workspace)
    values = dict(zip(result.per_query.ids, result.per_query.values["RR@2"].tolist(), strict=True))
    assert values == {"q1": 1.0, "q2": 0.5}
    assert result.notes["judged_without_relevant"] == 1
    assert result.queries == 2


def test_ignored_documents_take_no_rank_before_fusion(collection: Collection, workspace: Workspace) -> None:
    task = make_task(collection, k=1, measures=["RR@1"])
    fused = evaluate(task, make_system("rrf(bm25, bm25(b=0))"), workspace)
    assert dict(zip(fused.per_query.ids, fused.per_query.values["RR@1"].tolist(), strict=True))["q1"] == 1.0
    retriever = make_system("rrf(bm25, bm25(b=0))").bind(collection.corpus, workspace, language="en")
    run = task.retrieve(retriever)
    assert run.of(0)[0] == ["d0"]
    assert run.of(0)[1].tolist() == pytest.approx([2 / 61])  # first in both, once d1 and d2 are out


def test_slices_and_macro(collection: Collection, workspace: Workspace) -> None:
    result = evaluate(make_task(collection, k=10), make_system("bm25"), workspace)
    assert result.slices["kind"]["a"]["queries"] == 1
    assert result.macro["RR@10"] == pytest.approx((1.0 + 0.5) / 2)


def test_what_is_kept_is_read_back_equal(collection: Collection, workspace: Workspace) -> None:
    task, system = make_task(collection, k=10), make_system("bm25")
    first, second = evaluate(task, system, workspace), evaluate(task, system, workspace)
    assert first.row() == second.row()
    assert first.folder == second.folder
    assert all((first.per_query.values[n] == second.per_query.values[n]).all() for n in first.measures)


@pytest.mark.parametrize("change", ["measures", "k", "qrels", "queries", "text", "version", "spec"])
def test_any_change_of_what_a_score_depends_on_is_a_new_result(collection: Collection, workspace: Workspace, change: str) -> None:
    first = evaluate(make_task(collection, k=10), make_system("bm25"), workspace)
    other, measures, k, spec = collection, [], 10, "bm25"
    if change == "measures":
        measures = ["R@5"]
    elif change == "k":
        k = 11
    elif change == "qrels":
        other = replace(collection, qrels=Qrels({**collection.qrels.grades, "q1": {"d0": 2}}))
    elif change == "queries":
        other = replace(collection, queries=replace(collection.queries, ids=("q1", "q2", "q4")))
    elif change == "text":
        table = collection.corpus.table.set_column(2, "text", [["fever", "fever fever", "fever chills", "cough", "cough day"]])
        other = replace(collection, corpus=corpus_of(table))
    elif change == "version":
        other = replace(collection, card=replace(collection.card, version=2))
    else:
        spec = "bm25(b=0.5)"
    assert evaluate(make_task(other, measures, k), make_system(spec), workspace).folder != first.folder


def test_what_is_known_of_training_stands_on_kept_results_too(collection: Collection, workspace: Workspace) -> None:
    seen = replace(collection, card=replace(collection.card, trained_on=("BM-25",)))
    found = [evaluate(make_task(one, k=10), make_system("bm25"), workspace) for one in (collection, seen, collection, seen)]
    assert [result.notes.get("trained_on_this", 0) for result in found] == [0, 1, 0, 1]
    assert (found[0].folder, found[1].folder) == (found[2].folder, found[3].folder)


def test_queries_that_a_model_was_trained_on_are_counted(collection: Collection, workspace: Workspace, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "training.json").write_text(json.dumps({"data": {"corpus": collection.corpus.fingerprint}}))
    (model / "training_queries.json").write_text(json.dumps(["q1", "another"]))
    system = replace(make_system("bm25"), spec=f"rerank(bm25, {model})")  # type: ignore[type-var]
    assert evaluate(make_task(collection, k=10), system, workspace).notes["trained_on_queries"] == 1
    (model / "training.json").write_text(json.dumps({"data": {"corpus": "of another corpus"}}))
    assert "trained_on_queries" not in evaluate(make_task(collection, k=10), system, workspace).notes


def test_pictures_that_a_model_was_trained_on_are_counted(workspace: Workspace, tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    from corpora.caption_folder import open_captions
    from tests.tasks import picture_data

    held = open_captions(picture_data.caption_folder(tmp_path / "fields", 2), None, workspace)
    model = tmp_path / "a model"
    model.mkdir()
    (model / "training_pictures.json").write_text(json.dumps([*(own[0].sha256 for own in held.images[:4]), "another"]))
    colours = make_system(f"dense:{picture_data.__file__}:Colours")
    trained = replace(colours, spec=f"dense:{model}")  # type: ignore[type-var]
    for kind in ("text-to-image", "image-to-text"):
        task: Any = ask(held, kind).task
        notes = [evaluate(task, one, workspace).notes for one in (trained, colours)]
        assert [one.get("trained_on_pictures", 0) for one in notes] == [4, 0]
    clustered: Any = ask(held, "clustering", options={"label": "colour"}).task
    system = replace(picture_data.SYSTEM, spec=str(model))
    assert evaluate(clustered, system, workspace).notes["trained_on_pictures"] == 4


def test_candidates_are_part_of_what_is_compared(collection: Collection, workspace: Workspace) -> None:
    ranked = replace(collection, candidates=dict.fromkeys(collection.queries.ids, ("d0", "d4")))
    with pytest.raises(InputError, match="they differ in candidates"):
        against_first([evaluate(make_task(one, k=10), make_system("bm25"), workspace) for one in (collection, ranked)])


def test_a_damaged_result_is_an_error_that_names_the_file(collection: Collection, workspace: Workspace) -> None:
    folder = evaluate(make_task(collection, k=10), make_system("bm25"), workspace).folder
    assert folder is not None
    body = json.loads((folder / "result.json").read_text())
    body["measures"]["RR@10"]["mean"] = 1.0
    (folder / "result.json").write_text(json.dumps(body, indent=1) + "\n")
    with pytest.raises(StateError, match=r"result\.json"):
        read_result(folder)


def test_comparison_counts_wins_and_refuses_what_is_not_comparable(collection: Collection, workspace: Workspace) -> None:
    results = [evaluate(make_task(collection, k=10), make_system(spec), workspace) for spec in ("bm25", "bm25(b=0)")]
    for one in [*against_first(results), *all_pairs(results)]:
        values = [r.per_query.values[one.measure] for r in results]
        assert one.difference == pytest.approx(float(np.mean(values[1] - values[0])))
        assert (one.wins, one.losses) == (int((values[1] > values[0]).sum()), int((values[1] < values[0]).sum()))
    deeper = evaluate(make_task(collection, k=11), make_system("bm25"), workspace)
    with pytest.raises(InputError, match="they differ in k"):
        against_first([results[0], deeper])


def test_a_depth_that_a_measure_outruns_is_refused(collection: Collection) -> None:
    with pytest.raises(UsageError, match="deeper than k"):
        make_task(collection, ["R@100"], k=10)
    with pytest.raises(UsageError, match="at least one document"):
        make_task(collection, k=0)


def test_a_collection_without_a_relevant_document_is_refused(collection: Collection, workspace: Workspace) -> None:
    nothing = replace(collection, qrels=Qrels({"q1": {"d0": 0}}))
    with pytest.raises(InputError, match="no query"):
        evaluate(make_task(nothing, k=10), make_system("bm25"), workspace)
    assert not list(workspace.folder("results").glob("*/*"))
