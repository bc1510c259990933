"""Classification and clustering against scikit-learn called directly, step by step as mteb goes."""

from __future__ import annotations

import random
import tracemalloc
import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpora import Card, InputError, UsageError
from corpora.labelled import LabelledTexts, Labels
from corpora.workspace import Workspace
from tasks.comparison import all_pairs, compared, marks
from tasks.evaluate import evaluate
from tests.tasks.embedding_data import SYSTEM, labelled

metrics = pytest.importorskip("sklearn.metrics")
cluster = pytest.importorskip("sklearn.cluster")
linear = pytest.importorskip("sklearn.linear_model")

from tasks.embedding import EncoderSystem, classification, classification_task, clustering_task, make_embedding_task  # noqa: E402
from tasks.embedding.confusion import AVERAGED, Confusion  # noqa: E402
from tasks.embedding.cut import stratified  # noqa: E402
from tasks.embedding.resampling import draws  # noqa: E402


def encoded(labels: Labels) -> np.ndarray:
    return SYSTEM.encoder.encode(labels.texts, "plain")


def ten_guesses(train: Labels, test: Labels) -> list[np.ndarray]:
    """What ten classifiers of eight examples a label say, the examples drawn from a list shuffled on and on."""
    rows, found = list(range(len(train))), []
    for _ in range(10):
        np.random.RandomState(42).shuffle(rows)
        taken: dict[str, int] = defaultdict(int)
        chosen = []
        for row in rows:
            if taken[train.labels[row]] < 8:
                taken[train.labels[row]] += 1
                chosen.append(row)
        model = linear.LogisticRegression(max_iter=100, random_state=42)
        found.append(model.fit(encoded(train)[chosen], [train.labels[row] for row in chosen]).predict(encoded(test)))
    return found


def test_classification_is_ten_logistic_regressions(tmp_path: Path) -> None:
    data = labelled()
    task = classification_task(data, measures=classification.MEASURES)
    result = evaluate(task, SYSTEM, Workspace(tmp_path))
    gold, guesses = data.splits["test"].labels, ten_guesses(data.splits["train"], data.splits["test"])
    assert result.measures["accuracy"].mean == pytest.approx(np.mean([metrics.accuracy_score(gold, g) for g in guesses]))
    for name in AVERAGED:
        kind, _, weighted = name.partition("_")
        score = getattr(metrics, f"{kind}_score")
        theirs = np.mean([score(gold, g, average=weighted or "macro", zero_division=0) for g in guesses])
        assert result.measures[name].mean == pytest.approx(theirs)
        assert result.measures[name].low < theirs < result.measures[name].high
    assert result.per_query.values["accuracy"] == pytest.approx(np.mean([g == np.array(gold) for g in guesses], axis=0))
    assert (result.queries, result.split, result.notes["train_texts"]) == (90, "test", 60)


def test_resampled_means_over_labels_are_what_scikit_learn_finds_in_them() -> None:
    rng = np.random.default_rng(0)
    gold, guesses = rng.integers(0, 4, 12), rng.integers(0, 5, (3, 12))
    counts = next(draws(12))[:40]
    found = Confusion.of(gold, guesses).measured(counts, AVERAGED)
    for row, weights in enumerate(counts.astype(int)):
        for name in AVERAGED:
            kind, _, weighted = name.partition("_")
            score, drawn = getattr(metrics, f"{kind}_score"), np.repeat(gold, weights)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = np.mean(
                    [score(drawn, np.repeat(g, weights), average=weighted or "macro", zero_division=0) for g in guesses]
                )
            assert found[name][row] == pytest.approx(theirs)


def test_confusion_keeps_codes_and_no_column_per_experiment() -> None:
    rng = np.random.default_rng(0)
    gold, guesses = rng.integers(0, 200, 2000), rng.integers(0, 200, (50, 2000))
    counts = np.ones((1, 2000))
    tracemalloc.start()
    Confusion.of(gold, guesses).measured(counts, AVERAGED)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 4 * 2000 * 200  # a few arrays (n, c) of float32; (n, e * c) would be fifty each


def test_without_a_train_split_each_label_is_cut_and_the_order_does_not_matter() -> None:
    data = labelled().splits["test"]
    learnt, asked = stratified(data, "topics")
    assert set(learnt.ids) | set(asked.ids) == set(data.ids)
    assert len(learnt) + len(asked) == len(data)
    for label in set(data.labels):
        assert asked.labels.count(label) == round(0.3 * data.labels.count(label))
    backwards = data.take(list(range(len(data)))[::-1])
    assert set(stratified(backwards, "topics")[1].ids) == set(asked.ids)
    task = classification_task(LabelledTexts(Card("topics"), {"test": data}))
    assert (task.recipe.size, task.recipe.notes["texts_cut_off_to_learn_from"]) == (len(asked), len(learnt))


def test_the_split_is_not_the_one_to_learn_from() -> None:
    data = labelled()
    assert classification_task(replace(data, splits={"train": data.splits["train"], "dev": data.splits["test"]})).split == "dev"
    own = classification_task(data, "train")
    assert own.recipe.notes["texts_cut_off_to_learn_from"] == 42
    assert classification_task(replace(data, splits={"train": data.splits["train"]})).split == "train"


def test_odd_labels_are_refused_or_counted() -> None:
    few = Labels(tuple("abcde"), ("x", "y", "", "z", "z"), ("l", "l", "m", "m", "n"))
    alone = LabelledTexts(Card("few"), {"test": few})
    with pytest.raises(InputError, match="the label 'n' has one example"):
        classification_task(alone)
    with pytest.raises(InputError, match="one: all texts have the label 'l'"):
        clustering_task(LabelledTexts(Card("one"), {"test": few.take([0, 1])}))
    with pytest.raises(InputError, match="one: all texts to learn from have the label 'l'"):
        classification_task(LabelledTexts(Card("one"), {"train": few.take([0, 1]), "test": few}))
    notes = classification_task(LabelledTexts(Card("few"), {"train": few, "test": few.take([0, 4])})).recipe.notes
    assert (notes["single_example_labels"], notes["empty_texts"], notes["test_texts_learnt_from"]) == (1, 1, 2)
    found = clustering_task(alone).recipe.notes
    assert (found["repeated_texts"], found["texts_under_several_labels"], found["single_example_labels"]) == (1, 1, 1)


def test_clustering_is_ten_draws_of_mini_batch_k_means(tmp_path: Path) -> None:
    data = labelled(test=60)
    result = evaluate(clustering_task(data, fraction=0.5), SYSTEM, Workspace(tmp_path))
    rng = random.Random(42)
    used = data.splits["test"].take(rng.sample(range(60), k=30))
    vectors, theirs = encoded(used), []
    for _ in range(10):
        rows = rng.choices(range(30), k=16384)
        model = cluster.MiniBatchKMeans(n_clusters=3, batch_size=512, init="k-means++", n_init=1, random_state=42)
        theirs.append(metrics.v_measure_score(np.array(used.labels)[rows], model.fit_predict(vectors[rows])))
    assert result.per_query.values["v_measure"] == pytest.approx(theirs)
    assert result.measures["v_measure"].mean == pytest.approx(np.mean(theirs))
    assert (result.queries, result.notes["texts_left_out"], len(result.per_query.ids)) == (30, 30, 10)


def test_ready_made_sets_are_clustered_whole(tmp_path: Path) -> None:
    data = labelled(test=60).splits["test"]
    sets = replace(data, sets=tuple("ab"[row % 2] for row in range(60)))
    result = evaluate(clustering_task(LabelledTexts(Card("sets"), {"test": sets}), form="sets"), SYSTEM, Workspace(tmp_path))
    theirs = []
    for rows in (range(0, 60, 2), range(1, 60, 2)):
        part = data.take(list(rows))
        model = cluster.MiniBatchKMeans(n_clusters=len(set(part.labels)), batch_size=500, n_init="auto", random_state=42)
        theirs.append(metrics.v_measure_score(part.labels, model.fit(encoded(part)).labels_))
    assert result.per_query.values["v_measure"] == pytest.approx(theirs)


def test_sets_are_clustered_whole_or_not_at_all() -> None:
    for share in ({"fraction": 0.5}, {"most": 10}):
        with pytest.raises(UsageError, match="topics: sets are clustered whole"):
            clustering_task(labelled(), form="sets", **share)


def test_restarts_over_one_set_of_texts_are_not_tested(tmp_path: Path) -> None:
    data, place = labelled(test=40), Workspace(tmp_path)
    other = EncoderSystem("other", SYSTEM.encoder)
    for options, tested in (({}, False), ({"form": "sets"}, True)):
        sets = replace(data.splits["test"], sets=tuple("abcd"[row % 4] for row in range(40)))
        task = clustering_task(replace(data, splits={"test": sets}), **options)
        results = [evaluate(task, system, place) for system in (SYSTEM, other)]
        assert bool(compared(results)) == bool(marks(results)) == bool(all_pairs(results)) == tested


def test_a_role_is_part_of_what_is_compared(tmp_path: Path) -> None:
    task, place = classification_task(labelled()), Workspace(tmp_path)
    with pytest.raises(InputError, match="they differ in role"):
        marks([evaluate(one, SYSTEM, place) for one in (task, replace(task, role="query"))])


def test_what_is_known_of_training_stands_on_kept_results_too(tmp_path: Path) -> None:
    data, place = labelled(), Workspace(tmp_path)
    seen = replace(data, card=replace(data.card, trained_on=("words",)))
    found = [evaluate(clustering_task(one), SYSTEM, place) for one in (data, seen, data, seen)]
    assert [result.notes.get("trained_on_this", 0) for result in found] == [0, 1, 0, 1]
    assert (found[0].folder, found[1].folder) == (found[2].folder, found[3].folder)


def test_what_is_kept_is_read_back_and_any_change_is_a_new_result(tmp_path: Path) -> None:
    data, place = labelled(), Workspace(tmp_path)
    first, again = (evaluate(classification_task(data), SYSTEM, place) for _ in range(2))
    assert (first.row(), first.folder) == (again.row(), again.folder)
    assert first.main == "accuracy"
    renamed = replace(data, splits={**data.splits, "test": replace(data.splits["test"], ids=tuple(f"x{i}" for i in range(90)))})
    folders = [
        evaluate(task, SYSTEM, place).folder
        for task in (
            classification_task(data, measures=["f1"]),
            classification_task(renamed),
            clustering_task(data),
            clustering_task(data, fraction=0.5),
            classification_task(replace(data, card=replace(data.card, version=2))),
        )
    ]
    assert len({first.folder, *folders}) == 6
    assert marks([first, again]) == {("topics", "default", "test", "words", "accuracy"): ""}


def test_types_take_their_own_data() -> None:
    with pytest.raises(UsageError, match="is not data for pair"):
        make_embedding_task("pair", labelled())
    with pytest.raises(UsageError, match="clustering"):
        make_embedding_task("clusterin", labelled())
    with pytest.raises(UsageError, match="no split"):
        make_embedding_task("clustering", labelled(), "dev")
