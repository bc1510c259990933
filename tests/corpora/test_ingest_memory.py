"""Peak memory of ingest: it may grow by the bytes of the ids and 32 bytes a document, whatever the documents hold."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["patient", "randomised", "trial", "of", "the", "effect", "on", "blood", "pressure", "in", "placebo", "dose"]
CHILD = """
import json, sys
from pathlib import Path
from corpora.folder import open_folder_corpus
from corpora.workspace import Workspace

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))

home, *folders = map(Path, sys.argv[1:])
peaks, sizes = [], []
for folder in folders:
    corpus, _, _ = open_folder_corpus(folder, Workspace(home))
    peaks.append(peak())
    sizes.append(len(corpus))
print(json.dumps([sizes, peaks]))
"""


def write(folder: Path, documents: int, shuffled: bool) -> Path:
    """Documents of about 300 characters, ids of 12."""
    chance = random.Random(documents)
    numbers = list(range(documents))
    if shuffled:
        chance.shuffle(numbers)
    folder.mkdir()
    with open(folder / "corpus.jsonl", "w") as file:
        for number in numbers:
            text = " ".join(chance.choices(WORDS, k=48))
            file.write(f'{{"_id": "doc-{number:08}", "title": "A trial", "text": "{text}"}}\n')
    return folder


def growth_beyond_ids(tmp_path: Path, documents: int, shuffled: bool) -> float:
    """Bytes a document by which the peak grows, ids left aside, in a process that has read 30,000 documents before."""
    warm = [write(tmp_path / f"warm{turn}", 30_000 + turn, shuffled) for turn in range(2)]
    large = write(tmp_path / "large", documents, shuffled)
    command = [sys.executable, "-c", CHILD, str(tmp_path / "home"), *map(str, [*warm, large])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sizes, peaks = json.loads(done.stdout)
    assert sizes[-1] == documents
    return (peaks[-1] - peaks[-2] - 12 * documents) / documents


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize("shuffled", [False, True])
def test_100_000_documents(tmp_path, shuffled):
    assert growth_beyond_ids(tmp_path, 100_000, shuffled) <= 32


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_1_000_000_documents(tmp_path):
    assert growth_beyond_ids(tmp_path, 1_000_000, shuffled=True) <= 32
