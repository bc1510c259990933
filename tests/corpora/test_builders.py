"""Tasks made of a user's own aligned pairs and label columns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from corpora import Card, InputError
from corpora.builders import aligned_collection, aligned_rows, labelled_column, with_negatives
from corpora.catalogue import open_folder
from corpora.labelled import TextPairs
from corpora.workspace import Workspace
from medir.commands.labelled_folder import open_labelled_folder

LEFT = ["what is flu?", "what is gout?", "what is flu?", "what is a rash?"]
RIGHT = ["a viral infection of the airways", "a painful joint", "a viral illness", "red skin"]


def test_aligned_rows_are_a_collection() -> None:
    found = aligned_collection(aligned_rows(Card("faq", "en"), LEFT, RIGHT))
    assert found.queries.texts == ["what is flu?", "what is gout?", "what is a rash?"]
    assert found.corpus.ids.to_pylist() == ["d1", "d2", "d3", "d4"]
    assert found.qrels.grades == {"q1": {"d1": 1, "d3": 1}, "q2": {"d2": 1}, "q3": {"d4": 1}}
    assert found.notes == {}


def test_pairs_of_value_0_distract_and_empty_sides_go() -> None:
    pairs = TextPairs(Card("p", "en"), "dev", tuple("abcd"), ("x", "y", "", "x"), ("1", "2", "3", "1"), np.array([1.0, 0, 1, 1]))
    found = aligned_collection(pairs)
    assert found.split == "dev"
    assert (found.queries.ids, len(found.corpus), found.qrels.grades) == (("q1",), 2, {"q1": {"d1": 1}})
    assert found.notes == {"rows_without_a_side": 1, "queries_without_an_answer": 1, "repeated_pairs": 1}


def test_graded_pairs_are_no_retrieval() -> None:
    pairs = TextPairs(Card("p"), "test", ("a",), ("x",), ("y",), np.array([2.5]))
    with pytest.raises(InputError, match=r"pair .a. is 2\.5, not 0 or 1"):
        aligned_collection(pairs)


def test_negatives_are_wrong_the_same_each_time_and_the_nearest_of_those_drawn() -> None:
    pairs = aligned_rows(Card("faq", "en"), LEFT, RIGHT)
    found, again = with_negatives(pairs, 2), with_negatives(pairs, 2)
    assert (found.ids, found.right) == (again.ids, again.right)
    right = {left: {r for o, r in zip(LEFT, RIGHT, strict=True) if o == left} for left in LEFT}
    for left, side, value in zip(found.left, found.right, found.values, strict=True):
        assert (side in right[left]) == (value == 1)
    assert found.notes["sampled_negatives"] == len(found) - 4 == 8
    one = with_negatives(pairs)
    assert [i for i in one.ids if "negative" in i] == [f"p{n}-negative-1" for n in (1, 2, 3, 4)]
    assert dict(zip(one.ids, one.right, strict=True))["p2-negative-1"] in RIGHT
    with pytest.raises(InputError, match="all right sides are equal"):
        with_negatives(aligned_rows(Card("faq"), ["a", "b"], ["c", "c"]))


def test_a_label_column_becomes_labelled_texts() -> None:
    found = labelled_column(Card("ward"), ["the cough of the patient", "the rash"], ["chest", "skin"], splits=["train", "test"])
    assert found.splits["train"].ids == ("t1",)
    assert found.card.language == "en"
    with pytest.raises(InputError, match="2 texts but 1 splits"):
        labelled_column(Card("ward"), ["a", "b"], ["x", "y"], splits=["test"])


def test_a_folder_of_pairs_opens_as_a_collection(tmp_path: Path) -> None:
    rows = [{"id": n, "text1": left, "text2": right} for n, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True))]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = open_folder(tmp_path, None, Workspace(tmp_path / "home"))
    assert found.describe() == {"documents": 4, "queries": 3, "judgements": 4}


def test_labels_in_some_rows_only_are_refused_with_their_place(tmp_path: Path) -> None:
    rows = [{"id": "1", "text1": "a", "text2": "b"}, {"id": "2", "text1": "a", "text2": "c", "label": 0}]
    for number, order in enumerate((rows, rows[::-1])):
        place = tmp_path / str(number)
        place.mkdir()
        (place / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in order), encoding="utf-8")
        with pytest.raises(InputError, match=r"pairs\.jsonl:2"):
            open_folder(place, None, Workspace(tmp_path / "home"))
        with pytest.raises(InputError, match=r"pairs\.jsonl:2"):
            open_labelled_folder("pair", place, None)


def test_negatives_are_made_only_of_pairs_that_belong_together() -> None:
    pairs = TextPairs(Card("p"), "test", ("a", "b"), ("x", "y"), ("1", "2"), np.array([1.0, 0.0]))
    with pytest.raises(InputError, match=r"pair .b. does not belong together"):
        with_negatives(pairs)
