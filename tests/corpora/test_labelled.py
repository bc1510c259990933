"""Labelled texts and pairs: the nouns, a folder's files, and what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora import Card, InputError, UsageError
from corpora.labelled import LabelledTexts, Labels, TextPairs
from corpora.labelled_folder import choose_split, read_labelled, read_pairs

PAIR = {"id": "p1", "text1": "flu", "text2": "influenza", "label": 1}
TEXT = {"id": "t1", "text": "dry cough", "label": "chest"}


def write(folder: Path, name: str, records: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def test_columns_must_fit() -> None:
    with pytest.raises(InputError, match="2 ids but 1 labels"):
        Labels(("a", "b"), ("x", "y"), ("l",))
    with pytest.raises(InputError, match="'a' occurs more than once"):
        Labels(("a", "a"), ("x", "y"), ("l", "m"))
    with pytest.raises(InputError, match="pair 'a' is nan"):
        TextPairs(Card("c"), "test", ("a",), ("x",), ("y",), np.array([np.nan]))
    with pytest.raises(InputError, match="float32"):
        TextPairs(Card("c"), "test", ("a",), ("x",), ("y",), np.zeros(1, np.float32))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no text"):
        Labels((), (), ())
    with pytest.raises(InputError, match="no labelled text"):
        LabelledTexts(Card("c"), {})


def test_splits_are_read_apart_in_the_order_of_the_file(tmp_path: Path) -> None:
    records = [
        TEXT | {"split": "train"},
        {"id": 2, "text": "rash", "label": 3, "split": "dev"},
        TEXT | {"id": "t3", "split": "train"},
    ]
    found = read_labelled(write(tmp_path / "skin", "labels.jsonl", records))
    assert found.name == "skin"
    assert found.splits["train"].ids == ("t1", "t3")
    assert found.splits["dev"] == Labels(("2",), ("rash",), ("3",))
    assert found.describe() == {"labels": 2, "texts": 3, "texts_train": 2, "texts_dev": 1}


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "csv", "tsv", "parquet"])
def test_every_format_reads_alike(tmp_path: Path, form: str) -> None:
    records = [PAIR, PAIR | {"id": "p2", "text2": "gout", "label": 0}]
    path, names = tmp_path / f"pairs.{form}", list(PAIR)
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif form.startswith("jsonl"):
        lines = "".join(json.dumps(record) + "\n" for record in records).encode()
        path.write_bytes(gzip.compress(lines) if form.endswith("gz") else lines)
    else:
        mark = {"csv": ",", "tsv": "\t"}[form]
        path.write_text("\n".join([mark.join(names), *(mark.join(str(r[n]) for n in names) for r in records)]) + "\n")
    found = read_pairs(tmp_path)
    assert (found.ids, found.left, found.right, found.values.tolist()) == (
        ("p1", "p2"),
        ("flu", "flu"),
        ("influenza", "gout"),
        [1, 0],
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "much"}, r"pairs\.jsonl:2: the field 'label' is 'much', not a finite number"),
        ({"label": None}, r":2: the field 'label' is null"),
        ({"label": float("inf")}, r":2: "),
        ({"id": "p1"}, r":2: the id 'p1' occurs twice"),
        ({"id": ""}, ":2: the id is empty"),
        ({"text1": 7}, ":2: the field 'text1' is a number, not text"),
    ],
)
def test_a_bad_pair_is_named_by_file_and_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    write(tmp_path, "pairs.jsonl", [PAIR, {**PAIR, "id": "p2", **change}])
    with pytest.raises(InputError, match=message):
        read_pairs(tmp_path)


@pytest.mark.parametrize("lacking", ["id", "text", "label"])
@pytest.mark.parametrize("line", [1, 2])
def test_a_missing_column_is_named_wherever_it_lacks(tmp_path: Path, lacking: str, line: int) -> None:
    records = [dict(TEXT), TEXT | {"id": "t2"}]
    del records[line - 1][lacking]
    write(tmp_path, "labels.jsonl", records)
    with pytest.raises(InputError, match=rf"labels\.jsonl:{line}: no {lacking}; the fields there are"):
        read_labelled(tmp_path)


def test_an_empty_label_a_missing_file_and_two_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the label is empty"):
        read_labelled(write(tmp_path / "a", "labels.jsonl", [TEXT | {"label": " "}]))
    with pytest.raises(InputError, match=r"no labels; the files there are: pairs\.jsonl"):
        read_labelled(write(tmp_path / "b", "pairs.jsonl", [PAIR]))
    with pytest.raises(InputError, match="two files hold the same"):
        read_pairs(write(write(tmp_path / "c", "pairs.jsonl", [PAIR]), "pairs.csv", [PAIR]))
    with pytest.raises(InputError, match="there is nothing in it"):
        read_pairs(write(tmp_path / "d", "pairs.jsonl", []))
    with pytest.raises(InputError, match="no such file"):
        read_pairs(tmp_path / "nowhere")


def test_pairs_without_a_value_are_aligned_or_refused(tmp_path: Path) -> None:
    write(tmp_path, "pairs.jsonl", [{"id": 1, "question": "what is flu?", "answer": "an infection"}])
    with pytest.raises(InputError, match="no label or score"):
        read_pairs(tmp_path)
    assert read_pairs(tmp_path, valued=False).values.tolist() == [1.0]


def test_a_score_beside_a_label_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "pairs.jsonl", [PAIR | {"score": 2.5}])
    assert read_pairs(tmp_path).values.tolist() == [1.0]
    assert read_pairs(tmp_path, values=("score", "label")).values.tolist() == [2.5]


def test_the_split_is_asked_for_or_told(tmp_path: Path) -> None:
    assert choose_split(["train"], None, tmp_path) == "train"
    assert choose_split(["dev", "test", "train"], None, tmp_path) == "test"
    assert choose_split(["test1", "test2", "train"], None, tmp_path) == "test1"
    assert choose_split(["dev", "test"], "dev", tmp_path) == "dev"
    for wanted in (None, "tset"):
        with pytest.raises(UsageError, match="dev, train"):
            choose_split(["dev", "train"], wanted, tmp_path)


def test_a_card_names_language_and_counts(tmp_path: Path) -> None:
    write(tmp_path, "pairs.jsonl", [PAIR])
    (tmp_path / "card.toml").write_text('name = "flu"\nlanguage = "en"\n[counts]\npairs_test = 1\n')
    assert (read_pairs(tmp_path).card.name, read_pairs(tmp_path).card.language) == ("flu", "en")
    (tmp_path / "card.toml").write_text('name = "flu"\n[counts]\npairs_test = 2\n')
    with pytest.raises(InputError, match="the card says 2 pairs_test, the file 1"):
        read_pairs(tmp_path)


def test_shared_sets_are_read_whole(shared: Path) -> None:
    found = {name: read_pairs(shared / "data" / name) for name in ("cmedqq-zh", "rqe-amia2016", "ehr-relb")}
    assert [len(pairs) for pairs in found.values()] == [1935, 302, 3630]
    assert found["cmedqq-zh"].card.language == "zh"
    labels = {
        name: read_labelled(shared / "data" / name).describe() for name in ("medical-abstracts-tc", "mts-dialog", "cmedtc-zh")
    }
    assert [(of["labels"], of["texts"]) for of in labels.values()] == [(5, 2888), (20, 1701), (44, 17960)]
