"""Zero-shot classification against NumPy in float64 and scikit-learn, and what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from corpora import Card, InputError, UsageError
from corpora.labelled import LabelledTexts, Labels
from corpora.workspace import Workspace
from medir.report import results_text
from tasks.comparison import against_first, marks
from tasks.evaluate import evaluate
from tasks.result import PerQuery
from tests.tasks.embedding_data import SYSTEM as WORDS
from tests.tasks.embedding_data import labelled
from tests.tasks.picture_data import SYSTEM, Colours, PicturesOnly, damaged, labelled_pictures

Image = pytest.importorskip("PIL.Image")
metrics = pytest.importorskip("sklearn.metrics")

from tasks.embedding import EncoderSystem, zero_shot_task  # noqa: E402
from tasks.embedding.confusion import BALANCED, Confusion  # noqa: E402
from tasks.embedding.resampling import draws  # noqa: E402
from tasks.embedding.zero_shot import ZeroShot  # noqa: E402

TEMPLATES = ("a {label} field", "{label} and grey and grey", "red or {label}")


@dataclass(frozen=True)
class Blurred(Colours):
    """The same colours, turned a little."""

    turn: float = 1.5
    name = "blurred"

    def identity(self) -> str:
        return f"{int(self.turn * 1000):064x}"

    def encode_images(self, prepared: Sequence[Any], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        own = super().encode_images(prepared, role, ids)
        return own + np.float32(self.turn) * own[:, [1, 2, 0, 3]]


def test_a_picture_gets_the_label_whose_averaged_prompts_are_nearest(tmp_path: Path) -> None:
    data = labelled_pictures(tmp_path)
    part, encoder = data.splits["test"], Colours()
    result = evaluate(zero_shot_task(data, templates=TEMPLATES), SYSTEM, Workspace(tmp_path))
    labels = sorted(set(part.labels))
    classes = []
    for label in labels:
        prompts = encoder.encode([one.format(label=label) for one in TEMPLATES], "plain").astype(np.float64)
        mean = np.mean([row / np.linalg.norm(row) for row in prompts], axis=0)
        classes.append(mean / np.linalg.norm(mean))
    opened = [np.asarray(Image.open(one.path).convert("RGB"), np.float64).reshape(-1, 3).mean(axis=0) for one in part.images]
    pictures = encoder.encode_images(opened, "plain").astype(np.float64)
    cosines = (pictures / np.linalg.norm(pictures, axis=1, keepdims=True)) @ np.stack(classes).T
    guess = [labels[place] for place in cosines.argmax(axis=1)]
    assert 0.3 < metrics.accuracy_score(part.labels, guess) < 1
    theirs = {
        "accuracy": metrics.accuracy_score(part.labels, guess),
        "balanced_accuracy": metrics.balanced_accuracy_score(part.labels, guess),
        "f1": metrics.f1_score(part.labels, guess, average="macro"),
    }
    assert {name: value.mean for name, value in result.measures.items()} == pytest.approx(theirs)
    assert all(value.low < value.mean < value.high for value in result.measures.values())
    assert result.per_query.values["accuracy"].tolist() == [float(a == b) for a, b in zip(guess, part.labels, strict=True)]
    assert (result.queries, result.unit, result.main, result.notes["templates"]) == (45, "images", "accuracy", 3)
    assert result.identity["prompts"]["blue"] == ["a blue field", "blue and grey and grey", "red or blue"]
    assert result.prompts["text"] == {"text": "a blue field"}


def test_balanced_accuracy_of_resamples_is_what_scikit_learn_finds_in_them() -> None:
    rng = np.random.default_rng(0)
    gold, guess = rng.integers(0, 4, 12), rng.integers(0, 5, 12)
    counts = next(draws(12))[:40]
    found = Confusion.of(gold, guess[None, :]).measured(counts, [BALANCED])[BALANCED]
    for row, weights in enumerate(counts.astype(int)):
        drawn, said = np.repeat(gold, weights), np.repeat(guess, weights)
        with pytest.warns(UserWarning, match="not in y_true") if set(said) - set(drawn) else nullcontext():
            assert found[row] == pytest.approx(metrics.balanced_accuracy_score(drawn, said))


def test_systems_are_compared_by_exact_mcnemar(tmp_path: Path) -> None:
    scipy = pytest.importorskip("scipy.stats")
    task, place = zero_shot_task(labelled_pictures(tmp_path)), Workspace(tmp_path)
    first, second = (evaluate(task, one, place) for one in (SYSTEM, EncoderSystem("blurred", Blurred())))
    (found,) = against_first([first, second], ["accuracy"])
    assert found.wins + found.losses > 2
    assert found.p == pytest.approx(scipy.binomtest(found.wins, found.wins + found.losses).pvalue)
    assert set(marks([first, second])) == {("colours", "default", "test", "blurred", "accuracy")}


def test_results_over_different_pictures_are_not_paired(tmp_path: Path) -> None:
    task, place = zero_shot_task(labelled_pictures(tmp_path)), Workspace(tmp_path)
    first, second = (evaluate(task, one, place) for one in (SYSTEM, EncoderSystem("blurred", Blurred())))
    own = second.per_query
    for ids, values in ((own.ids[1:], own.values["accuracy"][1:]), (("other", *own.ids[1:]), own.values["accuracy"])):
        other = replace(second, per_query=PerQuery(ids, (), {"accuracy": values}))
        assert marks([first, other]) == {}
        assert "not tested against colours" in results_text([first, other], {}, "table")
        with pytest.raises(InputError, match="they were scored over different images"):
            against_first([first, other])


def test_names_are_put_into_the_prompts(tmp_path: Path) -> None:
    data = labelled_pictures(tmp_path)
    part = data.splits["test"]
    coded = replace(data, splits={"test": replace(part, labels=tuple(label[0] for label in part.labels))})
    spoken = {"r": "red", "g": "green", "b": "blue"}
    place = Workspace(tmp_path)
    own, named = (
        evaluate(zero_shot_task(data, "test"), SYSTEM, place),
        evaluate(zero_shot_task(coded, names=spoken), SYSTEM, place),
    )
    assert own.measures == named.measures
    assert evaluate(zero_shot_task(coded), SYSTEM, place).notes["tied_images"] == 45  # all prompts are grey


def test_what_cannot_be_decoded_is_left_out_with_its_label(tmp_path: Path) -> None:
    data, bad = labelled_pictures(tmp_path), damaged(tmp_path / "bad.png")
    part = data.splits["test"]
    spoilt = Labels(("bad", *part.ids), ("", *part.texts), ("violet", *part.labels), images=(bad, *part.images))
    own = evaluate(zero_shot_task(data, "test"), SYSTEM, Workspace(tmp_path))
    other = evaluate(
        zero_shot_task(replace(data, splits={"test": spoilt}), names={"violet": "purple"}), SYSTEM, Workspace(tmp_path)
    )
    assert (own.measures, other.notes["undecodable_images"], other.notes["labels"]) == (other.measures, 1, 3)


def test_it_needs_pictures_labels_templates_and_an_encoder_of_both(tmp_path: Path) -> None:
    data = labelled_pictures(tmp_path, train=6, test=9)
    part = data.splits["test"]
    for options, says in (
        ({"templates": ("a picture",)}, "the template 'a picture' does not say where the label stands"),
        ({"templates": ()}, "there is no template"),
        ({"names": {"pink": "rose"}}, "no label is 'pink'"),
        ({"names": {"red": "blue"}}, "2 labels are called 'blue'"),
        ({"names": {"red": " "}}, "the name of a label is empty"),
    ):
        with pytest.raises(UsageError, match=says):
            ZeroShot(part, **options)
    with pytest.raises(InputError, match="topics: there are no pictures"):
        zero_shot_task(labelled(), "test")
    with pytest.raises(InputError, match="all pictures have the label 'red'"):
        zero_shot_task(LabelledTexts(Card("x"), {"test": part.take([row for row in range(9) if part.labels[row] == "red"])}))
    for system, says in ((WORDS, "reads texts only"), (EncoderSystem("pictures", PicturesOnly()), "reads pictures only")):
        with pytest.raises(UsageError, match=says):
            evaluate(zero_shot_task(data, "test"), system, Workspace(tmp_path))
