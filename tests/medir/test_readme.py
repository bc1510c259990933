"""What the README shows works as written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def medir(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "medir", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "my_model.py").write_text(next(block for block in BLOCKS if "class MyEncoder" in block))
    data = tmp_path / "my-data"
    (data / "qrels").mkdir(parents=True)
    words = ["fever", "cough", "rash", "pain", "chills", "nausea"]
    rows = [{"_id": f"d{i}", "title": word, "text": f"{word} in adults"} for i, word in enumerate(words)]
    (data / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (data / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": f"q{i}", "text": word}) + "\n" for i, word in enumerate(words))
    )
    (data / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(f"q{i}\td{i}\t1\n" for i in range(6)))
    return tmp_path


def test_the_class_passes_the_check(place: Path) -> None:
    done = medir("check", f"{place}/my_model.py:MyEncoder")
    assert done.returncode == 0, done.stderr


def test_the_class_runs_from_outside_the_project(place: Path) -> None:
    system = f"dense:{place}/my_model.py:MyEncoder"
    done = medir(
        "run", "--data", str(place / "my-data"), "--retriever", system, "--k", "6", "--measures", "nDCG@3", "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert row["system"] == system
    assert row["measures"]["nDCG@3"]["mean"] == pytest.approx(1.0)


def test_the_python_example(place: Path) -> None:
    code = next(block for block in BLOCKS if "medir.evaluate" in block).replace("path/to/folder", str(place / "my-data"))
    done = subprocess.run(
        [sys.executable, "-c", code.replace('bm25"', 'bm25", k=10')], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1.0 ")


def test_every_command_and_system_of_the_readme_exists() -> None:
    from medir.cli import COMMANDS
    from retrieval.systems import SYSTEMS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^)medir ([a-z]+)", text, re.MULTILINE)) <= set(COMMANDS)
    specs = re.search(r"SPEC     (.*?)\nENCODER", text, re.DOTALL)
    assert specs is not None
    assert {re.match(r"[\w-]+", spec.strip()).group() for spec in specs.group(1).split("|")} <= set(SYSTEMS)  # type: ignore[union-attr]
