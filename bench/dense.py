"""Embedding beside `SentenceTransformer.encode` at its best batch size: the same model, passages and threads, in turn.

Run `python -m bench.dense FOLDER` (a decompressed collection): prints one table row. A fixed sample of its passages goes
through MiniLM. Ours is timed whole: measuring lengths, planning, embedding, checking the values, journalling every batch
to the disk, and gathering the rows.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from baselines.encoders import minilm
from corpora.workspace import Workspace
from retrieval.vectors import embed

from .lexical import read

PASSAGES, TRIAL, ROUNDS, THREADS, SEED = 3000, 160, 3, 2, 0
BATCHES = (4, 8, 16, 32, 64)
HEADER = "| embedding | passages | threads | ST encode (passages/s) | its best batch | medir (passages/s) | ratio | difference |"
RULE = "|---" * 8 + "|"
Clock = Callable[[], float]


def sample(folder: Path, passages: int) -> list[str]:
    texts = list(read(folder))
    return [texts[row] for row in np.random.default_rng(SEED).choice(len(texts), min(passages, len(texts)), replace=False)]


def measure(texts: list[str], threads: int, clock: Clock = time.perf_counter) -> dict[str, Any]:
    """The numbers of one row; medians of three rounds that call the sides in turn, after one warming call each."""
    torch.set_num_threads(threads)
    encoder = minilm()
    peer = SentenceTransformer(str(encoder.folder.path), device="cpu")  # type: ignore[attr-defined]
    best = _best_batch(peer, texts[:TRIAL], clock)
    _embed(encoder, texts[:TRIAL])
    rounds = [
        (_timed(lambda: peer.encode(texts, batch_size=best), clock), _timed(lambda: _embed(encoder, texts), clock))
        for _ in range(ROUNDS)
    ]
    theirs, mine = (median(turn[side][0] for turn in rounds) for side in (0, 1))
    return {
        "passages": len(texts),
        "threads": threads,
        "peer": len(texts) / theirs,
        "best": best,
        "medir": len(texts) / mine,
        "ratio": theirs / mine,
        "difference": float(np.abs(rounds[0][0][1] - rounds[0][1][1]).max()),
    }


def _embed(encoder: Any, texts: list[str]) -> Any:
    """The passages through a fresh, empty vector store, float32 (n, 384)."""
    with tempfile.TemporaryDirectory() as home:
        return embed(encoder, texts, "document", Workspace(Path(home))).vectors


def _best_batch(peer: Any, texts: list[str], clock: Clock) -> int:
    peer.encode(texts[:32])
    return min(BATCHES, key=lambda size: _timed(lambda: peer.encode(texts, batch_size=size), clock)[0])


def _timed(work: Callable[[], Any], clock: Clock) -> tuple[float, Any]:
    began = clock()
    made = work()
    return clock() - began, made


def row(found: dict[str, Any]) -> str:
    """The numbers as a table row."""
    return (
        f"| MiniLM | {found['passages']:,} | {found['threads']} | {found['peer']:.1f} | {found['best']} | {found['medir']:.1f} "
        f"| {found['ratio']:.2f} | {found['difference']:.1e} |"
    )


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("folder", type=Path)
    asked.add_argument("--passages", type=int, default=PASSAGES)
    asked.add_argument("--threads", type=int, default=THREADS)
    asked.add_argument("--processor-time", action="store_true", help="seconds of processor, not of the clock: for a busy machine")
    given = asked.parse_args()
    print(HEADER, RULE, sep="\n")
    clock = time.process_time if given.processor_time else time.perf_counter
    print(row(measure(sample(given.folder, given.passages), given.threads, clock)))
