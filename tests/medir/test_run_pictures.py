"""From the flags of `medir run` to tasks made of a folder of pictures with captions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL")

from corpora import InputError, UsageError
from corpora.caption_folder import open_captions
from corpora.caption_tasks import text_to_image
from corpora.workspace import Workspace
from medir.api import evaluate
from medir.commands.asked import Flags, asked_for, options_of
from medir.report import results_text
from tasks.asked import Asked
from tests.tasks import picture_data
from tests.tasks.picture_data import caption_folder, damaged

COLOURS = f"dense:{picture_data.__file__}:Colours"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return caption_folder(tmp_path / "fields", spread=50)


def asked(folder: Path, kind: str | None = None, **options: Any) -> Asked:
    (one,), _ = asked_for(Flags(data=folder, kind=kind, options=options_of(**options)), Workspace(folder.parent / "home"))
    return one


@pytest.mark.parametrize("kind", ["classification", "zero-shot"])
def test_a_folder_of_captions_is_embedded_by_its_label(folder: Path, kind: str) -> None:
    pytest.importorskip("sklearn")
    one = asked(folder, kind, label="colour", **({"template": ["a {label} field"]} if kind == "zero-shot" else {}))
    result = one.evaluate(COLOURS, Workspace(folder.parent / "home"))
    assert (result.task, result.unit) == (f"fields/{kind}", "images")
    assert 0.5 < result.measures[result.main].mean <= 1
    with pytest.raises(UsageError, match="embeds pictures, and bm25 ranks documents"):
        one.system("bm25")


def test_an_encoder_of_texts_is_refused_before_anything_is_embedded(folder: Path) -> None:
    words = f"dense:{Path(picture_data.__file__).with_name('embedding_data.py')}:Words"
    with pytest.raises(InputError, match="words reads texts only"):
        asked(folder, "clustering", label="colour").system(words)
    with pytest.raises(UsageError, match="words reads texts only"):
        asked(folder, "zero-shot", label="colour").system(words)


def test_rankings_are_made_of_captions_too(folder: Path) -> None:
    one = asked(folder, "image-to-image", label="colour", pairs=12, seed=3)
    assert (one.task.name, len(one.task.collection.corpus)) == ("fields/image-to-image", 12)  # type: ignore[union-attr]
    assert one.takes("bm25")


def test_question_to_image_asks_a_question_of_each_picture(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "captions.jsonl").read_text().splitlines()]
    for row in rows:
        row["qa"] = [
            {"question": "What colour?", "answer": row["colour"]},
            {"question": "Which number?", "answer": row["id"][-1]},
        ]
        row["text"] = " ".join(f"{one['question']} {one['answer']}." for one in row["qa"])
    (folder / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    one = asked(folder, "question-to-image", seed=1)
    assert len(one.task.collection.queries) == 18  # type: ignore[union-attr]


def test_a_folder_with_captions_and_no_type_says_which_there_are(folder: Path) -> None:
    for kind in (None, "retrieval"):
        with pytest.raises(UsageError, match="text-to-image, image-to-text, image-to-image, question-to-image, classification"):
            asked(folder, kind)
    with pytest.raises(UsageError, match="choose one with --label: colour, shade"):
        asked(folder, "clustering")
    (folder / "labels.jsonl").write_text('{"id": "1", "text": "a", "label": "x"}\n{"id": "2", "text": "b", "label": "y"}\n')
    assert asked(folder, "clustering").task.recipe.unit == "texts"  # type: ignore[union-attr]
    (folder / "captions.jsonl").unlink()
    with pytest.raises(InputError, match=r"no captions; the files there are: images, labels.jsonl"):
        asked(folder, "text-to-image")


@pytest.mark.parametrize(
    ("flags", "options", "says"),
    [
        ({"kind": "text-to-image"}, {"label": "colour"}, "text-to-image takes no --label"),
        ({"kind": "clustering"}, {"template": ["{label}"]}, "clustering takes no --template"),
        ({"kind": "sts"}, {"pairs": 3}, "sts takes no --pairs"),
        ({}, {"seed": 1}, "without --type, retrieval takes no --seed"),
        ({"kind": "zero-shot", "k": 5}, {}, "zero-shot embeds pictures, and takes no --k"),
        ({"kind": "image-to-text", "allow_dangling": True}, {}, "image-to-text takes no --allow-dangling"),
        ({"kind": "text-to-image"}, {"seed": 1}, "--seed decides which pairs are drawn, and all are used"),
        ({"kind": "image-to-txt"}, {}, "unknown type 'image-to-txt'"),
        ({"kind": "image-to-image"}, {"pairs": 0}, "--pairs is 0"),
        ({"kind": "zero-shot"}, {"label_names": "red"}, "'red' names no label"),
        ({"kind": "zero-shot"}, {"label": "shade", "label_names": "red=ruby"}, "no label is 'red'"),
    ],
)
def test_flags_that_do_not_fit_are_told(folder: Path, flags: dict[str, Any], options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        asked_for(Flags(data=folder, options=options_of(**options), **flags), Workspace(folder.parent / "home"))


@pytest.mark.parametrize("option", [{"label": "colour"}, {"pairs": 3}, {"pairs": 3, "seed": 1}])
@pytest.mark.parametrize("kind", ["classification", "clustering"])
def test_a_labels_file_takes_no_options_of_captions(tmp_path: Path, kind: str, option: dict[str, Any]) -> None:
    rows = [{"id": f"t{row}", "text": f"text {row}", "label": "ab"[row % 2]} for row in range(8)]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(UsageError, match=f"has no captions to use, and takes no --{next(iter(option))}"):
        asked_for(Flags(data=tmp_path, kind=kind, options=options_of(**option)), Workspace(tmp_path / "home"))
    with pytest.raises(UsageError, match=f"{kind} takes no option '{next(iter(option))}' here"):
        evaluate(tmp_path, COLOURS, type=kind, options=option, workspace=Workspace(tmp_path / "home"))


def test_a_damaged_picture_that_asks_and_answers_is_named_once(folder: Path) -> None:
    first = next(iter(sorted(folder.rglob("*.png"))))
    damaged(first)
    place = Workspace(folder.parent / "home")
    results = [asked(folder, "image-to-image", label="colour").evaluate(COLOURS, place) for _ in range(2)]
    assert [len(one.details["faulty_images"]) for one in results] == [1, 1]
    assert results_text(results[1:], {}, "table").count(f"faulty picture: {first.stem}") == 1


def test_options_are_not_for_tasks_with_a_name() -> None:
    with pytest.raises(UsageError, match="--task takes no --pairs"):
        asked_for(Flags(("nfcorpus",), options=options_of(pairs=3)), Workspace())


def test_python_users_say_the_type_too(folder: Path) -> None:
    pytest.importorskip("sklearn")
    place = Workspace(folder.parent / "home")
    options = {"label": "colour", "form": "sets"}
    own = evaluate(folder, COLOURS, type="clustering", options=options, workspace=place)
    data = open_captions(folder, None, place)
    assert own.measures == evaluate(data, COLOURS, type="clustering", options=options, workspace=place).measures
    with pytest.raises(UsageError, match="is no data for sts"):
        evaluate(text_to_image(data), COLOURS, type="sts", workspace=place)
    with pytest.raises(UsageError, match="retrieval takes no option 'label' here"):
        evaluate(text_to_image(data), COLOURS, options={"label": "colour"}, workspace=place)
    with pytest.raises(UsageError, match="nfcorpus has a type already"):
        evaluate("nfcorpus", COLOURS, type="clustering", workspace=place)
