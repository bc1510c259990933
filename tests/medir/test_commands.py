"""The command as its users call it: a process, its output, its exit code."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

LOUD = """
import numpy as np
class Loud:
    name = "loud"; dim = 2; similarity = "dot"
    def encode_queries(self, texts):
        print("hello")
        return np.ones((len(texts), 2), np.float32)
    encode_documents = encode_queries
"""
DOCS = [("d1", "Flu", "fever and chills"), ("d2", "", "a fever above 39 degrees"), ("d3", "Cough", "dry cough at night")]


def medir(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "medir", *arguments], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "tiny"
    (place / "qrels").mkdir(parents=True)
    (place / "corpus.jsonl").write_text("".join(json.dumps({"_id": i, "title": t, "text": x}) + "\n" for i, t, x in DOCS))
    queries = [("q1", "high fever"), ("q2", "coughing"), ("q3", "xylophone")]
    (place / "queries.jsonl").write_text("".join(json.dumps({"_id": i, "text": x}) + "\n" for i, x in queries))
    rows = ["query-id\tcorpus-id\tscore", "q1\td2\t1", "q2\td3\t1", "q3\td1\t1", "q1\td1\t0"]
    (place / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n")
    return place


def test_json_holds_the_fixed_keys_and_nothing_else_is_printed(folder: Path, tmp_path: Path) -> None:
    done = medir(
        "run",
        "--data",
        str(folder),
        "--retriever",
        "bm25",
        "--k",
        "10",
        "--measures",
        "nDCG@10,R@3",
        "--format",
        "json",
        "--out",
        str(tmp_path / "out"),
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert set(row) == {"task", "subset", "split", "system", "queries", "measures", "notes", "out"}
    assert (row["task"], row["split"], row["system"], row["queries"]) == ("tiny", "test", "bm25", 3)
    assert row["measures"]["nDCG@10"]["mean"] == pytest.approx((1 / math.log2(3) + 1) / 3)  # d1 before d2 for q1
    assert set(row["measures"]["R@3"]) == {"mean", "low", "high"}
    assert row["notes"]["zero_token_queries"] == 1
    kept = {path.name for path in Path(row["out"]).iterdir()}
    assert kept >= {"result.json", "per_query.jsonl", "run.trec.gz", "config.toml", "provenance.json"}


def test_a_second_run_prints_what_is_kept_and_force_computes_it_again(folder: Path) -> None:
    command = ["run", "--data", str(folder), "--retriever", "bm25", "--k", "10", "--format", "json", "--measures", "nDCG@10"]
    first, second, third = medir(*command), medir(*command), medir(*command, "--force")
    assert first.stdout == second.stdout
    old, new = (json.loads(done.stdout)[0]["out"] for done in (first, third))
    assert old != new
    for name in ("result.json", "per_query.jsonl", "run.trec.gz", "config.toml"):
        assert (Path(old) / name).read_bytes() == (Path(new) / name).read_bytes()


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_other_formats_show_every_system_and_judged(folder: Path, form: str) -> None:
    done = medir(
        "run",
        "--data",
        str(folder),
        "--retriever",
        "bm25",
        "--retriever",
        "bm25(analyser=plain)",
        "--k",
        "10",
        "--measures",
        "nDCG@10",
        "--format",
        form,
    )
    assert done.returncode == 0, done.stderr
    assert "Judged@10" in done.stdout
    assert "bm25(analyser=plain)" in done.stdout


def test_index_search_and_compare(folder: Path, tmp_path: Path) -> None:
    assert medir("index", "--data", str(folder), "--retriever", "bm25").returncode == 0
    found = json.loads(medir("search", str(folder), "fever", "--retriever", "bm25", "--k", "2", "--format", "json").stdout)
    assert sorted(hit["id"] for hit in found) == ["d1", "d2"]
    out = tmp_path / "out"
    medir(
        "run",
        "--data",
        str(folder),
        "--retriever",
        "bm25",
        "--retriever",
        "bm25(b=0)",
        "--k",
        "10",
        "--measures",
        "nDCG@10",
        "--out",
        str(out),
    )
    (row,) = json.loads(medir("compare", str(out), "--format", "json").stdout)
    assert row["measure"] == "nDCG@10"
    assert 0 < row["p"] <= row["adjusted"] <= 1


BAD = [
    (["run", "--retriever", "bm25"], 2, "give one of --task, --benchmark and --data"),
    (["run", "--task", "hpo-lai", "--retriever", "bm25"], 2, "did you mean hpo-lay"),
    (["run", "--data", "{folder}", "--retriever", "bm26"], 2, "did you mean bm25"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--split", "dev"], 2, "test"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--measures", "nDGC@10"], 2, "nDCG"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--k", "5", "--measures", "R@100"], 2, "deeper than k"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--format", "xml"], 2, "unknown format"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--retriever", "bm25(k1=0.9)"], 2, "given twice"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--out", "{folder}"], 1, "--out is not empty"),
    (["run", "--data", "{folder}/nowhere", "--retriever", "bm25"], 1, "nowhere"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--depth", "3"], 2, "--depth"),
    (["run", "--data", "{folder}", "--retriever", "dense:no_such.py:Model"], 1, "no_such.py"),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--roll-up", "max"], 2, "has a parent"),
    (
        ["run", "--data", "{folder}", "--retriever", "bm25", "--k", "5", "--measures", "R@5", "--out", "{folder}/corpus.jsonl/x"],
        4,
        "cannot write",
    ),
    (["run", "--data", "{folder}", "--retriever", "bm25", "--retriever", "dense:typo"], 2, "typo"),
    (["compare", "{folder}"], 1, "no result is kept here"),
    (["search", "{folder}/nowhere", "x"], 1, "no such folder"),
    (["check", "nowhere.py:Model"], 1, "nowhere.py"),
    (["nonsense"], 2, "nonsense"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), BAD)
def test_bad_calls_say_what_and_how(folder: Path, arguments: list[str], code: int, message: str) -> None:
    done = medir(*[word.format(folder=folder) for word in arguments])
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_flipped_byte_in_an_index_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEDIR_HOME", str(tmp_path / "home"))
    command = ["index", "--data", str(folder), "--retriever", "bm25"]
    assert medir(*command).returncode == 0
    (victim,) = (tmp_path / "home" / "indexes").glob("*/docs.i32")
    data = bytearray(victim.read_bytes())
    data[3] ^= 1
    victim.write_bytes(data)
    done = medir(*command)
    assert done.returncode == 3
    assert "docs.i32" in done.stderr
    assert f"rm -r '{victim.parent}'" in done.stderr


def test_a_search_that_finds_nothing_says_so(folder: Path) -> None:
    done = medir("search", str(folder), "zzz", "--retriever", "bm25")
    assert (done.returncode, done.stdout.strip()) == (0, "no document matches"), done.stderr


def test_what_a_class_prints_does_not_stand_among_the_results(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(LOUD)
    system = f"dense:{tmp_path}/loud.py:Loud"
    done = medir("run", "--data", str(folder), "--retriever", system, "--k", "3", "--measures", "R@3", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["system"] == system
    assert "hello" in done.stderr


def test_help_imports_nothing_heavy_and_names_every_command() -> None:
    code = "import sys; sys.argv = ['medir', '--help']\nimport medir.cli\ntry: medir.cli.main()\nexcept SystemExit: pass\n"
    code += "print([m for m in ('torch', 'faiss', 'numba', 'pyarrow', 'jnius') if m in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(
        name in done.stdout for name in ("run", "index", "search", "compare", "validate", "check", "collections", "doctor")
    )
