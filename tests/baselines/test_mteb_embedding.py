"""Pair classification, STS, classification and clustering: medir and mteb score the same data alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mteb")
pytest.importorskip("sklearn")

from baselines.mteb.from_mteb import MtebEncoder
from baselines.mteb.labelled import embedding_task_of
from baselines.mteb.task import nouns_of
from baselines.mteb.to_mteb import as_encoder
from corpora import UsageError
from corpora.labelled import LabelledTexts, TextPairs
from corpora.workspace import Workspace
from tasks.embedding import EncoderSystem, classification_task, clustering_task, make_encoder_system, pair_task, sts_task
from tasks.evaluate import evaluate
from tests.baselines.mteb_tasks import (
    minilm_folder,
    no_hub,  # noqa: F401
    run_mteb,
    show,
    spread,
    task_of,
)

EQUAL = 1e-4
SEEDS = (42, 1, 2, 3)
Make = Callable[..., Any]


def four_ways(task: Make, scores: list[str], workspace: Workspace) -> dict[str, dict[str, float]]:
    """The scores of MiniLM: mteb's model in mteb, medir's in medir, and each in the other."""
    from sentence_transformers import SentenceTransformer

    theirs = MtebEncoder(str(minilm_folder())).unscaled()
    asked = embedding_task_of(task(), "", "", workspace, scores)
    results = [evaluate(asked, system, workspace) for system in (make_encoder_system("minilm"), EncoderSystem("theirs", theirs))]
    own, lent = ({name: result.measures[name].mean for name in scores} for result in results)
    return {
        "mteb": run_mteb(SentenceTransformer(str(minilm_folder()), device="cpu"), task()),
        "medir": own,
        "medir's encoder in mteb": run_mteb(as_encoder("minilm", workspace), task()),
        "mteb's model in medir": lent,
    }


def assert_equal(title: str, columns: dict[str, dict[str, Any]], scores: list[str]) -> None:
    show(title, columns, scores)
    for values in columns.values():
        for score in scores:
            assert values[score] == pytest.approx(columns["mteb"][score], abs=EQUAL), score


@pytest.mark.slow
def test_pair_classification(shared: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from mteb.abstasks import AbsTaskPairClassification

    rows = spread(shared / "data" / "rqe-amia2016" / "pairs.jsonl.gz", 60, lambda row: row["split"] == "test")
    columns = {"sentence1": "text1", "sentence2": "text2", "labels": "label"}
    data = Dataset.from_dict({ours: [row[theirs] for row in rows] for ours, theirs in columns.items()})
    scores = ["max_ap", "max_accuracy", "max_f1", "cosine_ap", "dot_ap", "manhattan_ap", "euclidean_ap"]
    make: Make = lambda: task_of("pair", AbsTaskPairClassification, {"test": data}, "max_ap")  # noqa: E731
    assert isinstance(nouns_of(make(), "", "", Workspace(tmp_path)), TextPairs)
    assert_equal("pair, MiniLM", four_ways(make, scores, Workspace(tmp_path)), scores)
    one_row = Dataset.from_dict({name: [data[name][:]] for name in columns})
    old = task_of("pair", AbsTaskPairClassification, {"test": one_row}, "max_ap")
    assert nouns_of(old, "", "", Workspace(tmp_path)).left == tuple(data["sentence1"])
    assert pair_task(nouns_of(make(), "", "", Workspace(tmp_path))).measures[0] == "max_ap"


@pytest.mark.slow
def test_similarity(shared: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from mteb.abstasks import AbsTaskSTS

    rows = spread(shared / "data" / "ehr-relb" / "pairs.jsonl", 80)
    columns = {"sentence1": "text1", "sentence2": "text2", "score": "score"}
    data = Dataset.from_dict({ours: [row[theirs] for row in rows] for ours, theirs in columns.items()})
    scores = [f"{way}_{kind}" for way in ("cosine", "manhattan", "euclidean") for kind in ("spearman", "pearson")]
    make: Make = lambda: task_of("sts", AbsTaskSTS, {"test": data}, "cosine_spearman")  # noqa: E731
    assert_equal("sts, MiniLM", four_ways(make, scores, Workspace(tmp_path)), scores)
    assert sts_task(nouns_of(make(), "", "", Workspace(tmp_path))).measures[0] == "cosine_spearman"


def titles(shared: Path, count: int) -> tuple[list[str], list[int]]:
    """The first sentences of abstracts, and the classes of these."""
    rows = spread(shared / "data" / "medical-abstracts-tc" / "labels.jsonl.gz", count)
    names = sorted({row["label"] for row in rows})
    return [row["text"].partition(". ")[0] for row in rows], [names.index(row["label"]) for row in rows]


def seeds_apart(make: Make, score: str, workspace: Workspace) -> float:
    """How far mteb's own score moves from seed to seed."""
    found = []
    for seed in SEEDS:
        task = make(seed)
        found.append(run_mteb(as_encoder("minilm", workspace), task)[score])
    return float(max(found) - min(found))


@pytest.mark.slow
def test_classification(shared: Path, tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict
    from mteb.abstasks import AbsTaskClassification

    texts, labels = titles(shared, 220)
    parts = {"train": slice(0, None, 2), "test": slice(1, None, 2)}
    data = DatasetDict({name: Dataset.from_dict({"text": texts[of], "label": labels[of]}) for name, of in parts.items()})
    make: Make = lambda seed=42: task_of("classification", AbsTaskClassification, data, "accuracy", seed=seed)  # noqa: E731
    scores, workspace = ["accuracy", "f1", "f1_weighted"], Workspace(tmp_path)
    columns = four_ways(make, scores, workspace)
    apart = seeds_apart(make, "accuracy", workspace)
    assert 0 < apart < 0.2
    assert_equal(f"classification ±{apart:.3f}", columns, scores)
    found = nouns_of(make(), "", "", workspace)
    assert isinstance(found, LabelledTexts)
    assert (
        classification_task(found).recipe.identity["corpus"]
        == embedding_task_of(make(), "", "", workspace).recipe.identity["corpus"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["fast", "sets"])
def test_clustering(shared: Path, tmp_path: Path, form: str) -> None:
    from datasets import Dataset
    from mteb.abstasks import AbsTaskClustering, AbsTaskClusteringLegacy

    texts, labels = titles(shared, 120)
    sets = [slice(0, None, 3), slice(1, None, 3), slice(2, None, 3)]
    rows = {"sentences": texts, "labels": labels}
    if form == "sets":
        rows = {name: [column[of] for of in sets] for name, column in rows.items()}
    base = AbsTaskClustering if form == "fast" else AbsTaskClusteringLegacy
    data = {"test": Dataset.from_dict(rows)}
    more = {"max_fraction_of_documents_to_embed": 0.9, "n_clusters": 5}
    make: Make = lambda seed=42: task_of("clustering", base, data, "v_measure", seed=seed, **more)  # noqa: E731
    scores, workspace = ["v_measure"], Workspace(tmp_path)
    columns = four_ways(make, scores, workspace)
    apart = seeds_apart(make, "v_measure", workspace)
    assert_equal(f"clustering {form} ±{apart:.3f}", columns, scores)
    assert (apart > EQUAL) == (form == "fast")
    same = [embedding_task_of(make(seed), "", "", workspace).identity for seed in SEEDS[:2]]
    assert (same[0] == same[1]) == (form == "sets")
    assert clustering_task(nouns_of(make(), "", "", workspace), form=form).recipe.type == "clustering"


def test_what_medir_does_not_score_is_refused(tmp_path: Path) -> None:
    from datasets import Dataset
    from mteb.abstasks import AbsTaskClassification, AbsTaskClustering

    data = {"test": Dataset.from_dict({"sentences": ["a", "b"], "labels": [["x", "y"], ["x", "z"]]})}
    levels = task_of("clustering", AbsTaskClustering, data, "v_measure")
    with pytest.raises(UsageError, match="several levels"):
        embedding_task_of(levels, "", "", Workspace(tmp_path))
    fewer = task_of("clustering", AbsTaskClustering, data, "v_measure", max_documents_per_cluster=800)
    fewer.dataset = {"test": Dataset.from_dict({"sentences": ["a", "b"], "labels": ["x", "z"]})}
    with pytest.raises(UsageError, match="800 texts"):
        embedding_task_of(fewer, "", "", Workspace(tmp_path))
    folds = task_of("classification", AbsTaskClassification, {}, "accuracy", is_cross_validation=True)
    with pytest.raises(UsageError, match="cross-validated"):
        embedding_task_of(folds, "", "", Workspace(tmp_path))
    unlabelled = task_of("clustering", AbsTaskClustering, {}, "v_measure")
    unlabelled.dataset = {"test": Dataset.from_dict({"sentences": ["a", "b", "c"], "labels": [0, 1, -1]})}
    with pytest.raises(UsageError, match="label -1"):
        embedding_task_of(unlabelled, "", "", Workspace(tmp_path))


def tasks_of(base: str, kind: str, main: str, **more: Any) -> Any:
    """A task of two texts, or of two pairs."""
    import mteb.abstasks
    from datasets import Dataset

    pairs = {"sentence1": ["a", "b"], "sentence2": ["c", "d"]}
    columns = {"labels": [0, 1], "label": [0, 1], "score": [0.0, 1.0], "text": ["a", "b"], "sentences": ["a", "b"], **pairs}
    data = Dataset.from_dict(columns)
    return task_of(kind, getattr(mteb.abstasks, base), {"train": data, "test": data}, main, **more)


@pytest.mark.parametrize(
    ("base", "kind", "main"),
    [
        ("AbsTaskPairClassification", "pair", "similarity_ap"),
        ("AbsTaskSTS", "sts", "spearman"),
        ("AbsTaskClustering", "clustering", "nmi"),
        ("AbsTaskClassification", "classification", "ap"),
    ],
)
def test_a_measure_that_medir_has_not_is_refused(base: str, kind: str, main: str, tmp_path: Path) -> None:
    """`similarity_ap` and `spearman` go by the similarity that the model names: not the cosine's for every model."""
    with pytest.raises(UsageError, match=f"main score is {main}"):
        embedding_task_of(tasks_of(base, kind, main), "", "", Workspace(tmp_path))
    usual = {"pair": "max_ap", "sts": "cosine_spearman", "clustering": "v_measure", "classification": "accuracy"}[kind]
    with pytest.raises(UsageError, match=f"unknown measure 'nothing' for this type; known: .*{usual}"):
        embedding_task_of(tasks_of(base, kind, usual), "", "", Workspace(tmp_path), ["nothing"])
    assert embedding_task_of(tasks_of(base, kind, usual), "", "", Workspace(tmp_path)).measures[0] == usual


def test_a_scoring_or_a_classifier_of_its_own_is_refused(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    own = tasks_of("AbsTaskSTS", "sts", "cosine_spearman", _calculate_scores=lambda self, scores, gold: {})
    with pytest.raises(UsageError, match="by its own _calculate_scores"):
        embedding_task_of(own, "", "", Workspace(tmp_path))
    loaded = tasks_of("AbsTaskSTS", "sts", "cosine_spearman", dataset_transform=lambda self, **_: None)
    assert embedding_task_of(loaded, "", "", Workspace(tmp_path)).recipe.size == 2
    mixed = tasks_of("AbsTaskPairClassification", "sts", "cosine_spearman")
    with pytest.raises(UsageError, match="not scored as that type"):
        embedding_task_of(mixed, "", "", Workspace(tmp_path))
    for model in (LogisticRegression(C=2.0), LogisticRegression(max_iter=50), LogisticRegression(class_weight="balanced")):
        other = tasks_of("AbsTaskClassification", "classification", "accuracy", evaluator_model=model)
        with pytest.raises(UsageError, match="it learns by LogisticRegression"):
            embedding_task_of(other, "", "", Workspace(tmp_path))
    same = tasks_of("AbsTaskClassification", "classification", "accuracy", evaluator_model=LogisticRegression(random_state=7))
    assert embedding_task_of(same, "", "", Workspace(tmp_path)).recipe.size == 2
