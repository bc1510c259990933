"""Retrieval and reranking: medir and mteb score the same data alike, whosever model and whosever evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mteb")

from baselines.mteb.from_mteb import encoder
from baselines.mteb.task import nouns_of
from baselines.mteb.to_mteb import as_encoder, as_search
from corpora import Collection
from corpora.catalogue import open_folder
from corpora.workspace import Workspace
from retrieval.encoders import ENCODERS
from retrieval.systems import make_system
from tasks.evaluate import evaluate
from tasks.retrieval_task import make_task
from tests.baselines.mteb_tasks import (
    Judged,
    Texts,
    candidates_of,
    minilm_folder,
    no_hub,  # noqa: F401
    retrieval_task,
    run_mteb,
    show,
    small,
)

MEASURES = {"ndcg_at_10": "nDCG@10", "map_at_1000": "AP@1000", "mrr_at_10": "RR@10", "recall_at_100": "R@100"}
EQUAL = 1e-4


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def mteb_door() -> Any:
    """`mteb:NAME` as an encoder, which an entry point opens where the package is installed."""
    if "mteb" not in ENCODERS.prefixes:
        ENCODERS.prefixes.register("mteb")(encoder)


def native(collection: Collection, spec: str, workspace: Workspace) -> dict[str, float]:
    """What medir gives a system, under mteb's names."""
    task = make_task(collection, list(MEASURES.values()))
    result = evaluate(task, make_system(spec), workspace)
    return {theirs: result.measures[ours].mean for theirs, ours in MEASURES.items()}


def folder_of(place: Path, documents: Texts, queries: Texts, qrels: Judged, card: str) -> Path:
    """The same data as a folder of medir's own."""
    (place / "qrels").mkdir(parents=True)
    sides = {name: text if isinstance(text, tuple) else ("", text) for name, text in documents.items()}
    lines = [json.dumps({"_id": name, "title": title, "text": text}) for name, (title, text) in sides.items()]
    (place / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    lines = [json.dumps({"_id": name, "text": text}) for name, text in queries.items()]
    (place / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rows = [f"{query}\t{document}\t{grade}" for query, judged in qrels.items() for document, grade in judged.items()]
    (place / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]), encoding="utf-8")
    (place / "card.toml").write_text(card, encoding="utf-8")
    return place


def assert_equal(title: str, columns: dict[str, dict[str, Any]]) -> None:
    show(title, columns, MEASURES)
    first, *others = columns.values()
    for other in others:
        for score in MEASURES:
            assert other[score] == pytest.approx(first[score], abs=EQUAL), score


@pytest.mark.slow
def test_one_model_in_four_combinations(shared: Path, tmp_path: Path, workspace: Workspace, mteb_door: Any) -> None:
    from sentence_transformers import SentenceTransformer

    documents, queries, qrels = small(shared / "data" / "medical-qa-web-en", "test", 30, 110)
    collection = open_folder(folder_of(tmp_path / "data", documents, queries, qrels, 'language = "en"\n'), "test", workspace)
    model = SentenceTransformer(str(minilm_folder()), device="cpu")
    columns = {
        "mteb": run_mteb(model, retrieval_task(documents, queries, qrels)),
        "medir": native(collection, "dense:minilm", workspace),
        "medir's encoder in mteb": run_mteb(as_encoder("minilm", workspace), retrieval_task(documents, queries, qrels)),
        "medir's system in mteb": run_mteb(as_search("dense:minilm", workspace), retrieval_task(documents, queries, qrels)),
        "mteb's model in medir": native(collection, f"dense:mteb:{minilm_folder()}", workspace),
        "mteb's task in medir": native(
            nouns_of(retrieval_task(documents, queries, qrels), "", "", workspace), "dense:minilm", workspace
        ),
    }
    assert_equal("retrieval, MiniLM", columns)
    assert columns["mteb"]["main_score"] == columns["mteb"]["ndcg_at_10"]


@pytest.mark.parametrize(
    ("name", "card", "code"),
    [("cmirb-medexam-zh", 'language = "zh"\n', "cmn-Hans"), ("pubmedqa", 'language = "en"\n', "eng-Latn")],
)
def test_bm25_through_the_bridge(shared: Path, tmp_path: Path, workspace: Workspace, name: str, card: str, code: str) -> None:
    documents, queries, qrels = small(shared / "data" / name, "test", 100, 500)
    collection = open_folder(folder_of(tmp_path / "data", documents, queries, qrels, card), "test", workspace)
    task = retrieval_task(documents, queries, qrels, language=code)
    columns = {"medir": native(collection, "bm25", workspace), "medir in mteb": run_mteb(as_search("bm25", workspace), task)}
    assert_equal(f"{name}, BM25", columns)
    assert 0.3 < columns["medir"]["ndcg_at_10"] < 1


def test_titles_blanks_and_equal_ids(tmp_path: Path, workspace: Workspace) -> None:
    """Title, one space, text, stripped; the document of the query's own id is left out by both."""
    documents = {
        "q1": ("Aspirin ", " for fever"),
        "d2": ("  ", "fever and pain "),
        "d3": ("fever", " "),
        "d4": ("Insulin", "for diabetes"),
        "d5": ("", "Fever in children: aspirin is not given"),
    }
    queries, qrels = {"q1": "aspirin fever", "q2": "insulin"}, {"q1": {"d5": 2, "d3": 1, "q1": 2}, "q2": {"d4": 1}}
    card = 'language = "en"\ndrop_same_id = true\n'
    collection = open_folder(folder_of(tmp_path / "data", documents, queries, qrels, card), "test", workspace)

    def task() -> Any:
        return retrieval_task(documents, queries, qrels, ignore_identical_ids=True)

    loaded = nouns_of(task(), "", "", workspace)
    assert loaded.corpus.texts("joined", loaded.corpus.rows_of(loaded.corpus.ids)).to_pylist() == [
        f"{title} {text}".strip() if title else text.strip() for title, text in documents.values()
    ]
    assert loaded.card.drop_same_id
    columns = {
        "medir": native(collection, "bm25", workspace),
        "medir in mteb": run_mteb(as_search("bm25", workspace), task()),
        "mteb's task in medir": native(loaded, "bm25", workspace),
    }
    assert_equal("titles, BM25", columns)


def reranking(shared: Path) -> tuple[Texts, Texts, Judged, dict[str, list[str]]]:
    documents, queries, qrels = small(shared / "data" / "medical-qa-web-en", "test", 25, 90)
    return documents, queries, qrels, candidates_of(documents, queries, qrels, 20)


def test_every_candidate_is_scored(shared: Path, workspace: Workspace) -> None:
    documents, queries, qrels, ranked = reranking(shared)
    asked: dict[str, dict[str, float]] = {}
    model = as_search("bm25", workspace)
    found = model.search
    model.search = lambda *args, **more: asked.update(found(*args, **more)) or asked  # type: ignore[method-assign]
    scores = run_mteb(model, retrieval_task(documents, queries, qrels, ranked, "map_at_1000"))
    assert {query: set(scored) for query, scored in asked.items()} == {query: set(names) for query, names in ranked.items()}
    assert scores["recall_at_100"] == 1
    assert scores["main_score"] == scores["map_at_1000"]


@pytest.mark.slow
def test_reranking_by_one_model(shared: Path, workspace: Workspace, mteb_door: Any) -> None:
    from sentence_transformers import SentenceTransformer

    documents, queries, qrels, ranked = reranking(shared)
    make: Callable[[], Any] = lambda: retrieval_task(documents, queries, qrels, ranked, "map_at_1000")  # noqa: E731
    collection = nouns_of(make(), "", "", workspace)
    assert collection.candidates == {query: tuple(names) for query, names in ranked.items()}
    columns = {
        "mteb": run_mteb(SentenceTransformer(str(minilm_folder()), device="cpu"), make()),
        "medir": native(collection, "dense:minilm", workspace),
        "medir's encoder in mteb": run_mteb(as_encoder("minilm", workspace), make()),
        "medir's system in mteb": run_mteb(as_search("dense:minilm", workspace), make()),
        "mteb's model in medir": native(collection, f"dense:mteb:{minilm_folder()}", workspace),
    }
    assert_equal("reranking, MiniLM", columns)


def test_reranking_with_bm25(shared: Path, workspace: Workspace) -> None:
    documents, queries, qrels, ranked = reranking(shared)
    task = retrieval_task(documents, queries, qrels, ranked, "map_at_1000")
    collection = nouns_of(task, "", "", workspace)
    columns = {"medir": native(collection, "bm25", workspace), "medir in mteb": run_mteb(as_search("bm25", workspace), task)}
    assert_equal("reranking, BM25", columns)
