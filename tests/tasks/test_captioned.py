"""What a type makes of pictures with captions, and what it says of flags that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL")

from corpora import Collection, UsageError
from corpora.caption_folder import open_captions
from corpora.caption_tasks import RANKED_TYPES
from corpora.captions import CaptionedImages
from corpora.workspace import Workspace
from medir.report import results_text
from retrieval.run import Run
from tasks.asked import ask
from tasks.captioned import CAPTION_TYPES, captioned, categorical, label_of
from tasks.embedding import EmbeddingTask
from tasks.measures import parse_measure
from tasks.retrieval_scores import scored
from tasks.retrieval_task import RetrievalTask
from tests.tasks.picture_data import caption_folder


@pytest.fixture
def captions(tmp_path: Path) -> CaptionedImages:
    return open_captions(caption_folder(tmp_path / "fields"), None, Workspace(tmp_path / "home"))


@pytest.mark.parametrize(
    ("kind", "main", "counted"),
    [
        ("text-to-image", "R@1", 18),
        ("image-to-text", "R@1", 18),
        ("image-to-image", "nDCG@10", 18),
        ("classification", "accuracy", 9),
        ("clustering", "v_measure", 18),
        ("zero-shot", "accuracy", 18),
    ],
)
def test_every_type_is_made_of_captions(captions: CaptionedImages, kind: str, main: str, counted: int) -> None:
    label = {} if kind in ("text-to-image", "image-to-text") else {"label": "colour"}
    task = ask(captions, kind, options=label).task
    if kind in RANKED_TYPES:
        assert isinstance(task, RetrievalTask)
        assert (str(task.measures[0]), len(task.collection.queries)) == (main, counted)
        assert task.collection.queries.pictured == (kind != "text-to-image")
    else:
        assert isinstance(task, EmbeddingTask)
        assert (task.measures[0], task.recipe.size, task.recipe.type) == (main, counted, kind)
        assert len(task.recipe.items().images) == 18


def test_the_label_is_the_only_field_that_could_be_one_or_must_be_chosen(captions: CaptionedImages) -> None:
    assert categorical(captions) == ["colour", "shade"]
    with pytest.raises(UsageError, match="2 fields could be the label") as fault:
        label_of(captions)
    assert "--label: colour, shade" in str(fault.value)
    assert label_of(captions, "shade") == "shade"
    with pytest.raises(UsageError, match="no picture has a field 'color'"):
        label_of(captions, "color")
    only: list[dict[str, Any]] = [{"colour": row["colour"], "number": place} for place, row in enumerate(captions.metadata)]
    alone = CaptionedImages(captions.card, "test", captions.ids, captions.images, captions.texts, tuple(only))
    assert label_of(alone) == "colour"
    none = CaptionedImages(captions.card, "test", captions.ids, captions.images, captions.texts, ({},) * 18)
    with pytest.raises(UsageError, match="no field could be the label"):
        label_of(none)


def test_pairs_are_drawn_by_seed(captions: CaptionedImages) -> None:
    def ids(**options: Any) -> list[str]:
        found = captioned(captions, "text-to-image", options)
        assert isinstance(found, Collection)
        return list(found.corpus.ids.to_pylist())

    assert len(ids(pairs=5)) == 5
    assert ids(pairs=5) == ids(pairs=5, seed=0) != ids(pairs=5, seed=1)
    assert len(ids(pairs=30, replacement=True)) == 30
    own = ask(captions, "text-to-image").task.identity
    assert own != ask(captions, "text-to-image", options={"pairs": 5}).task.identity


def test_options_of_a_type_reach_it(captions: CaptionedImages) -> None:
    task = ask(captions, "zero-shot", options={"label": "shade", "templates": ("{label}",), "names": {"dark": "gloomy"}}).task
    assert task.identity["prompts"] == {"dark": ["gloomy"], "light": ["light"]}


def test_what_is_not_made_of_captions_is_told(captions: CaptionedImages) -> None:
    with pytest.raises(UsageError, match="no type says what to make of them") as fault:
        ask(captions)
    assert all(kind in str(fault.value) for kind in CAPTION_TYPES)
    with pytest.raises(UsageError, match="no sts is made of them"):
        ask(captions, "sts")
    with pytest.raises(UsageError, match="text-to-image has no labels"):
        ask(captions, "text-to-image", options={"label": "colour"})


def test_slices_by_modality_and_label_are_printed(captions: CaptionedImages) -> None:
    of = captioned(captions, "image-to-image", {"label": "colour"})
    assert isinstance(of, Collection)
    run = Run.from_rankings({query: {"red0": 1.0} for query in of.queries.ids})
    printed = results_text([scored(of, run, [parse_measure("P@1")], 10, "fixed")], {}, "table", slices=True)
    assert all(word in printed for word in ("modality", "colour", "red", "image"))
