"""Classification and clustering of pictures against scikit-learn on the same vectors, and what cannot be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from corpora import Card, InputError
from corpora.images import ImageRef
from corpora.labelled import LabelledTexts, Labels
from corpora.workspace import Workspace
from tasks.embedding.cut import stratified
from tasks.evaluate import evaluate
from tests.tasks.embedding_data import SYSTEM as WORDS
from tests.tasks.embedding_data import labelled
from tests.tasks.picture_data import SYSTEM, PicturesOnly, damaged, labelled_pictures

Image = pytest.importorskip("PIL.Image")
metrics = pytest.importorskip("sklearn.metrics")
cluster = pytest.importorskip("sklearn.cluster")
linear = pytest.importorskip("sklearn.linear_model")

from tasks.embedding import EmbeddingTask, EncoderSystem, classification, classification_task, clustering_task  # noqa: E402


def seen(labels: Labels) -> np.ndarray:
    """The vectors of pictures, opened by Pillow alone."""
    own = [np.asarray(Image.open(one.path).convert("RGB"), np.float64).reshape(-1, 3).mean(axis=0) for one in labels.images]
    return np.stack([np.append((one - 90) / 100, 0.5) for one in own]).astype(np.float32)


def test_pictures_are_classified_as_texts_are(tmp_path: Path) -> None:
    data = labelled_pictures(tmp_path)
    train, test = data.splits["train"], data.splits["test"]
    result = evaluate(classification_task(data, measures=classification.MEASURES), SYSTEM, Workspace(tmp_path))
    rows, guesses = list(range(len(train))), []
    for _ in range(10):
        np.random.RandomState(42).shuffle(rows)
        taken: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            taken[train.labels[row]].append(row)
        chosen = sorted((row for own in taken.values() for row in own[:8]), key=rows.index)
        model = linear.LogisticRegression(max_iter=100, random_state=42)
        guesses.append(model.fit(seen(train)[chosen], [train.labels[row] for row in chosen]).predict(seen(test)))
    right = np.mean([guess == np.array(test.labels) for guess in guesses], axis=0)
    assert result.per_query.values["accuracy"] == pytest.approx(right)
    theirs = np.mean([metrics.f1_score(test.labels, guess, average="macro") for guess in guesses])
    assert result.measures["f1"].mean == pytest.approx(theirs)
    assert 0.4 < result.measures["accuracy"].mean < 1
    assert (result.unit, result.queries, result.notes["train_images"]) == ("images", 45, 30)


def test_pictures_are_clustered_as_texts_are(tmp_path: Path) -> None:
    one = labelled_pictures(tmp_path).splits["test"]
    sets = replace(one, sets=tuple("ab"[row % 2] for row in range(len(one))))
    data = LabelledTexts(labelled().card, {"test": sets})
    result = evaluate(clustering_task(data, form="sets"), SYSTEM, Workspace(tmp_path))
    theirs = []
    for start in (0, 1):
        part = one.take(range(start, len(one), 2))
        model = cluster.MiniBatchKMeans(n_clusters=len(set(part.labels)), batch_size=500, n_init="auto", random_state=42)
        theirs.append(metrics.v_measure_score(part.labels, model.fit(seen(part)).labels_))
    assert result.per_query.values["v_measure"] == pytest.approx(theirs)
    assert result.unit == "images"


def with_another(part: Labels, image: ImageRef, label: str) -> Labels:
    """The part with one more picture, at the front."""
    return Labels(("bad", *part.ids), ("", *part.texts), (label, *part.labels), images=(image, *part.images))


@pytest.mark.parametrize("make", [classification_task, partial(clustering_task, form="sets")])
def test_what_cannot_be_decoded_is_as_if_it_had_never_been_there(tmp_path: Path, make: Callable[..., EmbeddingTask]) -> None:
    data, bad = labelled_pictures(tmp_path, train=12, test=20), damaged(tmp_path / "bad.png")
    spoilt = replace(data, splits={name: with_another(part, bad, "red") for name, part in data.splits.items()})
    clean, other = (evaluate(make(one, "test"), SYSTEM, Workspace(tmp_path)) for one in (data, spoilt))
    assert other.measures == clean.measures
    assert (clean.queries, other.queries) == (20, 20)
    assert (clean.notes.get("undecodable_images", 0), other.notes["undecodable_images"]) == (0, 1)
    assert len(other.details["faulty_images"]) == 1
    assert all(name in other.details["faulty_images"][0] for name in ("bad", "bad.png"))
    assert not clean.details


def test_a_set_of_damaged_pictures_is_refused(tmp_path: Path) -> None:
    refs = tuple(damaged(tmp_path / f"{n}.png", n) for n in range(4))
    part = Labels(tuple("abcd"), ("",) * 4, tuple("xyxy"), images=refs)
    with pytest.raises(InputError, match="spoilt: no picture can be decoded"):
        evaluate(clustering_task(LabelledTexts(Card("spoilt"), {"test": part})), SYSTEM, Workspace(tmp_path))


def test_an_encoder_must_read_what_is_embedded(tmp_path: Path) -> None:
    data, place = labelled_pictures(tmp_path, train=6, test=9), Workspace(tmp_path)
    with pytest.raises(InputError, match="words reads texts only, and these are pictures") as fault:
        evaluate(clustering_task(data, "test"), WORDS, place)
    assert "captions" not in str(fault.value)
    test = data.splits["test"]
    told = replace(data, splits={"test": replace(test, texts=("a field",) * 9)})
    with pytest.raises(InputError, match="give the captions with their labels"):
        evaluate(clustering_task(told), WORDS, place)
    with pytest.raises(InputError, match="pictures-only reads pictures only"):
        evaluate(clustering_task(labelled()), EncoderSystem("pictures", PicturesOnly()), place)


def test_pictures_are_pinned_and_captions_move_nothing(tmp_path: Path) -> None:
    data = labelled_pictures(tmp_path, train=6, test=9)
    test = data.splits["test"]
    own = classification_task(data)
    told = classification_task(replace(data, splits={**data.splits, "test": replace(test, texts=("a field",) * 9)}))
    assert own.identity == told.identity
    swapped = replace(test, images=(*test.images[1:], test.images[0]))
    assert classification_task(replace(data, splits={**data.splits, "test": swapped})).identity != own.identity
    moved = replace(test, images=tuple(replace(one, path="elsewhere.png") for one in test.images))
    assert classification_task(replace(data, splits={**data.splits, "test": moved})).identity == own.identity


def test_counts_speak_of_pictures(tmp_path: Path) -> None:
    data = labelled_pictures(tmp_path, train=6, test=9)
    train, test = data.splits["train"], data.splits["test"]
    again = replace(test, images=(train.images[0], train.images[0], *test.images[2:]))
    notes = classification_task(replace(data, splits={"train": train, "test": again})).recipe.notes
    assert (notes["repeated_images"], notes["test_images_learnt_from"], notes["train_images"]) == (1, 2 - 1, 6)
    assert not any("texts" in name for name in notes)
    cut = classification_task(LabelledTexts(Card("cut"), {"test": labelled_pictures(tmp_path, train=6, test=30).splits["test"]}))
    assert cut.recipe.notes["images_cut_off_to_learn_from"] == cut.recipe.notes["train_images"]
    with pytest.raises(InputError, match="one part is of pictures"):
        classification_task(replace(data, splits={"train": train, "test": labelled().splits["test"]})).recipe.items()


def test_a_cut_of_pictures_depends_on_nothing_but_them(tmp_path: Path) -> None:
    part = labelled_pictures(tmp_path).splits["test"]
    backwards = part.take(range(len(part))[::-1])
    assert set(stratified(part, "x")[1].ids) == set(stratified(backwards, "x")[1].ids)
    assert not set(stratified(part, "x")[0].ids) & set(stratified(part, "x")[1].ids)
