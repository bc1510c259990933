"""Captioned pictures from a folder, and the collections made of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("PIL")

from painted import lines, painted

from corpora.caption_folder import has_captions, open_captions
from corpora.caption_pairs import without
from corpora.caption_tasks import (
    drawn,
    first,
    halves,
    image_to_image,
    image_to_text,
    labelled_images,
    question_to_image,
    ranks,
    text_to_image,
)
from corpora.errors import InputError, UsageError
from corpora.workspace import Workspace


@pytest.fixture
def home(tmp_path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def captions(tmp_path, home):
    """Five pairs: two share a report, two a picture, one has no text and no organ."""
    folder = tmp_path / "data"
    for number in range(4):
        painted(folder / f"{number}.png", number)
    rows = [
        {"id": "a", "image": "0.png", "text": "one report", "organ": "HEAD"},
        {"id": "b", "image": "1.png", "text": "one report", "organ": "HEAD"},
        {"id": "c", "image": "2.png", "text": "second", "organ": "CHEST"},
        {"id": "d", "image": "2.png", "caption": "the same picture", "organ": "CHEST"},
        {"id": "e", "image": "3.png"},
    ]
    lines(folder / "captions.jsonl", rows)
    return open_captions(folder, None, home)


def test_a_folder_of_captions(tmp_path, home):
    folder = tmp_path / "data"
    for number in range(3):
        painted(folder / "images" / f"{number}.png", number)
    rows = [
        {"id": 1, "images": ["images/0.png", "images/1.png"], "caption": "both", "split": "train", "organ": "HEAD"},
        {"id": 2, "images": ["images/2.png", "none.png"], "caption": "one", "split": "test"},
        {"id": 3, "images": "none.png", "caption": "none", "split": "test"},
    ]
    lines(folder / "captions.jsonl", rows)
    found = open_captions(folder, None, home)
    assert (found.split, found.ids, found.texts) == ("test", ("2",), ("one",))
    assert found.notes == {"missing_images": 2, "captions_without_image": 1}
    assert found.faults == tuple(
        f"{folder / 'captions.jsonl'}:{line}, picture '{line}': none.png: there is no such file" for line in (2, 3)
    )
    train = open_captions(folder, "train", home)
    assert (train.describe(), train.metadata, train.notes) == ({"pairs": 1, "pictures": 2}, ({"organ": "HEAD"},), {})
    assert open_captions(folder, "all", home).ids == ("1", "2")
    with pytest.raises(UsageError, match="no split 'dev'"):
        open_captions(folder, "dev", home)
    assert has_captions(folder)
    lines(folder / "captions.jsonl", [*rows, {"id": 2, "image": "images/0.png"}])
    with pytest.raises(InputError, match=r"captions\.jsonl:4: two captions share the id '2'"):
        open_captions(folder, None, home)


def test_a_bare_folder_of_pictures_is_refused_with_the_layout(tmp_path, home):
    painted(tmp_path / "data" / "0.png")
    with pytest.raises(InputError, match=r"no captions; the files there are: 0\.png") as caught:
        open_captions(tmp_path / "data", None, home)
    assert '{"id": "1", "image": "images/1.png", "text": "what it shows"}' in caught.value.mend
    assert not has_captions(tmp_path / "data")
    lines(tmp_path / "data" / "captions.jsonl", [{"id": "1", "text": "no field"}])
    with pytest.raises(InputError, match=r"captions.jsonl:1: no .*"):
        open_captions(tmp_path / "data", None, home)
    lines(tmp_path / "data" / "captions.jsonl", [{"id": "1", "image": "none.png"}])
    with pytest.raises(InputError, match=r"none of its pictures can be read; the first: .*none\.png: there is no such file"):
        open_captions(tmp_path / "data", None, home)


def test_text_to_image_counts_every_picture_of_a_report_as_right(captions):
    made = text_to_image(captions)
    assert made.corpus.ids.to_pylist() == list("abcde")
    assert made.corpus.table.column("text").to_pylist() == [""] * 5
    assert [len(images) for images in made.corpus.images(np.arange(5))] == [1] * 5
    assert made.queries.texts == ["one report", "one report", "second", "the same picture"]
    assert {q: set(made.qrels.grades[q]) for q in "abcd"} == {"a": {"a", "b"}, "b": {"a", "b"}, "c": {"c", "d"}, "d": {"c", "d"}}
    assert made.queries.group == ("a", "a", "c", "d")
    assert made.notes == {"pairs_without_text": 1}
    assert (made.card.main, made.card.measures[:5]) == ("R@1", ("R@1", "R@5", "R@10", "nDCG@10", "RR"))
    assert "Success@1" in made.card.measures
    alone = text_to_image(captions.take([0, 2]))
    assert (alone.card.measures, alone.queries.group) == (("R@1", "R@5", "R@10", "nDCG@10", "RR"), ())
    assert [row["modality"] for row in alone.queries.metadata] == ["text", "text"]


def test_image_to_text_is_the_other_way_round(captions):
    made = image_to_text(captions)
    assert made.corpus.table.column("text").to_pylist() == list(captions.texts[:4])
    assert not made.corpus.pictured
    assert [made.queries.images(row) for row in range(4)] == list(captions.images[:4])
    assert {q: set(made.qrels.grades[q]) for q in "abcd"} == {"a": {"a", "b"}, "b": {"a", "b"}, "c": {"c", "d"}, "d": {"c", "d"}}
    assert {row["modality"] for row in made.queries.metadata} == {"image"}
    with pytest.raises(InputError, match="no picture has a text"):
        image_to_text(captions.take([4]))


def test_halves_never_share_a_picture(tmp_path, home):
    for number in range(12):
        painted(tmp_path / "data" / f"{number}.png", number)
    rows = [{"id": f"p{number}", "images": [f"{number}.png"], "text": "x"} for number in range(12)]
    rows += [{"id": f"q{number}", "images": [f"{number}.png", f"{number + 1}.png"], "text": "y"} for number in range(0, 12, 3)]
    lines(tmp_path / "data" / "captions.jsonl", rows)
    for seed in range(5):
        learnt, asked = halves(open_captions(tmp_path / "data", None, home), seed)
        assert len(learnt) + len(asked) == 16
        files = [{image.sha256 for images in part.images for image in images} for part in (learnt, asked)]
        assert not files[0] & files[1]


def test_more_judgements_than_can_be_held_are_refused(captions, monkeypatch):
    monkeypatch.setattr("corpora.caption_tasks.MOST_JUDGEMENTS", 3)
    with pytest.raises(InputError, match="4 pairs of pictures share a label, of which 3 can be judged") as fault:
        image_to_image(captions, "organ")
    assert "--pairs" in fault.value.mend


def test_image_to_image_takes_the_picture_itself_out(captions):
    made = image_to_image(captions, "organ")
    assert made.corpus.ids.to_pylist() == list("abcd")
    assert {q: set(docs) for q, docs in made.qrels.grades.items()} == {"a": {"b"}, "b": {"a"}}
    assert made.qrels.ignored == {"a": {"a"}, "b": {"b"}}
    assert made.notes == {"unlabelled_images": 1, "queries_without_an_answer": 2, "coarse_labels": 2}
    assert made.card.slices == ("organ", "modality")
    with pytest.raises(InputError, match="no picture has the field 'plane'") as caught:
        image_to_image(captions, "plane")
    assert caught.value.mend == "use one of: organ"


def test_a_pair_is_taken_out_of_its_caption():
    text = "Is it large? No. Is it a CT scan? no. Is it normal? Yes. is it LARGE?  no"
    assert without(text, "Is it large? No") == "Is it a CT scan? no. Is it normal? Yes."
    assert without("It is no. It is normal.", "it is no") == "It is normal."
    assert without("nothing like it", "It is") == "nothing like it"


def test_a_question_asks_for_its_picture(tmp_path, home):
    folder = tmp_path / "data"
    for number in range(3):
        painted(folder / f"{number}.png", number)
    pairs = [{"question": f"Question {number}?", "answer": f"answer {number}", "kind": number} for number in range(3)]
    text = " ".join(f"{pair['question']} {pair['answer']}." for pair in pairs)
    rows = [
        {"id": "a", "image": "0.png", "text": text, "qa": pairs},
        {"id": "b", "image": "1.png", "text": text, "qa": json.dumps(pairs)},
        {"id": "c", "image": "2.png", "text": "Question 0? answer 0.", "qa": pairs[:1]},
    ]
    lines(folder / "captions.jsonl", rows)
    captions = open_captions(folder, None, home)
    made = question_to_image(captions)
    assert made.queries.ids == ("a", "b")
    assert made.notes == {"pairs_without_question": 1}
    texts = made.corpus.table.column("text").to_pylist()
    for row in range(2):
        own = made.queries.metadata[row]["kind"]
        assert made.queries.texts[row] == f"Question {own}?"
        assert texts[row] == " ".join(f"{pair['question']} {pair['answer']}." for pair in pairs if pair["kind"] != own)
    assert texts[2] == rows[2]["text"]
    assert {q: set(docs) for q, docs in made.qrels.grades.items()} == {"a": {"a"}, "b": {"b"}}
    assert made.corpus.pictured
    assert made.card.known_item
    assert question_to_image(captions, 0).queries.texts == made.queries.texts
    assert len({tuple(question_to_image(captions, seed).queries.texts) for seed in range(12)}) > 3


def test_what_is_asked_stands_in_no_caption_of_an_equal_picture(tmp_path, home):
    painted(tmp_path / "data" / "0.png")
    pairs = [{"question": f"Question {number}?", "answer": f"answer {number}"} for number in range(6)]
    text = " ".join(f"{pair['question']} {pair['answer']}." for pair in pairs)
    lines(tmp_path / "data" / "captions.jsonl", [{"id": name, "image": "0.png", "text": text, "qa": pairs} for name in "abcd"])
    made = question_to_image(open_captions(tmp_path / "data", None, home))
    asked = set(made.queries.texts)
    assert len(asked) > 1
    left = " ".join(f"{pair['question']} {pair['answer']}." for pair in pairs if pair["question"] not in asked)
    assert made.corpus.table.column("text").to_pylist() == [left] * 4


def test_samples(captions):
    assert first(captions, 2).ids == ("a", "b")
    some = drawn(captions, 3, seed=1)
    assert len(some) == 3
    assert drawn(captions, 3, seed=1).ids == some.ids
    assert len({drawn(captions, 2, seed=seed).ids for seed in range(10)}) > 1
    again = drawn(captions, 12, replacement=True)
    assert len(again) == 12
    assert again.notes["repeated_draws"] >= 7
    repeated = next(name for name in again.ids if name.endswith("#2"))
    made = text_to_image(again.take([row for row, text in enumerate(again.texts) if text]))
    if repeated in made.queries.ids:
        assert repeated.removesuffix("#2") in made.qrels.grades[repeated]
    for n in (0, 6):
        with pytest.raises(InputError, match=f"{n} of 5 pictures are asked for"):
            first(captions, n)
        with pytest.raises(InputError, match=f"{n} of 5 pictures"):
            drawn(captions, n)


def test_halves_never_part_equal_pictures(captions):
    for seed in range(6):
        train, test = halves(captions, seed)
        assert (train.split, test.split) == ("train", "test")
        assert sorted(train.ids + test.ids) == list("abcde")
        assert ("c" in train.ids) == ("d" in train.ids)


def test_labelled_images(captions):
    found = labelled_images(captions, "organ", split=False)
    part = found.splits["test"]
    assert (part.labels, len(part.images), found.notes["unlabelled_images"]) == (("HEAD", "HEAD", "CHEST", "CHEST"), 4, 1)
    assert part.images == tuple(images[0] for images in captions.images[:4])
    assert set(labelled_images(captions, "organ").splits) == {"train", "test"}


def test_ranks_are_those_of_the_first_right_document(captions):
    from retrieval import Run

    made = text_to_image(captions)
    rankings = {
        "a": {"e": 3.0, "b": 2.0, "a": 1.0},
        "b": {"a": 3.0},
        "c": {"a": 3.0, "b": 2.5, "e": 2.0, "d": 1.0},
        "d": {"a": 1.0},
    }
    assert ranks(Run.from_rankings(rankings), made) == ((2 + 1 + 4 + 5) / 4, 3.0)


def test_vqa_rad(shared, home):
    captions = open_captions(shared / "data" / "vqa-rad", None, home)
    assert captions.describe() == {"pairs": 315, "pictures": 315}
    assert captions.notes == {}
    made = question_to_image(captions)
    texts = dict(zip(made.corpus.ids.to_pylist(), made.corpus.table.column("text").to_pylist(), strict=True))
    assert len(made.queries) == 314
    assert made.notes == {"pairs_without_question": 1}
    assert all(text not in texts[name] for name, text in zip(made.queries.ids, made.queries.texts, strict=True))
    assert image_to_image(captions, "organ").describe()["queries"] == 314
    assert labelled_images(captions, "organ").describe()["labels"] == 3
