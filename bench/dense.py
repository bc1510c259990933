"""Embedding, beside `SentenceTransformer.encode` at its best batch size: `python -m bench.dense FOLDER [PASSAGES]`.

Both sides run in this one process, warm, in turns, three times each, with two threads, on the same fixed sample of
passages and the same model (MiniLM). Ours is timed whole: reading lengths, planning, embedding, checking, journalling
every batch to the disk and gathering the rows. Figures are printed as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

THREADS, ROUNDS, SEED = 2, 3, 0
BATCHES = (4, 8, 16, 32, 64)
TRIAL = 200


def sample(folder: Path, passages: int) -> list[str]:
    from bench.lexical import read

    texts = list(read(folder))
    return [texts[row] for row in np.random.default_rng(SEED).choice(len(texts), min(passages, len(texts)), replace=False)]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


def measure(folder: Path, passages: int) -> dict[str, Any]:
    """Passages a second of both, the ratio of the medians, and the largest difference of any number."""
    import torch
    from sentence_transformers import SentenceTransformer

    from baselines.encoders import minilm
    from corpora.workspace import Workspace
    from retrieval.vectors import embed

    torch.set_num_threads(THREADS)
    texts, encoder = sample(folder, passages), minilm()
    theirs = SentenceTransformer(str(encoder.folder.path), device="cpu")  # type: ignore[attr-defined]

    def ours() -> Any:
        with tempfile.TemporaryDirectory() as home:
            return embed(encoder, texts, "document", Workspace(Path(home))).vectors

    trial = texts[:TRIAL]
    embed(encoder, trial, "document", Workspace(Path(tempfile.mkdtemp())))
    theirs.encode(trial[:32])
    best = min(BATCHES, key=lambda size: seconds(lambda: theirs.encode(trial, batch_size=size))[0])
    times: dict[str, list[float]] = {"medir": [], "peer": []}
    for _ in range(ROUNDS):
        for side, work in (("medir", ours), ("peer", lambda: theirs.encode(texts, batch_size=best))):
            spent, vectors = seconds(work)
            times[side].append(spent)
            if side == "medir":
                mine = vectors
    middle = {side: statistics.median(spent) for side, spent in times.items()}
    return {
        "passages": len(texts),
        "medir passages/s": len(texts) / middle["medir"],
        "sentence-transformers passages/s": len(texts) / middle["peer"],
        "its best batch": best,
        "ratio": middle["peer"] / middle["medir"],
        "rounds": [peer / own for own, peer in zip(times["medir"], times["peer"], strict=True)],
        "largest difference": float(np.abs(mine - vectors).max()),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3000)))
