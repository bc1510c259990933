"""`medir train cross-encoder`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpora import UsageError
from medir.report import as_table

from .options import workspace


def cross_encoder(
    *,
    base: str,
    data: Path,
    split: str,
    out: Path,
    holdout: float = 0.0,
    queries: int = 0,
    positives: int = 1,
    negatives: int = 4,
    ranks: str = "1-100",
    epochs: int = 1,
    lr: float = 2e-5,
    batch: int = 16,
    max_length: int = 512,
    seed: int = 0,
    offline: bool = False,
) -> None:
    """Fit a reranker to a folder's judgements: relevant documents against those that BM25 ranks high.

    Parameters
    ----------
    base
        What to begin from: minilm, or the folder of a transformer.
    data
        A folder with corpus, queries and qrels.
    split
        The judgements to train on. The split test is there to be measured, and is refused, unless it is the only one and
        a share of it is held out.
    out
        A new folder for the model; the held-out queries go to a folder beside it, called OUT-heldout.
    holdout
        The share of the split's queries that are not trained on, to be measured later.
    queries
        Train on at most this many queries, drawn by --seed; 0 for all.
    positives
        Relevant documents a query.
    negatives
        Other documents for each of those.
    ranks
        The ranks of BM25 from which those are drawn.
    epochs
        How often each pair is seen.
    lr
        The learning rate at its highest.
    batch
        Pairs a step.
    max_length
        Tokens of a pair that are read.
    seed
        Decides what is drawn and held out, and the first weights.
    offline
        Open no connection.
    """
    from retrieval.training.cross_encoder import PairSettings, train_cross_encoder
    from retrieval.training.fitting import Fitting
    from retrieval.training.judged_pairs import Mining
    from retrieval.training.model_files import base_folder
    from retrieval.training.splits import HELD_OUT, open_for_training, write_held_out

    first, last = _ranks(ranks)
    fitting = Fitting(epochs=epochs, learning_rate=lr, batch=batch, warm_up=0.1, weight_decay=0.01)
    settings = PairSettings(Mining(queries, positives, negatives, first, last), fitting, max_length, seed)
    place, folder = workspace(offline), base_folder(base)
    divided = open_for_training(data, split, holdout, seed, place)
    beside = out.with_name(f"{out.name}-{HELD_OUT}")
    if divided.held_out:
        write_held_out(beside, data, divided)
    done = train_cross_encoder(folder, divided.train, settings, out, place)
    print(described(done.report))
    if divided.left_out:
        print(f"{divided.left_out:,} queries were left out, for the split test asks them too")
    print(f"\nmodel: {out}{'' if done.now else ' (it was there already)'}")
    if divided.held_out:
        print(f'measure it on the {len(divided.held_out):,} queries held out:\n  medir run --data "{beside}" {_rerank(out)}')
    else:
        print(f'measure it on another split: medir run --data "{data}" --split SPLIT {_rerank(out)}')


def _rerank(out: Path) -> str:
    path = str(out) if "/" in str(out) else f"./{out}"
    return f"--retriever bm25 --retriever 'rerank(bm25, {path}, depth=100)'"


def _ranks(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not (dash and first.strip().isdigit() and last.strip().isdigit()):
        raise UsageError(f"--ranks {text} is no range", mend="for example: --ranks 1-100")
    return int(first), int(last)


def described(report: Mapping[str, Any]) -> str:
    """The counts of a report as a table, with its loss from first to last quarter."""
    rows = [[name.replace("_", " "), f"{value:,}"] for name, value in report.items() if isinstance(value, int)]
    loss = report["loss"]
    rows.append(["loss, first and last quarter", f"{loss['first_quarter']:.4f}, {loss['last_quarter']:.4f}"])
    return as_table([["what", "count"], *rows])
